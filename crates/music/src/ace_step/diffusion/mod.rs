//! From noise to latents: schedules, solvers, guidance and the loops of every task.

mod branches;
mod edit;
mod guidance;
mod noise;
mod sample;
mod schedule;
mod solver;
mod velocities;

pub use branches::{Erg, Sides};
pub use edit::{Edit, edit};
pub use guidance::{Guidance, Guide, double, orthogonal};
pub use noise::{Noise, SeededNoise, Stream};
pub(crate) use sample::first_of_repaint;
pub use sample::{Sampling, Task, sample};
pub use schedule::Schedule;
pub use solver::{Solver, granularity};
pub use velocities::{DitVelocities, Side, Velocities};

/// The pipeline's shift of every schedule.
pub const SHIFT: f64 = 3.0;

/// Latent frames of a second of audio.
pub const FRAMES_PER_S: f64 = 44_100.0 / 512.0 / 8.0;

/// Latent frames of a length in seconds, cut towards zero as the reference does.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "cut towards zero is what is meant"
)]
pub fn frames(seconds: f64) -> i64 {
    (seconds * 44_100.0 / 512.0 / 8.0) as i64
}
