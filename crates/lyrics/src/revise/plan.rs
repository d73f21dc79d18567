//! What of a text stays, and what is written between.

use std::ops::Range;

use songwright_base::SectionKind;

use super::{
    Draft, ReviseParams, Revision, Rhyme, Stanza,
    fit::fit,
    next::following,
    shape::{alike, shapes},
};
use crate::{measure::Measure, tongue::Tongue};

/// A part of the text that comes of a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// As it is.
    Kept(String),
    /// A line that is written.
    Line {
        /// Of which stanza of the plan.
        stanza: usize,
        /// Which of it.
        line: usize,
    },
}

/// What is done to a text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// The new text in order.
    pub pieces: Vec<Piece>,
    /// What is to be written.
    pub stanzas: Vec<Stanza>,
}

impl Plan {
    /// For a change.
    #[must_use]
    pub fn of(params: &ReviseParams) -> Self {
        let draft = Draft::read(&params.lyrics);
        let tongue = &params.tongue;
        match &params.revision {
            Revision::Continue { sections } => Self::continued(&draft, *sections, tongue),
            Revision::Rewrite { section } => Self::replaced(&draft, &[*section], tongue),
            Revision::Translate { .. } => {
                let all: Vec<usize> = (0..draft.sections.len()).collect();
                let mut plan = Self::replaced(&draft, &all, tongue);
                // The sense and the metre are enough to keep: what rhymes is another matter there.
                let lines = plan.stanzas.iter_mut().flat_map(|s| &mut s.lines);
                lines.for_each(|line| line.rhyme = Rhyme::Free);
                plan
            }
            Revision::Fit { duration_ms } => {
                let heard = params.description.as_deref().unwrap_or_default();
                let duration_s = *duration_ms as f64 / 1000.0;
                fit(&draft, duration_s, Measure::heard(&[heard]), tongue)
            }
        }
    }

    /// The text, once the stanzas' lines are written.
    #[must_use]
    pub fn text(&self, written: &[Vec<String>]) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Kept(kept) => text.push_str(kept),
                Piece::Line { stanza, line } => {
                    let line = written.get(*stanza).and_then(|lines| lines.get(*line));
                    text.push_str(line.map_or("", String::as_str));
                }
            }
        }
        text
    }

    pub(super) fn keep(&mut self, text: &str) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Kept(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Kept(text.to_owned())),
        }
    }

    /// Begins a section after whatever is there.
    pub(super) fn begin(&mut self, tag: &str) {
        let end: String = match self.pieces.last() {
            Some(Piece::Kept(last)) => last.chars().rev().take(2).collect(),
            Some(Piece::Line { .. }) => String::from("."),
            None => String::from("\n\n"),
        };
        let gap = match end.chars().take_while(|c| *c == '\n').count() {
            0 => "\n\n",
            1 => "\n",
            _ => "",
        };
        self.keep(&format!("{gap}[{tag}]\n"));
    }

    /// The lines of a stanza, each on its own line.
    pub(super) fn lines_of(&mut self, stanza: usize, count: usize) {
        for line in 0..count {
            self.pieces.push(Piece::Line { stanza, line });
            self.keep("\n");
        }
    }

    /// Every line of some sections, the rest byte for byte. Sections of the same lines are written once.
    fn replaced(draft: &Draft<'_>, sections: &[usize], tongue: &Tongue) -> Self {
        let mut plan = Self::default();
        let mut at = 0;
        for section in sections {
            // What cannot be sung stays: it has no length that a line could keep.
            let has_length = |line: &Range<usize>| tongue.syllables(&draft.text[line.clone()]) > 0;
            let own = &draft.sections[*section];
            let places: Vec<&Range<usize>> = own.lines.iter().filter(|l| has_length(l)).collect();
            let now: Vec<&str> = places.iter().map(|l| &draft.text[(*l).clone()]).collect();
            let stanza = Stanza {
                kind: own.kind,
                tag: own.tag.clone().unwrap_or_else(|| own.kind.tag().to_owned()),
                lines: shapes(&now, tongue),
                now: now.into_iter().map(str::to_owned).collect(),
            };
            if stanza.lines.is_empty() {
                continue;
            }
            let same = plan
                .stanzas
                .iter()
                .position(|other| other.now == stanza.now);
            let index = same.unwrap_or(plan.stanzas.len());
            if same.is_none() {
                plan.stanzas.push(stanza);
            }
            for (line, place) in places.into_iter().enumerate() {
                plan.keep(&draft.text[at..place.start]);
                plan.pieces.push(Piece::Line {
                    stanza: index,
                    line,
                });
                at = place.end;
            }
        }
        plan.keep(&draft.text[at..]);
        plan
    }

    fn continued(draft: &Draft<'_>, count: usize, tongue: &Tongue) -> Self {
        let mut plan = Self::default();
        plan.keep(draft.text);
        let mut kinds: Vec<SectionKind> = draft.sections.iter().map(|s| s.kind).collect();
        // A tag at the end that waits for its lines.
        let waits = draft.sections.last().filter(|last| {
            let played = [SectionKind::Intro, SectionKind::Instrumental];
            last.lines.is_empty() && !played.contains(&last.kind)
        });
        for nth in 0..count {
            let filled = waits.filter(|_| nth == 0);
            let kind = filled.map_or_else(|| following(&kinds), |last| last.kind);
            match filled {
                Some(_) if draft.text.ends_with('\n') => {}
                Some(_) => plan.keep("\n"),
                None => plan.begin(kind.tag()),
            }
            if filled.is_none() {
                kinds.push(kind);
            }
            plan.section(draft, kind, tongue);
        }
        plan.end();
        plan
    }

    /// Leaves no empty line at the end.
    pub(super) fn end(&mut self) {
        if let Some(Piece::Kept(last)) = self.pieces.last_mut() {
            last.truncate(last.trim_end().len());
            if last.is_empty() {
                self.pieces.pop();
            }
        }
    }

    pub(super) fn is_at_line_start(&self) -> bool {
        match self.pieces.last() {
            Some(Piece::Kept(last)) => last.ends_with('\n'),
            Some(Piece::Line { .. }) => false,
            None => true,
        }
    }

    /// Lines of a kind: those of a chorus that was sung, else new ones like its siblings'.
    pub(super) fn section(&mut self, draft: &Draft<'_>, kind: SectionKind, tongue: &Tongue) {
        let sibling = (0..draft.sections.len())
            .rfind(|at| draft.sections[*at].kind == kind && !draft.sections[*at].lines.is_empty());
        let comes_back = matches!(kind, SectionKind::Chorus | SectionKind::PreChorus);
        if let Some(at) = sibling.filter(|_| comes_back) {
            for line in draft.lines(at) {
                self.keep(&format!("{line}\n"));
            }
            return;
        }
        let written = self.stanzas.iter().position(|s| s.kind == kind);
        if let Some(index) = written.filter(|_| comes_back) {
            self.lines_of(index, self.stanzas[index].lines.len());
            return;
        }
        let stanza = new_stanza(draft, kind, sibling, tongue);
        let (index, count) = (self.stanzas.len(), stanza.lines.len());
        self.stanzas.push(stanza);
        self.lines_of(index, count);
    }
}

