//! How long a line takes, and how many syllables are sung in it.

use crate::SECONDS_PER_LINE;

/// Syllables that are sung in a second, between slow and fast.
const SYLLABLES_PER_SECOND: (f64, f64) = (1.2, 2.7);
/// Beats of a line at a usual tempo: two bars of four.
const BEATS: f64 = 8.0;
/// A line shorter than this is two bars more; a longer one is one bar.
const LINE_S: (f64, f64) = (2.75, 6.0);

/// The measure of a song's lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// What one line takes.
    pub line_s: f64,
}

impl Measure {
    /// By what texts say of the tempo: "92 BPM", "slow", "fast".
    #[must_use]
    pub fn heard(texts: &[&str]) -> Self {
        let Some(bpm) = texts.iter().find_map(|text| bpm(text)) else {
            return Self {
                line_s: SECONDS_PER_LINE,
            };
        };
        let mut line_s = BEATS * 60.0 / bpm;
        if line_s > LINE_S.1 {
            line_s /= 2.0;
        } else if line_s < LINE_S.0 {
            line_s *= 2.0;
        }
        Self { line_s }
    }

    /// Syllables of a line: fewest, usual, most.
    #[must_use]
    pub fn syllables(self) -> (usize, usize, usize) {
        let (slow, fast) = SYLLABLES_PER_SECOND;
        let count = |rate: f64| {
            let count = (self.line_s * rate).round();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few dozen at most"
            )]
            let count = count as usize;
            count.max(2)
        };
        (count(slow), count((slow + fast) / 2.0), count(fast))
    }
}

/// Tempos that are meant where a number is named.
pub(crate) const BPM: std::ops::RangeInclusive<f64> = 30.0..=300.0;

/// A tempo that is named, and what else is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NamedTempo {
    /// Beats per minute, 30 to 300; absent where the number is no tempo.
    pub(crate) bpm: Option<f64>,
    /// The text without it.
    pub(crate) rest: String,
}

/// The number before "bpm" in a text, in which there may be others: "3/4 time, 92 BPM".
pub(crate) fn named_tempo(text: &str) -> Option<NamedTempo> {
    let small = text.to_lowercase();
    let (before, after) = small.split_once("bpm")?;
    let before = before.trim_end();
    let is_of = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '–' | '/');
    let own = before.trim_end_matches(is_of);
    let number = before[own.len()..].rsplit(['-', '–', '/']).next();
    let bpm = number.and_then(|number| number.parse().ok());
    Some(NamedTempo {
        bpm: bpm.filter(|bpm| BPM.contains(bpm)),
        rest: format!("{own} {after}"),
    })
}

fn bpm(text: &str) -> Option<f64> {
    if let Some(bpm) = named_tempo(text).and_then(|named| named.bpm) {
        return Some(bpm);
    }
    let text = text.to_lowercase();
    let has = |words: &[&str]| {
        text.split(|c: char| !c.is_alphanumeric() && c != '-')
            .any(|word| words.contains(&word))
    };
    if has(&["slow", "ballad", "lento", "lullaby"]) {
        Some(72.0)
    } else if has(&["fast", "uptempo", "up-tempo", "punk"]) {
        Some(150.0)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tempo_sets_the_line() {
        let line_s = |text: &str| Measure::heard(&["a song", text]).line_s;
        assert_eq!(line_s("about rain"), SECONDS_PER_LINE);
        assert_eq!(line_s("at 120 BPM"), 4.0);
        assert_eq!(line_s("92bpm"), 8.0 * 60.0 / 92.0);
        assert_eq!(line_s("60 bpm"), 4.0);
        assert_eq!(line_s("200 BPM"), 4.8);
        assert_eq!(line_s("1000 bpm"), SECONDS_PER_LINE);
        assert_eq!(line_s("3/4 time, 120 BPM"), 4.0);
        assert_eq!(line_s("100-120 bpm"), 4.0);
        assert!(line_s("slow song") < line_s("ballad") + 1e-9);
        assert_eq!(line_s("fastidious"), SECONDS_PER_LINE);
    }

    #[test]
    fn syllables_grow_with_the_line() {
        let (least, usual, most) = Measure { line_s: 4.125 }.syllables();
        assert_eq!((least, usual, most), (5, 8, 11));
        let short = Measure { line_s: 2.75 }.syllables();
        assert!(short.2 < most && short.0 >= 2);
    }
}
