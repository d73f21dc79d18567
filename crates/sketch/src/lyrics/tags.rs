//! The tags prompt: genre, voice, instruments, mood, tempo, key.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use songwright_lyrics::{PromptParams, TagsPrompt};

use super::bank::BankError;
use super::dice::dice;
use super::hearing::{Listened, listen};
use super::vocabulary::{Genre, Mode, Vocabulary};

/// Most moods that are named.
const MOST_MOODS: usize = 2;
/// Most genres that are named.
const MOST_GENRES: usize = 2;
/// Instruments that are named where the user asked for fewer.
const FULL_BAND: usize = 3;
/// How many tags may be added to a description that is tags already.
const MOST_ADDED: usize = 3;

/// The tags by what they say.
#[derive(Debug, Default)]
struct Tags {
    genres: Vec<String>,
    voice: String,
    instruments: Vec<String>,
    moods: Vec<String>,
    tempo: Vec<String>,
    key: String,
}

/// The tags of a description.
pub(super) fn prompt(params: &PromptParams) -> Result<TagsPrompt, &'static BankError> {
    let vocabulary = Vocabulary::get()?;
    let listened = listen(&params.description)?;
    let tags = choose(params, &listened, vocabulary)?;
    let asked = params
        .genre
        .as_deref()
        .map(str::trim)
        .filter(|g| !g.is_empty());
    let genre = asked
        .map(str::to_lowercase)
        .or_else(|| listened.heard.genre.clone());
    let tags = match comma_tags(&params.description) {
        Some(given) => complete(given, params, &listened, tags),
        None => in_order(tags),
    };
    Ok(TagsPrompt { tags, genre })
}

fn choose(
    params: &PromptParams,
    listened: &Listened,
    vocabulary: &Vocabulary,
) -> Result<Tags, &'static BankError> {
    let mut rng = dice(params.seed, &params.description);
    let heard = &listened.heard;
    let mut genres: Vec<String> = Vec::new();
    for genre in params.genre.iter().chain(&heard.genres) {
        push_new(&mut genres, genre);
    }
    let top_theme = listened
        .theme_counts
        .first()
        .map(|(theme, _)| theme.as_str());
    if genres.is_empty() {
        let suiting = top_theme
            .or_else(|| mood_theme(listened, vocabulary))
            .and_then(|theme| vocabulary.suits.get(theme));
        push_new(&mut genres, suiting.map_or("pop", String::as_str));
    }
    genres.truncate(MOST_GENRES.max(usize::from(params.genre.is_some())));
    let genre = genres.iter().find_map(|g| vocabulary.genre(g));

    let voice = match &heard.voice {
        _ if params.instrumental => "instrumental".to_owned(),
        Some(voice) => voice.clone(),
        None => pick(&["female voice", "male voice"], &mut rng),
    };
    let mut instruments = Vec::new();
    for instrument in params.instruments.iter().chain(&heard.instruments) {
        push_new(&mut instruments, instrument);
    }
    for instrument in genre.into_iter().flat_map(|g| &g.play) {
        if instruments.len() < FULL_BAND {
            push_new(&mut instruments, instrument);
        }
    }
    let mut moods: Vec<String> = heard.moods.iter().take(MOST_MOODS).cloned().collect();
    if moods.is_empty() {
        let suiting = top_theme.and_then(|theme| {
            let theme = theme.to_owned();
            vocabulary
                .moods
                .iter()
                .find(|m| m.themes.first() == Some(&theme))
        });
        let plain = if genre.is_some_and(|g| g.bpm[0] >= 120) {
            "energetic"
        } else {
            "heartfelt"
        };
        moods.push(suiting.map_or(plain, |m| m.name.as_str()).to_owned());
    }
    let mode = heard
        .moods
        .iter()
        .find_map(|m| vocabulary.mood(m))
        .map(|m| m.mode)
        .or(genre.map(|g| g.mode))
        .unwrap_or(Mode::Major);
    Ok(Tags {
        genres,
        voice,
        instruments,
        moods,
        tempo: tempo(params, listened, genre, &mut rng)?,
        key: heard.key.clone().unwrap_or_else(|| key(mode, &mut rng)),
    })
}

fn mood_theme<'v>(listened: &Listened, vocabulary: &'v Vocabulary) -> Option<&'v str> {
    let mood = listened.heard.moods.first()?;
    vocabulary.mood(mood)?.themes.first().map(String::as_str)
}

