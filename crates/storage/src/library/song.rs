use serde::{Deserialize, Serialize};
use serde_json::Value;
use songwright_audio::Peaks;
use songwright_base::{EngineInfo, Seed};
use songwright_music::{MusicFacts, TimedLine};
use uuid::Uuid;

use crate::{ObjectKey, StoredFile};

/// What a song says of itself: prompt and lyrics are those that it was first made of.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct SongText {
    /// Its name.
    pub title: String,
    /// What the user asked for; empty where a prompt or lyrics were given instead.
    pub description: String,
    /// The tags prompt.
    pub prompt: String,
    /// The lyrics with section tags; empty for an instrumental.
    pub lyrics: String,
    /// Who wrote the words; `None` where the user did or nobody sings.
    pub lyricist: Option<EngineInfo>,
    /// Whether nobody sings.
    pub instrumental: bool,
    /// "english", "chinese", …, where known.
    pub language: Option<String>,
    /// Genres, surest first.
    pub categories: Vec<String>,
}

/// One part of a take's mix by itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StemFile {
    /// "drums", "bass", …: safe as a part of a file name.
    pub name: String,
    /// Its audio.
    pub file: StoredFile,
}

/// Which take another was made from, and how.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Lineage {
    /// The take it was made from; `None` where that was deleted.
    pub parent_take_id: Option<Uuid>,
    /// "retake", "extend", "repaint", "edit", …
    pub relation: String,
}

/// What a take is made of. Another take of the song may have other words.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct TakeWords {
    /// The tags prompt.
    pub prompt: String,
    /// The lyrics with section tags; empty where nobody sings.
    pub lyrics: String,
}

impl TakeWords {
    /// Whether nobody sings.
    #[must_use]
    pub const fn is_instrumental(&self) -> bool {
        self.lyrics.is_empty()
    }
}

/// A recording: audio with everything needed to make it again.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Recording {
    /// Its id as a take.
    pub id: Uuid,
    /// The mix.
    pub audio: StoredFile,
    /// Its parts; empty where the engine has none.
    pub stems: Vec<StemFile>,
    /// The notes as a Standard MIDI File, where the engine has them.
    pub midi: Option<StoredFile>,
    /// Its waveform.
    pub peaks: Peaks,
    /// The request that it was made from, as the API takes it.
    pub params: Value,
    /// Who made it.
    pub engine: EngineInfo,
    /// The seed that was used.
    pub seed: Seed,
    /// Length in seconds.
    pub duration_s: f64,
    /// Tempo, key and what else is known.
    pub facts: MusicFacts,
    /// When each line is sung; empty where unknown.
    pub timed_lines: Vec<TimedLine>,
    /// What it was made from; `None` for a first recording.
    pub lineage: Option<Lineage>,
    /// What is sung in it, and how it was to sound.
    pub words: TakeWords,
    /// Whether it has fewer steps than were asked for, for a first hearing.
    pub draft: bool,
}

/// A recording in its place in a song.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Take {
    /// The song.
    pub song_id: Uuid,
    /// 1 is the first; numbers of deleted takes are not used again while later ones exist.
    pub number: u32,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// What was recorded.
    #[serde(flatten)]
    pub recording: Recording,
}

/// A cover picture.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Artwork {
    /// Its id as a cover.
    pub id: Uuid,
    /// The PNG.
    pub image: StoredFile,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The preset's name or the user's own words.
    pub style: String,
    /// The seed that was used.
    pub seed: Seed,
    /// Who drew it.
    pub engine: EngineInfo,
    /// How it was made, for people.
    pub label: String,
    /// Whether title and artist are set on it.
    pub lettered: bool,
    /// What its maker could not do, and what its licence asks to be said: sentences.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What it was made from, as image tools write it; empty where that is not known.
    #[serde(default)]
    pub parameters: String,
}

/// A picture in its place in a song.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SongCover {
    /// The song.
    pub song_id: Uuid,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// The picture.
    #[serde(flatten)]
    pub artwork: Artwork,
}

/// A song to be added whole; its files are in the object store already.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSong {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub text: SongText,
    /// Takes in order.
    pub recordings: Vec<Recording>,
    /// Covers, the newest last.
    pub artworks: Vec<Artwork>,
    /// When it was made, in milliseconds since 1970 (UTC); `None` is now.
    pub created_at_ms: Option<i64>,
}

/// A song with all that belongs to it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Song {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    #[serde(flatten)]
    pub text: SongText,
    /// Whether the user marked it.
    pub favourite: bool,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// Takes by number.
    pub takes: Vec<Take>,
    /// Covers, the newest last.
    pub covers: Vec<SongCover>,
}

impl Song {
    /// The newest take.
    #[must_use]
    pub fn latest_take(&self) -> Option<&Take> {
        self.takes.last()
    }

    /// What the song says of itself where that take is heard.
    #[must_use]
    pub fn text_of(&self, take: &Take) -> SongText {
        let words = &take.recording.words;
        // Other lyrics came with the wish for the take, and nothing more is known of them.
        let written = words.lyrics == self.text.lyrics;
        SongText {
            prompt: words.prompt.clone(),
            lyrics: words.lyrics.clone(),
            instrumental: words.is_instrumental(),
            lyricist: self.text.lyricist.clone().filter(|_| written),
            language: self.text.language.clone().filter(|_| written),
            ..self.text.clone()
        }
    }

    /// The newest cover.
    #[must_use]
    pub fn latest_cover(&self) -> Option<&SongCover> {
        self.covers.last()
    }
}

/// A song in a list.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SongSummary {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub title: String,
    /// The tags prompt.
    pub prompt: String,
    /// Whether nobody sings.
    pub instrumental: bool,
    /// Genres, surest first.
    pub categories: Vec<String>,
    /// Whether the user marked it.
    pub favourite: bool,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// How many takes it has.
    pub takes: u32,
    /// The newest take's audio.
    pub audio_key: Option<ObjectKey>,
    /// The newest take's length in seconds.
    pub duration_s: Option<f64>,
    /// The newest cover.
    pub cover_key: Option<ObjectKey>,
}

/// Which songs to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SongFilter {
    /// Words, or parts of words, that must all occur in title, description, prompt, lyrics or
    /// categories; empty is any song.
    pub query: String,
    /// Only marked songs.
    pub favourites_only: bool,
    /// Where the page before ended ([`SongPage::next`]).
    pub after: Option<i64>,
    /// How many of those that are found are passed over.
    pub offset: u32,
    /// At most so many; 0 is none.
    pub limit: u32,
}

/// A page of songs, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct SongPage {
    /// The songs.
    pub songs: Vec<SongSummary>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<i64>,
    /// How many songs the filter finds on all pages.
    pub total: u64,
}
