//! Lyrics, section by section.

use minijinja::context;
use songwright_base::{LyricSection, LyricSheet, Observer, Progress, SectionKind, Stage};

use super::{
    Error, LanguageModel, Sampler, Session, lines,
    prompts::{Task, Told},
};
use crate::{LyricsParams, Measure, Part, SECONDS_PER_LINE, form, tongue::Tongue};

/// What is to be written.
struct Plan {
    parts: Vec<Part>,
    measure: Measure,
    tongue: Tongue,
}

pub(super) fn lyrics(
    model: &mut LanguageModel,
    params: &LyricsParams,
    observer: &dyn Observer,
) -> Result<LyricSheet, Error> {
    let tongue = Tongue::choose(params.language.as_deref(), &params.description);
    let texts = [&params.style, &params.mood].map(|text| text.as_deref().unwrap_or_default());
    let measure = Measure::heard(&[texts[0], texts[1], &params.description]);
    let plan = Plan {
        parts: parts(params.duration_s, measure),
        measure,
        tongue,
    };
    let tongue = &plan.tongue;
    let prompt = Task::Lyrics.prompt(Told::of(tongue))?;
    let question = prompt.question(context! {
        language => tongue.name.as_str(),
        description => params.description.as_str(),
        style => params.style.as_deref(),
        mood => params.mood.as_deref(),
        sections => sections(&plan.parts),
        syllables => measure.syllables().1,
    })?;
    let mut sampler = Sampler::new(model.sampling(), params.seed);
    let mut session = model.ask(&prompt.instruction, &question, observer)?;
    sampler.see(session.prompt());
    write(&plan, &mut session, &mut sampler, observer)
}

/// The form of a song whose lines take longer or shorter than usual.
fn parts(duration_s: Option<f64>, measure: Measure) -> Vec<Part> {
    let usual = duration_s.map(|duration_s| duration_s * SECONDS_PER_LINE / measure.line_s);
    form(usual)
}

/// "[verse] 4 lines, [chorus] 4 lines".
fn sections(parts: &[Part]) -> String {
    let all: Vec<String> = parts
        .iter()
        .map(|(kind, lines)| match lines {
            0 => format!("[{}]", kind.tag()),
            lines => format!("[{}] {lines} lines", kind.tag()),
        })
        .collect();
    all.join(", ")
}

fn write(
    plan: &Plan,
    session: &mut Session<'_>,
    sampler: &mut Sampler,
    observer: &dyn Observer,
) -> Result<LyricSheet, Error> {
    let total: usize = plan.parts.iter().map(|(_, lines)| lines).sum();
    let mut sheet = LyricSheet::default();
    let mut done = 0;
    for (kind, count) in &plan.parts {
        let said = sheet
            .sections
            .iter()
            .find(|section| *kind == SectionKind::Chorus && section.kind == *kind)
            .filter(|section| section.lines.len() == *count)
            .cloned();
        let section = match said {
            // A chorus comes back as it was.
            Some(section) => {
                session.say(&shown(&section))?;
                section
            }
            None => {
                let mut tell = |text: &str| {
                    let lines = text.lines().skip(1).count().saturating_sub(1);
                    observer.report(progress(done + lines, total));
                    if let Some(line) = text.lines().skip(1).last() {
                        observer.note(line);
                    }
                };
                let grammar = section_grammar((*kind, *count), plan.measure, &plan.tongue);
                let mut matcher = session.grammars().matcher(&grammar)?;
                let passage = session.write(&mut matcher, sampler, observer, &mut tell)?;
                let section = read(&passage.text, *kind, *count)?;
                session.say("\n")?;
                section
            }
        };
        done += count;
        observer.report(progress(done, total));
        sheet.sections.push(section);
    }
    Ok(sheet)
}

fn progress(done: usize, total: usize) -> Progress {
    Progress::new(Stage::Lyrics, done as u64, total.max(1) as u64)
}

fn shown(section: &LyricSection) -> String {
    let sheet = LyricSheet {
        sections: vec![section.clone()],
    };
    format!("{sheet}\n")
}

/// The grammar of one section, its tag and so many lines, in llguidance's Lark.
#[must_use]
pub fn section_grammar((kind, count): Part, measure: Measure, tongue: &Tongue) -> String {
    let lines = " LINE \"\\n\"".repeat(count);
    let terminal = if count == 0 {
        String::new()
    } else {
        lines::sung(measure, "LINE", tongue)
    };
    format!("start: \"[{}]\\n\"{lines}\n{terminal}", kind.tag())
}

/// The section that a text is, held against what was asked for.
fn read(text: &str, kind: SectionKind, count: usize) -> Result<LyricSection, Error> {
    let mut sections = LyricSheet::parse(text).sections;
    match sections.pop() {
        Some(section)
            if sections.is_empty() && section.kind == kind && section.lines.len() == count =>
        {
            Ok(section)
        }
        _ => Err(Error::Unreadable {
            answer: text.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_what_was_asked_for_or_nothing() {
        let verse = SectionKind::Verse;
        let read = |text: &str| read(text, verse, 2);
        assert_eq!(read("[verse]\na b\nc\n").unwrap().lines, ["a b", "c"]);
        for wrong in [
            "[verse]\na\n",
            "[chorus]\na\nb\n",
            "[verse]\na\nb\n[verse]\n",
            "",
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn faster_songs_have_more_lines() {
        let lines = |bpm: &str| -> usize {
            let measure = Measure::heard(&[bpm]);
            parts(Some(180.0), measure).iter().map(|(_, n)| n).sum()
        };
        assert!(lines("150 BPM") > lines("100 BPM"));
    }

    #[test]
    fn sections_are_named_with_their_lines() {
        let parts = [(SectionKind::Intro, 0), (SectionKind::PreChorus, 2)];
        assert_eq!(sections(&parts), "[intro], [pre-chorus] 2 lines");
    }
}
