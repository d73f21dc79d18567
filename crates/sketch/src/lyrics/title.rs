//! Names a song after its hook, or an instrumental after what it is about.

use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use songwright_base::{LyricSheet, SectionKind};
use songwright_lyrics::TitleParams;

use super::bank::{Bank, BankError};
use super::hearing::{Listened, listen};
use super::language::{Language, is_han};
use super::vocabulary::Vocabulary;

const MOST_WORDS: usize = 6;
const MOST_HAN: usize = 8;
const MOST_CHARACTERS: usize = 60;

/// A title of one to six words.
pub(super) fn title(params: &TitleParams) -> Result<String, &'static BankError> {
    let sheet = LyricSheet::parse(params.lyrics.as_deref().unwrap_or_default());
    let named = strongest_line(&sheet)
        .map(|line| phrase_of(&line))
        .transpose()?;
    match named.filter(|t| !t.is_empty()) {
        Some(title) => Ok(title),
        None => of_description(params),
    }
}

/// The most repeated line; where none is, the chorus's first, or the song's.
fn strongest_line(sheet: &LyricSheet) -> Option<String> {
    let lines: Vec<&str> = sheet
        .lines()
        .filter(|l| l.chars().any(char::is_alphanumeric))
        .collect();
    let times = |line: &str| {
        let line = line.to_lowercase();
        lines.iter().filter(|l| l.to_lowercase() == line).count()
    };
    let chorus = sheet
        .sections
        .iter()
        .find(|s| s.kind == SectionKind::Chorus)
        .and_then(|s| s.lines.first())
        .filter(|l| l.chars().any(char::is_alphanumeric));
    let known = lines.iter().find(|l| matches!(bracketed(l), Ok(Some(_))));
    let most = lines.iter().map(|l| times(l)).max()?;
    // A chorus that comes back whole is named by its first line.
    let chorus = chorus.filter(|l| times(l) == most || most < 2);
    let repeated = lines.iter().find(|l| times(l) == most).copied();
    known
        .copied()
        .or(chorus.map(String::as_str))
        .or(repeated)
        .map(str::to_owned)
}

fn phrase_of(line: &str) -> Result<String, &'static BankError> {
    if let Some(title) = bracketed(line)? {
        return Ok(title);
    }
    // "Oh, …" and "(hey) …" are no names.
    let phrase = line
        .split(|c: char| ",;:.!?()–—，。！？；：、\"“”".contains(c))
        .map(str::trim)
        .find(|p| p.chars().filter(|c| c.is_alphanumeric()).count() > 3)
        .unwrap_or(line);
    Ok(shorten(phrase))
}

/// The title that a hook of the banks gives; `None` for a line that is none.
fn bracketed(line: &str) -> Result<Option<String>, &'static BankError> {
    for language in [Language::English, Language::Chinese] {
        for hook in &Bank::of(language)?.hooks {
            let Some((open, close)) = hook.text.find('[').zip(hook.text.find(']')) else {
                continue;
            };
            let plain = hook.text.replace(['[', ']'], "");
            let (before, after) = match (plain.split_once('{'), plain.split_once('}')) {
                (Some((before, _)), Some((_, after))) => (before, after),
                _ => (plain.as_str(), ""),
            };
            let matches = if plain.contains('{') {
                line.len() > before.len() + after.len()
                    && line.starts_with(before)
                    && line.ends_with(after)
            } else {
                line == plain
            };
            if matches {
                let prefix = &hook.text[..open];
                let suffix = &hook.text[close + 1..];
                let phrase = line.strip_prefix(prefix).unwrap_or(line);
                return Ok(Some(shorten(phrase.strip_suffix(suffix).unwrap_or(phrase))));
            }
        }
    }
    Ok(None)
}

