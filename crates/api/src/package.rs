use serde::{Deserialize, Serialize};
use songwright_base::{EngineInfo, OperationId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{GenerationMetadata, TimedLine};

/// Which parts were made.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ServiceStatus {
    /// Lyrics were written, or given.
    pub lyrics: bool,
    /// The tags prompt was written, or given.
    pub prompt: bool,
    /// Categories were chosen.
    pub categories: bool,
    /// The audio was made.
    pub music: bool,
    /// The cover was drawn.
    pub cover_image: bool,
}

/// Which engine made each part; null where the part was given or failed.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct EnginesUsed {
    /// The lyrics.
    pub lyrics: Option<EngineInfo>,
    /// The tags prompt.
    pub prompt: Option<EngineInfo>,
    /// The categories.
    pub categories: Option<EngineInfo>,
    /// The audio.
    pub music: Option<EngineInfo>,
    /// The cover.
    pub cover: Option<EngineInfo>,
}

/// URLs on this server.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct PackageLinks {
    /// The WAV, with Range.
    pub audio: String,
    /// The PNG.
    pub cover: Option<String>,
    /// The bundle as a zip.
    pub bundle: String,
    /// The song as JSON.
    pub song: String,
    /// The waveform's peaks.
    pub peaks: String,
}

/// What the integrated service answers: the union of both published shapes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Package {
    /// The WAV's key in the store.
    pub s3_key: String,
    /// The PNG's key in the store.
    pub cover_image_s3_key: Option<String>,
    /// 3–5 names, or `["Unknown"]`.
    pub categories: Vec<String>,
    /// The WAV's key in the store.
    pub audio_file_path: String,
    /// The PNG's key in the store.
    pub cover_image_file_path: Option<String>,
    /// `local`, `s3` or, with `?inline=base64`, `base64`.
    pub storage_mode: String,
    /// Who made it.
    pub generation_metadata: GenerationMetadata,
    /// Which parts were made.
    pub service_status: ServiceStatus,
    /// What failed on the way.
    pub errors: Option<Vec<String>>,
    /// The operation's id.
    pub correlation_id: OperationId,
    /// The operation's id.
    pub operation_id: OperationId,
    /// The song in the library.
    pub song_id: Uuid,
    /// Made from the song.
    pub title: String,
    /// The tags prompt that was used.
    pub prompt: String,
    /// What is sung; `[instrumental]` where nothing is.
    pub lyrics: String,
    /// The seed that was used.
    pub seed: u64,
    /// Seconds of audio.
    pub audio_duration: f64,
    /// Which engine made each part.
    pub engines: EnginesUsed,
    /// URLs on this server.
    pub links: PackageLinks,
    /// What was asked for and could not be done.
    pub notes: Vec<String>,
    /// When each line is sung, where known.
    pub timed_lines: Vec<TimedLine>,
    /// With `?inline=base64`: the WAV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_data: Option<String>,
    /// With `?inline=base64`: the PNG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover_image_data: Option<String>,
}

/// What `POST /generate` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct DemoAudio {
    /// A WAV file in base64.
    pub audio_data: String,
}
