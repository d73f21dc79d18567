//! Lyrics that fill a song of a length: sections are left out, or come again, or are added.

use songwright_base::SectionKind;

use super::{Draft, Plan, next::following};
use crate::{
    form::{INTRO_S, MOST_LINES, SOLO_S},
    measure::Measure,
    tongue::Tongue,
};

/// A section of the draft and how many of its lines stay.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Kept {
    section: usize,
    lines: usize,
}

struct Fitting<'d> {
    draft: &'d Draft<'d>,
    measure: Measure,
    tongue: &'d Tongue,
}

/// Keeps as much of a draft as there is time for, and adds to it where there is more.
pub(super) fn fit(draft: &Draft<'_>, duration_s: f64, measure: Measure, tongue: &Tongue) -> Plan {
    let fitting = Fitting {
        draft,
        measure,
        tongue,
    };
    let mut kept: Vec<Kept> = (0..draft.sections.len())
        .map(|section| Kept {
            section,
            lines: draft.sections[section].lines.len(),
        })
        .collect();
    fitting.shorten(&mut kept, duration_s);
    fitting.lengthen(&kept, duration_s)
}

impl Fitting<'_> {
    /// What a line takes; one of too many syllables takes longer.
    fn line_s(&self, line: &str) -> f64 {
        let most = self.measure.syllables().2;
        let over = self.tongue.syllables(line) as f64 / most.max(1) as f64;
        self.measure.line_s * over.max(1.0)
    }

    fn part_s(&self, part: Kept) -> f64 {
        let lines = self.draft.lines(part.section);
        match (lines.is_empty(), self.draft.sections[part.section].kind) {
            (true, SectionKind::Intro) => INTRO_S,
            (true, _) => SOLO_S,
            (false, _) => lines.iter().take(part.lines).map(|l| self.line_s(l)).sum(),
        }
    }

    fn length_s(&self, kept: &[Kept]) -> f64 {
        kept.iter().map(|part| self.part_s(*part)).sum()
    }

    /// Leaves sections out, the least that is enough, else what a song misses least; then lines.
    fn shorten(&self, kept: &mut Vec<Kept>, duration_s: f64) {
        while self.length_s(kept) > duration_s {
            let over = self.length_s(kept) - duration_s;
            let spare: Vec<usize> = (0..kept.len())
                .filter(|at| self.can_go(kept, *at))
                .collect();
            let enough = spare
                .iter()
                .filter(|at| self.part_s(kept[**at]) >= over)
                .min_by(|a, b| self.part_s(kept[**a]).total_cmp(&self.part_s(kept[**b])));
            let most = spare.iter().min_by_key(|at| self.worth(kept, **at));
            let Some(at) = enough.or(most) else { break };
            kept.remove(*at);
        }
        while self.length_s(kept) > duration_s {
            let longest = kept.iter_mut().rev().max_by_key(|part| part.lines);
            match longest {
                // A couplet goes as one.
                Some(part) if part.lines > 3 => part.lines -= 2,
                Some(part) if part.lines > 1 => part.lines -= 1,
                _ => break,
            }
        }
    }

    /// Whether something to sing is left without it.
    fn can_go(&self, kept: &[Kept], at: usize) -> bool {
        let sings = |part: &Kept| part.lines > 0;
        !sings(&kept[at]) || kept.iter().filter(|part| sings(part)).count() > 1
    }

    /// What a song misses least has the least; of two that are alike the later one.
    fn worth(&self, kept: &[Kept], at: usize) -> (u8, std::cmp::Reverse<usize>) {
        use SectionKind::{Bridge, Chorus, Instrumental, Intro, Outro, PreChorus, Verse};
        let lines = self.draft.lines(kept[at].section);
        let kind = |at: usize| self.draft.sections[kept[at].section].kind;
        let said = (0..at).any(|before| self.draft.lines(kept[before].section) == lines);
        let first = !(0..at).any(|before| kind(before) == kind(at));
        let worth = match kind(at) {
            Instrumental => 0,
            _ if lines.is_empty() => 1,
            Verse if !first => 3,
            PreChorus | Intro => 4,
            Outro => 5,
            Bridge => 6,
            Verse => 8,
            Chorus if said => 2,
            Chorus => 9,
        };
        (worth, std::cmp::Reverse(at))
    }

    /// Adds rounds of what usually follows before the last outro while there is time.
    fn lengthen(&self, kept: &[Kept], duration_s: f64) -> Plan {
        let kind = |part: &Kept| self.draft.sections[part.section].kind;
        let ends = kept.last().filter(|last| kind(last) == SectionKind::Outro);
        let (body, ending) = kept.split_at(kept.len() - usize::from(ends.is_some()));
        let mut plan = Plan::default();
        for part in body {
            self.keep(&mut plan, *part);
        }
        let mut kinds: Vec<SectionKind> = body.iter().map(kind).collect();
        let mut left = duration_s - self.length_s(kept);
        let mut lines: usize = kept.iter().map(|part| part.lines).sum();
        while lines < MOST_LINES {
            let next = match following(&kinds) {
                SectionKind::Outro => SectionKind::Verse,
                other => other,
            };
            // Half a round leaves a song hanging: its end is a chorus.
            let round: &[SectionKind] = match next {
                SectionKind::Chorus => &[SectionKind::Chorus],
                SectionKind::PreChorus => &[SectionKind::PreChorus, SectionKind::Chorus],
                SectionKind::Bridge => &[SectionKind::Bridge, SectionKind::Chorus],
                _ => &[SectionKind::Verse, SectionKind::Chorus],
            };
            let takes_s: f64 = round.iter().map(|kind| self.kind_s(*kind)).sum();
            let again = [SectionKind::Chorus];
            // Twice at the end is a song's way out, three times is a loop.
            let is_double = kinds.ends_with(&[SectionKind::Chorus; 2]);
            let round = if takes_s <= left {
                round
            } else if self.kind_s(SectionKind::Chorus) <= left && !is_double {
                &again
            } else {
                break;
            };
            for kind in round {
                left -= self.kind_s(*kind);
                lines += self.kind_lines(*kind);
                plan.begin(kind.tag());
                plan.section(self.draft, *kind, self.tongue);
                kinds.push(*kind);
            }
        }
        for part in ending {
            self.keep(&mut plan, *part);
        }
        plan.end();
        plan
    }

    fn kind_lines(&self, kind: SectionKind) -> usize {
        let sung = self
            .draft
            .sections
            .iter()
            .rfind(|s| s.kind == kind && !s.lines.is_empty());
        sung.map_or(4, |section| section.lines.len())
    }

    /// What a section of a kind takes that is added; new lines are as long as lines usually are.
    fn kind_s(&self, kind: SectionKind) -> f64 {
        let sections = &self.draft.sections;
        let sibling = sections
            .iter()
            .rposition(|s| s.kind == kind && !s.lines.is_empty());
        match sibling {
            Some(section) => self.part_s(Kept {
                section,
                lines: sections[section].lines.len(),
            }),
            None => 4.0 * self.measure.line_s,
        }
    }

    /// A section with its first lines, as it was typed.
    fn keep(&self, plan: &mut Plan, part: Kept) {
        let section = &self.draft.sections[part.section];
        let end = match section.lines.get(part.lines) {
            Some(first) => first.start,
            None => section.whole.end,
        };
        if !plan.is_at_line_start() {
            plan.keep("\n\n");
        }
        plan.keep(&self.draft.text[section.whole.start..end]);
    }
}

