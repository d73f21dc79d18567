//! The form: which sections follow each other, how many bars each line and section takes, so that
//! the whole is exactly as many bars as fit the song.

use songwright_base::{LyricSection, LyricSheet, SectionKind};

use super::prosody::syllables;

/// A line of lyrics and the bars it is sung over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FormLine {
    /// The words.
    pub text: String,
    /// Bars, at least 1.
    pub bars: u32,
}

/// A section of the song.
#[derive(Clone, Debug, PartialEq)]
pub struct FormSection {
    /// What it is.
    pub kind: SectionKind,
    /// The tag as in the lyrics, without brackets.
    pub tag: String,
    /// Its first bar, from 0.
    pub first_bar: u32,
    /// Its length.
    pub bars: u32,
    /// What is sung; the lines' bars never exceed the section's.
    pub lines: Vec<FormLine>,
    /// How much plays: 0 nothing, 1 everything.
    pub energy: f64,
}

/// Sung syllables a second that are comfortable, and the most that can be followed.
const COMFORTABLE_RATE: f64 = 2.5;
const FASTEST_RATE: f64 = 6.5;
/// Bars of a solo or an interlude.
const SOLO_BARS: u32 = 8;

/// A form of exactly `bars` bars of `bar_s` seconds, and what had to be left out of the lyrics.
#[must_use]
pub(super) fn form(
    lyrics: Option<&LyricSheet>,
    bars: u32,
    bar_s: f64,
) -> (Vec<FormSection>, Option<String>) {
    let sung = lyrics.filter(|sheet| !sheet.is_instrumental());
    let (mut sections, note) = match sung {
        Some(sheet) => sung_form(sheet, bars, bar_s),
        None => (instrumental_form(bars), None),
    };
    sections.retain(|s| s.bars > 0);
    let mut first_bar = 0;
    let (mut verses, mut choruses) = (0.0, 0.0);
    let last_chorus = sections.iter().rposition(|s| s.kind == SectionKind::Chorus);
    for (i, section) in sections.iter_mut().enumerate() {
        section.first_bar = first_bar;
        first_bar += section.bars;
        section.energy = match section.kind {
            SectionKind::Intro => 0.42,
            SectionKind::Verse => {
                verses += 1.0;
                0.5 + 0.05 * f64::min(verses - 1.0, 2.0)
            }
            SectionKind::PreChorus => 0.66,
            SectionKind::Chorus => {
                choruses += 1.0;
                let last = f64::from(u8::from(Some(i) == last_chorus && choruses > 1.0));
                0.85 + 0.12 * last
            }
            SectionKind::Bridge => 0.58,
            SectionKind::Instrumental => 0.72,
            SectionKind::Outro => 0.46,
        };
    }
    (sections, note)
}

fn section(kind: SectionKind, bars: u32) -> FormSection {
    FormSection {
        kind,
        tag: kind.tag().to_owned(),
        first_bar: 0,
        bars,
        lines: Vec::new(),
        energy: 0.0,
    }
}

fn instrumental_form(bars: u32) -> Vec<FormSection> {
    use SectionKind::{Bridge, Chorus, Instrumental, Intro, Outro, Verse};
    let edge = match bars {
        0..6 => 0,
        6..12 => 1,
        12..24 => 2,
        _ => 4,
    };
    let block = match bars {
        0..8 => 2,
        8..28 => 4,
        _ => 8,
    };
    let cycle = [Verse, Chorus, Verse, Chorus, Bridge, Chorus, Instrumental];
    let inner = bars - 2 * edge;
    let mut sections: Vec<FormSection> = (0..inner / block)
        .map(|i| {
            let last = i + 1 == inner / block && i > 0;
            let kind = if last {
                Chorus
            } else {
                cycle[i as usize % cycle.len()]
            };
            section(kind, block)
        })
        .collect();
    // The bars left over: a breath before the last section, or the one section there is.
    let rest = inner % block;
    if rest > 0 {
        match sections.len() {
            0 => sections.push(section(Verse, rest)),
            n => sections.insert(n - 1, section(Bridge, rest)),
        }
    }
    sections.insert(0, section(Intro, edge));
    sections.push(section(Outro, edge));
    sections
}

/// Bars for one line at `rate` syllables a bar.
fn line_bars(line: &str, rate: f64, relaxed: bool) -> u32 {
    let bars = (syllables(line).len() as f64 / rate).ceil().max(1.0) as u32;
    if relaxed && bars == 3 { 4 } else { bars }
}

fn laid_out(sheet: &LyricSheet, rate: f64, relaxed: bool) -> Vec<FormSection> {
    sheet
        .sections
        .iter()
        .map(|s: &LyricSection| {
            let lines: Vec<FormLine> = s
                .lines
                .iter()
                .map(|text| FormLine {
                    text: text.clone(),
                    bars: line_bars(text, rate, relaxed),
                })
                .collect();
            let sum: u32 = lines.iter().map(|l| l.bars).sum();
            let bars = if relaxed { sum + sum % 2 } else { sum };
            FormSection {
                tag: s.tag.clone(),
                lines,
                ..section(s.kind, bars)
            }
        })
        .collect()
}

fn length(sections: &[FormSection]) -> u32 {
    sections.iter().map(|s| s.bars).sum()
}

