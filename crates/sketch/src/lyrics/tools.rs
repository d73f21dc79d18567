//! The musician's tools by rule: continue, rewrite, fit, rhyme. Translating needs a model.

use std::collections::BTreeSet;

use rand::seq::SliceRandom as _;
use songwright_base::{EngineError, Observer, Progress, Stage};
use songwright_lyrics::{
    ReviseParams, Revision, RhymesParams, Script, Tongue, revise::Plan, rhyme::Ending,
};

use super::bank::{Bank, BankError};
use super::dice::dice;
use super::hearing::listen;
use super::language::Language;
use super::lines::{Tense, end_word, voiced};
use super::stanzas::StanzaWriter;
use super::themes;
use super::vocabulary::Vocabulary;

const INSTALL: &str = "Install a language model for that: songwright models install qwen3-1.7b";
/// What is heard of lyrics, in characters.
const HEARD: usize = 1000;

/// Lyrics that are there, changed.
///
/// # Errors
/// [`EngineError::Unsupported`] for what needs a model; [`EngineError::Cancelled`] within one section.
pub(super) fn revise(
    params: &ReviseParams,
    observer: &dyn Observer,
) -> Result<String, EngineError> {
    if let Revision::Translate { tongue } = &params.revision {
        return Err(unsupported(format!(
            "The built-in lyric writer cannot translate into {}. {INSTALL}.",
            tongue.name
        )));
    }
    let plan = Plan::of(params);
    let total = plan.stanzas.len().max(1) as u64;
    let mut written: Vec<Vec<String>> = Vec::new();
    if !plan.stanzas.is_empty() {
        let mut writer = writer(params)?;
        let exact = matches!(params.revision, Revision::Rewrite { .. });
        for stanza in &plan.stanzas {
            if observer.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            observer.report(Progress::new(Stage::Lyrics, written.len() as u64, total));
            let lines = writer.stanza(stanza, exact).map_err(|syllables| {
                unsupported(format!(
                    "The built-in lyric writer has no lines left that fit [{}]: {syllables} \
                     syllables are more or fewer than its lines have, or too many lines rhyme. \
                     {INSTALL}.",
                    stanza.tag
                ))
            })?;
            for line in &lines {
                observer.note(line);
            }
            written.push(lines);
        }
    }
    if observer.is_cancelled() {
        return Err(EngineError::Cancelled);
    }
    observer.report(Progress::new(Stage::Lyrics, total, total));
    Ok(plan.text(&written))
}

fn writer(params: &ReviseParams) -> Result<StanzaWriter, EngineError> {
    let language = bank_language(&params.tongue)?;
    let bank = Bank::of(language).map_err(unreadable)?;
    let heard: String = params.lyrics.chars().take(HEARD).collect();
    let about = params.description.as_deref().unwrap_or(&heard);
    let listened = listen(about).map_err(unreadable)?;
    let colour = listen(&heard).map_err(unreadable)?;
    let vocabulary = Vocabulary::get().map_err(unreadable)?;
    let weights = themes::choose(&listened, &[colour], vocabulary, params.seed);
    let rng = dice(params.seed, &params.lyrics);
    Ok(StanzaWriter::new(
        bank,
        &weights,
        params.lyrics.lines().map(str::trim),
        rng,
    ))
}

/// Words of the banks that rhyme.
///
/// # Errors
/// [`EngineError::Unsupported`] where the banks have none.
pub(super) fn rhymes(
    params: &RhymesParams,
    observer: &dyn Observer,
) -> Result<Vec<String>, EngineError> {
    if observer.is_cancelled() {
        return Err(EngineError::Cancelled);
    }
    let language = bank_language(&params.tongue)?;
    let bank = Bank::of(language).map_err(unreadable)?;
    let mut found = match Ending::of(&params.word, &params.tongue) {
        Some(wanted) => {
            let words = end_words(bank).into_iter().filter(|word| {
                Ending::of(word, &params.tongue).is_some_and(|own| own.rhymes(&wanted))
            });
            words.collect()
        }
        None => Vec::new(),
    };
    if found.is_empty() {
        return Err(unsupported(format!(
            "The built-in lyric writer knows no rhyme with \"{}\". {INSTALL}.",
            params.word
        )));
    }
    found.shuffle(&mut dice(params.seed, &params.word));
    found.truncate(params.most);
    observer.report(Progress::new(Stage::Lyrics, 1, 1));
    Ok(found)
}

/// All words that lines of a bank end on; in Chinese all characters of its classes.
fn end_words(bank: &Bank) -> BTreeSet<String> {
    if bank.language == Language::Chinese {
        return bank.rhymes.values().flatten().cloned().collect();
    }
    let texts = bank.closings.iter().map(|c| &c.text);
    let texts = texts.chain(
        bank.hooks
            .iter()
            .filter(|h| h.frame.is_none())
            .map(|h| &h.text),
    );
    texts
        .flat_map(|text| [Tense::Present, Tense::Past].map(|tense| voiced(text, tense, None)))
        .map(|text| end_word(bank.language, &text))
        .collect()
}

