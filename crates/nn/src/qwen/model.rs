use candle_core::{DType, Device, Tensor};

use super::{
    Cache, Config,
    layer::Layer,
    rotary::{Tables, Turns},
};
use crate::{Error, Linear, Matrix, Result, Weights, cpu, norm::RmsNorm, stop};

/// A decoder of text.
#[derive(Debug)]
pub struct Qwen {
    config: Config,
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: RmsNorm,
    head: Linear,
    tables: Tables,
    dtype: DType,
    /// What keys and values are kept in.
    kept: DType,
    device: Device,
}

/// What all layers share in one pass.
pub(super) struct Pass {
    pub(super) turns: Turns,
    /// −∞ where a key is hidden: (batch or 1, 1, queries of a group, keys).
    pub(super) bias: Option<Tensor>,
}

/// What keys and values are kept in by a network that computes in `dtype`. Where its matrices are in blocks, what f16 loses is far
/// below what the blocks have lost, and it takes half the memory; llama.cpp keeps them so too. On processors that
/// there are no own loops for they stay as they are: all of them would be made wide for every token.
#[must_use]
pub fn kept_as(dtype: DType, is_quantised: bool) -> DType {
    match dtype {
        DType::F32 if is_quantised && cpu::has_vectors() => DType::F16,
        other => other,
    }
}

impl Qwen {
    /// From a checkpoint's root, by the hub's names, for texts of up to `positions` tokens.
    ///
    /// # Errors
    /// Where a tensor is missing or has another shape, or where the network was not trained for so
    /// many positions.
    pub fn load(weights: &Weights, config: &Config, positions: usize) -> Result<Self> {
        let (rows, hidden) = (config.vocab_size, config.hidden_size);
        let model = weights.pp("model");
        let embedding = model.pp("embed_tokens").matrix(rows, hidden)?;
        let head = if config.tie_word_embeddings {
            embedding.clone()
        } else {
            weights.pp("lm_head").matrix(rows, hidden)?
        };
        let layers: Vec<Layer> = (0..config.num_hidden_layers)
            .map(|layer| Layer::load(&model.pp("layers").pp(layer), config, layer))
            .collect::<Result<_>>()?;
        let positions = positions.min(config.max_position_embeddings);
        // Files that are in blocks may have the embedding in floats.
        let is_quantised = layers.iter().any(Layer::is_quantised);
        Ok(Self {
            kept: kept_as(weights.dtype(), is_quantised),
            config: config.clone(),
            embedding,
            layers,
            norm: RmsNorm::load(&model.pp("norm"), hidden, config.rms_norm_eps)?,
            head: Linear::new(head, None)?,
            tables: Tables::new(config, positions, weights.device())?,
            dtype: weights.dtype(),
            device: weights.device().clone(),
        })
    }

    /// The most tokens of a text.
    ///
    /// # Errors
    /// None that is known.
    pub fn positions(&self) -> Result<usize> {
        self.tables.len()
    }

    /// Where it is.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Its measures.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A cache for one text of up to `capacity` tokens.
    ///
    /// # Errors
    /// As [`Cache::new`].
    pub fn cache(&self, capacity: usize) -> Result<Cache> {
        Cache::new(&self.config, capacity, self.kept, &self.device)
    }

    /// A cache for several texts, as [`Cache::padded`].
    ///
    /// # Errors
    /// As there.
    pub fn padded_cache(&self, capacity: usize, padding: &[usize]) -> Result<Cache> {
        Cache::padded(&self.config, capacity, padding, (self.kept, &self.device))
    }

    /// Reads tokens (batch, tokens) behind those in the cache: what is known after each,
    /// (batch, tokens, features), normalised for the head.
    ///
    /// # Errors
    /// [`Error::Full`] where the cache or the positions have no room for them; those of the device.
    pub fn forward(&self, tokens: &Tensor, cache: &mut Cache) -> Result<Tensor> {
        self.in_pool(|| self.read(tokens, cache))
    }

    /// On one of the threads that loops are split over, where that is where the work is: a token has hundreds of loops.
    fn in_pool<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        if self.device.is_cpu() {
            stop::in_pool(work)
        } else {
            work()
        }
    }

    fn read(&self, tokens: &Tensor, cache: &mut Cache) -> Result<Tensor> {
        let (_, count) = tokens.dims2()?;
        cache.room(count)?;
        let pass = self.pass(count, cache)?;
        let mut x = self.embedding.rows(tokens, self.dtype)?;
        for layer in &self.layers {
            x = layer.forward(&x, &pass, cache)?;
        }
        cache.advance(count);
        self.norm.forward(&x)
    }

    /// How likely each token is to follow, before a softmax and in f32: `(…, features)` →
    /// `(…, vocabulary)`.
    ///
    /// # Errors
    /// Those of the device.
    pub fn logits(&self, known: &Tensor) -> Result<Tensor> {
        Ok(self.head.forward(known)?.to_dtype(DType::F32)?)
    }

    /// The logits after the last token of each text, (batch, vocabulary).
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn next(&self, tokens: &Tensor, cache: &mut Cache) -> Result<Tensor> {
        self.in_pool(|| {
            let known = self.read(tokens, cache)?;
            let last = known.dim(1)?.saturating_sub(1);
            self.logits(&known.narrow(1, last, 1)?.squeeze(1)?.contiguous()?)
        })
    }

    fn pass(&self, count: usize, cache: &Cache) -> Result<Pass> {
        let (from, padding) = (cache.len(), cache.padding());
        let all = from + count;
        if all > self.tables.len()? {
            return Err(Error::Full {
                wanted: all,
                capacity: self.tables.len()?,
            });
        }
        let is_padded = padding.iter().any(|count| *count > 0);
        let turns = if is_padded {
            let positions: Vec<u32> = padding
                .iter()
                .flat_map(|padding| (from..all).map(|at| at.saturating_sub(*padding)))
                .map(|at| u32::try_from(at).unwrap_or(u32::MAX))
                .collect();
            self.tables.pick(&positions, padding.len())?
        } else {
            self.tables.range(from, count)?
        };
        let bias = if count > 1 || is_padded {
            let paddings = if is_padded { padding } else { &[0] };
            Some(self.bias(from, count, paddings)?)
        } else {
            None
        };
        Ok(Pass { turns, bias })
    }

    /// Hides what comes later, and padding; a place of the padding sees itself, so that its softmax is
    /// of something.
    fn bias(&self, from: usize, count: usize, paddings: &[usize]) -> Result<Tensor> {
        let all = from + count;
        let mut bias = Vec::with_capacity(paddings.len() * count * all);
        for padding in paddings {
            for at in from..all {
                bias.extend((0..all).map(|key| {
                    let is_seen = key == at || (key < at && key >= *padding);
                    if is_seen { 0.0 } else { f32::NEG_INFINITY }
                }));
            }
        }
        let shared = self.config.num_attention_heads / self.config.num_key_value_heads;
        let bias = Tensor::from_vec(bias, (paddings.len(), 1, count, all), &self.device)?;
        let bias = bias.to_dtype(self.dtype)?;
        Ok(Tensor::cat(&vec![bias; shared], 2)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_halves_beside_blocks_alone() {
        let narrow = if cpu::has_vectors() {
            DType::F16
        } else {
            DType::F32
        };
        assert_eq!(kept_as(DType::F32, true), narrow);
        assert_eq!(kept_as(DType::F32, false), DType::F32);
        assert_eq!(kept_as(DType::BF16, true), DType::BF16);
    }
}
