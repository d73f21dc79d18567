use serde::{Deserialize, Serialize};
use songwright_base::{InvalidField, Seed, length_between};
use utoipa::ToSchema;

use crate::{
    Whole, finite_between,
    takes::{edit_steps, extended, repainted, share},
};

/// What can be done to music that is there, or to the song of a seed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskName {
    /// The seed's own song, otherwise.
    Retake,
    /// A part of `src_audio_input` made anew.
    Repaint,
    /// `src_audio_input` made longer.
    Extend,
    /// `src_audio_input` with other words or in another style.
    Edit,
}

/// What a request for music does to music that is there. `/songs/{id}/retake` and the like say it for the
/// takes of a song.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TaskFields {
    /// What is done; absent makes music from words, or like `ref_audio_input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskName>,
    /// The music that it is done to, of all but `retake`: a `file_path`, as `POST /files` answers it.
    #[schema(max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src_audio_input: Option<String>,
    /// Where the difference comes from; −1 is random, and what is drawn stands in the operation's request.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retake_seed: Option<Whole>,
    /// How much differs, of `retake` (0.2 where absent) and `repaint` (0.5).
    #[schema(minimum = 0, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retake_variance: Option<f64>,
    /// Retakes that this one comes after, the oldest first.
    #[schema(max_items = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_retakes: Option<Vec<EarlierRetake>>,
    /// Where the part that is repainted begins, in seconds.
    #[schema(minimum = 0, maximum = 600)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaint_start: Option<f64>,
    /// Where it ends; beyond the music it is the music's end.
    #[schema(minimum = 0, maximum = 600)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaint_end: Option<f64>,
    /// Seconds before the music that is extended; 0 where absent.
    #[schema(minimum = 0, maximum = 240)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_extend_length: Option<f64>,
    /// Seconds after it; 30 where neither is said, else 0.
    #[schema(minimum = 0, maximum = 240)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_extend_length: Option<f64>,
    /// The tags that the edited music was made from.
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_source_prompt: Option<String>,
    /// The lyrics that it was made from; an instrumental where absent.
    #[schema(max_length = 5000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_source_lyrics: Option<String>,
    /// The language of those, as a code; a guess where absent.
    #[schema(max_length = 20)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_source_language: Option<String>,
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

/// A retake that another comes after.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct EarlierRetake {
    /// How much differed.
    #[schema(minimum = 0, maximum = 1)]
    pub variance: f64,
    /// Where the difference came from.
    #[schema(value_type = i64, minimum = 0, maximum = 2147483647)]
    pub seed: Whole,
}

/// [`TaskFields`] with their limits checked and their seed drawn.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum TaskAsked {
    /// The seed's own song, otherwise.
    Retake {
        /// Variances, 0–1, and seeds of the retakes before it, the oldest first.
        earlier: Vec<(f64, Seed)>,
        /// 0–1.
        variance: f64,
        /// Where the difference comes from.
        retake_seed: Seed,
    },
    /// A part made anew.
    Repaint {
        /// The key of the music.
        file_path: String,
        /// 0–600.
        start_s: f64,
        /// 0–600, after the start.
        end_s: f64,
        /// 0–1.
        variance: f64,
        /// Where the change comes from.
        retake_seed: Seed,
    },
    /// More of it, by 1 s or more in all.
    Extend {
        /// The key of the music.
        file_path: String,
        /// Seconds before it, 0–240.
        left_s: f64,
        /// Seconds after it, 0–240.
        right_s: f64,
        /// Where what is new comes from.
        retake_seed: Seed,
    },
    /// Other words or another style.
    Edit {
        /// The key of the music.
        file_path: String,
        /// The tags it was made from.
        prompt: String,
        /// The lyrics it was made from; empty for an instrumental.
        lyrics: String,
        /// Their language; `None` is a guess.
        vocal_language: Option<String>,
        /// 0–1.
        n_min: f64,
        /// 0–1, above `n_min`.
        n_max: f64,
        /// 1–8.
        n_avg: usize,
        /// Where the change comes from.
        retake_seed: Seed,
    },
}

/// The most retakes before another.
const MOST_RETAKES: usize = 100;

