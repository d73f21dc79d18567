//! Where the syllables of a line fall: a best path over the steps of its bars.

use super::prosody::Syllable;

/// The steps a line may use.
pub(super) struct Slots<'a> {
    /// All steps of the line's bars.
    pub(super) steps: usize,
    /// Steps of one bar.
    pub(super) bar_steps: usize,
    /// How the section's motif likes each step, −1…1; repeats when shorter.
    pub(super) taste: &'a [f64],
}

/// How strong a step of the bar is: 1 for the downbeat, 0 for odd sixteenths.
fn strength(step: usize, bar_steps: usize) -> f64 {
    let half = bar_steps / 2;
    match step % bar_steps {
        0 => 1.0,
        s if bar_steps == 16 && s == half => 0.85,
        s if s % 4 == 0 => 0.7,
        s if s % 2 == 0 => 0.35,
        _ => 0.0,
    }
}

/// The steps kept free at the line's end: its last note sounds there, then a breath.
fn tail(slots: &Slots<'_>, syllables: usize) -> usize {
    let wanted = slots.steps / 4;
    let spare = slots.steps.saturating_sub(syllables + 1);
    wanted.min(spare).min(slots.bar_steps / 2)
}

/// The step at which the line's last note, begun at `onset`, ends: a breath before the next line.
pub(super) fn last_note_end(slots: &Slots<'_>, onset: usize) -> usize {
    let breath = if slots.steps - onset > 4 { 2 } else { 1 };
    (slots.steps - breath).clamp(onset + 1, onset + slots.bar_steps)
}

/// The onset step of each syllable, strictly rising. Syllables that find no step (more than
/// there are steps) are joined to the one before, so fewer onsets than syllables come back.
pub(super) fn place(words: &[Syllable], slots: &Slots<'_>) -> Vec<usize> {
    let count = words.len().min(slots.steps);
    if count == 0 {
        return Vec::new();
    }
    let usable = slots.steps - tail(slots, count).min(slots.steps - count);
    // Sixteenths only where eighths are too few.
    let dense = count * 2 > usable;
    let gap = usable as f64 / count as f64;
    let score = |i: usize, step: usize| -> f64 {
        let strong = strength(step, slots.bar_steps);
        let fit = if words[i].stressed {
            2.0 * strong
        } else {
            0.5 - 0.8 * strong
        };
        let taste = slots.taste[step % slots.taste.len().max(1)];
        let odd = if step % 2 == 1 && !dense { -3.0 } else { 0.0 };
        let drift = (step as f64 - i as f64 * gap) / gap;
        fit + 0.6 * taste + odd - 0.45 * drift * drift
    };
    // best[i][s]: the best score with syllable i on step s; from[i][s]: the step before.
    let mut best = vec![vec![f64::NEG_INFINITY; usable]; count];
    let mut from = vec![vec![0; usable]; count];
    for (s, first) in best[0].iter_mut().enumerate() {
        *first = score(0, s);
    }
    for i in 1..count {
        let (mut top, mut at) = (f64::NEG_INFINITY, 0);
        for s in i..usable {
            if best[i - 1][s - 1] > top {
                (top, at) = (best[i - 1][s - 1], s - 1);
            }
            best[i][s] = top + score(i, s);
            from[i][s] = at;
        }
    }
    let last = &best[count - 1];
    let mut step = (0..usable)
        .max_by(|a, b| last[*a].total_cmp(&last[*b]))
        .unwrap_or(0);
    let mut onsets = vec![step; count];
    for i in (1..count).rev() {
        step = from[i][step];
        onsets[i - 1] = step;
    }
    onsets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::prosody::syllables;

    fn placed(line: &str, bars: usize) -> Vec<usize> {
        let slots = Slots {
            steps: bars * 16,
            bar_steps: 16,
            taste: &[0.0; 32],
        };
        place(&syllables(line), &slots)
    }

    #[test]
    fn onsets_rise_and_leave_room_for_the_last_note() {
        for bars in 1..=4 {
            for line in [
                "Go",
                "Hold me now",
                "Every little light in the city is burning tonight",
            ] {
                let onsets = placed(line, bars);
                assert_eq!(onsets.len(), syllables(line).len().min(bars * 16));
                assert!(onsets.windows(2).all(|w| w[0] < w[1]), "{onsets:?}");
                assert!(onsets.iter().all(|s| *s < bars * 16));
            }
        }
    }

    #[test]
    fn stressed_syllables_are_mostly_on_beats() {
        let line = "Walking down the empty river tonight";
        let onsets = placed(line, 2);
        let words = syllables(line);
        let stressed: Vec<usize> = words
            .iter()
            .zip(&onsets)
            .filter(|(w, _)| w.stressed)
            .map(|(_, s)| *s)
            .collect();
        let strong = stressed.iter().filter(|s| *s % 4 == 0).count();
        assert!(strong * 3 >= stressed.len() * 2, "{onsets:?} {words:?}");
    }
}
