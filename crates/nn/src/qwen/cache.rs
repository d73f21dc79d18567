//! Keys and values of what was read.

use candle_core::{DType, Device, Tensor};

use super::Config;
use crate::{Error, Result};

/// Keys and values of all layers, for a batch of texts that are read side by side. Its memory is taken
/// at once; nothing is copied when it grows.
#[derive(Debug)]
pub struct Cache {
    layers: Vec<Pair>,
    /// Positions at the start of each text that are none of it.
    padding: Vec<usize>,
    used: usize,
    capacity: usize,
}

#[derive(Debug)]
struct Pair {
    /// (batch, heads, capacity, size).
    keys: Tensor,
    values: Tensor,
}

impl Cache {
    /// For one text of up to `capacity` tokens.
    ///
    /// # Errors
    /// Where the device has no room.
    pub fn new(config: &Config, capacity: usize, dtype: DType, device: &Device) -> Result<Self> {
        Self::padded(config, capacity, &[0], (dtype, device))
    }

    /// For as many texts as `padding` has, whose first tokens, that many of each, are none of theirs.
    ///
    /// # Errors
    /// Where the device has no room.
    pub fn padded(
        config: &Config,
        capacity: usize,
        padding: &[usize],
        (dtype, device): (DType, &Device),
    ) -> Result<Self> {
        let shape = (
            padding.len(),
            config.num_key_value_heads,
            capacity,
            config.head_dim,
        );
        let layers = (0..config.num_hidden_layers)
            .map(|_| {
                Ok(Pair {
                    keys: Tensor::zeros(shape, dtype, device)?,
                    values: Tensor::zeros(shape, dtype, device)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            layers,
            padding: padding.to_vec(),
            used: 0,
            capacity,
        })
    }

    /// How many tokens it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used
    }

    /// Whether nothing was read yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// How many tokens it can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets all tokens but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.used = self.used.min(len);
    }

    pub(super) fn padding(&self) -> &[usize] {
        &self.padding
    }

    /// That `count` more tokens have room.
    pub(super) fn room(&self, count: usize) -> Result<()> {
        if self.used + count <= self.capacity {
            return Ok(());
        }
        Err(Error::Full {
            wanted: self.used + count,
            capacity: self.capacity,
        })
    }

    /// Adds a layer's keys and values behind the others: all of them, (batch, heads, tokens, size).
    pub(super) fn append(
        &self,
        layer: usize,
        keys: &Tensor,
        values: &Tensor,
    ) -> Result<(Tensor, Tensor)> {
        let Some(pair) = self.layers.get(layer) else {
            return Err(candle_core::Error::Msg(format!("no layer {layer} in the cache")).into());
        };
        pair.keys.slice_set(&keys.contiguous()?, 2, self.used)?;
        pair.values.slice_set(&values.contiguous()?, 2, self.used)?;
        let all = self.used + keys.dim(2)?;
        Ok((pair.keys.narrow(2, 0, all)?, pair.values.narrow(2, 0, all)?))
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.used += count;
    }
}