/// At most six words, or eight characters of a script without spaces; none that hangs at the end.
fn shorten(phrase: &str) -> String {
    const HANGING: &[&str] = &[
        "a", "an", "the", "to", "of", "and", "or", "in", "on", "at", "with", "for", "but", "my",
        "your", "is", "are", "was", "that", "from", "by", "as", "like",
    ];
    let han = phrase.chars().filter(|c| is_han(*c)).count();
    if han * 2 > phrase.chars().count() {
        let first = phrase.split_whitespace().next().unwrap_or(phrase);
        return first.chars().take(MOST_HAN).collect();
    }
    let mut words: Vec<&str> = phrase
        .split_whitespace()
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric() && !is_mark(c) && c != ','))
        .filter(|w| w.chars().any(char::is_alphanumeric))
        .collect();
    if words.len() > MOST_WORDS {
        words.truncate(MOST_WORDS);
        while words.len() > 1
            && words
                .last()
                .is_some_and(|w| HANGING.contains(&w.to_lowercase().as_str()))
        {
            words.pop();
        }
    }
    let title: String = title_case(&words.join(" "))
        .chars()
        .take(MOST_CHARACTERS)
        .collect();
    title.trim_matches([' ', ',']).to_owned()
}

/// Marks that belong to the letter before them, as in Hindi or Arabic.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !c.is_alphanumeric() && u32::from(c) < 0x2000
}

/// English Title Case; words that are no plain Latin are left as they are.
pub(super) fn title_case(text: &str) -> String {
    const SMALL: &[&str] = &[
        "a", "an", "the", "and", "or", "but", "of", "to", "in", "on", "at", "for", "by", "from",
        "with", "as", "into",
    ];
    let words: Vec<&str> = text.split(' ').collect();
    let cased = words.iter().enumerate().map(|(i, word)| {
        let inside = i > 0 && i + 1 < words.len();
        if inside && SMALL.contains(word) {
            return (*word).to_owned();
        }
        let mut start = true;
        word.chars()
            .map(|c| {
                let cased = if start && c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c
                };
                start = matches!(c, '-' | '&' | '(');
                cased
            })
            .collect()
    });
    cased.collect::<Vec<String>>().join(" ")
}

fn of_description(params: &TitleParams) -> Result<String, &'static BankError> {
    let listened = listen(&params.description)?;
    let vocabulary = Vocabulary::get()?;
    let mut rng = ChaCha8Rng::seed_from_u64(params.seed.0);
    let mut pick = |of: &[&str]| of.choose(&mut rng).copied().unwrap_or_default().to_owned();
    if params.description.chars().any(is_han) {
        let noun = listened.nouns.first().map_or("夜色", |n| n.words.as_str());
        return Ok(format!(
            "{noun}{}",
            pick(&["之外", "来信", "的尽头", "与风", "将至"])
        ));
    }
    let hour = hour_of(&listened);
    let when = pick(hour);
    let image = listened
        .theme_counts
        .first()
        .and_then(|(theme, _)| vocabulary.theme(theme))
        .map_or("Horizon", |t| t.image.as_str());
    let mut nouns = listened.nouns.iter().map(|n| title_case(&n.words));
    let title = match (nouns.next(), nouns.next()) {
        (Some(first), Some(second)) if pick(&["both", "one"]) == "both" => {
            format!("{first} and {second}")
        }
        (Some(noun), _) => match pick(&["when", "the", "for"]).as_str() {
            "the" => format!("The {noun}"),
            "for" => format!("Song for {}", title_case(&noun)),
            _ => format!("{noun} {when}"),
        },
        (None, _) => format!("{image} {when}"),
    };
    Ok(shorten(&title))
}

/// The hour that suits what was heard.
fn hour_of(listened: &Listened) -> &'static [&'static str] {
    let says = |theme: &str| listened.heard.themes.iter().any(|t| t == theme);
    if says("winter") {
        &["in Winter", "Under Snow"]
    } else if says("hope") || says("summer") {
        &["at Dawn", "in June", "at First Light"]
    } else if says("night") || says("city") || says("party") {
        &["After Midnight", "at Night", "After Dark"]
    } else {
        &["at Dusk", "in the Rain", "at Dawn", "After Dark"]
    }
}
