use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use songwright_music::ace_step::lyric_text::{
    Language, Languages, LyricText, Tags, cleaned, guess_language,
};

use crate::set::Set;

/// Lines with equal ids of all golden lines, by the language that the reference cleaned them in.
/// `docs/parity.md` says what the others are.
const EQUAL: [(&str, usize, usize); 17] = [
    ("ar", 3, 3),
    ("cs", 2, 2),
    ("de", 6, 6),
    ("en", 58, 58),
    ("es", 6, 6),
    ("fr", 7, 7),
    ("hi", 3, 3),
    ("hu", 3, 3),
    ("it", 3, 3),
    ("ja", 10, 11),
    ("ko", 7, 7),
    ("nl", 3, 3),
    ("pl", 3, 3),
    ("pt", 4, 4),
    ("ru", 7, 7),
    ("tr", 3, 3),
    ("zh", 19, 19),
];

/// Songs of one language, and those of them whose language is guessed wrong.
const GUESSED: (usize, usize) = (50, 3);

/// Lines whose language the reference guessed, and whole songs whose lines all have equal ids.
const BY_LINE: (usize, usize) = (123, 62);

/// Every line in the language that the reference took for it, and whole songs of one language.
pub(crate) fn check(set: &Set, name: &str) -> Result<()> {
    let cases = set.json(name)?;
    let text = LyricText::new()?;
    let mut found: BTreeMap<&str, (usize, usize)> =
        EQUAL.iter().map(|(code, ..)| (*code, (0, 0))).collect();
    let mut differ = Vec::new();
    for case in lines(&cases)? {
        let language = language(case.language)?;
        let (equal, all) = found.entry(language.code()).or_default();
        *all += 1;
        if text.encode_line(case.line, language)? == case.ids {
            *equal += 1;
        } else {
            differ.push(format!(
                "{}: {:?} is {:?}, not {:?}",
                case.language,
                case.line,
                cleaned(case.line, language),
                case.clean
            ));
        }
    }
    let wanted = EQUAL
        .iter()
        .map(|(code, equal, all)| (*code, (*equal, *all)));
    ensure!(
        found == wanted.collect(),
        "equal lines by language: {found:?}; these differ:\n{}",
        differ.join("\n")
    );
    songs(&cases, &text)?;
    guesses(&cases)?;
    by_line(&cases, &text)
}

/// The reference's guess for each line, and the characters by language that it comes from: all equal.
fn by_line(cases: &Value, text: &LyricText) -> Result<()> {
    let (mut lines, mut whole) = (0, 0);
    for song in array(&cases["tokenize_lyrics"])? {
        let mut readable = true;
        for line in array(&song["lines"])? {
            let (Some(used), Some(wanted)) = (line["used"].as_str(), line["counts"].as_array())
            else {
                continue;
            };
            let words = string(&line["line"])?;
            let mut wanted: Vec<(String, usize)> = wanted
                .iter()
                .map(|count| Ok(serde_json::from_value(count.clone())?))
                .collect::<Result<_>>()?;
            wanted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let found = text.count_languages(words)?;
            ensure!(found == wanted, "{words:?}: {found:?}, not {wanted:?}");
            if !words.starts_with('[') {
                let guess = text.guess_line(words)?;
                ensure!(guess == language(used)?, "{words:?}: {guess:?}, not {used}");
            }
            lines += 1;
            readable &= text.encode_line(words, language(used)?)? == ids(&line["ids"])?;
        }
        if readable {
            let lyrics = string(&song["lyrics"])?;
            ensure!(
                text.encode(lyrics, Languages::ByLine, Tags::Written)? == ids(&song["ids"])?,
                "the song {lyrics:?} differs by line"
            );
            whole += 1;
        }
    }
    ensure!(
        (lines, whole) == BY_LINE,
        "{lines} lines and {whole} whole songs"
    );
    Ok(())
}

/// One guess for a song against the language it was written in.
fn guesses(cases: &Value) -> Result<()> {
    let mut wrong = Vec::new();
    let mut all = 0;
    for song in array(&cases["tokenize_lyrics"])? {
        // Groups of languages without a token, and of several, have no right answer.
        let Some(written) = Language::from_code(string(&song["group"])?) else {
            continue;
        };
        all += 1;
        let lyrics = string(&song["lyrics"])?;
        let guessed = guess_language(lyrics);
        if guessed != written {
            wrong.push((written.code(), guessed.code(), lyrics));
        }
    }
    ensure!(
        (all, wrong.len()) == GUESSED,
        "of {all} songs are guessed wrong: {wrong:?}"
    );
    Ok(())
}

/// The frame around the lines: songs whose every line is in one language, or a tag, and equal.
fn songs(cases: &Value, text: &LyricText) -> Result<()> {
    let mut whole = 0;
    for song in array(&cases["tokenize_lyrics"])? {
        let lines = array(&song["lines"])?;
        let mut languages: Vec<Language> = Vec::new();
        let mut equal = true;
        for line in lines.iter().filter(|line| line["used"].is_string()) {
            let (line_text, used) = (string(&line["line"])?, language(string(&line["used"])?)?);
            equal &= text.encode_line(line_text, used)? == ids(&line["ids"])?;
            if !line_text.starts_with('[') {
                languages.push(used);
            }
        }
        languages.dedup();
        if !equal || languages.len() > 1 {
            continue;
        }
        let language = languages.first().copied().unwrap_or(Language::English);
        let lyrics = string(&song["lyrics"])?;
        ensure!(
            text.encode(lyrics, Languages::One(language), Tags::Written)? == ids(&song["ids"])?,
            "the song {lyrics:?} differs around its lines"
        );
        whole += 1;
    }
    ensure!(whole >= 40, "only {whole} whole songs were compared");
    Ok(())
}

struct Case<'a> {
    line: &'a str,
    language: &'a str,
    clean: &'a str,
    ids: Vec<u32>,
}

fn lines(cases: &Value) -> Result<Vec<Case<'_>>> {
    let mut all = Vec::new();
    for song in array(&cases["tokenize_lyrics"])? {
        for line in array(&song["lines"])? {
            // An empty line has none.
            if line["used"].is_string() {
                all.push((&line["line"], &line["used"], line));
            }
        }
    }
    for line in array(&cases["encode"])? {
        all.push((&line["text"], &line["lang"], line));
    }
    all.into_iter()
        .map(|(text, language, line)| {
            Ok(Case {
                line: string(text)?,
                language: string(language)?,
                clean: string(&line["clean"])?,
                ids: ids(&line["ids"])?,
            })
        })
        .collect()
}

fn language(code: &str) -> Result<Language> {
    Language::from_code(code).with_context(|| format!("no language {code}"))
}

fn array(value: &Value) -> Result<&Vec<Value>> {
    value.as_array().context("no array")
}

fn string(value: &Value) -> Result<&str> {
    value.as_str().context("no string")
}

fn ids(value: &Value) -> Result<Vec<u32>> {
    array(value)?
        .iter()
        .map(|id| Ok(u32::try_from(id.as_u64().context("no id")?)?))
        .collect()
}
