//! What a description says about a song.

use serde::Serialize;

use super::bank::BankError;
use super::language::{Language, is_han};
use super::nouns::{self, Noun};
use super::phrases::{Listening, in_any_company};
use super::pitch;
use super::vocabulary::{Named, Spoken, Vocabulary};

/// What was heard in a description, for people to check.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Heard {
    /// The main genre.
    pub genre: Option<String>,
    /// All genres, in the order they were said.
    pub genres: Vec<String>,
    /// Beats a minute, where a number was given.
    pub bpm: Option<u16>,
    /// "slow", "mid-tempo" or "fast".
    pub tempo: Option<String>,
    /// "A minor".
    pub key: Option<String>,
    /// Instruments by their usual English names.
    pub instruments: Vec<String>,
    /// Moods by their usual English names.
    pub moods: Vec<String>,
    /// "female voice", "duet", "instrumental".
    pub voice: Option<String>,
    /// Themes, the strongest first.
    pub themes: Vec<String>,
    /// The user's own nouns that a song weaves in, with their articles.
    pub nouns: Vec<String>,
    /// Words that change nothing.
    pub not_understood: Vec<String>,
}

/// What the engine itself works from.
#[derive(Clone, Debug, Default)]
pub(super) struct Listened {
    pub(super) heard: Heard,
    pub(super) nouns: Vec<Noun>,
    /// Themes with how often they were touched.
    pub(super) theme_counts: Vec<(String, usize)>,
}

/// What is heard in `description`, in English or Chinese.
#[must_use]
pub fn hear(description: &str) -> Heard {
    listen(description).map_or_else(|_| Heard::default(), |l| l.heard)
}

pub(super) fn listen(description: &str) -> Result<Listened, &'static BankError> {
    let vocabulary = Vocabulary::get()?;
    let whole = Listening::new(description);
    let risky = |phrase: &str, before: &str, after: &str| {
        !vocabulary.risky.contains(phrase) || has_musical_company(before, after, vocabulary)
    };
    let (genres, rest) = whole.find(&vocabulary.genres, risky);
    let (voices, rest) = rest.find(&vocabulary.voices, is_a_voice);
    let (instruments, rest) = rest.find(&vocabulary.instruments, risky);
    let (tempos, musicless) = rest.find(&vocabulary.tempos, in_any_company);
    let (moods, without_moods) = musicless.find(&vocabulary.moods, in_any_company);

    // Themes are nouns as well, and one word may touch two of them.
    let mut theme_counts: Vec<(usize, usize, String)> = Vec::new();
    for theme in &vocabulary.themes {
        let hits = count_hits(theme.heard(), &musicless);
        if let Some((first, hits)) = hits {
            theme_counts.push((hits, first, theme.name.clone()));
        }
    }
    theme_counts.sort_by_key(|(hits, first, _)| (std::cmp::Reverse(*hits), *first));

    let language = if description.chars().any(is_han) {
        Language::Chinese
    } else {
        Language::English
    };
    let nouns = nouns::find(&musicless, language, vocabulary);
    let names = |entries: &[&dyn Spoken]| -> Vec<String> {
        entries.iter().map(|e| e.name().to_owned()).collect()
    };
    let genres: Vec<&dyn Spoken> = genres.into_iter().map(|g| g as &dyn Spoken).collect();
    let instruments: Vec<&dyn Spoken> = instruments.into_iter().map(|g| g as _).collect();
    let moods: Vec<&dyn Spoken> = moods.into_iter().map(|g| g as _).collect();
    let mut heard = Heard {
        genre: genres.first().map(|g| g.name().to_owned()),
        genres: names(&genres),
        bpm: pitch::bpm_in(description),
        tempo: tempos.first().map(|t| t.name.clone()),
        key: pitch::key_in(description),
        instruments: names(&instruments),
        moods: names(&moods),
        voice: voice(&voices),
        themes: theme_counts
            .iter()
            .map(|(_, _, name)| name.clone())
            .collect(),
        nouns: nouns.iter().map(Noun::phrase).collect(),
        not_understood: Vec::new(),
    };
    heard.not_understood = not_understood(&without_moods.text, &heard, vocabulary);
    Ok(Listened {
        heard,
        nouns,
        theme_counts: theme_counts
            .into_iter()
            .map(|(hits, _, name)| (name, hits))
            .collect(),
    })
}

