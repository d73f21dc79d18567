use songwright_api::{
    CategoriesRequest, ImprovePromptRequest, LyricsRequest, PromptRequest, RhymesRequest,
    TitleRequest, Whole, finite_between,
};
use songwright_base::{InvalidField, Seed, clean_text, length_between};

use crate::{improve::OwnTags, tongue::Tongue};

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

/// What a cover's scene is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneParams {
    /// What the song is called.
    pub title: String,
    /// Its tags prompt.
    pub prompt: String,
    /// The lyrics; `None` for an instrumental.
    pub lyrics: Option<String>,
    /// Makes the scene repeatable.
    pub seed: Seed,
}

/// What is to be rhymed on.
#[derive(Clone, Debug, PartialEq)]
pub struct RhymesParams {
    /// A word or a line, cleaned, of one line.
    pub word: String,
    /// The language of the rhymes.
    pub tongue: Tongue,
    /// What the song is about.
    pub description: Option<String>,
    /// How many at most, 1–50.
    pub most: usize,
    /// Makes them repeatable.
    pub seed: Seed,
}

/// What tags prompt is to be made better.
#[derive(Clone, Debug, PartialEq)]
pub struct ImproveParams {
    /// The tags that are there, each once.
    pub tags: Vec<String>,
    /// What is asked of the engine.
    pub prompt: PromptParams,
}

impl TryFrom<&LyricsRequest> for LyricsParams {
    type Error = InvalidField;

    fn try_from(request: &LyricsRequest) -> Result<Self, InvalidField> {
        Ok(Self {
            description: length_between("description", &request.description, 5..=1000)?,
            style: optional("style", request.style.as_deref(), 100)?,
            language: optional("language", request.language.as_deref(), 50)?,
            mood: optional("mood", request.mood.as_deref(), 100)?,
            duration_s: request
                .audio_duration
                .map(|s| finite_between("audio_duration", s, 10.0..=600.0))
                .transpose()?,
            seed: seed(request.seed)?,
        })
    }
}

impl TryFrom<&PromptRequest> for PromptParams {
    type Error = InvalidField;

    fn try_from(request: &PromptRequest) -> Result<Self, InvalidField> {
        let instruments = request.instruments.as_deref().unwrap_or_default();
        if instruments.len() > 10 {
            return Err(InvalidField::new(
                "instruments",
                format!("may name 10 instruments, not {}", instruments.len()),
            ));
        }
        Ok(Self {
            description: length_between("description", &request.description, 5..=1000)?,
            genre: optional("genre", request.genre.as_deref(), 100)?,
            instruments: instruments
                .iter()
                .filter_map(|name| optional("instruments", Some(name), 100).transpose())
                .collect::<Result<_, _>>()?,
            tempo: optional("tempo", request.tempo.as_deref(), 50)?,
            instrumental: request.instrumental.unwrap_or(false),
            seed: seed(request.seed)?,
        })
    }
}

impl TryFrom<&CategoriesRequest> for CategoriesParams {
    type Error = InvalidField;

    fn try_from(request: &CategoriesRequest) -> Result<Self, InvalidField> {
        let most = request
            .max_categories
            .unwrap_or(Whole(5))
            .between("max_categories", 1..=10)?;
        Ok(Self {
            description: length_between("description", &request.description, 5..=1000)?,
            max_categories: usize::try_from(most).unwrap_or(5),
            include_subgenres: request.include_subgenres.unwrap_or(true),
        })
    }
}

impl TryFrom<&RhymesRequest> for RhymesParams {
    type Error = InvalidField;

    fn try_from(request: &RhymesRequest) -> Result<Self, InvalidField> {
        let word = length_between("word", &request.word, 1..=200)?;
        if word.contains('\n') || !word.chars().any(char::is_alphabetic) {
            let problem = "must be a word or one line to rhyme with";
            return Err(InvalidField::new("word", problem));
        }
        let tongue = match optional("language", request.language.as_deref(), 50)? {
            None => Tongue::of_text(&word),
            Some(asked) => Tongue::named_field(&asked)?,
        };
        let most = request
            .max_rhymes
            .unwrap_or(Whole(10))
            .between("max_rhymes", 1..=50)?;
        Ok(Self {
            word,
            tongue,
            description: optional("description", request.description.as_deref(), 1000)?,
            most: usize::try_from(most).unwrap_or(10),
            seed: seed(request.seed)?,
        })
    }
}

impl TryFrom<&ImprovePromptRequest> for ImproveParams {
    type Error = InvalidField;

    fn try_from(request: &ImprovePromptRequest) -> Result<Self, InvalidField> {
        let prompt = length_between("prompt", &request.prompt, 5..=500)?;
        let about = optional("description", request.description.as_deref(), 1000)?;
        let own = OwnTags::of(&prompt);
        let description =
            about.map_or_else(|| prompt.clone(), |about| format!("{prompt}. {about}"));
        Ok(Self {
            prompt: PromptParams {
                description: description.chars().take(1000).collect(),
                genre: None,
                instruments: Vec::new(),
                tempo: own.tempo(),
                instrumental: request.instrumental.unwrap_or(false) || own.is_instrumental(),
                seed: seed(request.seed)?,
            },
            tags: own.tags,
        })
    }
}

impl TryFrom<&TitleRequest> for TitleParams {
    type Error = InvalidField;

    fn try_from(request: &TitleRequest) -> Result<Self, InvalidField> {
        let lyrics = optional("lyrics", request.lyrics.as_deref(), 5000)?;
        let description = match (&request.description, &lyrics) {
            (None, Some(lyrics)) => lyrics.chars().take(1000).collect(),
            (None, None) => {
                let problem = "is missing: say what the song is about, or send its lyrics";
                return Err(InvalidField::new("description", problem));
            }
            (Some(text), _) => length_between("description", text, 5..=1000)?,
        };
        Ok(Self {
            description,
            lyrics,
            seed: seed(request.seed)?,
        })
    }
}

pub(crate) fn seed(given: Option<Whole>) -> Result<Seed, InvalidField> {
    Seed::from_request(given.map_or(-1, |n| n.0), Seed::MAX_SONG)
}

/// A text that may be absent; blank is absent.
pub(crate) fn optional(
    field: &'static str,
    text: Option<&str>,
    most: usize,
) -> Result<Option<String>, InvalidField> {
    match text.map(clean_text) {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => length_between(field, &text, 1..=most).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_the_limits() {
        let lyrics = |n: usize, style: usize| {
            LyricsParams::try_from(&LyricsRequest {
                description: "d".repeat(n),
                style: Some("s".repeat(style)),
                ..LyricsRequest::default()
            })
        };
        assert!(lyrics(5, 0).is_ok_and(|p| p.style.is_none()));
        assert!(lyrics(1000, 100).is_ok());
        assert_eq!(lyrics(4, 0).unwrap_err().field, "description");
        assert_eq!(lyrics(1001, 0).unwrap_err().field, "description");
        assert_eq!(lyrics(5, 101).unwrap_err().field, "style");
        let categories = |n: i64| {
            CategoriesParams::try_from(&CategoriesRequest {
                description: "a song".into(),
                max_categories: Some(Whole(n)),
                include_subgenres: None,
            })
        };
        assert!(categories(1).is_ok() && categories(10).is_ok());
        assert!(categories(0).is_err() && categories(11).is_err());
        let prompt = |n: usize| {
            PromptParams::try_from(&PromptRequest {
                description: "a song".into(),
                instruments: Some(vec!["piano".into(); n]),
                ..PromptRequest::default()
            })
        };
        assert!(prompt(10).is_ok() && prompt(11).is_err());
    }
}
