use serde::{Deserialize, Serialize};
use songwright_base::{InvalidField, length_between};
use utoipa::ToSchema;

use crate::{TaskAsked, TaskFields, Whole, finite_between};

/// How a step from noise towards music is taken.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SchedulerType {
    /// One look a step.
    #[default]
    Euler,
    /// Two looks a step.
    Heun,
    /// All the way, and back with fresh noise.
    PingPong,
}

/// How the prompt is insisted on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CfgType {
    /// Adaptive projected guidance (Sadat et al. 2024).
    #[default]
    Apg,
    /// Classifier-free guidance (Ho & Salimans 2022).
    Cfg,
    /// CFG-zero* (Fan et al. 2025).
    CfgStar,
}

/// How the language of lyrics is found, where `vocal_language` does not say it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LyricLanguage {
    /// One guess for the whole song.
    #[default]
    Song,
    /// The reference pipeline's guess for each line, which is often wrong on short ones.
    Reference,
}

/// Audio that a song is to be like.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ReferenceAudio {
    /// The key of the file.
    pub file_path: String,
    /// 0–1, how much of it stays.
    pub strength: f64,
}

/// An adapter of a neural composer, by the name it was installed under.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct LoraChoice {
    /// Its name in the list of adapters.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// How strongly it is heard; 1 where absent.
    #[schema(minimum = -3, maximum = 3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

/// What only a neural composer reads, all optional: names, defaults and limits are ACE-Step's.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct DiffusionFields {
    /// How a step is taken; `euler` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler_type: Option<SchedulerType>,
    /// How the prompt is insisted on; `apg` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cfg_type: Option<CfgType>,
    /// Granularity of the steps; 10 where absent.
    #[schema(minimum = -100, maximum = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omega_scale: Option<f64>,
    /// The share of steps that is guided, around the middle; 0.5 where absent.
    #[schema(minimum = 0, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_interval: Option<f64>,
    /// How far guidance falls over them; 0 where absent.
    #[schema(minimum = 0, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_interval_decay: Option<f64>,
    /// Where that fall leads; 3 where absent.
    #[schema(minimum = 0, maximum = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_guidance_scale: Option<f64>,
    /// Guidance of the tags alone; with `guidance_scale_lyric`, both above 1, in place of
    /// `guidance_scale`. 0 where absent.
    #[schema(minimum = 0, maximum = 10)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_scale_text: Option<f64>,
    /// Guidance of the lyrics beside the tags; 0 where absent.
    #[schema(minimum = 0, maximum = 10)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_scale_lyric: Option<f64>,
    /// Whether the other branch hears the tags weakly, in place of not at all; true where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_erg_tag: Option<bool>,
    /// The same of the lyrics; true where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_erg_lyric: Option<bool>,
    /// The same of the model's attention; true where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_erg_diffusion: Option<bool>,
    /// Steps of a schedule to take in place of all, from 1, rising: a list, or text such as
    /// `"1,3,6,9"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oss_steps: Option<OssSteps>,
    /// The language that is sung, as a code such as `en` or `zh`; guessed where absent.
    #[schema(max_length = 20)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocal_language: Option<String>,
    /// How the language is found where `vocal_language` is absent: once for the song, or line by line as
    /// the reference does; `song` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lyric_language: Option<LyricLanguage>,
    /// Audio that the song is to be like: a `file_path`, as `POST /files` answers it. The song is as
    /// long as it.
    #[schema(max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ref_audio_input: Option<String>,
    /// How much of that audio stays; 0.5 where absent.
    #[schema(minimum = 0, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ref_audio_strength: Option<f64>,
    /// Whether few steps will do for a first hearing, also of `oss_steps`; `/songs/{id}/promote` makes the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<bool>,
    /// Adapters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 8)]
    pub loras: Option<Vec<LoraChoice>>,
    /// What is done to music that is there.
    #[serde(flatten)]
    pub task: TaskFields,
}

/// Chosen steps, as a list or as text.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum OssSteps {
    /// A list.
    #[schema(value_type = Vec<i64>)]
    List(Vec<Whole>),
    /// Numbers with commas between them.
    Text(String),
}

