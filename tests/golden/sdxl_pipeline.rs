//! Whole runs of SDXL on small networks, their noise given.

use anyhow::{Context as _, Result, ensure};
use candle_core::{DType, Device};
use serde_json::Value;
use songwright_cover::sdxl::{
    Error,
    config::VaeConfig,
    diffusion::{Diffusion, Guidance, Prompted},
    model::{ClipTextEncoder, Unet, vae::VaeDecoder},
    scheduler::{Schedule, SchedulerConfig},
    text::{EncodedText, TextEncoders, time_ids},
    tokenizer::ClipTokenizer,
};

use crate::{
    compare::{LOOP, close},
    sdxl::{NETWORK, config, same_pixels, weights},
    set::Set,
};

/// The bound of a picture, which goes from 0 to 1.
const PICTURE: f64 = 2e-3;

pub(crate) fn pipeline(set: &Set, _: &str) -> Result<()> {
    let (io, runs) = (set.tensors("pipeline.io")?, set.json("pipeline.runs")?);
    let scheduler: SchedulerConfig = serde_json::from_value(runs["scheduler"].clone())?;
    let networks = Networks::load(set)?;
    let runs = runs["runs"].as_array().context("no runs")?;
    for run in runs {
        let name = match &run["i"] {
            Value::String(name) => name.clone(),
            number => number.to_string(),
        };
        let of = |what: &str| format!("{name}.{what}");
        let number = |key: &str| -> Result<usize> {
            Ok(usize::try_from(
                run[key].as_u64().with_context(|| key.to_owned())?,
            )?)
        };
        let (steps, images) = (number("steps")?, number("images")?);
        let (height, width) = (number("height")?, number("width")?);
        let prompt = run["prompt"].as_str().context("no prompt")?;
        let text = networks.text(prompt)?;
        if io.has(&of("prompt_embeds")) {
            let row = io.f32(&of("prompt_embeds"))?.narrow(0, 0, 1)?;
            close("prompt", &text.tokens, &row, NETWORK)?;
            let row = io.f32(&of("pooled"))?.narrow(0, 0, 1)?;
            close("pooled", &text.pooled, &row, NETWORK)?;
            let row = io.f32(&of("time_ids"))?.narrow(0, 0, 1)?;
            close("size", &time_ids(width, height, &Device::Cpu)?, &row, 0.0)?;
        }
        let prompted = networks.prompted(&text, (width, height))?;
        let guidance = match run["guidance_scale"].as_f64() {
            Some(scale) => {
                let words = run["negative_prompt"].as_str().context("no negative")?;
                let negative = networks.prompted(&networks.text(words)?, (width, height))?;
                Some(Guidance { negative, scale })
            }
            None => None,
        };
        let schedule = Schedule::new(scheduler, steps);
        let diffusion = Diffusion {
            unet: &networks.unet,
            schedule: &schedule,
            prompted: &prompted,
            guidance: guidance.as_ref(),
            dtype: DType::F32,
        };
        for image in 0..images {
            let row = |what: &str| Ok::<_, anyhow::Error>(io.f32(&of(what))?.narrow(0, image, 1)?);
            let noises = (0..steps)
                .map(|step| row(&format!("step{step}.noise")))
                .collect::<Result<Vec<_>>>()?;
            let mut noises = noises.into_iter();
            let mut passed = Vec::new();
            let latents = diffusion.run(
                &(row("init_noise")? * schedule.initial())?,
                || noises.next().ok_or(Error::Cancelled),
                |drawn| {
                    passed.push(drawn.latents);
                    Ok(())
                },
            )?;
            ensure!(
                passed.len() == steps + 1,
                "{} steps were told",
                passed.len()
            );
            for (step, found) in passed.iter().skip(1).enumerate() {
                if io.has(&of(&format!("step{step}.latents"))) {
                    let wanted = row(&format!("step{step}.latents"))?;
                    close("latents", found, &wanted, LOOP)?;
                }
            }
            let decoded = networks.vae.forward(&(latents / networks.scaling)?)?;
            let shown = ((&decoded / 2.0)? + 0.5)?.clamp(0.0, 1.0)?;
            close("picture", &shown, &row("image01")?, PICTURE)?;
            if io.has(&of("u8_nhwc")) {
                let bytes = io.integers(&of("u8_nhwc"))?.narrow(0, image, 1)?;
                same_pixels(&decoded, &bytes)?;
            }
        }
    }
    ensure!(runs.len() > 3, "only {} runs", runs.len());
    Ok(())
}

struct Networks {
    tokenizer: ClipTokenizer,
    text: TextEncoders,
    unet: Unet,
    vae: VaeDecoder,
    scaling: f64,
}

impl Networks {
    fn load(set: &Set) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let tokenizer = folder.path().join("tokenizer.json");
        std::fs::copy(set.file("tiny_tokenizer.json"), tokenizer)?;
        let vae: VaeConfig = config(set, "vae")?;
        let of = |name: &str| weights(set, name, DType::F32);
        let encoder = |name: &str, projects| -> Result<ClipTextEncoder> {
            Ok(ClipTextEncoder::load(
                &of(name)?,
                &config(set, name)?,
                projects,
            )?)
        };
        Ok(Self {
            tokenizer: ClipTokenizer::open(folder.path())?,
            text: TextEncoders {
                first: encoder("text_encoder", false)?,
                second: encoder("text_encoder_2", true)?,
            },
            unet: Unet::load(&of("unet")?, &config(set, "unet")?)?,
            vae: VaeDecoder::load(&of("vae")?, &vae)?,
            scaling: vae.scaling_factor,
        })
    }

    fn text(&self, prompt: &str) -> Result<EncodedText> {
        Ok(self.text.encode(&self.tokenizer, prompt, &Device::Cpu)?)
    }

    fn prompted(&self, text: &EncodedText, (width, height): (usize, usize)) -> Result<Prompted> {
        let ids = time_ids(width, height, &Device::Cpu)?;
        Ok(Prompted {
            context: self.unet.context(&text.tokens)?,
            added: self.unet.added(&text.pooled, &ids)?,
        })
    }
}
