use serde::{Deserialize, Serialize};
use songwright_base::{InvalidField, Seed, clean_text, length_between};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{LoraChoice, Whole, diffusion::loras, finite_between};

/// What all new takes of a song may say. The rest is that of the take it is made from.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TakeBase {
    /// The take it is made from; the newest where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_id: Option<Uuid>,
    /// Where the difference comes from; −1 is random, and reported back.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retake_seed: Option<Whole>,
    /// Steps, with which a draft's take is no draft; those of the take where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infer_step: Option<Whole>,
    /// Guidance; that of the take where absent.
    #[schema(minimum = 1, maximum = 30)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_scale: Option<f64>,
    /// How many takes are made: the first with `retake_seed`, the next with the number after it; 1
    /// where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<Whole>,
    /// The language that is sung, as a code such as `en` or `zh`; that of the take where absent, and a guess
    /// where empty. Other lyrics may want another one.
    #[schema(max_length = 20)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocal_language: Option<String>,
    /// Adapters; those of the take where absent, and none where empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 8)]
    pub loras: Option<Vec<LoraChoice>>,
}

/// Other words for a new take.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct OtherWords {
    /// Other tags; those of the take where absent.
    #[schema(min_length = 5, max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Other lyrics; those of the take where absent.
    #[schema(max_length = 5000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lyrics: Option<String>,
}

/// `POST /songs/{id}/retake`: the same song, otherwise.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct RetakeRequest {
    /// The shared fields.
    #[serde(flatten)]
    pub base: TakeBase,
    /// 0 is the take itself, 1 another song; 0.2 where absent.
    #[schema(minimum = 0, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retake_variance: Option<f64>,
}

/// `POST /songs/{id}/repaint`: a part made anew, the rest kept.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct RepaintRequest {
    /// The shared fields.
    #[serde(flatten)]
    pub base: TakeBase,
    /// Other words, for the whole song.
    #[serde(flatten)]
    pub words: OtherWords,
    /// Where the part begins, in seconds.
    #[schema(minimum = 0, maximum = 600)]
    pub repaint_start: f64,
    /// Where it ends, in seconds; beyond the song it is the song's end, and `extend` makes a song longer.
    #[schema(minimum = 0, maximum = 600)]
    pub repaint_end: f64,
    /// How much of it changes, 0–1; 0.5 where absent.
    #[schema(minimum = 0, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retake_variance: Option<f64>,
}

/// `POST /songs/{id}/extend`: the song made longer, by exactly as much as is said.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ExtendRequest {
    /// The shared fields.
    #[serde(flatten)]
    pub base: TakeBase,
    /// Other words, for the whole song.
    #[serde(flatten)]
    pub words: OtherWords,
    /// Seconds before the song; 0 where absent.
    #[schema(minimum = 0, maximum = 240)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_extend_length: Option<f64>,
    /// Seconds after it; 30 where neither is said, else 0.
    #[schema(minimum = 0, maximum = 240)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_extend_length: Option<f64>,
}

/// `POST /songs/{id}/edit`: other words or another style, the rest kept.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct EditRequest {
    /// The shared fields.
    #[serde(flatten)]
    pub base: TakeBase,
    /// What it becomes; at least one of the two.
    #[serde(flatten)]
    pub words: OtherWords,
    /// The share of steps at which editing begins; 0.6 where absent, which keeps the tune.
    #[schema(minimum = 0, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_n_min: Option<f64>,
    /// The share of steps from which on it is free; 1 where absent.
    #[schema(minimum = 0, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_n_max: Option<f64>,
    /// Noises that each step is averaged over; 1 where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_n_avg: Option<Whole>,
}

/// `POST /songs/{id}/promote`: a draft at all its steps.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct PromoteRequest {
    /// The draft; the newest take where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_id: Option<Uuid>,
    /// Steps; those that the draft's request asked for where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infer_step: Option<Whole>,
}