fn sung_form(sheet: &LyricSheet, bars: u32, bar_s: f64) -> (Vec<FormSection>, Option<String>) {
    let slowest = (COMFORTABLE_RATE * bar_s).clamp(3.5, 9.0);
    let fastest = (FASTEST_RATE * bar_s).clamp(slowest, 15.0);
    // From comfortable to dense until it fits, first with room for an intro and an outro.
    let steps: Vec<f64> = (0..=4)
        .map(|i| slowest * (fastest / slowest).powf(f64::from(i) / 4.0))
        .collect();
    let room = if bars >= 12 { bars - bars / 8 } else { bars };
    let chosen = steps
        .iter()
        .map(|&rate| laid_out(sheet, rate, rate == slowest))
        .find(|sections| length(sections) <= room);
    if let Some(sections) = chosen {
        return (extended(sections, bars), None);
    }
    let mut sections = laid_out(sheet, fastest, false);
    let mut dropped = Vec::new();
    // Later sections go whole; what is too long of the first one goes line by line.
    while length(&sections) > bars && sections.len() > 1 {
        if let Some(section) = sections.pop()
            && !section.lines.is_empty()
        {
            dropped.push(format!("[{}]", section.tag));
        }
    }
    while length(&sections) > bars
        && let Some(first) = sections.first_mut()
        && first.lines.pop().is_some()
    {
        dropped.push(format!("line {} of [{}]", first.lines.len() + 1, first.tag));
        first.bars = first.lines.iter().map(|l| l.bars).sum();
    }
    dropped.reverse();
    let note = (!dropped.is_empty()).then(|| {
        format!(
            "The lyrics are longer than the song: {} left out. Ask for a longer duration to hear all of them.",
            match dropped.as_slice() {
                [one] => format!("{one} was"),
                many => format!("{} were", many.join(", ")),
            }
        )
    });
    (extended(sections, bars), note)
}

/// Gives the bars that the lyrics leave free to intro, outro, solos and repeated sections.
fn extended(mut sections: Vec<FormSection>, bars: u32) -> Vec<FormSection> {
    let mut free = bars.saturating_sub(length(&sections));
    if sections.first().map(|s| s.kind) != Some(SectionKind::Intro) {
        sections.insert(0, section(SectionKind::Intro, 0));
    }
    if sections.last().map(|s| s.kind) != Some(SectionKind::Outro) {
        sections.push(section(SectionKind::Outro, 0));
    }
    let last = sections.len() - 1;
    let mut give = |sections: &mut Vec<FormSection>, i: usize, upto: u32| {
        let more = upto.saturating_sub(sections[i].bars).min(free);
        sections[i].bars += more;
        free -= more;
    };
    give(&mut sections, 0, 2);
    give(&mut sections, last, 2);
    for i in 1..last {
        if sections[i].lines.is_empty() {
            give(&mut sections, i, SOLO_BARS);
        }
    }
    give(&mut sections, 0, 4);
    give(&mut sections, last, 4);
    // The sung sections once more, chorus first, with a solo before each return of the verse.
    let sung: Vec<FormSection> = sections
        .iter()
        .filter(|s| !s.lines.is_empty())
        .cloned()
        .collect();
    let chorus = sung.iter().rfind(|s| s.kind == SectionKind::Chorus);
    let mut returns: Vec<FormSection> = chorus.cloned().into_iter().collect();
    returns.push(section(SectionKind::Instrumental, SOLO_BARS));
    returns.extend(sung.iter().cloned());
    let mut next = 0;
    while let Some(again) = returns.get(next % returns.len()).cloned() {
        if again.bars > free || again.bars == 0 {
            break;
        }
        free -= again.bars;
        let before_outro = sections.len() - 1;
        sections.insert(before_outro, again);
        next += 1;
    }
    if free > 0 {
        let before = sections
            .iter()
            .rposition(|s| s.kind == SectionKind::Chorus)
            .filter(|_| free >= 4);
        match before {
            Some(i) => sections.insert(i, section(SectionKind::Instrumental, free)),
            None if free >= 4 => {
                let before_outro = sections.len() - 1;
                sections.insert(before_outro, section(SectionKind::Instrumental, free));
            }
            None => {
                if let Some(outro) = sections.last_mut() {
                    outro.bars += free;
                }
            }
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const SONG: &str = "[verse]\nWalking down the empty street tonight\nEvery window has a broken light\nI can hear the river calling me\nTelling me of how it used to be\n[chorus]\nOh carry me home\nCarry me home again\n[verse]\nMorning comes with coffee and the rain\nSomebody is whispering my name\n[chorus]\nOh carry me home\nCarry me home again";

    #[test]
    fn every_length_is_filled_exactly() {
        let sheet = LyricSheet::parse(SONG);
        for bars in 1..300 {
            for lyrics in [None, Some(&sheet)] {
                let (sections, _) = form(lyrics, bars, 2.0);
                assert_eq!(length(&sections), bars, "{bars} bars");
                let mut at = 0;
                for s in &sections {
                    assert_eq!(s.first_bar, at);
                    at += s.bars;
                    assert!(s.lines.iter().map(|l| l.bars).sum::<u32>() <= s.bars);
                }
            }
        }
    }

    #[test]
    fn lyrics_too_long_lose_their_last_sections_and_say_so() {
        let sheet = LyricSheet::parse(SONG);
        let (sections, note) = form(Some(&sheet), 6, 2.0);
        assert_eq!(
            sections[0].lines[0].text,
            "Walking down the empty street tonight"
        );
        assert!(note.unwrap().contains("[chorus]"));
        let (_, note) = form(Some(&sheet), 40, 2.0);
        assert_eq!(note, None);
    }

    #[test]
    fn a_chorus_is_louder_than_a_verse() {
        let (sections, _) = form(Some(&LyricSheet::parse(SONG)), 30, 2.0);
        let energy = |kind| sections.iter().find(|s| s.kind == kind).unwrap().energy;
        assert!(energy(SectionKind::Chorus) > energy(SectionKind::Verse) + 0.2);
    }
}