/// [`DiffusionFields`] with their limits checked and their defaults filled in.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Diffusion {
    /// How a step is taken.
    pub scheduler_type: SchedulerType,
    /// How the prompt is insisted on.
    pub cfg_type: CfgType,
    /// −100–100.
    pub omega_scale: f64,
    /// 0–1.
    pub guidance_interval: f64,
    /// 0–1.
    pub guidance_interval_decay: f64,
    /// 0–200.
    pub min_guidance_scale: f64,
    /// 0–10.
    pub guidance_scale_text: f64,
    /// 0–10.
    pub guidance_scale_lyric: f64,
    /// Whether the other branch hears the tags weakly.
    pub use_erg_tag: bool,
    /// The same of the lyrics.
    pub use_erg_lyric: bool,
    /// The same of the model's attention.
    pub use_erg_diffusion: bool,
    /// Rising, each 1–200; empty for all.
    pub oss_steps: Vec<usize>,
    /// A code; `None` is a guess.
    pub vocal_language: Option<String>,
    /// Which guess.
    #[serde(default)]
    pub lyric_language: LyricLanguage,
    /// What the song is to be like.
    #[serde(default)]
    pub reference: Option<ReferenceAudio>,
    /// What is done to music that is there.
    #[serde(default)]
    pub task: Option<TaskAsked>,
    /// Whether few steps will do.
    pub draft: bool,
    /// Name and weight, −3–3.
    pub loras: Vec<(String, f64)>,
}

impl Default for Diffusion {
    /// The reference pipeline's.
    fn default() -> Self {
        Self {
            scheduler_type: SchedulerType::Euler,
            cfg_type: CfgType::Apg,
            omega_scale: 10.0,
            guidance_interval: 0.5,
            guidance_interval_decay: 0.0,
            min_guidance_scale: 3.0,
            guidance_scale_text: 0.0,
            guidance_scale_lyric: 0.0,
            use_erg_tag: true,
            use_erg_lyric: true,
            use_erg_diffusion: true,
            oss_steps: Vec::new(),
            vocal_language: None,
            lyric_language: LyricLanguage::Song,
            reference: None,
            task: None,
            draft: false,
            loras: Vec::new(),
        }
    }
}

impl DiffusionFields {
    /// The same with the seed of its task drawn, so that it makes the same again.
    ///
    /// # Errors
    /// The first field that is out of its limits.
    pub fn settled(mut self) -> Result<Self, InvalidField> {
        if let Some(task) = Diffusion::try_from(&self)?.task {
            self.task.retake_seed = TaskFields::from(&task).retake_seed;
        }
        Ok(self)
    }
}

impl TryFrom<&DiffusionFields> for Diffusion {
    type Error = InvalidField;

    fn try_from(fields: &DiffusionFields) -> Result<Self, InvalidField> {
        let usual = Self::default();
        let task = fields.task.asked()?;
        if task.is_some() && fields.ref_audio_input.is_some() {
            return Err(InvalidField::new(
                "ref_audio_input",
                "cannot be given with a task, which has src_audio_input",
            ));
        }
        let within = |field, value: Option<f64>, usual: f64, range| {
            finite_between(field, value.unwrap_or(usual), range)
        };
        Ok(Self {
            scheduler_type: fields.scheduler_type.unwrap_or_default(),
            cfg_type: fields.cfg_type.unwrap_or_default(),
            omega_scale: within("omega_scale", fields.omega_scale, 10.0, -100.0..=100.0)?,
            guidance_interval: within(
                "guidance_interval",
                fields.guidance_interval,
                usual.guidance_interval,
                0.0..=1.0,
            )?,
            guidance_interval_decay: within(
                "guidance_interval_decay",
                fields.guidance_interval_decay,
                usual.guidance_interval_decay,
                0.0..=1.0,
            )?,
            min_guidance_scale: within(
                "min_guidance_scale",
                fields.min_guidance_scale,
                usual.min_guidance_scale,
                0.0..=200.0,
            )?,
            guidance_scale_text: within(
                "guidance_scale_text",
                fields.guidance_scale_text,
                0.0,
                0.0..=10.0,
            )?,
            guidance_scale_lyric: within(
                "guidance_scale_lyric",
                fields.guidance_scale_lyric,
                0.0,
                0.0..=10.0,
            )?,
            use_erg_tag: fields.use_erg_tag.unwrap_or(usual.use_erg_tag),
            use_erg_lyric: fields.use_erg_lyric.unwrap_or(usual.use_erg_lyric),
            use_erg_diffusion: fields.use_erg_diffusion.unwrap_or(usual.use_erg_diffusion),
            oss_steps: fields.oss_steps.as_ref().map_or(Ok(Vec::new()), steps)?,
            vocal_language: fields
                .vocal_language
                .as_deref()
                .map(str::trim)
                .filter(|language| !language.is_empty())
                .map(str::to_lowercase),
            lyric_language: fields.lyric_language.unwrap_or_default(),
            reference: reference(fields)?,
            task,
            draft: fields.draft.unwrap_or(false),
            loras: loras(fields.loras.as_deref().unwrap_or_default())?,
        })
    }
}