fn new_stanza(
    draft: &Draft<'_>,
    kind: SectionKind,
    sibling: Option<usize>,
    tongue: &Tongue,
) -> Stanza {
    let lines = sibling.map_or_else(Vec::new, |at| shapes(&draft.lines(at), tongue));
    let count = match (lines.len(), kind) {
        (0, SectionKind::PreChorus | SectionKind::Outro) => 2,
        (0, _) => 4,
        (count, _) => count,
    };
    let mut lengths: Vec<usize> = (0..draft.sections.len())
        .flat_map(|at| draft.lines(at))
        .map(|line| tongue.syllables(line))
        .filter(|length| *length > 0)
        .collect();
    lengths.sort_unstable();
    let usual = lengths.get(lengths.len() / 2).copied().unwrap_or(8);
    Stanza {
        kind,
        tag: kind.tag().to_owned(),
        lines: alike(&lines, count, usual),
        now: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use songwright_base::Seed;

    use super::*;

    const SONG: &str = "[Verse 1]\n  The lamp is low, the night is long  \n\n…\nI hum the words of an older song\n\
                        [chorus]\nHold on, hold on\n\n[verse 2]\nA third line here\n[chorus]\nHold on, hold on";

    fn plan(lyrics: &str, revision: Revision) -> Plan {
        Plan::of(&ReviseParams {
            lyrics: lyrics.to_owned(),
            tongue: Tongue::of_lyrics(lyrics),
            revision,
            description: None,
            seed: Seed(1),
        })
    }

    fn filled(plan: &Plan) -> String {
        let line = |stanza: usize| move |line| format!("<{stanza}.{line}>");
        let written: Vec<Vec<String>> = plan
            .stanzas
            .iter()
            .enumerate()
            .map(|(at, stanza)| (0..stanza.lines.len()).map(line(at)).collect())
            .collect();
        plan.text(&written)
    }

    #[test]
    fn a_rewritten_section_leaves_the_rest_byte_for_byte() {
        let plan = plan(SONG, Revision::Rewrite { section: 0 });
        assert_eq!(
            filled(&plan),
            "[Verse 1]\n  <0.0>  \n\n…\n<0.1>\n[chorus]\nHold on, hold on\n\n[verse 2]\n\
             A third line here\n[chorus]\nHold on, hold on"
        );
        let lines = &plan.stanzas[0].lines;
        assert_eq!((lines[0].syllables, lines[1].syllables), (8, 9));
        assert_eq!(lines[1].rhyme, Rhyme::With(0));
    }

    #[test]
    fn a_translation_keeps_tags_and_says_a_chorus_once() {
        let tongue = Tongue::named("german").unwrap();
        let plan = plan(SONG, Revision::Translate { tongue });
        assert_eq!(plan.stanzas.len(), 3);
        assert_eq!(
            filled(&plan),
            "[Verse 1]\n  <0.0>  \n\n…\n<0.1>\n[chorus]\n<1.0>\n\n[verse 2]\n<2.0>\n[chorus]\n<1.0>"
        );
    }

    #[test]
    fn what_is_continued_stands_as_it_was() {
        let more = plan(SONG, Revision::Continue { sections: 2 });
        let text = filled(&more);
        assert!(text.starts_with(SONG), "{text}");
        assert!(
            text.ends_with(
                "\n\n[bridge]\n<0.0>\n<0.1>\n<0.2>\n<0.3>\n\n[chorus]\nHold on, hold on"
            ),
            "{text}"
        );
        let waiting = plan(
            "[verse]\nOne line\n[bridge]",
            Revision::Continue { sections: 1 },
        );
        assert_eq!(
            filled(&waiting),
            "[verse]\nOne line\n[bridge]\n<0.0>\n<0.1>\n<0.2>\n<0.3>"
        );
        let new = plan("One line", Revision::Continue { sections: 3 });
        assert_eq!(
            filled(&new),
            "One line\n\n[chorus]\n<0.0>\n<0.1>\n<0.2>\n<0.3>\n\n[verse]\n<1.0>\n\n[chorus]\n\
             <0.0>\n<0.1>\n<0.2>\n<0.3>"
        );
    }
}
