use songwright_base::EngineInfo;

use crate::CoverParams;

/// What a model did of what was asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// What it was told to draw.
    pub prompt: String,
    /// What it was told not to draw, where it was guided.
    pub negative: Option<String>,
    /// Steps from noise to a picture.
    pub steps: u32,
    /// How many of them were taken: fewer where a picture was drawn over.
    pub steps_taken: u32,
    /// Pixels that were drawn, before they were scaled to the asked size.
    pub size: (u32, u32),
    /// How much of a picture that was drawn over went.
    pub strength: Option<f64>,
}

impl Drawn {
    /// As it was asked for, where nothing else is known.
    #[must_use]
    pub fn as_asked(params: &CoverParams) -> Self {
        let guided = params.guidance_scale > 1.0;
        Self {
            prompt: params.subject(),
            negative: params.negative_prompt.clone().filter(|_| guided),
            steps: params.num_inference_steps,
            steps_taken: params.num_inference_steps,
            size: (params.width, params.height),
            strength: None,
        }
    }
}

impl CoverParams {
    /// Everything that the picture is repeated from, as image tools write it into their files ("parameters"): what
    /// is drawn, what is not, and a line of the rest; of a model, what it `drew`.
    #[must_use]
    pub fn told(&self, engine: &EngineInfo, drew: Option<&Drawn>) -> String {
        let mut lines = vec![drew.map_or_else(|| self.subject(), |drawn| drawn.prompt.clone())];
        if let Some(negative) = drew.and_then(|drawn| drawn.negative.as_ref()) {
            lines.push(format!("Negative prompt: {negative}"));
        }
        let mut rest = Vec::new();
        if let Some(drawn) = drew {
            rest.push(format!("Steps: {}", drawn.steps));
            rest.push(format!("CFG scale: {}", self.guidance_scale));
        }
        rest.push(format!("Seed: {}", self.seed.0));
        rest.push(format!("Size: {}x{}", self.width, self.height));
        rest.push(format!("Model: {}", engine.model_id));
        if let Some(drawn) = drew {
            if drawn.size != (self.width, self.height) {
                let (width, height) = drawn.size;
                rest.push(format!("Drawn size: {width}x{height}"));
            }
            if let Some(strength) = drawn.strength {
                rest.push(format!("Denoising strength: {strength}"));
                rest.push(format!("Steps taken: {}", drawn.steps_taken));
            }
        }
        rest.push(format!("Style: {}", self.style.text()));
        lines.push(rest.join(", "));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use songwright_api::{CoverImageRequest, Drawing, Whole};
    use songwright_base::EngineKind;

    use super::*;
    use crate::Detail;

    fn engine(kind: EngineKind) -> EngineInfo {
        EngineInfo {
            kind,
            name: "SDXL-Turbo".into(),
            version: "1.0".into(),
            model_id: "stabilityai/sdxl-turbo".into(),
            device: "cpu".into(),
            licence: "none".into(),
        }
    }

    fn params(guidance_scale: f64) -> CoverParams {
        let request = CoverImageRequest {
            prompt: "a quiet harbour".into(),
            drawing: Drawing {
                seed: Some(Whole(7)),
                negative_prompt: Some("boats".into()),
                guidance_scale: Some(guidance_scale),
                ..Drawing::default()
            },
            ..CoverImageRequest::default()
        };
        CoverParams {
            also: vec![Detail::Title("Night Ferry".into())],
            ..CoverParams::try_from(&request).unwrap()
        }
    }

    #[test]
    fn what_a_picture_is_repeated_from() {
        let asked = params(7.1);
        assert_eq!(
            asked.told(&engine(EngineKind::Neural), Some(&Drawn::as_asked(&asked))),
            "a quiet harbour, Night Ferry\nNegative prompt: boats\nSteps: 4, CFG scale: 7.1, Seed: 7, \
             Size: 512x512, Model: stabilityai/sdxl-turbo, Style: album cover art"
        );
        // What was not kept away from is not said to have been.
        let asked = params(0.0);
        let drawn = Drawn {
            prompt: "a quiet harbour, vintage".into(),
            steps: 8,
            steps_taken: 4,
            size: (1024, 1024),
            strength: Some(0.5),
            ..Drawn::as_asked(&asked)
        };
        assert_eq!(
            asked.told(&engine(EngineKind::Neural), Some(&drawn)),
            "a quiet harbour, vintage\nSteps: 8, CFG scale: 0, Seed: 7, Size: 512x512, \
             Model: stabilityai/sdxl-turbo, Drawn size: 1024x1024, Denoising strength: 0.5, Steps taken: 4, \
             Style: album cover art"
        );
        let sketched = asked.told(&engine(EngineKind::Sketch), None);
        assert!(
            !sketched.contains("Steps") && !sketched.contains("boats"),
            "{sketched}"
        );
    }
}
