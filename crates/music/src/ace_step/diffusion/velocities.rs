use candle_core::Tensor;
use songwright_base::Observer;

use super::branches::Sides;
use crate::ace_step::{
    Error,
    model::{Branch, Timesteps, Transformer},
};

/// A branch of guidance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// Text and lyrics.
    Conditional,
    /// Neither.
    Unconditional,
    /// Text alone.
    TextOnly,
}

/// What the sampling loops ask a model.
pub trait Velocities {
    /// The velocity of `latents`, (1, channels, height, frames), at model call `call` of the run, for
    /// each of `sides`.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once the observer says so; those of the device.
    fn of(&mut self, latents: &Tensor, call: usize, sides: &[Side]) -> Result<Vec<Tensor>, Error>;
}

/// The diffusion transformer with one prompt.
pub struct DitVelocities<'a> {
    model: &'a Transformer,
    timesteps: Timesteps,
    conditional: Branch,
    unconditional: Branch,
    text_only: Option<Branch>,
    together: Option<(Vec<Side>, Branch)>,
    batched: bool,
    observer: &'a dyn Observer,
}

impl<'a> DitVelocities<'a> {
    /// What does not change from step to step is made here. `timesteps` are those of the run's model
    /// calls; `batched` sends all sides of a call through the model together.
    ///
    /// # Errors
    /// Those of the device.
    pub fn new(
        model: &'a Transformer,
        sides: &Sides,
        timesteps: &[f32],
        batched: bool,
        observer: &'a dyn Observer,
    ) -> Result<Self, Error> {
        Ok(Self {
            model,
            timesteps: model.timesteps(timesteps)?,
            conditional: model.branch(&sides.conditional, false)?,
            unconditional: model.branch(&sides.unconditional, sides.weakened)?,
            text_only: sides
                .text_only
                .as_ref()
                .map(|side| model.branch(side, false))
                .transpose()?,
            together: None,
            batched,
            observer,
        })
    }

    fn side(&self, side: Side) -> &Branch {
        match (side, &self.text_only) {
            (Side::Unconditional, _) => &self.unconditional,
            (Side::TextOnly, Some(branch)) => branch,
            (Side::Conditional | Side::TextOnly, _) => &self.conditional,
        }
    }

    /// One pass, with a look at the observer before each block.
    fn pass(&self, latents: &Tensor, call: usize, branch: &Branch) -> Result<Tensor, Error> {
        let timestep = self.timesteps.at(call)?;
        self.model
            .forward_while(latents, &timestep, branch, || !self.observer.is_cancelled())?
            .ok_or(Error::Cancelled)
    }
}

impl Velocities for DitVelocities<'_> {
    fn of(&mut self, latents: &Tensor, call: usize, sides: &[Side]) -> Result<Vec<Tensor>, Error> {
        if !self.batched || sides.len() < 2 {
            return sides
                .iter()
                .map(|side| self.pass(latents, call, self.side(*side)))
                .collect();
        }
        if self.together.as_ref().is_none_or(|(made, _)| made != sides) {
            let branches: Vec<&Branch> = sides.iter().map(|side| self.side(*side)).collect();
            self.together = Some((sides.to_vec(), Branch::batch(&branches)?));
        }
        let rows = vec![latents; sides.len()];
        let rows = Tensor::cat(&rows, 0).map_err(songwright_nn::Error::from)?;
        let branch = match &self.together {
            Some((_, branch)) => branch,
            None => &self.conditional,
        };
        let all = self.pass(&rows, call, branch)?;
        Ok(all
            .chunk(sides.len(), 0)
            .map_err(songwright_nn::Error::from)?)
    }
}