impl From<&Diffusion> for DiffusionFields {
    /// Says what is not usual, so that a service that knows none of it is asked nothing new.
    fn from(diffusion: &Diffusion) -> Self {
        fn unusual<T: PartialEq>(value: T, usual: T) -> Option<T> {
            (value != usual).then_some(value)
        }
        let usual = Diffusion::default();
        let whole = |step: &usize| i64::try_from(*step).ok().map(Whole);
        let choice = |(name, weight): &(String, f64)| LoraChoice {
            name: name.clone(),
            weight: Some(*weight),
        };
        Self {
            scheduler_type: unusual(diffusion.scheduler_type, usual.scheduler_type),
            cfg_type: unusual(diffusion.cfg_type, usual.cfg_type),
            omega_scale: unusual(diffusion.omega_scale, usual.omega_scale),
            guidance_interval: unusual(diffusion.guidance_interval, usual.guidance_interval),
            guidance_interval_decay: unusual(
                diffusion.guidance_interval_decay,
                usual.guidance_interval_decay,
            ),
            min_guidance_scale: unusual(diffusion.min_guidance_scale, usual.min_guidance_scale),
            guidance_scale_text: unusual(diffusion.guidance_scale_text, usual.guidance_scale_text),
            guidance_scale_lyric: unusual(
                diffusion.guidance_scale_lyric,
                usual.guidance_scale_lyric,
            ),
            use_erg_tag: unusual(diffusion.use_erg_tag, usual.use_erg_tag),
            use_erg_lyric: unusual(diffusion.use_erg_lyric, usual.use_erg_lyric),
            use_erg_diffusion: unusual(diffusion.use_erg_diffusion, usual.use_erg_diffusion),
            oss_steps: (!diffusion.oss_steps.is_empty())
                .then(|| OssSteps::List(diffusion.oss_steps.iter().filter_map(whole).collect())),
            vocal_language: diffusion.vocal_language.clone(),
            lyric_language: unusual(diffusion.lyric_language, usual.lyric_language),
            ref_audio_input: diffusion.reference.as_ref().map(|of| of.file_path.clone()),
            ref_audio_strength: diffusion.reference.as_ref().map(|of| of.strength),
            draft: diffusion.draft.then_some(true),
            loras: (!diffusion.loras.is_empty())
                .then(|| diffusion.loras.iter().map(choice).collect()),
            task: diffusion
                .task
                .as_ref()
                .map_or_else(TaskFields::default, TaskFields::from),
        }
    }
}

fn reference(fields: &DiffusionFields) -> Result<Option<ReferenceAudio>, InvalidField> {
    let strength = fields.ref_audio_strength.unwrap_or(0.5);
    let strength = finite_between("ref_audio_strength", strength, 0.0..=1.0)?;
    let Some(key) = fields.ref_audio_input.as_deref().map(str::trim) else {
        if fields.ref_audio_strength.is_some() {
            return Err(InvalidField::new(
                "ref_audio_strength",
                "needs ref_audio_input, the audio that it is about",
            ));
        }
        return Ok(None);
    };
    Ok(Some(ReferenceAudio {
        file_path: length_between("ref_audio_input", key, 1..=200)?,
        strength,
    }))
}

fn steps(steps: &OssSteps) -> Result<Vec<usize>, InvalidField> {
    let wrong = || {
        InvalidField::new(
            "oss_steps",
            "must be rising whole numbers from 1 to 200, such as \"1,3,6,9\"",
        )
    };
    let numbers: Vec<i64> = match steps {
        OssSteps::List(list) => list.iter().map(|number| number.0).collect(),
        OssSteps::Text(text) => text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(|word| word.parse().map_err(|_| wrong()))
            .collect::<Result<_, _>>()?,
    };
    let rising = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    if !rising || numbers.iter().any(|number| !(1..=200).contains(number)) {
        return Err(wrong());
    }
    Ok(numbers
        .into_iter()
        .filter_map(|number| usize::try_from(number).ok())
        .collect())
}

/// Adapters of one request.
const MOST_LORAS: usize = 8;

pub(crate) fn loras(choices: &[LoraChoice]) -> Result<Vec<(String, f64)>, InvalidField> {
    if choices.len() > MOST_LORAS {
        return Err(InvalidField::new(
            "loras",
            format!("must be at most {MOST_LORAS} adapters"),
        ));
    }
    choices
        .iter()
        .map(|choice| {
            let weight = finite_between("loras", choice.weight.unwrap_or(1.0), -3.0..=3.0)?;
            Ok((choice.name.trim().to_owned(), weight))
        })
        .collect()
}

#[cfg(test)]
mod tests;
