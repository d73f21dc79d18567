use songwright_api::SchedulerType;

/// Noise levels that the constructor of the reference's schedulers lays out.
const TRAIN_STEPS: f64 = 1000.0;

/// The noise levels of a run: the reference's `FlowMatch…DiscreteScheduler`s, which shift twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// One a model call, and a last 0.
    sigmas: Vec<f32>,
    /// What the model reads, 1000·σ.
    timesteps: Vec<f32>,
    ends: (f64, f64),
    shift: f64,
}

impl Schedule {
    /// `steps` levels from `sigma_max` (1 but for audio2audio) downwards.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the reference rounds to f32 at these places"
    )]
    pub fn new(solver: SchedulerType, steps: usize, shift: f64, sigma_max: f64) -> Self {
        let train = |sigma: f64| {
            let sigma = (sigma * TRAIN_STEPS) as f32 / TRAIN_STEPS as f32;
            f64::from(shifted_f32(sigma, shift as f32))
        };
        let ends = (train(sigma_max), train(1.0 / TRAIN_STEPS));
        let (first, last) = (ends.0 * TRAIN_STEPS, ends.1 * TRAIN_STEPS);
        let levels: Vec<f32> = (0..steps)
            .map(|i| {
                let t = if steps == 1 {
                    first
                } else {
                    first + (last - first) * i as f64 / (steps - 1) as f64
                };
                shifted(t / TRAIN_STEPS, shift) as f32
            })
            .collect();
        Self::of(solver, &levels, ends, shift)
    }

    /// The levels of `oss_steps`, places (from 1) of a schedule as long as the largest of them. They
    /// are shifted once more, as in the reference; Heun takes them as Euler does.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the reference rounds to f32 here"
    )]
    pub fn of_steps(solver: SchedulerType, oss_steps: &[usize], shift: f64) -> Self {
        let all = oss_steps.iter().copied().max().unwrap_or(1);
        let whole = Self::new(SchedulerType::Euler, all, shift, 1.0);
        let levels: Vec<f32> = oss_steps
            .iter()
            .filter_map(|place| whole.timesteps.get(place.checked_sub(1)?))
            .map(|t| t / TRAIN_STEPS as f32)
            .collect();
        Self::from_sigmas(solver, &levels, shift)
    }

    /// Of given levels, which are shifted.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the reference rounds to f32 here"
    )]
    pub fn from_sigmas(solver: SchedulerType, sigmas: &[f32], shift: f64) -> Self {
        let levels: Vec<f32> = sigmas
            .iter()
            .map(|sigma| shifted_f32(*sigma, shift as f32))
            .collect();
        let ends = Self::new(SchedulerType::Euler, 1, shift, 1.0).ends;
        Self::of(solver, &levels, ends, shift)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the reference rounds to f32 here"
    )]
    fn of(solver: SchedulerType, levels: &[f32], ends: (f64, f64), shift: f64) -> Self {
        let mut sigmas = Vec::with_capacity(2 * levels.len());
        for (i, level) in levels.iter().enumerate() {
            sigmas.push(*level);
            // Heun comes to every level but the first twice.
            if solver == SchedulerType::Heun && i > 0 {
                sigmas.push(*level);
            }
        }
        let timesteps = sigmas
            .iter()
            .map(|sigma| sigma * TRAIN_STEPS as f32)
            .collect();
        sigmas.push(0.0);
        Self {
            sigmas,
            timesteps,
            ends,
            shift,
        }
    }

    /// Noise levels, one more than there are model calls; the last is 0.
    #[must_use]
    pub fn sigmas(&self) -> &[f32] {
        &self.sigmas
    }

    /// What the model reads at each call, 0..=1000.
    #[must_use]
    pub fn timesteps(&self) -> &[f32] {
        &self.timesteps
    }

    /// The largest and the smallest level that the schedule was laid out between, shifted once.
    #[must_use]
    pub fn ends(&self) -> (f64, f64) {
        self.ends
    }

    /// The level of call `i` and of the one after it as `t` of the reference's own Euler loops.
    pub(super) fn interval(&self, i: usize) -> (f64, f64) {
        let at = |i: usize| {
            self.timesteps
                .get(i)
                .map_or(0.0, |t| f64::from(*t) / TRAIN_STEPS)
        };
        (at(i), at(i + 1))
    }
}

/// `s·σ / (1 + (s − 1)·σ)`.
fn shifted(sigma: f64, shift: f64) -> f64 {
    shift * sigma / (1.0 + (shift - 1.0) * sigma)
}

fn shifted_f32(sigma: f32, shift: f32) -> f32 {
    shift * sigma / (1.0 + (shift - 1.0) * sigma)
}