impl TaskFields {
    /// What is asked for; `None` where music is made from words or like other audio.
    ///
    /// # Errors
    /// The first field that is out of its limits, missing, or said of no task.
    pub fn asked(&self) -> Result<Option<TaskAsked>, InvalidField> {
        let Some(task) = self.task else {
            return if *self == Self::default() {
                Ok(None)
            } else {
                Err(InvalidField::new(
                    "task",
                    "must say what is done with what else is given: retake, repaint, extend or edit",
                ))
            };
        };
        let seed = self.retake_seed.map_or(-1, |seed| seed.0);
        let retake_seed = Seed::from_request(seed, Seed::MAX_SONG)?;
        let variance = |usual| share("retake_variance", self.retake_variance, usual);
        Ok(Some(match task {
            TaskName::Retake => TaskAsked::Retake {
                earlier: earlier(self.earlier_retakes.as_deref().unwrap_or_default())?,
                variance: variance(0.2)?,
                retake_seed,
            },
            TaskName::Repaint => {
                let (start_s, end_s) = self.range()?;
                TaskAsked::Repaint {
                    file_path: self.source()?,
                    start_s,
                    end_s,
                    variance: variance(0.5)?,
                    retake_seed,
                }
            }
            TaskName::Extend => {
                let (left_s, right_s) =
                    extended(self.left_extend_length, self.right_extend_length)?;
                TaskAsked::Extend {
                    file_path: self.source()?,
                    left_s,
                    right_s,
                    retake_seed,
                }
            }
            TaskName::Edit => {
                let (n_min, n_max, n_avg) =
                    edit_steps(self.edit_n_min, self.edit_n_max, self.edit_n_avg)?;
                let text = |field, text: &Option<String>, most| {
                    length_between(field, text.as_deref().unwrap_or_default(), 0..=most)
                };
                let language = text("edit_source_language", &self.edit_source_language, 20)?;
                TaskAsked::Edit {
                    file_path: self.source()?,
                    prompt: text("edit_source_prompt", &self.edit_source_prompt, 500)?,
                    lyrics: text("edit_source_lyrics", &self.edit_source_lyrics, 5000)?,
                    vocal_language: (!language.is_empty()).then_some(language),
                    n_min,
                    n_max,
                    n_avg,
                    retake_seed,
                }
            }
        }))
    }

    fn source(&self) -> Result<String, InvalidField> {
        match self.src_audio_input.as_deref().map(str::trim) {
            Some(key) => length_between("src_audio_input", key, 1..=200),
            None => Err(InvalidField::new(
                "src_audio_input",
                "is missing: it names the music that the task is about",
            )),
        }
    }

    fn range(&self) -> Result<(f64, f64), InvalidField> {
        let given =
            |field, value: Option<f64>| value.ok_or_else(|| InvalidField::new(field, "is missing"));
        repainted(
            given("repaint_start", self.repaint_start)?,
            given("repaint_end", self.repaint_end)?,
        )
    }
}

fn earlier(retakes: &[EarlierRetake]) -> Result<Vec<(f64, Seed)>, InvalidField> {
    if retakes.len() > MOST_RETAKES {
        return Err(InvalidField::new(
            "earlier_retakes",
            format!("must be at most {MOST_RETAKES}"),
        ));
    }
    let each = retakes.iter().map(|retake| {
        let variance = finite_between("earlier_retakes", retake.variance, 0.0..=1.0)?;
        let seed = retake
            .seed
            .between("earlier_retakes", 0..=i64::from(i32::MAX))?;
        Ok((variance, Seed(seed.unsigned_abs())))
    });
    each.collect()
}

impl TaskAsked {
    /// Where the difference comes from.
    #[must_use]
    pub const fn retake_seed(&self) -> Seed {
        match self {
            Self::Retake { retake_seed, .. }
            | Self::Repaint { retake_seed, .. }
            | Self::Extend { retake_seed, .. }
            | Self::Edit { retake_seed, .. } => *retake_seed,
        }
    }
}

impl From<&TaskAsked> for TaskFields {
    fn from(asked: &TaskAsked) -> Self {
        let fields = Self {
            retake_seed: whole(asked.retake_seed()),
            ..Self::default()
        };
        match asked.clone() {
            TaskAsked::Retake {
                earlier, variance, ..
            } => Self {
                task: Some(TaskName::Retake),
                retake_variance: Some(variance),
                earlier_retakes: (!earlier.is_empty()).then(|| {
                    let retake = |(variance, seed): &(f64, Seed)| {
                        Some(EarlierRetake {
                            variance: *variance,
                            seed: whole(*seed)?,
                        })
                    };
                    earlier.iter().filter_map(retake).collect()
                }),
                ..fields
            },
            TaskAsked::Repaint {
                file_path,
                start_s,
                end_s,
                variance,
                ..
            } => Self {
                task: Some(TaskName::Repaint),
                src_audio_input: Some(file_path),
                repaint_start: Some(start_s),
                repaint_end: Some(end_s),
                retake_variance: Some(variance),
                ..fields
            },
            TaskAsked::Extend {
                file_path,
                left_s,
                right_s,
                ..
            } => Self {
                task: Some(TaskName::Extend),
                src_audio_input: Some(file_path),
                left_extend_length: Some(left_s),
                right_extend_length: Some(right_s),
                ..fields
            },
            TaskAsked::Edit {
                file_path,
                prompt,
                lyrics,
                vocal_language,
                n_min,
                n_max,
                n_avg,
                ..
            } => Self {
                task: Some(TaskName::Edit),
                src_audio_input: Some(file_path),
                edit_source_prompt: Some(prompt),
                edit_source_lyrics: Some(lyrics),
                edit_source_language: vocal_language,
                edit_n_min: Some(n_min),
                edit_n_max: Some(n_max),
                edit_n_avg: i64::try_from(n_avg).ok().map(Whole),
                ..fields
            },
        }
    }
}