/// Where a theme's words are first said, and how many of them are.
fn count_hits(words: &[String], text: &Listening) -> Option<(usize, usize)> {
    struct Word(String);
    impl Spoken for Word {
        fn name(&self) -> &str {
            &self.0
        }
        fn heard(&self) -> &[String] {
            &[]
        }
    }
    let entries: Vec<Word> = words.iter().map(|w| Word(w.clone())).collect();
    let (found, _) = text.find(&entries, in_any_company);
    let first = found.first()?;
    let at = text.text.to_ascii_lowercase().find(&first.0).unwrap_or(0);
    Some((at, found.len()))
}

/// Whose voice it is says more than how it is: "a soft voice, female". A woman's and a man's are
/// two singers.
fn voice(said: &[&Named]) -> Option<String> {
    let says = |name: &str| said.iter().any(|v| v.name == name);
    if says("duet") || (says("female voice") && says("male voice")) {
        return Some("duet".to_owned());
    }
    let whose = said
        .iter()
        .find(|v| !QUALITIES.contains(&v.name.as_str()))
        .or(said.first());
    whose.map(|v| v.name.clone())
}

/// Voices that may be anybody's.
const QUALITIES: [&str; 4] = ["low voice", "high voice", "husky voice", "soft voice"];

/// Whether "tenor" or "female" is a voice here, and one that is wanted: not a saxophone, not
/// somebody whom the song is about, not "no female vocals".
fn is_a_voice(phrase: &str, before: &str, after: &str) -> bool {
    const RANGES: &[&str] = &["soprano", "alto", "contralto", "tenor", "baritone"];
    const OF_A_RANGE: &[&str] = &[
        "sax",
        "saxes",
        "saxophone",
        "saxophones",
        "clarinet",
        "flute",
        "recorder",
        "guitar",
        "horn",
        "trombone",
        "ukulele",
        "banjo",
        "viola",
        "drum",
        "drums",
        "pan",
    ];
    const SINGS: &[&str] = &[
        "voice",
        "voices",
        "vocal",
        "vocals",
        "vocalist",
        "singer",
        "singers",
        "singing",
        "lead",
        "and",
        "or",
        "duet",
        "choir",
        "chorus",
        "rap",
        "rapper",
        "harmony",
        "harmonies",
        "backing",
        "soprano",
        "alto",
        "contralto",
        "tenor",
        "baritone",
        "falsetto",
    ];
    let refused = before.trim_end();
    if ["no", "not", "without", "never"].iter().any(|no| {
        refused
            .strip_suffix(no)
            .is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
    }) {
        return false;
    }
    let next = after.split_whitespace().next().unwrap_or("");
    let next = next.trim_matches(|c: char| !c.is_alphanumeric());
    let ends = after.trim_end().is_empty() || after.starts_with([',', ';', '/', '.', '\u{1}']);
    match phrase {
        "male" | "female" => ends || SINGS.contains(&next) || after.starts_with('-'),
        range if RANGES.contains(&range) => !OF_A_RANGE.contains(&next),
        _ => true,
    }
}

/// Whether "house" or "country" is music here: a tag by itself, or before such a word as "song".
fn has_musical_company(before: &str, after: &str, vocabulary: &Vocabulary) -> bool {
    const MUSICAL: &[&str] = &[
        "song", "songs", "track", "music", "beat", "ballad", "anthem", "tune", "groove", "banger",
        "number", "singer", "band", "rock", "pop", "guitar", "vibe", "vibes", "style", "drums",
    ];
    let next = after.split_whitespace().next().unwrap_or("");
    let next = next.trim_matches(|c: char| !c.is_alphanumeric());
    if after.starts_with(' ')
        && (MUSICAL.contains(&next) || vocabulary.genres.iter().any(|g| g.name == next))
    {
        return true;
    }
    let tag_ends = after.is_empty() || after.starts_with([',', ';', '/', '\u{1}']);
    let last = before
        .rsplit([',', ';', '/', '.'])
        .next()
        .unwrap_or("")
        .split_whitespace();
    tag_ends && last.count() <= 1 && !before.trim_end().ends_with("the")
}

