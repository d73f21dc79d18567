use serde::{Deserialize, Serialize};
use serde_json::Value;
use songwright_base::{EngineInfo, EngineKind, Seed};
use songwright_music::{MusicFacts, TimedLine};
use uuid::Uuid;

use super::BundleError;
use crate::objects::sha256_hex;
use crate::{Lineage, SongText};

/// The file that says what a bundle holds.
pub(super) const FILE_NAME: &str = "song.json";
/// The newest format that this version writes and reads.
pub(super) const FORMAT_VERSION: u32 = 1;
/// The largest `song.json` in bytes.
pub(super) const MAX_BYTES: u64 = 8 << 20;

const FORMAT: &str = "songwright-bundle";
const SEAL: &str = "\"song_json_sha256\": \"";
const NO_SEAL: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// `song.json`: everything to make the song again.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Manifest {
    pub(super) format: String,
    pub(super) format_version: u32,
    /// "Songwright 0.1.0".
    pub(super) made_with: String,
    pub(super) song: BundleSong,
    pub(super) take: BundleTake,
    pub(super) cover: Option<BundleCover>,
    pub(super) files: Vec<BundleFile>,
    /// The SHA-256 of this file as it would be with 64 zeros here.
    pub(super) song_json_sha256: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct BundleSong {
    pub(super) id: Uuid,
    #[serde(flatten)]
    pub(super) text: SongText,
    pub(super) artist: String,
    /// Milliseconds since 1970 (UTC).
    pub(super) created_at_ms: i64,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct BundleTake {
    pub(super) id: Uuid,
    pub(super) params: Value,
    pub(super) engine: EngineInfo,
    pub(super) seed: Seed,
    pub(super) duration_s: f64,
    pub(super) facts: MusicFacts,
    pub(super) timed_lines: Vec<TimedLine>,
    /// Which of the song's takes it was; this and what follows is absent in bundles that are older than the words.
    #[serde(default)]
    pub(super) number: Option<u32>,
    /// What it was made from.
    #[serde(default)]
    pub(super) lineage: Option<Lineage>,
    /// Whether it has fewer steps than were asked for.
    #[serde(default)]
    pub(super) draft: Option<bool>,
}

impl BundleTake {
    pub(super) fn is_draft(&self) -> bool {
        // Before there was the word, the request said it.
        let asked = || self.params.pointer("/request/draft") == Some(&Value::Bool(true));
        self.draft.unwrap_or_else(asked)
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct BundleCover {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) style: String,
    pub(super) seed: Seed,
    pub(super) engine: EngineInfo,
    pub(super) label: String,
    /// Absent in bundles that are older than the word: the built-in artist set the title, and nobody else did.
    #[serde(default)]
    pub(super) lettered: Option<bool>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
    #[serde(default)]
    pub(super) parameters: String,
}

impl BundleCover {
    pub(super) fn is_lettered(&self) -> bool {
        self.lettered
            .unwrap_or(self.engine.kind == EngineKind::Sketch)
    }
}

/// What a file of a bundle is.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "role", content = "name")]
pub(super) enum Role {
    /// The mix as WAV.
    Audio,
    /// The mix again.
    Flac,
    /// The mix again.
    Mp3,
    /// The cover as PNG.
    Cover,
    /// The lyrics.
    Lyrics,
    /// The lyrics as LRC.
    TimedLyrics,
    /// The notes.
    Midi,
    /// One part of the mix, with its name.
    Stem(String),
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct BundleFile {
    /// Relative to `song.json`, with `/`.
    pub(super) path: String,
    #[serde(flatten)]
    pub(super) role: Role,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Manifest {
    pub(super) fn new(song: BundleSong, take: BundleTake, cover: Option<BundleCover>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            made_with: concat!("Songwright ", env!("CARGO_PKG_VERSION")).to_owned(),
            song,
            take,
            cover,
            files: Vec::new(),
            song_json_sha256: NO_SEAL.to_owned(),
        }
    }

    /// The text of `song.json`, sealed.
    pub(super) fn to_text(&self) -> serde_json::Result<String> {
        let open = Self {
            song_json_sha256: NO_SEAL.to_owned(),
            ..self.clone()
        };
        let mut text = serde_json::to_string_pretty(&open)?;
        text.push('\n');
        let seal = sha256_hex(text.as_bytes());
        if let Some(at) = seal_at(&text) {
            text.replace_range(at..at + seal.len(), &seal);
        }
        Ok(text)
    }

    /// Reads `song.json` and checks that it is as it was written.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        let damaged = |problem: String| BundleError::Damaged {
            file: FILE_NAME.to_owned(),
            problem,
        };
        // What a newer version wrote may have other fields: its number is looked at first.
        #[derive(Deserialize)]
        struct Head {
            format: String,
            format_version: u32,
        }
        let head: Head = serde_json::from_slice(bytes)
            .map_err(|e| damaged(format!("it is not a song's description ({e})")))?;
        if head.format != FORMAT {
            return Err(damaged("it is not a song's description".to_owned()));
        }
        if head.format_version > FORMAT_VERSION {
            return Err(BundleError::NewerFormat {
                found: head.format_version,
                known: FORMAT_VERSION,
            });
        }
        let changed = || damaged("it was changed after it was written".to_owned());
        let mut text = String::from_utf8(bytes.to_vec()).map_err(|_| changed())?;
        let at = seal_at(&text).ok_or_else(changed)?;
        let seal = text
            .get(at..at + NO_SEAL.len())
            .ok_or_else(changed)?
            .to_owned();
        text.replace_range(at..at + NO_SEAL.len(), NO_SEAL);
        if sha256_hex(text.as_bytes()) != seal {
            return Err(changed());
        }
        serde_json::from_slice(bytes)
            .map_err(|e| damaged(format!("it is not a song's description ({e})")))
    }
}

/// Where the seal's digits begin: the last such field, for lyrics may quote it.
fn seal_at(text: &str) -> Option<usize> {
    text.rfind(SEAL).map(|at| at + SEAL.len())
}
