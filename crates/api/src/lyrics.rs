use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{GenerationMetadata, Whole};

/// `POST /lyrics/generate_lyrics`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct LyricsRequest {
    /// What the song is about.
    #[schema(min_length = 5, max_length = 1000)]
    pub description: String,
    /// A style of writing or music.
    #[schema(max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// "english", "chinese", …; absent follows the description.
    #[schema(max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// "wistful", "defiant", …
    #[schema(max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mood: Option<String>,
    /// Sizes the lyrics, in seconds of song.
    #[schema(minimum = 10, maximum = 600)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_duration: Option<f64>,
    /// −1 is a random seed.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Whole>,
}

/// What `/lyrics/generate_lyrics` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct LyricsResponse {
    /// Lyrics with `[section]` tags on lines of their own.
    pub lyrics: String,
    /// Words that are sung; a Chinese character counts as one.
    pub word_count: u64,
    /// The tags as found.
    pub structure_tags: Vec<String>,
    /// Who wrote them.
    pub metadata: GenerationMetadata,
    /// What its maker could not promise: rhymes or syllables that cannot be told by letters; why it stands in for a model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// `POST /lyrics/generate_prompt`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct PromptRequest {
    /// What the song is about.
    #[schema(min_length = 5, max_length = 1000)]
    pub description: String,
    /// A genre that must be among the tags.
    #[schema(max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// Instruments that must be among the tags.
    #[schema(max_items = 10)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruments: Option<Vec<String>>,
    /// A tempo in words or BPM.
    #[schema(max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tempo: Option<String>,
    /// Whether nobody sings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrumental: Option<bool>,
    /// −1 is a random seed.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Whole>,
}

/// What `/lyrics/generate_prompt` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct PromptResponse {
    /// One line of comma-separated tags.
    pub prompt: String,
    /// How many.
    pub tag_count: u64,
    /// The main genre heard in the description.
    pub detected_genre: Option<String>,
    /// Who wrote it.
    pub metadata: GenerationMetadata,
    /// Why its maker stands in for a model that is installed and cannot be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// `POST /lyrics/generate_categories`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct CategoriesRequest {
    /// What the song is about, or its tags.
    #[schema(min_length = 5, max_length = 1000)]
    pub description: String,
    /// How many at most; 5 where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 10)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_categories: Option<Whole>,
    /// Whether genres below the main ones may be named; true where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_subgenres: Option<bool>,
}

/// What `/lyrics/generate_categories` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct CategoriesResponse {
    /// Surest first.
    pub categories: Vec<String>,
    /// The first of them.
    pub primary_genre: Option<String>,
    /// 0–1 by category.
    #[schema(value_type = Object, additional_properties)]
    pub confidence_scores: serde_json::Map<String, serde_json::Value>,
    /// Who chose them.
    pub metadata: GenerationMetadata,
    /// Why its maker stands in for a model that is installed and cannot be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// `POST /lyrics/generate_title`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TitleRequest {
    /// What the song is about, or its tags; may be absent where its lyrics are given.
    #[schema(min_length = 5, max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its lyrics.
    #[schema(max_length = 5000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lyrics: Option<String>,
    /// −1 is a random seed.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Whole>,
}

/// What `/lyrics/generate_title` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TitleResponse {
    /// One to six words.
    pub title: String,
    /// Who made it.
    pub metadata: GenerationMetadata,
    /// Why its maker stands in for a model that is installed and cannot be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What was heard in a description.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Heard {
    /// The main genre.
    pub genre: Option<String>,
    /// Beats a minute, where the description says it.
    pub bpm: Option<f64>,
    /// The key, where the description says it.
    pub key: Option<String>,
    /// "female voice", "male voice", "instrumental", …
    pub voice: Option<String>,
    /// Instruments.
    pub instruments: Vec<String>,
    /// Moods.
    pub moods: Vec<String>,
    /// What it is about.
    pub themes: Vec<String>,
    /// Words that name a sound which the built-in engines do not know.
    pub not_understood: Vec<String>,
}
