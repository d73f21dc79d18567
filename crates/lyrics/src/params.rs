use songwright_base::Seed;

/// What lyrics are wanted. Valid by construction at the service's edge.
#[derive(Clone, Debug, PartialEq)]
pub struct LyricsParams {
    /// What the song is about, cleaned.
    pub description: String,
    /// A style of writing or music, as the user put it.
    pub style: Option<String>,
    /// "english", "chinese", …; `None` follows the description.
    pub language: Option<String>,
    /// "wistful", "defiant", …
    pub mood: Option<String>,
    /// The song's length in seconds, which sizes the lyrics; `None` is a song of usual length.
    pub duration_s: Option<f64>,
    /// Makes the words repeatable.
    pub seed: Seed,
}

/// What tags prompt is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptParams {
    /// What the song is about, cleaned.
    pub description: String,
    /// A genre that must be among the tags.
    pub genre: Option<String>,
    /// Instruments that must be among the tags; at most ten.
    pub instruments: Vec<String>,
    /// A tempo in words ("slow") or BPM ("92 BPM").
    pub tempo: Option<String>,
    /// Whether nobody sings, so that no voice is named.
    pub instrumental: bool,
    /// Makes the tags repeatable.
    pub seed: Seed,
}

/// What categories are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoriesParams {
    /// What the song is about, or its tags prompt.
    pub description: String,
    /// How many at most, 1–10.
    pub max_categories: usize,
    /// Whether genres below the main ones ("dream pop") may be named.
    pub include_subgenres: bool,
}

/// What a title is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct TitleParams {
    /// What the song is about, or its tags prompt.
    pub description: String,
    /// The lyrics; `None` for an instrumental.
    pub lyrics: Option<String>,
    /// Makes the title repeatable.
    pub seed: Seed,
}
