use serde::{Deserialize, Serialize};
use songwright_base::EngineInfo;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{EnginesUsed, PackageLinks, TimedLine};

/// One audio version of a song.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Take {
    /// Its name.
    pub take_id: Uuid,
    /// 1, 2, …
    pub number: u32,
    /// The take that it was made from, where that is still there.
    pub parent_take_id: Option<Uuid>,
    /// What was done to that: `retake`, `repaint`, `extend`, `edit` or `promote`; null for one that was made
    /// from words alone.
    pub relation: Option<String>,
    /// Whether it has few steps, for a first hearing; `/songs/{id}/promote` makes the rest.
    pub draft: bool,
    /// The tags prompt that it was made from.
    pub prompt: String,
    /// What is sung in it; `[instrumental]` where nothing is.
    pub lyrics: String,
    /// Whether nobody sings in it.
    pub instrumental: bool,
    /// Seconds of audio.
    pub audio_duration: f64,
    /// The seed that was used.
    pub seed: u64,
    /// Where its difference to the take that it was made from comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retake_seed: Option<u64>,
    /// Who made it.
    pub engine: EngineInfo,
    /// Beats a minute, where known.
    pub bpm: Option<f64>,
    /// "A minor", where known.
    pub key: Option<String>,
    /// What is played, in words.
    pub instruments: Vec<String>,
    /// The parts that can be had by themselves.
    pub stems: Vec<String>,
    /// Whether there is a MIDI file.
    pub has_midi: bool,
    /// When it was made (RFC 3339).
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When each line is sung.
    pub timed_lines: Vec<TimedLine>,
    /// URLs on this server.
    pub links: TakeLinks,
}

/// URLs of a take.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TakeLinks {
    /// The WAV, with Range.
    pub audio: String,
    /// The waveform's peaks.
    pub peaks: String,
}

/// A song in the library.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Song {
    /// Its name.
    pub song_id: Uuid,
    /// For people.
    pub title: String,
    /// The artist, where one was given.
    pub artist: Option<String>,
    /// What was asked for, in words.
    pub description: String,
    /// The tags prompt of the newest take.
    pub prompt: String,
    /// What is sung in the newest take; `[instrumental]` where nothing is.
    pub lyrics: String,
    /// Whether nobody sings in the newest take.
    pub instrumental: bool,
    /// 3–5 names.
    pub categories: Vec<String>,
    /// Whether somebody likes it.
    pub favourite: bool,
    /// When it was made (RFC 3339).
    #[schema(format = "date-time")]
    pub created_at: String,
    /// Seconds of the newest take.
    pub audio_duration: f64,
    /// The seed of the newest take.
    pub seed: u64,
    /// Beats a minute of the newest take.
    pub bpm: Option<f64>,
    /// The key of the newest take.
    pub key: Option<String>,
    /// Which engine made each part.
    pub engines: EnginesUsed,
    /// What was asked for and could not be done.
    pub notes: Vec<String>,
    /// What failed on the way.
    pub errors: Vec<String>,
    /// How the cover was made.
    pub cover_label: Option<String>,
    /// All covers, the newest first, which is the one that is shown.
    #[serde(default)]
    pub covers: Vec<SongCover>,
    /// Oldest first.
    pub takes: Vec<Take>,
    /// The request that makes the newest take's words, voice and length again.
    #[schema(value_type = Object)]
    pub request: serde_json::Value,
    /// URLs on this server.
    pub links: PackageLinks,
}

/// A cover of a song.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SongCover {
    /// The key of the PNG in the store.
    pub file_path: String,
    /// Width and height in pixels.
    #[schema(value_type = Vec<u32>, min_items = 2, max_items = 2)]
    pub image_dimensions: [u32; 2],
    /// The preset's name or the words that were asked for.
    pub style: String,
    /// The seed that was used.
    pub seed: u64,
    /// How it was made.
    pub label: String,
    /// Whether title and artist are set on it.
    pub lettered: bool,
    /// When it was made (RFC 3339).
    #[schema(format = "date-time")]
    pub created_at: String,
}

/// What `GET /songs` answers, newest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SongList {
    /// One page.
    pub songs: Vec<Song>,
    /// How many match in all.
    pub total: u64,
}

/// `PATCH /songs/{id}`; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SongChange {
    /// A new title.
    #[schema(min_length = 1, max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Like or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<bool>,
}

/// A waveform: the least and the greatest sample of each of equally long pieces.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Peaks {
    /// −1…1.
    pub min: Vec<f32>,
    /// −1…1.
    pub max: Vec<f32>,
    /// Seconds of audio.
    pub audio_duration: f64,
}

/// What `POST /songs/import` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ImportResponse {
    /// The song in this library.
    pub song: Song,
}