fn bank_language(tongue: &Tongue) -> Result<Language, EngineError> {
    match tongue.script {
        Script::Han => Ok(Language::Chinese),
        Script::Latin if tongue.name == "English" => Ok(Language::English),
        _ => Err(unsupported(format!(
            "The built-in lyric writer knows English and Chinese, not {}. {INSTALL}.",
            tongue.name
        ))),
    }
}

fn unsupported(what: String) -> EngineError {
    EngineError::Unsupported { what }
}

fn unreadable(error: &'static BankError) -> EngineError {
    EngineError::failed("reading the built-in lyric writer's banks")(error)
}

#[cfg(test)]
mod tests {
    use songwright_base::{LyricSheet, Seed, Silent};
    use songwright_lyrics::revise::Rhyme;

    use super::*;

    const SONG: &str = "[verse]\nYou left your coat on my shoulders in the kitchen light\n\
        I know your knock by heart now\nWe share the last cigarette tonight\n\n[chorus]\nStay with me\n\n[outro]\nGone";

    fn params(lyrics: &str, revision: Revision, seed: u64) -> ReviseParams {
        ReviseParams {
            lyrics: lyrics.to_owned(),
            tongue: Tongue::of_lyrics(lyrics),
            revision,
            description: None,
            seed: Seed(seed),
        }
    }

    fn done(params: &ReviseParams) -> String {
        revise(params, &Silent).unwrap()
    }

    #[test]
    fn a_rewritten_section_keeps_its_syllables_and_rhymes() {
        let english = Tongue::of_text(SONG);
        let mut texts = BTreeSet::new();
        for seed in 0..40 {
            let params = params(SONG, Revision::Rewrite { section: 0 }, seed);
            let text = done(&params);
            assert!(
                text.ends_with("\n\n[chorus]\nStay with me\n\n[outro]\nGone"),
                "{text}"
            );
            let shapes = &Plan::of(&params).stanzas[0].lines;
            assert_eq!(shapes[2].rhyme, Rhyme::With(0));
            let sheet = LyricSheet::parse(&text);
            let lines = &sheet.sections[0].lines;
            for (line, shape) in lines.iter().zip(shapes) {
                assert_eq!(english.syllables(line), shape.syllables, "{line}");
                assert!(!SONG.contains(line.as_str()), "{line}");
            }
            let ends = [0, 2].map(|at| Ending::of(&lines[at], &english).unwrap());
            assert!(ends[0].rhymes(&ends[1]), "{text}");
            texts.insert(text);
        }
        assert!(texts.len() > 30, "{} of 40 differ", texts.len());
    }

    #[test]
    fn lyrics_go_on_and_fill_a_time() {
        let text = done(&params(SONG, Revision::Continue { sections: 4 }, 3));
        assert!(text.starts_with(SONG), "{text}");
        assert_eq!(LyricSheet::parse(&text).sections.len(), 7);
        let revision = Revision::Fit {
            duration_ms: 180_000,
        };
        let long = done(&params(SONG, revision, 3));
        assert!(long.ends_with("[outro]\nGone"), "{long}");
        let sheet = LyricSheet::parse(&long);
        assert!((30..=44).contains(&sheet.lines().count()), "{long}");
        let chinese = done(&params(
            "[verse]\n你走以后",
            Revision::Continue { sections: 2 },
            1,
        ));
        assert_eq!(LyricSheet::parse(&chinese).sections.len(), 3);
    }

    #[test]
    fn what_it_cannot_do_it_says() {
        let tongue = Tongue::named("german").unwrap();
        let long = format!("[verse]\n{}", "again and ".repeat(20));
        let german = "[verse]\nDer Regen fällt auf das Dach und ich warte am Fenster auf dich";
        for params in [
            params(SONG, Revision::Translate { tongue }, 1),
            params(&long, Revision::Rewrite { section: 0 }, 1),
            params(german, Revision::Rewrite { section: 0 }, 1),
        ] {
            let said = revise(&params, &Silent).unwrap_err();
            assert!(matches!(said, EngineError::Unsupported { .. }), "{said:?}");
            assert!(said.to_string().contains("models install"), "{said}");
        }
    }

    #[test]
    fn rhymes_come_out_of_the_banks() {
        let ask = |word: &str, most| {
            let params = RhymesParams {
                word: word.to_owned(),
                tongue: Tongue::of_text(word),
                description: None,
                most,
                seed: Seed(1),
            };
            rhymes(&params, &Silent)
        };
        let found = ask("into the night", 50).unwrap();
        assert!(
            found.len() > 3 && found.contains(&"light".to_owned()),
            "{found:?}"
        );
        assert!(!found.contains(&"night".to_owned()));
        assert_eq!(ask("into the night", 2).unwrap().len(), 2);
        assert!(ask("明天", 5).unwrap().len() == 5);
        assert!(ask("orange", 5).is_err());
    }
}