/// A tempo word and a number; words of the user's that are neither are kept as they are.
fn tempo(
    params: &PromptParams,
    listened: &Listened,
    genre: Option<&Genre>,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<String>, &'static BankError> {
    let vocabulary = Vocabulary::get()?;
    let asked = params
        .tempo
        .as_deref()
        .map(str::trim)
        .filter(|t| !t.is_empty());
    let asked_heard = asked.map(listen).transpose()?.map(|l| l.heard);
    let number_asked = asked
        .and_then(|t| t.parse().ok())
        .filter(|n| (30..=300).contains(n));
    let asked_bpm = number_asked.or_else(|| asked_heard.as_ref().and_then(|h| h.bpm));
    let asked_word = asked_heard.and_then(|h| h.tempo);
    let unknown = asked.filter(|_| asked_bpm.is_none() && asked_word.is_none());
    let asked_any = asked_bpm.is_some() || asked_word.is_some();
    // What the field says goes before what the description says.
    let word = asked_word.or_else(|| listened.heard.tempo.clone().filter(|_| !asked_any));
    let bpm = asked_bpm.or(listened.heard.bpm.filter(|_| !asked_any));
    let meant = word
        .as_ref()
        .and_then(|w| vocabulary.tempos.iter().find(|t| t.name == *w));
    let range = genre.map_or([84, 116], |g| g.bpm);
    let bpm = bpm.unwrap_or_else(|| match meant {
        None => rng.random_range(range[0]..=range[1]),
        Some(tempo) => {
            let (low, high) = (range[0].max(tempo.bpm[0]), range[1].min(tempo.bpm[1]));
            if low <= high {
                rng.random_range(low..=high)
            } else if tempo.place < 0.5 {
                tempo.bpm[1]
            } else {
                tempo.bpm[0]
            }
        }
    });
    let plain = match bpm {
        ..=83 => "slow",
        84..=118 => "mid-tempo",
        _ => "fast",
    };
    Ok(vec![
        unknown.map_or_else(
            || word.unwrap_or_else(|| plain.to_owned()),
            str::to_lowercase,
        ),
        format!("{bpm} BPM"),
    ])
}

fn key(mode: Mode, rng: &mut ChaCha8Rng) -> String {
    match mode {
        Mode::Major => format!("{} major", pick(&["C", "G", "D", "A", "E", "F", "Bb"], rng)),
        Mode::Minor => format!("{} minor", pick(&["A", "E", "D", "B", "C", "G", "F#"], rng)),
    }
}

fn pick(of: &[&str], rng: &mut ChaCha8Rng) -> String {
    of.choose(rng).copied().unwrap_or_default().to_owned()
}

fn push_new(tags: &mut Vec<String>, tag: &str) {
    let tag = tag.trim().to_lowercase();
    if !tag.is_empty() && !tags.contains(&tag) {
        tags.push(tag);
    }
}

fn in_order(tags: Tags) -> Vec<String> {
    let mut line = tags.genres;
    line.push(tags.voice);
    line.extend(tags.instruments);
    line.extend(tags.moods);
    line.extend(tags.tempo);
    line.push(tags.key);
    line
}

/// The tags of a description that is tags already: three or more short parts and no sentence.
fn comma_tags(description: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = description
        .split([',', '，', '、', ';'])
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    let short = |p: &&str| p.split_whitespace().count() <= 4 && p.chars().count() <= 32;
    let first = parts.first()?.to_ascii_lowercase();
    let starts_sentence = ["a ", "an ", "the "].iter().any(|a| first.starts_with(a))
        || description.contains(" about ");
    let is_tags = parts.len() >= 3
        && parts.iter().all(short)
        && description.is_ascii()
        && !starts_sentence
        && !description.trim_end_matches('.').contains(". ");
    is_tags.then_some(parts)
}

/// The user's own tags, what the other fields ask for, and what is missing most.
fn complete(
    given: Vec<&str>,
    params: &PromptParams,
    listened: &Listened,
    tags: Tags,
) -> Vec<String> {
    let heard = &listened.heard;
    let mut line: Vec<String> = Vec::new();
    if let Some(genre) = &params.genre {
        push_new(&mut line, genre);
    }
    for tag in given {
        if let Some(bpm) = super::pitch::bpm_in(tag) {
            line.push(format!("{bpm} BPM"));
        } else if let Some(key) = super::pitch::key_in(tag) {
            line.push(key);
        } else {
            push_new(&mut line, tag);
        }
    }
    for instrument in &params.instruments {
        push_new(&mut line, instrument);
    }
    let [tempo_word, bpm] = <[String; 2]>::try_from(tags.tempo).unwrap_or_default();
    let asked_tempo = params.tempo.is_some();
    if asked_tempo {
        line.retain(|t| !t.ends_with(" BPM"));
        push_new(&mut line, &tempo_word);
        line.push(bpm.clone());
    }
    let mut missing: Vec<String> = Vec::new();
    if heard.genres.is_empty() && params.genre.is_none() {
        missing.extend(tags.genres.first().cloned());
    }
    if params.instrumental {
        push_new(&mut line, "instrumental");
    } else if heard.voice.is_none() {
        missing.push(tags.voice);
    }
    if heard.bpm.is_none() && !asked_tempo {
        missing.push(bpm);
    }
    if heard.key.is_none() {
        missing.push(tags.key);
    }
    if heard.instruments.is_empty() && params.instruments.is_empty() {
        missing.extend(tags.instruments.first().cloned());
    }
    missing.truncate(MOST_ADDED);
    line.extend(missing);
    line
}