fn not_understood(rest: &str, heard: &Heard, vocabulary: &Vocabulary) -> Vec<String> {
    let known = &vocabulary.english;
    let mut words: Vec<String> = Vec::new();
    for word in rest.split(|c: char| !(c.is_alphanumeric() || c == '\'') || is_han(c)) {
        let lower = word.to_lowercase();
        let is_noun = heard
            .nouns
            .iter()
            .any(|n| n.to_lowercase().split(' ').any(|w| w == lower));
        let is_theme = vocabulary.themes.iter().any(|t| t.heard().contains(&lower));
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        if word.chars().count() > 2
            && !is_noun
            && !is_theme
            && !is_number
            && !known.stop.contains(&lower)
            && !known.verbs.contains(&lower)
            && !known.time_words.contains(&lower)
            && !words.contains(&lower)
        {
            words.push(lower);
        }
    }
    words.truncate(12);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hears_a_description_whole() {
        let heard = hear("a slow bluesy ballad about a lighthouse keeper who misses the sea");
        assert_eq!(heard.genres, ["blues", "ballad"]);
        assert_eq!(heard.tempo.as_deref(), Some("slow"));
        assert_eq!(heard.themes, ["sea", "loss"]);
        assert_eq!(heard.nouns, ["the lighthouse keeper", "the sea"]);
        assert!(heard.not_understood.is_empty(), "{heard:?}");
    }

    #[test]
    fn a_house_is_a_genre_only_in_company() {
        assert_eq!(hear("the old house by the river").genre, None);
        assert_eq!(hear("house, 124 bpm").genre.as_deref(), Some("house"));
        assert_eq!(hear("a country song").genre.as_deref(), Some("country"));
        assert_eq!(hear("a walk in the country").genre, None);
    }

    #[test]
    fn hears_chinese() {
        let heard = hear("一首慢速的民谣，女声和木吉他，关于故乡和外婆，92 bpm");
        assert_eq!(heard.genre.as_deref(), Some("folk"));
        assert_eq!(heard.voice.as_deref(), Some("female voice"));
        assert_eq!(heard.instruments, ["acoustic guitar"]);
        assert_eq!(heard.bpm, Some(92));
        assert_eq!(heard.nouns, ["故乡", "外婆"]);
    }

    #[test]
    fn whose_voice_is_not_guessed_from_how_it_is() {
        for (description, voice) in [
            (
                "upright piano and brushed drums, a tired low voice",
                Some("low voice"),
            ),
            ("a deep voice over slow strings", Some("low voice")),
            ("raspy vocals, slide guitar", Some("husky voice")),
            ("indie folk with breathy vocals", Some("soft voice")),
            ("disco with a falsetto", Some("high voice")),
            ("忧伤的民谣，低沉的嗓音", Some("low voice")),
            // Both said: whose it is.
            ("a soft voice, female, harp", Some("female voice")),
            ("a deep male voice", Some("male voice")),
            ("a folk song, sung by a woman", Some("female voice")),
            ("blues, an old man's voice", Some("male voice")),
            ("opera for soprano and piano", Some("female voice")),
            ("a tenor aria", Some("male voice")),
            ("female-fronted punk", Some("female voice")),
            ("male and female duet", Some("duet")),
            ("female and male vocals", Some("duet")),
            // No voice at all.
            ("late night jazz, tenor sax and double bass", None),
            ("bossa nova with alto flute and alto saxophone", None),
            ("surf rock, baritone guitar", None),
            ("a song about a female astronaut", None),
            ("ballad about a male nurse", None),
            ("synth pop, no female vocals", None),
            ("a slow waltz about the first snow", None),
        ] {
            assert_eq!(hear(description).voice.as_deref(), voice, "{description}");
        }
    }

    #[test]
    fn says_what_it_did_not_understand() {
        let heard = hear("zydeco with a frottoir");
        assert_eq!(heard.not_understood, ["zydeco"]);
        assert_eq!(heard.nouns, ["the frottoir"]);
    }
}
