//! Whole sampling loops, with the noise that the reference drew.

use anyhow::{Context as _, Result, bail, ensure};
use candle_core::{D, Device, Tensor};
use serde_json::Value;
use songwright_base::Silent;
use songwright_music::ace_step::{
    Error,
    diffusion::{
        DitVelocities, Edit, Erg, Guidance, Noise, Sampling, Side, Sides, Stream, Task, Velocities,
        edit, frames, sample,
    },
    model::{Prompt, PromptEncoder, Transformer},
};

use crate::{
    compare::{LOOP, close},
    set::{Set, Tensors},
    transformer::{config, prompt, weights},
};

/// Tensors of a file, noise among them, in the order they were drawn.
struct Drawn<'a> {
    tensors: &'a Tensors,
    next: usize,
}

impl Noise for Drawn<'_> {
    fn draw(
        &mut self,
        _: Stream,
        shape: (usize, usize, usize, usize),
    ) -> songwright_nn::Result<Tensor> {
        let name = format!("noise_{}", self.next);
        self.next += 1;
        let noise = self
            .tensors
            .f32(&name)
            .map_err(|error| songwright_nn::Error::File {
                path: name.clone().into(),
                what: format!("{error:#}"),
            })?;
        Ok(noise.reshape(shape)?)
    }
}

/// Counts what the loop asks of the model.
struct Counted<'a> {
    model: DitVelocities<'a>,
    calls: usize,
}

impl Velocities for Counted<'_> {
    fn of(&mut self, x: &Tensor, call: usize, sides: &[Side]) -> Result<Vec<Tensor>, Error> {
        self.calls += sides.len();
        self.model.of(x, call, sides)
    }
}

struct Model {
    encoder: PromptEncoder,
    transformer: Transformer,
}

impl Model {
    fn load(set: &Set, file: &str) -> Result<Self> {
        let (config, weights) = (config(set, file)?, weights(set, file)?);
        Ok(Self {
            encoder: PromptEncoder::load(&weights, &config)?,
            transformer: Transformer::load(&weights, &config)?,
        })
    }
}

/// Where the model of a loop is: in the file itself, in one of its own, or in the shared one.
fn model_of(set: &Set, file: &str) -> Result<Model> {
    let own = format!("{file}_model");
    let holds_weights = set
        .tensors(file)?
        .0
        .keys()
        .any(|name| name.starts_with("w."));
    if holds_weights {
        Model::load(set, file)
    } else if set.names().contains(&own) {
        Model::load(set, &own)
    } else {
        Model::load(set, "loop_model")
    }
}

/// The weights of other loops: that they load, and that nothing in the file is left unread.
pub(crate) fn model(set: &Set, file: &str) -> Result<()> {
    Model::load(set, file)?;
    let tensors = set.tensors(file)?;
    ensure!(tensors.0.len() > 20, "{file} holds no model");
    Ok(())
}

/// The file's own tensors over those of the shared model.
fn with_shared(set: &Set, file: &str) -> Result<Tensors> {
    let mut all = set.tensors("loop_model")?.0;
    all.retain(|name, _| !name.starts_with("w."));
    all.extend(set.tensors(file)?.0);
    Ok(Tensors(all))
}

pub(crate) fn text2music(set: &Set, file: &str) -> Result<()> {
    let (json, tensors) = (set.json(file)?, with_shared(set, file)?);
    let model = model_of(set, file)?;
    let sampling = sampling(&json, &tensors)?;
    let erg = Erg {
        text: ["text_null", "encoder_text_hidden_states_null"]
            .iter()
            .find(|name| tensors.has(name))
            .map(|name| tensors.f32(name))
            .transpose()?,
        lyric: json["use_erg_lyric"].as_bool().unwrap_or(false),
        diffusion: json["use_erg_diffusion"].as_bool().unwrap_or(false),
    };
    let double = sampling.guidance.is_double();
    let sides = Sides::of(&model.encoder, &prompt(&tensors)?, &erg, double)?;
    for batched in [false, true] {
        let schedule = sampling.schedule();
        let mut velocities = Counted {
            model: DitVelocities::new(
                &model.transformer,
                &sides,
                schedule.timesteps(),
                batched,
                &Silent,
            )?,
            calls: 0,
        };
        let mut noise = Drawn {
            tensors: &tensors,
            next: 0,
        };
        let mut told = Vec::new();
        let found = sample(
            &sampling,
            &mut velocities,
            &mut noise,
            &Device::Cpu,
            &mut |done, all| {
                told.push((done, all));
            },
        )?;
        let what = if batched {
            "in one pass"
        } else {
            "in two passes"
        };
        close(what, &found, &tensors.f32("out")?, LOOP)?;
        if let Some(calls) = json["decode_calls"].as_u64() {
            ensure!(
                velocities.calls as u64 == calls,
                "{} calls",
                velocities.calls
            );
        }
        let drawn = format!("noise_{}", noise.next);
        ensure!(!tensors.has(&drawn), "{drawn} was not drawn");
        let all = told.last().context("no progress")?.1;
        let steps: Vec<(usize, usize)> = (0..=all).map(|done| (done, all)).collect();
        ensure!(told == steps, "progress was {told:?}");
    }
    Ok(())
}

