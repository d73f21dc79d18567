use candle_core::{DType, Tensor};
use rayon::prelude::*;
use songwright_nn::{Result, Weights};

use super::{
    WEAKENED,
    block::{Around, Block},
    cross_attention::KeyValues,
    patch::{FinalLayer, PatchEmbed},
    prompt::Conditioning,
    rotary::{Rotaries, Rotary},
    timestep::{Timestep, TimestepEmbedder, Timesteps},
};
use crate::ace_step::config::TransformerConfig;

/// The blocks whose queries entropy-rectifying guidance weakens. Those of the self-attention are
/// left as they are: a factor of all queries cancels in its normaliser.
const WEAKENED_BLOCKS: std::ops::Range<usize> = 15..20;

/// Blocks that are converted at once: each takes its floats beside what is made of them.
const LOADED_TOGETHER: usize = 4;

/// The diffusion transformer, `ACEStepTransformer2DModel`: of a noisy latent the velocity away from
/// music. Only what inference reads is loaded.
#[derive(Clone, Debug)]
pub struct Transformer {
    timesteps: TimestepEmbedder,
    proj_in: PatchEmbed,
    blocks: Vec<Block>,
    final_layer: FinalLayer,
    rotaries: Rotaries,
    dtype: DType,
}

/// A prompt as the blocks meet it, made once for all steps.
#[derive(Clone, Debug)]
pub struct Branch {
    key_values: Vec<KeyValues>,
    hidden: Tensor,
    /// What multiplies the queries of [`WEAKENED_BLOCKS`], (batch, 1, 1).
    strength: Option<Tensor>,
}

