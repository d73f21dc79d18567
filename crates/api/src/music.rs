use serde::{Deserialize, Serialize};
use songwright_base::{InvalidField, OperationId, Seed};
use utoipa::ToSchema;

use crate::{DiffusionFields, Whole, finite_between};

/// The fields that all audio requests share.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct AudioGenerationBase {
    /// Length in seconds; 180 where absent.
    #[schema(minimum = 10, maximum = 600)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_duration: Option<f64>,
    /// −1 is a random seed, which is reported back.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Whole>,
    /// Another name of `seed`.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual_seeds: Option<Whole>,
    /// How closely a neural composer follows the prompt; 15 where absent.
    #[schema(minimum = 1, maximum = 30)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_scale: Option<f64>,
    /// Steps of a neural composer; 60 where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infer_step: Option<Whole>,
    /// Another name of `infer_step`.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inference_steps: Option<Whole>,
    /// Whether nobody sings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrumental: Option<bool>,
}

/// [`AudioGenerationBase`] with its limits checked and its defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudioGeneration {
    /// Seconds, 10–600.
    pub duration_s: f64,
    /// The seed that is used.
    pub seed: Seed,
    /// 1–30.
    pub guidance_scale: f64,
    /// 1–200.
    pub infer_step: u32,
    /// Whether nobody sings.
    pub instrumental: bool,
}

impl TryFrom<&AudioGenerationBase> for AudioGeneration {
    type Error = InvalidField;

    fn try_from(base: &AudioGenerationBase) -> Result<Self, InvalidField> {
        let seed = same("seed", "manual_seeds", base.seed, base.manual_seeds)?.map_or(-1, |n| n.0);
        let step = same(
            "infer_step",
            "inference_steps",
            base.infer_step,
            base.inference_steps,
        )?;
        let step = step.unwrap_or(Whole(60)).between("infer_step", 1..=200)?;
        Ok(Self {
            duration_s: finite_between(
                "audio_duration",
                base.audio_duration.unwrap_or(180.0),
                10.0..=600.0,
            )?,
            seed: Seed::from_request(seed, Seed::MAX_SONG)?,
            guidance_scale: finite_between(
                "guidance_scale",
                base.guidance_scale.unwrap_or(15.0),
                1.0..=30.0,
            )?,
            infer_step: u32::try_from(step).unwrap_or(60),
            instrumental: base.instrumental.unwrap_or(false),
        })
    }
}

impl From<AudioGeneration> for AudioGenerationBase {
    fn from(audio: AudioGeneration) -> Self {
        Self {
            audio_duration: Some(audio.duration_s),
            seed: Some(Whole(i64::try_from(audio.seed.0).unwrap_or(i64::MAX))),
            manual_seeds: None,
            guidance_scale: Some(audio.guidance_scale),
            infer_step: Some(Whole(i64::from(audio.infer_step))),
            inference_steps: None,
            instrumental: Some(audio.instrumental),
        }
    }
}

fn same(
    field: &'static str,
    alias: &'static str,
    one: Option<Whole>,
    other: Option<Whole>,
) -> Result<Option<Whole>, InvalidField> {
    match (one, other) {
        (Some(a), Some(b)) if a != b => Err(InvalidField::new(
            field,
            format!(
                "and {alias} are two names of one field, but say {} and {}",
                a.0, b.0
            ),
        )),
        (a, b) => Ok(a.or(b)),
    }
}

/// `POST /music/generate_music`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct MusicRequest {
    /// Comma-separated tags: genre, voice, instruments, mood, tempo, key.
    #[schema(min_length = 5, max_length = 500)]
    pub prompt: String,
    /// What is sung, with `[section]` tags; absent, empty or `[instrumental]` is an instrumental.
    #[schema(max_length = 5000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lyrics: Option<String>,
    /// The shared fields.
    #[serde(flatten)]
    pub audio: AudioGenerationBase,
    /// What only a neural composer reads.
    #[serde(flatten)]
    pub diffusion: DiffusionFields,
}

