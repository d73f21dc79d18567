//! The drummer: grids, fills before a new section, a crash on its first beat.

use rand::RngExt as _;

use super::groove::{bars, grid_bar, human_tick, human_velocity, step_tick};
use super::plan::{Plan, stream};
use super::score::{Note, TICKS_PER_STEP};
use super::style::{Drum, Drums};

/// The drum part, with the stroke that ends the song at `final_chord`.
pub(super) fn play(plan: &Plan, kit: &Drums, final_chord: u32, end: u32) -> Vec<Note> {
    let mut random = stream(plan.seed, "drums");
    let mut notes = Vec::new();
    let steps = plan.style.steps();
    let mut played_before = false;
    for bar in bars(plan) {
        let energy = bar.energy(plan);
        let ends_song = bar.start + (steps as u32) * TICKS_PER_STEP == final_chord;
        let enters_next = bar.is_last() && !ends_song;
        let plays = energy >= kit.enters;
        // A short song has drums throughout but for its first bar.
        let fill = (enters_next && (plays || bar.section.bars > 1))
            .then(|| &kit.fills[random.random_range(0..kit.fills.len())]);
        let grids = match fill {
            Some(fill) => fill,
            None if !plays => {
                played_before = false;
                continue;
            }
            None if bar.is_full(plan) => &kit.high,
            None => &kit.low,
        };
        // Before the drums have entered, a fill is only its second half.
        let from = if fill.is_some() && !plays {
            steps / 2
        } else {
            0
        };
        if plays && bar.index == 0 && kit.crash && (played_before || bar.is_full(plan)) {
            notes.push(Note {
                start: bar.start,
                length: 4 * TICKS_PER_STEP,
                key: Drum::Crash.key(),
                velocity: human_velocity(92.0, energy, &mut random),
            });
        }
        for (drum, grid) in grids {
            for (step, c) in grid_bar(grid, steps, bar.index)
                .iter()
                .enumerate()
                .skip(from)
            {
                if !c.is_ascii_digit() {
                    continue;
                }
                let tick = step_tick(plan, bar.start, step);
                notes.push(Note {
                    start: human_tick(plan, tick, &mut random),
                    length: TICKS_PER_STEP / 2,
                    key: drum.key(),
                    velocity: human_velocity(f64::from(c - b'0') * 13.0, energy, &mut random),
                });
            }
        }
        played_before = plays;
    }
    for (drum, velocity) in [(Drum::Kick, 104), (Drum::Crash, 88)] {
        if drum == Drum::Kick || kit.crash {
            notes.push(Note {
                start: final_chord,
                length: (4 * TICKS_PER_STEP).min(end - final_chord),
                key: drum.key(),
                velocity,
            });
        }
    }
    notes
}
