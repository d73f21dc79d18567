use serde::{Deserialize, Serialize};
use songwright_base::{EngineInfo, Stage};
use utoipa::ToSchema;

/// What `/music/estimate` answers: what a request would take, before anything runs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct MusicEstimate {
    /// Who would make the music.
    pub engine: EngineInfo,
    /// Seconds of audio.
    pub audio_duration: f64,
    /// Whether the lyrics can be sung in that time; absent where nobody sings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lyrics: Option<LyricFit>,
    /// How long it takes in seconds; absent where this machine has not made music with this engine yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The same by stage, as earlier runs on this machine took it.
    pub stages: Vec<StageEstimate>,
    /// The most seconds that such an operation may take.
    pub limit_s: u64,
    /// Whether the time is within that; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fits_time: Option<bool>,
    /// What the engine takes in memory with this request, in bytes.
    pub memory_bytes: u64,
    /// What engines may take together.
    pub memory_budget_bytes: u64,
    /// Whether the one is within the other.
    pub fits_memory: bool,
}

/// How long a stage takes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct StageEstimate {
    /// Which.
    pub stage: Stage,
    /// Absent where nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// Whether lyrics can be sung in a duration.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct LyricFit {
    /// Lines that are sung.
    pub lines: u64,
    /// Syllables of them, counted by rule.
    pub syllables: u64,
    /// How fast they would have to be sung, with a fifth of the time left for what is played alone.
    pub syllables_per_second: f64,
    /// The tempo that the tags name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bpm: Option<f64>,
    /// What that means.
    pub verdict: FitVerdict,
    /// What to do, in a sentence.
    pub advice: String,
    /// A duration that they fit in, in seconds.
    pub suggested_duration: f64,
}

/// Whether lyrics fit.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FitVerdict {
    /// They do, at the pace of most songs.
    Fits,
    /// They do, sung fast; some words may be lost.
    Crowded,
    /// They do not: lines will be left out.
    TooMany,
}

/// The adapters that are here.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct AdapterList {
    /// By name.
    pub adapters: Vec<Adapter>,
    /// The folders that they are put in.
    pub folders: Vec<String>,
}

/// A LoRA adapter that `loras` can name.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Adapter {
    /// What requests call it.
    pub name: String,
    /// The family of models that it was made for.
    pub family: String,
    /// The size of its file.
    pub bytes: u64,
}

/// What `POST /files` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct UploadedAudio {
    /// What requests call it, as in `ref_audio_input`.
    pub file_path: String,
    /// Size of the file in MB (10⁶ bytes).
    pub file_size_mb: f64,
    /// Seconds.
    pub audio_duration: f64,
    /// Hz.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u16,
}
