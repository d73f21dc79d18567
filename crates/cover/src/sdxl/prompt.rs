use crate::{CoverParams, CoverStyle};

/// What the model is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    /// What is drawn.
    pub prompt: String,
    /// What is not.
    pub negative: String,
}

/// What no cover has, whatever its style.
const NEVER: &str = "text, letters, watermark, signature, blurry, low quality";

impl Words {
    /// The subject first, so that a long style is what falls off the end; then the style, or the essence of
    /// each that is mixed.
    #[must_use]
    pub fn of(params: &CoverParams) -> Self {
        let styles = params.style.mixed();
        let told = styles.iter().map(|style| match style {
            CoverStyle::Preset(preset) if styles.len() == 1 => preset.text().prompt.clone(),
            CoverStyle::Preset(preset) => preset.text().essence(),
            CoverStyle::Custom(text) => text.clone(),
        });
        let subject = params.prompt.trim_end_matches(['.', ',', ' ']).to_owned();
        let mut prompt = vec![subject];
        prompt.extend(told);
        let own = params.negative_prompt.clone().into_iter();
        let negative = own.chain(styles.iter().map(|style| match style {
            CoverStyle::Preset(preset) => preset.text().negative.clone(),
            CoverStyle::Custom(_) => NEVER.to_owned(),
        }));
        Self {
            prompt: prompt.join(", "),
            negative: negative.collect::<Vec<_>>().join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use songwright_api::{CoverImageRequest, Drawing};

    use super::*;

    fn words(style: &str) -> Words {
        let params = CoverParams::try_from(&CoverImageRequest {
            prompt: "a quiet harbour.".into(),
            style: Some(style.into()),
            drawing: Drawing {
                negative_prompt: Some("boats".into()),
                ..Drawing::default()
            },
            ..CoverImageRequest::default()
        });
        Words::of(&params.unwrap())
    }

    #[test]
    fn a_style_adds_its_words() {
        let vintage = words("vintage");
        assert!(
            vintage
                .prompt
                .starts_with("a quiet harbour, vintage seventies record sleeve")
        );
        assert!(vintage.negative.starts_with("boats, text"));
        assert_eq!(words("woodcut").prompt, "a quiet harbour, woodcut");
        let mixed = words("vintage + electronic").prompt;
        assert!(
            mixed.contains("faded warm inks") && mixed.contains("neon glow"),
            "{mixed}"
        );
        assert!(!mixed.contains("film grain"), "{mixed}");
    }
}