impl Transformer {
    /// From the root of `ace_step_transformer`'s checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &TransformerConfig) -> Result<Self> {
        let features = config.inner_dim;
        let mut blocks = Vec::with_capacity(config.num_layers);
        while blocks.len() < config.num_layers {
            let next = blocks.len()..config.num_layers.min(blocks.len() + LOADED_TOGETHER);
            let loaded = next
                .into_par_iter()
                .map(|i| Block::load(&weights.pp("transformer_blocks").pp(i), config));
            blocks.extend(loaded.collect::<Result<Vec<_>>>()?);
        }
        Ok(Self {
            timesteps: TimestepEmbedder::load(weights, features)?,
            proj_in: PatchEmbed::load(&weights.pp("proj_in"), config)?,
            blocks,
            final_layer: FinalLayer::load(&weights.pp("final_layer"), config)?,
            rotaries: Rotaries::new(config.rope_theta, config.attention_head_dim),
            dtype: weights.dtype(),
        })
    }

    /// The type that it computes in.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// What the blocks meet of a prompt; `weakened` is the branch of entropy-rectifying guidance.
    ///
    /// # Errors
    /// Those of the device.
    pub fn branch(&self, conditioning: &Conditioning, weakened: bool) -> Result<Branch> {
        let Conditioning { states, mask } = conditioning;
        let (batch, tokens, _) = states.dims3()?;
        let states = &states.to_dtype(self.dtype)?;
        let rotary = self.rotary(tokens, states)?;
        let key_values = self
            .blocks
            .iter()
            .map(|block| block.key_values(states, &rotary))
            .collect::<Result<_>>()?;
        let hidden = mask
            .ne(0_f32)?
            .where_cond(
                &mask.zeros_like()?,
                &(mask.ones_like()? * f64::NEG_INFINITY)?,
            )?
            .reshape((batch, 1, 1, tokens))?
            .to_dtype(self.dtype)?;
        let strength = weakened
            .then(|| Tensor::ones((batch, 1, 1), DType::F32, states.device()))
            .transpose()?
            .map(|one| (one * WEAKENED)?.to_dtype(self.dtype))
            .transpose()?;
        Ok(Branch {
            key_values,
            hidden,
            strength,
        })
    }

    /// Embeds timesteps of 0..=1000.
    ///
    /// # Errors
    /// Those of the device.
    pub fn timesteps(&self, timesteps: &[f32]) -> Result<Timesteps> {
        self.timesteps.forward(timesteps)
    }

    /// The velocity (noise − music) of `latents` at a timestep, both (batch, 8, 16, frames); in
    /// f32, whatever the model computes in.
    ///
    /// # Errors
    /// Where batches differ, or the device has no room.
    pub fn forward(
        &self,
        latents: &Tensor,
        timestep: &Timestep,
        branch: &Branch,
    ) -> Result<Tensor> {
        let mut x = self.tokens(latents)?;
        let rotary = self.rotary(x.dim(1)?, &x)?;
        for i in 0..self.blocks.len() {
            x = self.turned_block(i, &x, (timestep, branch), &rotary)?;
        }
        self.velocity(&x, timestep)
    }

    /// The same, asking before each block whether to go on; `None` where not.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_while(
        &self,
        latents: &Tensor,
        timestep: &Timestep,
        branch: &Branch,
        go_on: impl Fn() -> bool,
    ) -> Result<Option<Tensor>> {
        let mut x = self.tokens(latents)?;
        let rotary = self.rotary(x.dim(1)?, &x)?;
        for i in 0..self.blocks.len() {
            if !go_on() {
                return Ok(None);
            }
            x = self.turned_block(i, &x, (timestep, branch), &rotary)?;
        }
        Ok(Some(self.velocity(&x, timestep)?))
    }

    fn velocity(&self, x: &Tensor, timestep: &Timestep) -> Result<Tensor> {
        let velocity = self.final_layer.forward(x, &timestep.embedded)?;
        Ok(velocity.to_dtype(DType::F32)?)
    }

    /// The first block's input, (batch, frames, features).
    ///
    /// # Errors
    /// Where the latents have other channels.
    pub fn tokens(&self, latents: &Tensor) -> Result<Tensor> {
        self.proj_in.forward(&latents.to_dtype(self.dtype)?)
    }

    /// One block, (batch, frames, features) → the same shape.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn block(
        &self,
        index: usize,
        x: &Tensor,
        timestep: &Timestep,
        branch: &Branch,
    ) -> Result<Tensor> {
        let rotary = self.rotary(x.dim(1)?, x)?;
        self.turned_block(index, x, (timestep, branch), &rotary)
    }

    fn turned_block(
        &self,
        index: usize,
        x: &Tensor,
        (timestep, branch): (&Timestep, &Branch),
        rotary: &Rotary,
    ) -> Result<Tensor> {
        let strength = branch
            .strength
            .as_ref()
            .filter(|_| WEAKENED_BLOCKS.contains(&index));
        self.blocks[index].forward(
            x,
            Around {
                modulation: &timestep.modulation,
                prompt: (&branch.key_values[index], &branch.hidden),
                rotary,
                strength,
            },
        )
    }

    fn rotary(&self, positions: usize, like: &Tensor) -> Result<Rotary> {
        self.rotaries.reaching(positions, like.device())
    }
}

impl Branch {
    /// Several branches of one prompt's length, as one batch in their order.
    ///
    /// # Errors
    /// Where their lengths differ.
    pub fn batch(branches: &[&Self]) -> Result<Self> {
        let blocks = branches.first().map_or(0, |b| b.key_values.len());
        let cat = |of: &dyn Fn(&Self) -> Tensor| -> Result<Tensor> {
            let parts: Vec<Tensor> = branches.iter().map(|branch| of(branch)).collect();
            Ok(Tensor::cat(&parts, 0)?)
        };
        let key_values = (0..blocks)
            .map(|i| {
                Ok(KeyValues {
                    keys: cat(&|b| b.key_values[i].keys.clone())?,
                    values: cat(&|b| b.key_values[i].values.clone())?,
                })
            })
            .collect::<Result<_>>()?;
        let strength = if branches.iter().any(|b| b.strength.is_some()) {
            let parts = branches
                .iter()
                .map(|b| match &b.strength {
                    Some(strength) => Ok(strength.clone()),
                    None => {
                        let rows = b.hidden.dim(0)?;
                        let one = Tensor::ones((rows, 1, 1), b.hidden.dtype(), b.hidden.device())?;
                        Ok(one)
                    }
                })
                .collect::<Result<Vec<_>>>()?;
            Some(Tensor::cat(&parts, 0)?)
        } else {
            None
        };
        Ok(Self {
            key_values,
            hidden: cat(&|b| b.hidden.clone())?,
            strength,
        })
    }
}
