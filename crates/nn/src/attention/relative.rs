use candle_core::{D, DType, Tensor};

use super::{attention, heads_of, whole};
use crate::{
    Result,
    cpu::{
        self,
        attention::{self as own, Attention, Measures, Scores},
        elements::{Elements, tensor},
    },
    ops::is_half_on_cpu,
};

/// Taken off the score of a masked key. Finite in bf16 too, so that a row of such keys is no NaN.
const HIDDEN: f64 = 1e30;

/// Queries at a time where scores are tensors: a song of five thousand tokens has one for each pair of
/// them, in each head.
const QUERIES: usize = 256;

/// Self-attention that knows how far keys are from queries (Dai et al. 2019, "Transformer-XL"): the scores are
/// `scale·((q + u)·kᵀ + (q + w)·pᵀ)`, `p` being that of the distance.
#[derive(Clone, Copy, Debug)]
pub struct Relative<'a> {
    /// Of the distances from `tokens − 1` down to `1 − tokens`, (2·tokens − 1, heads, size).
    pub places: &'a Tensor,
    /// `u`, (heads, size).
    pub to_keys: &'a Tensor,
    /// `w`, (heads, size).
    pub to_places: &'a Tensor,
    /// 1 where a token counts, else 0, (batch, tokens).
    pub mask: &'a Tensor,
}

impl Relative<'_> {
    /// `q`, `k` and `v` are (batch, tokens, heads, size), and so is the result: zeros in a row of the batch none of
    /// whose tokens count.
    ///
    /// # Errors
    /// Where the shapes do not fit together.
    pub fn attention(self, [q, k, v]: [&Tensor; 3], scale: f64) -> Result<Tensor> {
        let Self {
            places,
            to_keys,
            to_places,
            mask,
        } = self;
        if is_half_on_cpu(q) {
            // The processor sums halves in halves.
            let wide = |x: &Tensor| x.to_dtype(DType::F32);
            let [places, to_keys, to_places, mask] = [
                &wide(places)?,
                &wide(to_keys)?,
                &wide(to_places)?,
                &wide(mask)?,
            ];
            let relative = Relative {
                places,
                to_keys,
                to_places,
                mask,
            };
            let seen = relative.attention([&wide(q)?, &wide(k)?, &wide(v)?], scale)?;
            return Ok(seen.to_dtype(q.dtype())?);
        }
        let (batch, tokens, heads, size) = q.dims4()?;
        let fits = q.dims() == k.dims()
            && q.dims() == v.dims()
            && places.dims() == [(2 * tokens).saturating_sub(1), heads, size]
            && to_keys.dims() == [heads, size]
            && to_places.dims() == [heads, size]
            && mask.dims() == [batch, tokens];
        if fits && tokens > 0 && cpu::usable(&[q, k, v, places, to_keys, to_places, mask]) {
            return self.own([q, k, v], scale);
        }
        self.composed([q, k, v], scale)
    }

    fn own(self, qkv: [&Tensor; 3], scale: f64) -> Result<Tensor> {
        let (batch, tokens, heads, size) = qkv[0].dims4()?;
        let by_head = |x: &Tensor| -> Result<Tensor> { Ok(x.contiguous()?.transpose(1, 2)?) };
        let [q, k, v] = qkv.map(by_head);
        let places = by_head(&self.places.unsqueeze(0)?)?;
        let (q, k, v) = (q?, k?, v?);
        let numbers = [whole(&q)?, whole(&k)?, whole(&v)?, whole(&places)?];
        let mut rest = Vec::with_capacity(3);
        for x in [self.to_keys, self.to_places, self.mask] {
            rest.push(x.contiguous()?);
        }
        let rest = rest.iter().map(Elements::of).collect::<Result<Vec<_>>>()?;
        #[expect(clippy::cast_possible_truncation, reason = "computed in f32")]
        let attention = Attention {
            q: heads_of(&q, &numbers[0]),
            k: own::Kept::Whole(heads_of(&k, &numbers[1])),
            v: own::Kept::Whole(heads_of(&v, &numbers[2])),
            scores: Scores::Relative(own::Relative {
                places: own::Heads {
                    // The same for every row of the batch.
                    steps: {
                        let [_, head, step] = heads_of(&places, &numbers[3]).steps;
                        [0, head, step]
                    },
                    ..heads_of(&places, &numbers[3])
                },
                to_keys: rest[0].all(),
                to_places: rest[1].all(),
                mask: rest[2].all(),
            }),
            scale: scale as f32,
            measures: Measures {
                batch,
                heads,
                queries: tokens,
                keys: tokens,
                size,
            },
        };
        tensor(attention.run(), (batch, tokens, heads, size))
    }

    pub(super) fn composed(self, [q, k, v]: [&Tensor; 3], scale: f64) -> Result<Tensor> {
        let (batch, tokens, heads, size) = q.dims4()?;
        let by_head = |x: &Tensor| -> Result<Tensor> { Ok(x.transpose(1, 2)?.contiguous()?) };
        let (q, k, v) = (by_head(q)?, by_head(k)?, by_head(v)?);
        let rows = self.places.dim(0)?;
        let places = by_head(&self.places.unsqueeze(0)?)?
            .broadcast_as((batch, heads, rows, size))?
            .t()?
            .contiguous()?;
        let mask = self.mask.reshape((batch, 1, 1, tokens))?;
        let hidden = ((&mask - 1.0)? * HIDDEN)?;
        let bias = |bias: &Tensor| bias.reshape((1, heads, 1, size));
        let (to_keys, to_places) = (bias(self.to_keys)?, bias(self.to_places)?);
        let mut parts = Vec::with_capacity(tokens.div_ceil(QUERIES));
        for from in (0..tokens).step_by(QUERIES) {
            let queries = QUERIES.min(tokens - from);
            let q = q.narrow(2, from, queries)?;
            // The distances that these queries can be away from a key.
            let seen = places
                .narrow(3, tokens - from - queries, tokens + queries - 1)?
                .contiguous()?;
            let place = shift(&q.broadcast_add(&to_places)?.matmul(&seen)?)?;
            let bias = (place * scale)?.broadcast_add(&hidden)?;
            let q = q.broadcast_add(&to_keys)?;
            parts.push(attention(&q, &k, &v, scale, Some(&bias))?);
        }
        Ok(Tensor::cat(&parts, 2)?
            .broadcast_mul(&mask.max_keepdim(D::Minus1)?)?
            .transpose(1, 2)?
            .contiguous()?)
    }
}

/// Of `(…, queries, tokens + queries − 1)` the entry (i, queries − 1 − i + j) at (i, j), for `tokens`
/// values of j.
fn shift(x: &Tensor) -> Result<Tensor> {
    let (batch, heads, queries, rows) = x.dims4()?;
    if queries == 1 {
        return Ok(x.clone());
    }
    // That entry lies at `queries − 1 + i·(rows − 1) + j`: rows that are shorter by one.
    Ok(x.flatten_from(2)?
        .narrow(2, queries - 1, queries * (rows - 1))?
        .reshape((batch, heads, queries, rows - 1))?
        .narrow(3, 0, rows + 1 - queries)?
        .contiguous()?)
}
