//! The musician's tools on random logits: what they promise holds whatever the weights are.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use songwright_base::{EngineError, LyricSheet, Seed, Silent};
use songwright_lyrics::{
    Lyricist, ReviseParams, Revision, RhymesParams, Tongue,
    revise::{Draft, Piece, Plan, Rhyme},
    rhyme::Ending,
};

use crate::desk::{SEEDS, Watcher, lyricist};

const ENGLISH: &str = "[Verse 1]\nThe lamp is low, the night is long\nI hum the words of an older song\n\
    The kettle sings to the windowpane\nAnd nobody's coming home in the rain\n\n[chorus]\nHold on, hold on tonight\n\
    Oh\nEverything will be all right\n\n[verse 2]\n(la la)\nThe fire is almost gone\n\n[chorus]\n\
    Hold on, hold on tonight\nOh\nEverything will be all right";
const CHINESE: &str =
    "[verse]\n夜空中最亮的星\n照着我走过的城\n我在想你\n[副歌]\n慢慢走来 我一直都在\n风把门打开";
const GERMAN: &str =
    "[verse]\nDer Regen fällt auf jeden Baum\nich sehe dich in meinem Traum\n[chorus]\nBleib hier";

/// A few words are quick: they are most of the seeds, several in a row of the same ones, whose grammars are then
/// made once. One in so many is of a whole song's.
const SHORT: [&str; 3] = [
    "[verse]\nHold on\n[chorus]\nStay",
    "[verse]\n我在\n[副歌]\n好",
    "[verse]\nWind\nKind\n[chorus]\nBleib",
];
const IN_A_ROW: u64 = 32;
const LONG_EVERY: u64 = 100;