fn whole(seed: Seed) -> Option<Whole> {
    i64::try_from(seed.0).ok().map(Whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(json: &str) -> Result<Option<TaskAsked>, String> {
        let fields: TaskFields = serde_json::from_str(json).map_err(|e| e.to_string())?;
        fields.asked().map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_is_lost_on_the_way_to_another_service() {
        for json in [
            r#"{"task": "retake", "retake_seed": 5, "retake_variance": 0.4,
                "earlier_retakes": [{"variance": 0.2, "seed": 3}, {"variance": 1, "seed": 2147483647}]}"#,
            r#"{"task": "repaint", "src_audio_input": "x.wav", "repaint_start": 2, "repaint_end": 14,
                "retake_variance": 1, "retake_seed": 5}"#,
            r#"{"task": "extend", "src_audio_input": "x.wav", "left_extend_length": 2, "right_extend_length": 0,
                "retake_seed": 5}"#,
            r#"{"task": "edit", "src_audio_input": "x.wav", "edit_source_prompt": "jazz, piano",
                "edit_source_lyrics": "[verse]\nla", "edit_source_language": "de", "edit_n_min": 0.1,
                "edit_n_max": 0.9, "edit_n_avg": 2, "retake_seed": 0}"#,
        ] {
            let task = asked(json).unwrap().unwrap();
            let fields = TaskFields::from(&task);
            assert_eq!(fields, serde_json::from_str(json).unwrap());
            assert_eq!(fields.asked(), Ok(Some(task)));
        }
        assert_eq!(asked("{}"), Ok(None));
    }

    #[test]
    fn both_sides_of_every_limit() {
        let repaint = |more: &str| {
            asked(&format!(
                r#"{{"task": "repaint", "src_audio_input": "x.wav", {more}}}"#
            ))
        };
        for good in [
            r#""repaint_start": 0, "repaint_end": 600"#,
            r#""repaint_start": 599.9, "repaint_end": 600, "retake_variance": 0"#,
        ] {
            assert!(repaint(good).is_ok(), "{good}");
        }
        for (bad, field) in [
            (
                r#""repaint_start": -0.1, "repaint_end": 1"#,
                "repaint_start",
            ),
            (
                r#""repaint_start": 600.1, "repaint_end": 600"#,
                "repaint_start",
            ),
            (r#""repaint_start": 1, "repaint_end": 600.1"#, "repaint_end"),
            (r#""repaint_start": 2, "repaint_end": 2"#, "repaint_end"),
            (r#""repaint_end": 2"#, "repaint_start is missing"),
            (
                r#""repaint_start": 1, "repaint_end": 2, "retake_variance": 1.1"#,
                "retake_variance",
            ),
        ] {
            let error = repaint(bad).unwrap_err();
            assert!(error.starts_with(field), "{error}");
        }
        for (bad, field) in [
            (
                r#"{"task": "edit", "edit_source_prompt": "jazz"}"#,
                "src_audio_input is missing",
            ),
            (r#"{"repaint_start": 1}"#, "task must say"),
            (r#"{"task": "extend"}"#, "src_audio_input is missing"),
            (
                r#"{"task": "extend", "src_audio_input": "x", "right_extend_length": 0.9}"#,
                "right_extend_length and",
            ),
            (
                r#"{"task": "extend", "src_audio_input": "x", "left_extend_length": 240.1}"#,
                "left_extend_length",
            ),
            (r#"{"task": "retake", "retake_seed": -2}"#, "seed"),
            (
                r#"{"task": "edit", "src_audio_input": "x", "edit_n_min": 1}"#,
                "edit_n_max",
            ),
            (
                r#"{"task": "retake", "earlier_retakes": [{"variance": 1.1, "seed": 1}]}"#,
                "earlier_retakes",
            ),
        ] {
            let error = asked(bad).unwrap_err();
            assert!(error.starts_with(field), "{error}");
        }
        let retakes = |n: usize| {
            let list = vec![r#"{"variance": 1, "seed": 0}"#; n].join(",");
            asked(&format!(
                r#"{{"task": "retake", "earlier_retakes": [{list}]}}"#
            ))
        };
        assert!(retakes(100).is_ok() && retakes(101).is_err());
        assert!(asked(r#"{"task": "cover"}"#).is_err());
    }
}
