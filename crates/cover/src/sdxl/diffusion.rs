//! From noise to a latent.

use candle_core::{DType, Tensor};

use super::{
    Error,
    model::{Context, Unet},
    scheduler::Schedule,
};

/// A text as the UNet takes it.
#[derive(Clone, Debug)]
pub struct Prompted {
    /// Its tokens, for every block.
    pub context: Context,
    /// Its whole, and the picture's size: (batch, size).
    pub added: Tensor,
}

/// Away from another text (Ho & Salimans 2022).
#[derive(Clone, Debug)]
pub struct Guidance {
    /// The text to go away from.
    pub negative: Prompted,
    /// How far; 1 changes nothing.
    pub scale: f64,
}

/// The loop's parts.
#[derive(Clone, Copy, Debug)]
pub struct Diffusion<'a> {
    /// What tells noise from picture.
    pub unet: &'a Unet,
    /// How noise leaves.
    pub schedule: &'a Schedule,
    /// What is drawn.
    pub prompted: &'a Prompted,
    /// What is not.
    pub guidance: Option<&'a Guidance>,
    /// The UNet's type; latents and steps are in f32.
    pub dtype: DType,
}

/// The latent after a step.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Steps that are done.
    pub step: usize,
    /// What the next step begins with.
    pub latents: Tensor,
    /// What the picture would be without the noise that is left.
    pub clean: Tensor,
}

impl Diffusion<'_> {
    /// From `latents`, as loud as the schedule begins, to clean ones, (batch, channels, height, width) in
    /// f32. `fresh` gives the noise of each step, and `each` is told of each, before the first too.
    ///
    /// # Errors
    /// Those of the networks, and of `fresh` and `each`.
    pub fn run(
        &self,
        latents: &Tensor,
        mut fresh: impl FnMut() -> Result<Tensor, Error>,
        mut each: impl FnMut(Drawn) -> Result<(), Error>,
    ) -> Result<Tensor, Error> {
        let mut latents = latents.clone();
        each(Drawn {
            step: 0,
            latents: latents.clone(),
            clean: latents.clone(),
        })?;
        for step in 0..self.schedule.len() {
            let noise = self.noise(&latents, step)?;
            let clean = (&latents - (&noise * self.schedule.sigmas()[step])?)?;
            latents = self.stepped(&latents, &noise, &fresh()?, step)?;
            each(Drawn {
                step: step + 1,
                latents: latents.clone(),
                clean,
            })?;
        }
        Ok(latents)
    }

    /// A step with the model's noise and fresh noise.
    fn stepped(
        &self,
        latents: &Tensor,
        noise: &Tensor,
        fresh: &Tensor,
        step: usize,
    ) -> Result<Tensor, Error> {
        let factors = self.schedule.step(step);
        let next = (latents + (noise * factors.derivative)?)?;
        if factors.fresh == 0.0 {
            return Ok(next);
        }
        Ok((next + (fresh * factors.fresh)?)?)
    }

    /// What the model takes for noise in `latents`, in f32.
    fn noise(&self, latents: &Tensor, step: usize) -> Result<Tensor, Error> {
        let scaled = (latents / self.schedule.scale(step))?.to_dtype(self.dtype)?;
        let time = self.unet.timestep(self.schedule.timesteps()[step])?;
        let with = |text: &Prompted| -> Result<Tensor, Error> {
            let conditioning = text.added.broadcast_add(&time)?;
            let noise = self.unet.forward(&scaled, &conditioning, &text.context)?;
            Ok(noise.to_dtype(DType::F32)?)
        };
        let towards = with(self.prompted)?;
        let Some(guidance) = self.guidance else {
            return Ok(towards);
        };
        let away = with(&guidance.negative)?;
        Ok((&away + ((towards - &away)? * guidance.scale)?)?)
    }
}
