//! Keys and values of what was read.

use candle_core::{DType, Device, Tensor};

use super::Config;
use crate::{Error, Result};

/// Keys and values of all layers, for a batch of texts that are read side by side. Its memory is taken
/// at once; tokens that are added copy nothing.
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
        for (kept, new) in [(&pair.keys, keys), (&pair.values, values)] {
            let new = new.contiguous()?.to_dtype(kept.dtype())?;
            kept.slice_set(&new, 2, self.used)?;
        }
        let all = self.used + keys.dim(2)?;
        Ok((pair.keys.narrow(2, 0, all)?, pair.values.narrow(2, 0, all)?))
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.used += count;
    }
}

/// Keys and values of a text's first tokens, kept for other texts that begin alike.
#[derive(Debug)]
pub struct Prefix {
    layers: Vec<Pair>,
    len: usize,
}

impl Prefix {
    /// How many tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let of = |x: &Tensor| (x.elem_count() * x.dtype().size_in_bytes()) as u64;
        let pairs = self.layers.iter();
        pairs.map(|pair| of(&pair.keys) + of(&pair.values)).sum()
    }
}

impl Cache {
    /// A copy of what is known of the first `len` tokens.
    ///
    /// # Errors
    /// Where there are fewer, or the device has no room.
    pub fn prefix(&self, len: usize) -> Result<Prefix> {
        let copy = |x: &Tensor| -> Result<Tensor> { Ok(x.narrow(2, 0, len)?.force_contiguous()?) };
        let layers = self.layers.iter().map(|pair| {
            Ok(Pair {
                keys: copy(&pair.keys)?,
                values: copy(&pair.values)?,
            })
        });
        Ok(Prefix {
            layers: layers.collect::<Result<_>>()?,
            len,
        })
    }

    /// Begins with `prefix` in place of what it held.
    ///
    /// # Errors
    /// Where it has no room for it, or is of another network.
    pub fn restart(&mut self, prefix: &Prefix) -> Result<()> {
        self.used = 0;
        self.reserve(prefix.len)?;
        for (pair, kept) in self.layers.iter().zip(&prefix.layers) {
            pair.keys.slice_set(&kept.keys, 2, 0)?;
            pair.values.slice_set(&kept.values, 2, 0)?;
        }
        self.used = prefix.len;
        Ok(())
    }

    /// Makes room for `len` tokens in all. Memory grows by a quarter at least, so that what is copied in all
    /// is no more than four times what there is room for.
    ///
    /// # Errors
    /// Where the device has no room.
    pub fn reserve(&mut self, len: usize) -> Result<()> {
        if len <= self.capacity {
            return Ok(());
        }
        let capacity = len.max(self.capacity + self.capacity / 4);
        for pair in &mut self.layers {
            for half in [&mut pair.keys, &mut pair.values] {
                let (batch, heads, _, size) = half.dims4()?;
                let shape = (batch, heads, capacity, size);
                let larger = Tensor::zeros(shape, half.dtype(), half.device())?;
                if self.used > 0 {
                    larger.slice_set(&half.narrow(2, 0, self.used)?.contiguous()?, 2, 0)?;
                }
                *half = larger;
            }
        }
        self.capacity = capacity;
        Ok(())
    }
}
