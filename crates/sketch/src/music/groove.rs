//! Time as a band plays it: swing, human timing and dynamics.

use rand::{Rng, RngExt as _};

use super::form::FormSection;
use super::plan::Plan;
use super::score::{TICKS_PER_BEAT, TICKS_PER_STEP};
use super::style::{STEPS_PER_BEAT, SwingUnit};

/// Energy from which a part plays its fuller grid.
const FULL_ENERGY: f64 = 0.7;

/// A bar of the song and the section that it lies in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar<'a> {
    pub(super) section: &'a FormSection,
    /// Bar of the section, from 0.
    pub(super) index: u32,
    /// In ticks.
    pub(super) start: u32,
}

impl Bar<'_> {
    pub(super) const fn is_last(&self) -> bool {
        self.index + 1 == self.section.bars
    }

    /// The section's energy as the mood colours it.
    pub(super) fn energy(&self, plan: &Plan) -> f64 {
        (self.section.energy + 0.12 * plan.energy).clamp(0.05, 1.0)
    }

    pub(super) fn is_full(&self, plan: &Plan) -> bool {
        self.energy(plan) >= FULL_ENERGY
    }
}

/// All bars before the final chord.
pub(super) fn bars(plan: &Plan) -> impl Iterator<Item = Bar<'_>> {
    let bar = u32::from(plan.style.beats) * TICKS_PER_BEAT;
    plan.sections.iter().flat_map(move |section| {
        (0..section.bars).map(move |index| Bar {
            section,
            index,
            start: (section.first_bar + index) * bar,
        })
    })
}

/// The tick of a grid step in a bar, swung as the style swings.
pub(super) fn step_tick(plan: &Plan, bar_start: u32, step: usize) -> u32 {
    let share = match (plan.style.swing_unit, step % STEPS_PER_BEAT) {
        (SwingUnit::Eighth, 2) | (SwingUnit::Sixteenth, 1 | 3) => 1.0,
        (SwingUnit::Eighth, 3) => 0.5,
        _ => 0.0,
    };
    let late = plan.style.swing * share * f64::from(TICKS_PER_STEP);
    bar_start + step as u32 * TICKS_PER_STEP + late.round() as u32
}

/// `tick` moved by a few milliseconds, never before the song.
pub(super) fn human_tick(plan: &Plan, tick: u32, random: &mut impl Rng) -> u32 {
    if tick == 0 {
        return 0;
    }
    // The sum of two draws lies near 0 more often than far from it.
    let seconds: f64 = random.random_range(-0.0035..0.0035) + random.random_range(-0.0035..0.0035);
    let ticks = seconds / plan.beat_s() * f64::from(TICKS_PER_BEAT);
    (f64::from(tick) + ticks).round().max(0.0) as u32
}

/// A velocity scaled by the section's energy and moved a little.
pub(super) fn human_velocity(velocity: f64, energy: f64, random: &mut impl Rng) -> u8 {
    let dynamics = 0.76 + 0.3 * energy;
    (velocity * dynamics + random.random_range(-4.0..4.0)).clamp(12.0, 127.0) as u8
}

/// The part of a grid that belongs to bar `index` of a section.
pub(super) fn grid_bar(grid: &str, steps: usize, index: u32) -> &[u8] {
    let bars = (grid.len() / steps).max(1);
    let from = (index as usize % bars) * steps;
    grid.as_bytes().get(from..from + steps).unwrap_or_default()
}

/// How many steps a note struck at `step` lasts: itself and the `-` that follow.
pub(super) fn held_steps(grid: &[u8], step: usize) -> usize {
    1 + grid[step + 1..].iter().take_while(|c| **c == b'-').count()
}