/// `metadata` of every generating endpoint.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct GenerationMetadata {
    /// Seconds.
    pub generation_time: f64,
    /// The engine's model id.
    pub model_info: String,
    /// What computed.
    pub gpu_type: String,
    /// Always null: nothing is paid for here.
    pub estimated_cost: Option<f64>,
    /// The operation that made it.
    pub operation_id: OperationId,
}

/// When a line of the lyrics is sung.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TimedLine {
    /// From the start of the song, in seconds.
    pub start_s: f64,
    /// Where the line's last note ends, in seconds.
    pub end_s: f64,
    /// The line as in the lyrics.
    pub text: String,
    /// The tag of its section, without brackets.
    pub section: String,
}

/// What `/music/generate_music` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct MusicResponse {
    /// A WAV file in base64. An asynchronous operation's result leaves it out; take `file_path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_data: Option<String>,
    /// Seconds it took.
    pub generation_time: f64,
    /// Seconds of audio.
    pub audio_duration: f64,
    /// Who made it.
    pub metadata: GenerationMetadata,
    /// The key of the same file in the store.
    pub file_path: String,
    /// The seed that was used.
    pub seed: u64,
    /// Beats a minute, where known.
    pub bpm: Option<f64>,
    /// "A minor", where known.
    pub key: Option<String>,
    /// What is played, in words.
    #[serde(default)]
    pub instruments: Vec<String>,
    /// What was asked for and could not be done.
    #[serde(default)]
    pub notes: Vec<String>,
    /// When each line is sung, where known.
    #[serde(default)]
    pub timed_lines: Vec<TimedLine>,
}

/// What `/music/generate_music_to_storage` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct MusicToStorageResponse {
    /// The key of the file.
    pub file_path: String,
    /// Seconds it took.
    pub generation_time: f64,
    /// Size of the file in MB (10⁶ bytes).
    pub file_size_mb: f64,
    /// Seconds of audio.
    pub audio_duration: f64,
    /// Who made it.
    pub metadata: GenerationMetadata,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(json: &str) -> Result<AudioGeneration, String> {
        let base: AudioGenerationBase = serde_json::from_str(json).unwrap();
        AudioGeneration::try_from(&base).map_err(|e| e.to_string())
    }

    #[test]
    fn defaults_are_the_contract_s() {
        let audio = audio("{}").unwrap();
        assert_eq!((audio.duration_s, audio.guidance_scale), (180.0, 15.0));
        assert_eq!((audio.infer_step, audio.instrumental), (60, false));
        assert!(audio.seed.0 <= 2_147_483_647);
    }

    #[test]
    fn both_sides_of_every_limit() {
        for (field, inside, outside) in [
            ("audio_duration", ["10", "600"], ["9.99", "600.1"]),
            ("guidance_scale", ["1", "30"], ["0.9", "30.5"]),
            ("infer_step", ["1", "200"], ["0", "201"]),
            ("seed", ["-1", "2147483647"], ["-2", "2147483648"]),
        ] {
            for n in inside {
                assert!(
                    audio(&format!("{{\"{field}\": {n}}}")).is_ok(),
                    "{field} {n}"
                );
            }
            for n in outside {
                let error = audio(&format!("{{\"{field}\": {n}}}")).expect_err(n);
                assert!(error.starts_with(&format!("{field} must be")), "{error}");
            }
        }
        let huge = audio("{\"audio_duration\": 1e300}").unwrap_err();
        assert!(
            huge.starts_with("audio_duration must be 10 to 600"),
            "{huge}"
        );
    }

    #[test]
    fn two_names_of_one_field_must_agree() {
        assert!(audio("{\"infer_step\": 30, \"inference_steps\": 30}").is_ok());
        let error = audio("{\"infer_step\": 30, \"inference_steps\": 31}").unwrap_err();
        assert_eq!(
            error,
            "infer_step and inference_steps are two names of one field, but say 30 and 31."
        );
        assert!(audio("{\"seed\": 3, \"manual_seeds\": 4}").is_err());
        assert_eq!(audio("{\"manual_seeds\": 4}").unwrap().seed.0, 4);
    }
}