/// A new take of a song, as it is queued: its limits checked, its seed drawn.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TakeJob {
    /// The song.
    pub song_id: Uuid,
    /// The take it is made from; the newest where absent.
    pub take_id: Option<Uuid>,
    /// Steps; those of the take where absent, of which a draft has few.
    pub infer_step: Option<u32>,
    /// Guidance; that of the take where absent.
    pub guidance_scale: Option<f64>,
    /// Other tags.
    pub prompt: Option<String>,
    /// Other lyrics.
    pub lyrics: Option<String>,
    /// Where the difference comes from.
    pub retake_seed: Seed,
    /// How many, 1–8, each with a seed of its own.
    #[serde(default = "one")]
    pub batch_size: u32,
    /// Another language to sing in; empty for a guess.
    #[serde(default)]
    pub vocal_language: Option<String>,
    /// Other adapters; empty for none.
    #[serde(default)]
    pub loras: Option<Vec<LoraChoice>>,
    /// What is made.
    pub wish: TakeWish,
}

/// What is made of a take.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeWish {
    /// The same song, otherwise.
    Retake {
        /// 0–1.
        variance: f64,
    },
    /// A part made anew.
    Repaint {
        /// In seconds.
        start_s: f64,
        /// In seconds; the song's end where it is beyond.
        end_s: f64,
        /// 0–1.
        variance: f64,
    },
    /// The song made longer.
    Extend {
        /// Seconds before it.
        left_s: f64,
        /// Seconds after it.
        right_s: f64,
    },
    /// Other words or another style.
    Edit {
        /// 0–1.
        n_min: f64,
        /// 0–1, above `n_min`.
        n_max: f64,
        /// 1–8.
        n_avg: usize,
    },
    /// A draft at all its steps.
    Promote,
}

impl TakeWish {
    /// The relation of the new take to the old.
    #[must_use]
    pub const fn relation(&self) -> &'static str {
        match self {
            Self::Retake { .. } => "retake",
            Self::Repaint { .. } => "repaint",
            Self::Extend { .. } => "extend",
            Self::Edit { .. } => "edit",
            Self::Promote => "promote",
        }
    }
}

/// A request that becomes a [`TakeJob`].
pub trait NewTake {
    /// Checks the limits and draws the seed.
    ///
    /// # Errors
    /// The first field that is out of its limits.
    fn job(self, song_id: Uuid) -> Result<TakeJob, InvalidField>;
}

impl TakeBase {
    fn job(
        self,
        song_id: Uuid,
        words: OtherWords,
        wish: TakeWish,
    ) -> Result<TakeJob, InvalidField> {
        let seed = self.retake_seed.map_or(-1, |seed| seed.0);
        let limited = |field, text: Option<String>, range| -> Result<_, InvalidField> {
            text.map(|text| length_between(field, &clean_text(&text), range))
                .transpose()
        };
        Ok(TakeJob {
            song_id,
            take_id: self.take_id,
            infer_step: steps(self.infer_step)?,
            guidance_scale: self
                .guidance_scale
                .map(|scale| finite_between("guidance_scale", scale, 1.0..=30.0))
                .transpose()?,
            prompt: limited("prompt", words.prompt, 5..=500)?,
            lyrics: limited("lyrics", words.lyrics, 0..=5000)?,
            retake_seed: Seed::from_request(seed, Seed::MAX_SONG)?,
            batch_size: batch_size(self.batch_size)?,
            vocal_language: limited("vocal_language", self.vocal_language, 0..=20)?,
            loras: self
                .loras
                .map(|choices| loras(&choices).map(|_| choices))
                .transpose()?,
            wish,
        })
    }
}

/// Of an operation that an earlier version queued.
const fn one() -> u32 {
    1
}

/// How many takes are made at a time, 1–8.
pub(crate) fn batch_size(size: Option<Whole>) -> Result<u32, InvalidField> {
    let size = size.unwrap_or(Whole(1)).between("batch_size", 1..=8)?;
    Ok(u32::try_from(size).unwrap_or(1))
}

