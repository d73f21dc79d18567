use candle_core::Tensor;
use songwright_api::SchedulerType;
use songwright_nn::Result;

use super::schedule::Schedule;

/// One run's steps along a schedule. The sample stays in f32 whatever the model computes in.
#[derive(Clone, Debug)]
pub struct Solver {
    kind: SchedulerType,
    sigmas: Vec<f32>,
    granularity: f64,
    call: usize,
    /// Heun's first half: velocity, interval, sample.
    first_half: Option<(Tensor, f64, Tensor)>,
}

impl Solver {
    /// `omega_scale` of −100..=100 spreads (above 0) or evens out each step around its mean.
    #[must_use]
    pub fn new(kind: SchedulerType, schedule: &Schedule, omega_scale: f64) -> Self {
        Self {
            kind,
            sigmas: schedule.sigmas().to_vec(),
            granularity: granularity(omega_scale),
            call: 0,
            first_half: None,
        }
    }

    /// Whether [`Self::step`] wants noise.
    #[must_use]
    pub fn wants_noise(&self) -> bool {
        self.kind == SchedulerType::PingPong
    }

    /// The sample after the next model call, whose velocity is given; `noise`, of the sample's shape,
    /// is read by ping-pong only.
    ///
    /// # Errors
    /// Where shapes differ.
    pub fn step(
        &mut self,
        velocity: &Tensor,
        sample: &Tensor,
        noise: Option<&Tensor>,
    ) -> Result<Tensor> {
        let at = |i: usize| f64::from(self.sigmas.get(i).copied().unwrap_or(0.0));
        let (sigma, next) = (at(self.call), at(self.call + 1));
        self.call += 1;
        match self.kind {
            SchedulerType::Euler => self.moved(sample, velocity, next - sigma),
            SchedulerType::Heun => match self.first_half.take() {
                None => {
                    self.first_half = Some((velocity.clone(), next - sigma, sample.clone()));
                    self.moved(sample, velocity, next - sigma)
                }
                Some((first, interval, start)) => {
                    let mean = ((first + velocity)? * 0.5)?;
                    self.moved(&start, &mean, interval)
                }
            },
            SchedulerType::PingPong => {
                let music = (sample - (velocity * sigma)?)?;
                match noise {
                    Some(noise) => Ok(((music * (1.0 - next))? + (noise * next)?)?),
                    None => Ok((music * (1.0 - next))?),
                }
            }
        }
    }

    /// `sample + velocity·interval`, the movement spread around its mean.
    fn moved(&self, sample: &Tensor, velocity: &Tensor, interval: f64) -> Result<Tensor> {
        let movement = (velocity * interval)?;
        let mean = (movement.mean_all()? * (1.0 - self.granularity))?;
        Ok((sample + (movement * self.granularity)?.broadcast_add(&mean)?)?)
    }
}

/// What `omega_scale` multiplies a step's movement around its mean by, 0.9..1.1.
#[must_use]
pub fn granularity(omega_scale: f64) -> f64 {
    0.9 + 0.2 / (1.0 + (-0.1 * omega_scale).exp())
}