fn sampling(json: &Value, tensors: &Tensors) -> Result<Sampling> {
    let number = |key: &str, default: f64| json[key].as_f64().unwrap_or(default);
    let seconds = json["duration"]
        .as_f64()
        .or(json["duration_s"].as_f64())
        .context("no duration")?;
    let length = usize::try_from(frames(seconds))?;
    let variance = number("retake_variance", 0.5);
    let range = frames(number("repaint_start", 0.0))..frames(number("repaint_end", seconds));
    let whole = 0..frames(seconds);
    let task = if json["audio2audio_enable"].as_bool() == Some(true) {
        Task::Audio2Audio {
            reference: tensors.f32("ref_latents")?,
            strength: number("ref_audio_strength", 0.5),
        }
    } else if json["add_retake_noise"].as_bool() != Some(true) {
        Task::Text2Music { frames: length }
    } else if range == whole {
        Task::Retake {
            frames: length,
            before: Vec::new(),
            variance,
        }
    } else {
        Task::Repaint {
            source: tensors.f32("src_latents")?,
            variance,
            range,
        }
    };
    let word = |key: &str, default: &str| json[key].as_str().unwrap_or(default).to_owned();
    let steps = json["infer_steps"].as_u64().context("no steps")?;
    Ok(Sampling {
        steps: usize::try_from(steps)?,
        solver: serde_json::from_value(word("scheduler_type", "euler").into())?,
        omega_scale: number("omega_scale", 10.0),
        guidance: Guidance {
            kind: serde_json::from_value(word("cfg_type", "apg").into())?,
            scale: number("guidance_scale", 15.0),
            interval: number("guidance_interval", 0.5),
            decay: number("guidance_interval_decay", 0.0),
            min_scale: number("min_guidance_scale", 3.0),
            text_scale: number("guidance_scale_text", 0.0),
            lyric_scale: number("guidance_scale_lyric", 0.0),
        },
        oss_steps: match json.get("oss_steps") {
            Some(steps) if !steps.is_null() => serde_json::from_value(steps.clone())?,
            _ => Vec::new(),
        },
        task,
    })
}

pub(crate) fn flow_edit(set: &Set, file: &str) -> Result<()> {
    let (json, tensors) = (set.json(file)?, with_shared(set, file)?);
    let model = model_of(set, file)?;
    let (from, to) = edit_prompts(&tensors)?;
    let number = |key: &str| json[key].as_f64().with_context(|| format!("no {key}"));
    let count = |key: &str| -> Result<usize> {
        Ok(usize::try_from(
            json[key].as_u64().with_context(|| format!("no {key}"))?,
        )?)
    };
    let request = Edit {
        steps: count("infer_steps")?,
        guidance_scale: number("guidance_scale")?,
        n_min: number("n_min")?,
        n_max: number("n_max")?,
        n_avg: count("n_avg")?,
        source: tensors.f32("src_latents")?,
    };
    let schedule = request.schedule();
    let velocities = |prompt: &Prompt| -> Result<DitVelocities<'_>> {
        let sides = Sides::of_edit(&model.encoder, prompt)?;
        let timesteps = schedule.timesteps();
        Ok(DitVelocities::new(
            &model.transformer,
            &sides,
            timesteps,
            true,
            &Silent,
        )?)
    };
    let mut noise = Drawn {
        tensors: &tensors,
        next: 0,
    };
    let (mut source, mut target) = (velocities(&from)?, velocities(&to)?);
    let found = edit(
        &request,
        (&mut source, &mut target),
        &mut noise,
        &mut |_, _| {},
    )?;
    ensure!(
        found.dim(D::Minus1)? == request.source.dim(D::Minus1)?,
        "another length"
    );
    let drawn = format!("noise_{}", noise.next);
    ensure!(!tensors.has(&drawn), "{drawn} was not drawn");
    close("out", &found, &tensors.f32("out")?, LOOP)
}

/// Source and target, under the names of either set.
fn edit_prompts(tensors: &Tensors) -> Result<(Prompt, Prompt)> {
    let first = |names: [&str; 2]| -> Result<Tensor> {
        let Some(name) = names.iter().find(|name| tensors.has(name)) else {
            bail!("none of {names:?}")
        };
        Ok(tensors.0[*name].clone())
    };
    let from = Prompt {
        text: first(["encoder_text_hidden_states", "text"])?,
        text_mask: first(["text_attention_mask", "text_mask"])?,
        speaker: first(["speaker_embds", "speaker"])?,
        lyric_ids: first(["lyric_token_ids", "lyric_ids"])?,
        lyric_mask: tensors.f32("lyric_mask")?,
    };
    let to = Prompt {
        text: first(["target_encoder_text_hidden_states", "target_text"])?,
        text_mask: first(["target_text_attention_mask", "target_text_mask"])?,
        speaker: first(["target_speaker_embeds", "speaker"])?,
        lyric_ids: first(["target_lyric_token_ids", "target_lyric_ids"])?,
        lyric_mask: tensors.f32("target_lyric_mask")?,
    };
    Ok((from, to))
}