fn steps(steps: Option<Whole>) -> Result<Option<u32>, InvalidField> {
    let checked = steps.map(|steps| steps.between("infer_step", 1..=200));
    Ok(checked
        .transpose()?
        .and_then(|steps| u32::try_from(steps).ok()))
}

impl NewTake for RetakeRequest {
    fn job(self, song_id: Uuid) -> Result<TakeJob, InvalidField> {
        let variance = share("retake_variance", self.retake_variance, 0.2)?;
        let wish = TakeWish::Retake { variance };
        self.base.job(song_id, OtherWords::default(), wish)
    }
}

/// The part that is repainted, from and to in seconds.
pub(crate) fn repainted(start_s: f64, end_s: f64) -> Result<(f64, f64), InvalidField> {
    let start_s = finite_between("repaint_start", start_s, 0.0..=600.0)?;
    let end_s = finite_between("repaint_end", end_s, 0.0..=600.0)?;
    if start_s >= end_s {
        return Err(InvalidField::new(
            "repaint_end",
            format!("must come after repaint_start ({start_s}), not {end_s}"),
        ));
    }
    Ok((start_s, end_s))
}

/// Seconds before a song and after it; 30 after it where nothing is said.
pub(crate) fn extended(left: Option<f64>, right: Option<f64>) -> Result<(f64, f64), InvalidField> {
    let usual = if left.is_none() { 30.0 } else { 0.0 };
    let left_s = finite_between("left_extend_length", left.unwrap_or(0.0), 0.0..=240.0)?;
    let right_s = finite_between("right_extend_length", right.unwrap_or(usual), 0.0..=240.0)?;
    if left_s + right_s < 1.0 {
        return Err(InvalidField::new(
            "right_extend_length",
            "and left_extend_length together must be at least 1 s",
        ));
    }
    Ok((left_s, right_s))
}

impl NewTake for RepaintRequest {
    fn job(self, song_id: Uuid) -> Result<TakeJob, InvalidField> {
        let (start_s, end_s) = repainted(self.repaint_start, self.repaint_end)?;
        let wish = TakeWish::Repaint {
            start_s,
            end_s,
            variance: share("retake_variance", self.retake_variance, 0.5)?,
        };
        self.base.job(song_id, self.words, wish)
    }
}

impl NewTake for ExtendRequest {
    fn job(self, song_id: Uuid) -> Result<TakeJob, InvalidField> {
        let (left_s, right_s) = extended(self.left_extend_length, self.right_extend_length)?;
        let wish = TakeWish::Extend { left_s, right_s };
        self.base.job(song_id, self.words, wish)
    }
}

impl NewTake for EditRequest {
    fn job(self, song_id: Uuid) -> Result<TakeJob, InvalidField> {
        if self.words == OtherWords::default() {
            return Err(InvalidField::new(
                "prompt",
                "or lyrics must say what the song becomes",
            ));
        }
        let (n_min, n_max, n_avg) = edit_steps(self.edit_n_min, self.edit_n_max, self.edit_n_avg)?;
        let wish = TakeWish::Edit {
            n_min,
            n_max,
            n_avg,
        };
        self.base.job(song_id, self.words, wish)
    }
}

impl NewTake for PromoteRequest {
    fn job(self, song_id: Uuid) -> Result<TakeJob, InvalidField> {
        let base = TakeBase {
            take_id: self.take_id,
            infer_step: self.infer_step,
            ..TakeBase::default()
        };
        base.job(song_id, OtherWords::default(), TakeWish::Promote)
    }
}