fn lyrics_for(seed: u64, long: &[&'static str]) -> &'static str {
    if is_long(seed) {
        long[(seed / LONG_EVERY) as usize % long.len()]
    } else {
        SHORT[(seed / IN_A_ROW) as usize % SHORT.len()]
    }
}

fn is_long(seed: u64) -> bool {
    seed.is_multiple_of(LONG_EVERY)
}

fn params(lyrics: &str, revision: Revision, seed: u64) -> ReviseParams {
    ReviseParams {
        lyrics: lyrics.to_owned(),
        tongue: Tongue::of_lyrics(lyrics),
        revision,
        description: None,
        seed: Seed(seed),
    }
}

/// Holds a text against the plan that it has to be of.
fn kept(params: &ReviseParams, into: &Tongue, text: &str) -> Result<()> {
    let plan = Plan::of(params);
    let mut rest = text;
    let mut lines: Vec<Vec<&str>> = plan.stanzas.iter().map(|_| Vec::new()).collect();
    for (at, piece) in plan.pieces.iter().enumerate() {
        match piece {
            Piece::Kept(kept) => {
                rest = rest
                    .strip_prefix(kept.as_str())
                    .with_context(|| format!("{kept:?} is not at {rest:?}"))?;
            }
            Piece::Line { stanza, line } => {
                let end = match plan.pieces.get(at + 1) {
                    Some(Piece::Kept(next)) if !next.starts_with('\n') => rest.find(next.as_str()),
                    Some(_) => rest.find('\n'),
                    None => Some(rest.len()),
                };
                let (own, after) = rest.split_at(end.unwrap_or(rest.len()));
                rest = after;
                let own = own.trim_end();
                match lines[*stanza].get(*line) {
                    Some(before) => ensure!(*before == own, "{before:?} comes back as {own:?}"),
                    None => lines[*stanza].push(own),
                }
            }
        }
    }
    ensure!(rest.is_empty(), "{rest:?} is left over");
    for (stanza, lines) in plan.stanzas.iter().zip(&lines) {
        ensure!(stanza.lines.len() == lines.len(), "{lines:?}");
        for (shape, line) in stanza.lines.iter().zip(lines) {
            let found = into.syllables(line);
            ensure!(
                found == shape.syllables,
                "{found} syllables, not {}: {line:?}",
                shape.syllables
            );
            if let Rhyme::With(first) = shape.rhyme {
                let of = |line: &str| Ending::of(line, into).with_context(|| line.to_owned());
                let (a, b) = (of(lines[first])?, of(line)?);
                ensure!(a.rhymes(&b), "{a:?} and {b:?} do not rhyme");
            }
        }
    }
    Ok(())
}

#[test]
fn a_rewritten_section_keeps_syllables_rhymes_and_the_rest() -> Result<()> {
    let mut model = lyricist(21)?;
    for seed in 0..SEEDS {
        let lyrics = lyrics_for(seed, &[ENGLISH, CHINESE, GERMAN]);
        let section = (seed / (4 * IN_A_ROW) % 2) as usize;
        let params = params(lyrics, Revision::Rewrite { section }, seed);
        let text = model.revise(&params, &Silent)?;
        kept(&params, &params.tongue, &text).with_context(|| format!("{seed}: {text}"))?;
    }
    Ok(())
}

#[test]
fn a_translation_keeps_tags_lines_and_syllables() -> Result<()> {
    let mut model = lyricist(22)?;
    let languages = [
        "german",
        "russian",
        "chinese",
        "japanese",
        "korean",
        "greek",
        "spanish",
        "vietnamese",
        "french",
    ];
    for seed in 0..SEEDS {
        let (at, lyrics) = if is_long(seed) {
            (seed / LONG_EVERY, ENGLISH)
        } else {
            (seed / IN_A_ROW, SHORT[0])
        };
        let language = languages[at as usize % languages.len()];
        let tongue = Tongue::named(language).context(language)?;
        let revision = Revision::Translate {
            tongue: tongue.clone(),
        };
        let params = params(lyrics, revision, seed);
        let text = model.revise(&params, &Silent)?;
        kept(&params, &tongue, &text).with_context(|| format!("{seed} {language}: {text}"))?;
        let (was, is) = (LyricSheet::parse(lyrics), LyricSheet::parse(&text));
        ensure!(was.structure_tags() == is.structure_tags(), "{text}");
    }
    for language in [
        "arabic", "persian", "hebrew", "hindi", "thai", "italian", "kazakh",
    ] {
        let tongue = Tongue::named(language).context(language)?;
        let into = tongue.clone();
        let params = params(ENGLISH, Revision::Translate { tongue }, 1);
        let text = model.revise(&params, &Silent)?;
        kept(&params, &into, &text).with_context(|| format!("{language}: {text}"))?;
        let (was, is) = (LyricSheet::parse(ENGLISH), LyricSheet::parse(&text));
        let counts = |sheet: &LyricSheet| -> Vec<usize> {
            sheet
                .sections
                .iter()
                .map(|section| section.lines.len())
                .collect()
        };
        ensure!(counts(&was) == counts(&is), "{language}: {text}");
    }
    Ok(())
}

#[test]
fn what_is_continued_or_fitted_keeps_what_was_there() -> Result<()> {
    let mut model = lyricist(23)?;
    for seed in 0..SEEDS {
        let is_long = is_long(seed);
        let lyrics = lyrics_for(seed, &[ENGLISH, CHINESE, GERMAN]);
        let own = Tongue::of_lyrics(lyrics);
        let sections = if is_long {
            (seed / LONG_EVERY % 8 + 1) as usize
        } else {
            1
        };
        let more = params(lyrics, Revision::Continue { sections }, seed);
        let text = model.revise(&more, &Silent)?;
        ensure!(text.starts_with(lyrics), "{text}");
        let count = |text: &str| Draft::read(text).sections.len();
        ensure!(count(&text) == count(lyrics) + sections, "{text}");
        kept(&more, &own, &text).with_context(|| format!("{seed}: {text}"))?;
        let duration_ms = if is_long { 10_000 + seed * 140 } else { 10_000 };
        let fitted = params(lyrics, Revision::Fit { duration_ms }, seed);
        let text = model.revise(&fitted, &Silent)?;
        kept(&fitted, &own, &text).with_context(|| format!("{seed}: {text}"))?;
    }
    Ok(())
}

#[test]
fn suggested_words_rhyme_and_differ() -> Result<()> {
    let mut model = lyricist(24)?;
    let words = [
        ("night", "english"),
        ("walking in the Fire!", "english"),
        ("tomorrow", "english"),
        ("queueing", "english"),
        ("it's over", "english"),
        ("Liebe", "german"),
        ("明天", "chinese"),
        ("любовь", "russian"),
        ("夜", "japanese"),
        ("rhythm", "english"),
        ("a small café", "english"),
        ("l'été (encore)", "french"),
        ("사랑", "korean"),
        ("なみだ", "japanese"),
        ("حب", "arabic"),
        ("ฝน", "thai"),
        ("बात", "hindi"),
        ("東京", "english"),
    ];
    for seed in 0..SEEDS {
        let (at, most) = if is_long(seed) {
            (seed / LONG_EVERY, seed / LONG_EVERY + 3)
        } else {
            (seed / IN_A_ROW, 1)
        };
        let (word, language) = words[at as usize % words.len()];
        let tongue = Tongue::named(language).context(language)?;
        let most = most as usize;
        let params = RhymesParams {
            word: word.to_owned(),
            tongue: tongue.clone(),
            description: None,
            most,
            seed: Seed(seed),
        };
        let found = model.rhymes(&params, &Silent)?;
        ensure!(
            (most.min(3)..=most).contains(&found.len()),
            "{word}: {found:?}"
        );
        let once: BTreeSet<String> = found.iter().map(|word| word.to_lowercase()).collect();
        ensure!(
            once.len() == found.len() && !once.contains(word),
            "{word}: {found:?}"
        );
        if let Some(ending) = Ending::of(word, &tongue) {
            for own in &found {
                let rhymes = Ending::of(own, &tongue).is_some_and(|own| own.rhymes(&ending));
                ensure!(rhymes, "{own:?} does not rhyme with {word:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_revision_shows_its_lines_and_stops_within_a_token() -> Result<()> {
    let mut model = lyricist(25)?;
    let params = params(ENGLISH, Revision::Rewrite { section: 0 }, 1);
    let text = model.revise(&params, &Silent)?;
    let watcher = Watcher::patient();
    ensure!(
        model.revise(&params, &watcher)? == text,
        "a seed does not repeat"
    );
    let notes = watcher.notes.lock().unwrap().clone();
    for line in LyricSheet::parse(&text).sections[0].lines.iter() {
        ensure!(
            notes.iter().any(|note| note == line),
            "{line:?} was not shown"
        );
    }
    let steps = watcher.steps.lock().unwrap().clone();
    ensure!(
        steps.last().is_some_and(|step| step.done == step.total),
        "{steps:?}"
    );
    let all = watcher.asked();
    for patience in [0, 1, all / 2, all - 1] {
        let watcher = Watcher::leaving_after(patience);
        let stopped = model.revise(&params, &watcher);
        ensure!(
            matches!(stopped, Err(EngineError::Cancelled)) && watcher.left_at_once(),
            "after {patience} of {all}: {stopped:?}"
        );
    }
    Ok(())
}