#[cfg(test)]
mod tests {
    use songwright_base::{LyricSheet, Seed};

    use super::*;
    use crate::{
        SECONDS_PER_LINE,
        revise::{ReviseParams, Revision},
    };

    const SONG: &str = "[intro]\n\n[verse]\nRain on the window\nRain on the stone\nNobody's waiting\n\
        Nobody's home\n\n[chorus]\nTake me home tonight\nUnder the light\n\n[verse]\nCars on the highway\n\
        Cars in the rain\n\n[chorus]\nTake me home tonight\nUnder the light\n\n[outro]\nHome";

    fn fitted(lyrics: &str, seconds: u64) -> (Plan, String) {
        let plan = Plan::of(&ReviseParams {
            lyrics: lyrics.to_owned(),
            tongue: Tongue::of_lyrics(lyrics),
            revision: Revision::Fit {
                duration_ms: seconds * 1000,
            },
            description: None,
            seed: Seed(1),
        });
        let written: Vec<Vec<String>> = plan
            .stanzas
            .iter()
            .map(|s| {
                s.lines
                    .iter()
                    .map(|_| "New words here".to_owned())
                    .collect()
            })
            .collect();
        let text = plan.text(&written);
        (plan, text)
    }

    fn length_s(text: &str) -> f64 {
        let sheet = LyricSheet::parse(text);
        let intros = sheet.sections.iter().filter(|s| s.lines.is_empty()).count();
        sheet.lines().count() as f64 * SECONDS_PER_LINE + intros as f64 * INTRO_S
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(fitted(SONG, 54).1, SONG);
        let (plan, text) = fitted("one line", 10);
        assert_eq!((plan.stanzas.len(), text.as_str()), (0, "one line"));
    }

    #[test]
    fn every_length_is_filled_and_not_overrun() {
        for seconds in (10..=600).step_by(7) {
            let (_, text) = fitted(SONG, seconds);
            let (found, asked) = (length_s(&text), seconds as f64);
            assert!(found <= asked, "{seconds} s: {found}\n{text}");
            // A song of more lines plays on without words.
            let filled = asked.min(MOST_LINES as f64 * SECONDS_PER_LINE);
            assert!(
                found > filled - 4.0 * SECONDS_PER_LINE,
                "{seconds} s: {found}\n{text}"
            );
            assert!(!text.contains("\n\n\n"), "{text}");
            let sheet = LyricSheet::parse(&text);
            assert!(sheet.lines().count() > 0);
        }
    }

    #[test]
    fn a_short_song_keeps_its_chorus_and_an_outro_stays_last() {
        let (_, short) = fitted(SONG, 10);
        assert_eq!(short, "[chorus]\nTake me home tonight\nUnder the light");
        let (plan, long) = fitted(SONG, 120);
        assert!(long.ends_with("[outro]\nHome"), "{long}");
        assert!(!plan.stanzas.is_empty());
    }

    #[test]
    fn lines_that_are_too_long_take_longer() {
        let long = format!(
            "[verse]\n{}\nshort",
            "many words in a single line ".repeat(5)
        );
        let (_, text) = fitted(&long, 12);
        assert_eq!(LyricSheet::parse(&text).lines().count(), 1, "{text}");
    }
}
