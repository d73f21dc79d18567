use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{GenerationMetadata, Whole};

/// What is done with lyrics.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviseTask {
    /// Sections are added.
    #[default]
    Continue,
    /// The lines of one section are written anew with their syllables and rhymes; the rest stays.
    Rewrite,
    /// Sections are left out, repeated or added, so that they fill a song of `audio_duration`.
    Fit,
    /// Every line is written in `language`, with its syllables.
    Translate,
}

/// `POST /lyrics/revise_lyrics`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ReviseRequest {
    /// What is done.
    pub task: ReviseTask,
    /// The lyrics, with `[section]` tags on lines of their own.
    #[schema(min_length = 1, max_length = 5000)]
    pub lyrics: String,
    /// To continue: how many sections are added; 1 where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sections: Option<Whole>,
    /// To rewrite: which section, as its number from 1 or its tag: "2", "chorus", "verse 2".
    #[schema(max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// To fit: how long the song is, in seconds.
    #[schema(minimum = 10, maximum = 600)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_duration: Option<f64>,
    /// What the lyrics are in, "german", "zh", …; absent, or "auto", is what their lines say. To translate: into
    /// which language.
    #[schema(max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What new lines shall say, or how; for lyrics that are fitted also the tempo.
    #[schema(max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// −1 is a random seed.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Whole>,
}

/// `POST /lyrics/suggest_rhymes`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct RhymesRequest {
    /// A word, or a line whose end is rhymed on.
    #[schema(min_length = 1, max_length = 200)]
    pub word: String,
    /// "english", "chinese", …; absent is that of the word.
    #[schema(max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the song is about.
    #[schema(max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How many at most; 10 where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rhymes: Option<Whole>,
    /// −1 is a random seed.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Whole>,
}

/// What `/lyrics/suggest_rhymes` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct RhymesResponse {
    /// What was rhymed on.
    pub word: String,
    /// Words that rhyme with it, each once; there may be fewer than were asked for.
    pub rhymes: Vec<String>,
    /// Who found them.
    pub metadata: GenerationMetadata,
    /// What its maker could not promise: rhymes or syllables that cannot be told by letters; why it stands in for a model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// `POST /lyrics/improve_prompt`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ImprovePromptRequest {
    /// Tags, or words that say how it shall sound. Tags parted by commas are kept.
    #[schema(min_length = 5, max_length = 500)]
    pub prompt: String,
    /// What the song is about.
    #[schema(max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether nobody sings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrumental: Option<bool>,
    /// −1 is a random seed.
    #[schema(value_type = Option<i64>, minimum = -1, maximum = 2147483647)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Whole>,
}