/// From which share of its steps an edit begins, from which it is free, and over how many noises it is averaged.
pub(crate) fn edit_steps(
    n_min: Option<f64>,
    n_max: Option<f64>,
    n_avg: Option<Whole>,
) -> Result<(f64, f64, usize), InvalidField> {
    let n_min = share("edit_n_min", n_min, 0.6)?;
    let n_max = share("edit_n_max", n_max, 1.0)?;
    if n_min >= n_max {
        return Err(InvalidField::new(
            "edit_n_max",
            format!("must be above edit_n_min ({n_min}), not {n_max}"),
        ));
    }
    let n_avg = n_avg.unwrap_or(Whole(1)).between("edit_n_avg", 1..=8)?;
    Ok((n_min, n_max, usize::try_from(n_avg).unwrap_or(1)))
}

pub(crate) fn share(
    field: &'static str,
    value: Option<f64>,
    usual: f64,
) -> Result<f64, InvalidField> {
    finite_between(field, value.unwrap_or(usual), 0.0..=1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job<T: NewTake + serde::de::DeserializeOwned>(json: &str) -> Result<TakeWish, String> {
        let request: T = serde_json::from_str(json).map_err(|e| e.to_string())?;
        let job = request.job(Uuid::nil()).map_err(|e| e.to_string())?;
        Ok(job.wish)
    }

    #[test]
    fn what_is_not_said_is_the_reference_s() {
        assert_eq!(
            job::<RetakeRequest>("{}"),
            Ok(TakeWish::Retake { variance: 0.2 })
        );
        assert_eq!(
            job::<ExtendRequest>("{}"),
            Ok(TakeWish::Extend {
                left_s: 0.0,
                right_s: 30.0
            })
        );
        assert_eq!(
            job::<ExtendRequest>(r#"{"left_extend_length": 5}"#),
            Ok(TakeWish::Extend {
                left_s: 5.0,
                right_s: 0.0
            })
        );
        assert_eq!(
            job::<EditRequest>(r#"{"lyrics": ""}"#),
            Ok(TakeWish::Edit {
                n_min: 0.6,
                n_max: 1.0,
                n_avg: 1
            })
        );
    }

    #[test]
    fn both_sides_of_every_limit() {
        let repaint = |from: f64, to: f64| {
            let json = format!(r#"{{"repaint_start": {from}, "repaint_end": {to}}}"#);
            job::<RepaintRequest>(&json)
        };
        assert!(repaint(0.0, 600.0).is_ok() && repaint(3.0, 3.1).is_ok());
        for (from, to) in [(3.0, 3.0), (4.0, 3.0), (-1.0, 3.0), (1.0, 601.0)] {
            assert!(repaint(from, to).is_err(), "{from} {to}");
        }
        for good in [
            r#"{"retake_variance": 0}"#,
            r#"{"retake_variance": 1, "retake_seed": 2147483647}"#,
            r#"{"batch_size": 8}"#,
            r#"{"vocal_language": "", "loras": []}"#,
            r#"{"vocal_language": "twenty letters of it", "loras": [{"name": "rap", "weight": -3}]}"#,
        ] {
            assert!(job::<RetakeRequest>(good).is_ok(), "{good}");
        }
        for bad in [
            r#"{"retake_variance": 1.1}"#,
            r#"{"retake_seed": -2}"#,
            r#"{"infer_step": 0}"#,
            r#"{"batch_size": 0}"#,
            r#"{"batch_size": 9}"#,
            r#"{"vocal_language": "twenty letters of its"}"#,
            r#"{"loras": [{"name": "rap", "weight": 3.1}]}"#,
        ] {
            assert!(job::<RetakeRequest>(bad).is_err(), "{bad}");
        }
        assert!(job::<ExtendRequest>(r#"{"right_extend_length": 0.9}"#).is_err());
        assert!(job::<ExtendRequest>(r#"{"right_extend_length": 1}"#).is_ok());
        assert!(job::<EditRequest>("{}").is_err());
        assert!(job::<EditRequest>(r#"{"lyrics": "la", "edit_n_min": 1}"#).is_err());
        assert!(job::<EditRequest>(r#"{"lyrics": "la", "edit_n_avg": 9}"#).is_err());
        assert!(job::<PromoteRequest>(r#"{"infer_step": 201}"#).is_err());
    }
}
