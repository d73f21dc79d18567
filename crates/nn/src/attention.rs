//! Attention.

use candle_core::{D, DType, Tensor, WithDType};
use half::f16;

use crate::{
    Result,
    cpu::{
        self,
        attention::{Attention, Heads, Kept, Measures, Scores},
        channel_attention::ChannelAttention,
        elements::{Elements, tensor},
        linear_attention::LinearAttention,
    },
    ops::{Pairs, is_half_on_cpu, relu, softmax_last},
    stop,
};

#[cfg(feature = "flash-attn")]
mod flash;
mod relative;
#[cfg(test)]
mod tests;

pub use relative::Relative;

/// Scores that are a tensor at a time: 128 MiB in half precision, where those of a picture of 1024 × 1024 in a network's widest
/// level would take more than its weights.
const SCORES: usize = 1 << 26;

/// `softmax(scale·q·kᵀ + bias)·v` (Vaswani et al. 2017).
///
/// `q` is (batch, heads, queries, size), `k` and `v` are (batch, heads, keys, size); `bias` is
/// added to the scores and broadcasts to (batch, heads, queries, keys), −∞ where a key is hidden.
/// Keys and values may be in f16 where the queries are wider: that is how they are kept, not how it is computed.
///
/// # Errors
/// Where the shapes do not fit together.
pub fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    scale: f64,
    bias: Option<&Tensor>,
) -> Result<Tensor> {
    stop::ask()?;
    let are_halves = is_kept_half(q, k) && is_kept_half(q, v);
    let usable = cpu::usable(&[q]) && (are_halves || cpu::usable(&[k, v]));
    let usable = usable && bias.is_none_or(|bias| cpu::usable(&[bias]));
    if usable && k.dims() == v.dims() && k.elem_count() > 0 {
        return own(&[q, k, v], scale, bias);
    }
    if are_halves {
        let (k, v) = (k.to_dtype(q.dtype())?, v.to_dtype(q.dtype())?);
        return attention(q, &k, &v, scale, bias);
    }
    if is_half_on_cpu(q) {
        // The processor sums halves in halves.
        let wide = |x: &Tensor| x.to_dtype(DType::F32);
        let bias = bias.map(wide).transpose()?;
        let seen = attention(&wide(q)?, &wide(k)?, &wide(v)?, scale, bias.as_ref())?;
        return Ok(seen.to_dtype(q.dtype())?);
    }
    composed(&[q, k, v], scale, bias)
}

/// Whether keys or values are in f16 where queries are wider.
fn is_kept_half(q: &Tensor, kept: &Tensor) -> bool {
    q.dtype() == DType::F32 && kept.dtype() == DType::F16
}

/// On devices that there are no own loops for.
fn composed([q, k, v]: &[&Tensor; 3], scale: f64, bias: Option<&Tensor>) -> Result<Tensor> {
    #[cfg(feature = "flash-attn")]
    if bias.is_none()
        && let Some(seen) = flash::attention([q, k, v], scale)?
    {
        return Ok(seen);
    }
    let (batch, heads, _, _) = q.dims4()?;
    let of_a_query = batch * heads * k.dim(2)?;
    let most = (SCORES / of_a_query.max(1)).max(1);
    in_parts(&[q, k, v], scale, bias, most)
}

/// So many queries at a time.
fn in_parts(
    [q, k, v]: &[&Tensor; 3],
    scale: f64,
    bias: Option<&Tensor>,
    most: usize,
) -> Result<Tensor> {
    let (batch, heads, queries, _) = q.dims4()?;
    let (keys, values) = (k.t()?.contiguous()?, v.contiguous()?);
    let bias = bias
        .map(|bias| bias.broadcast_as((batch, heads, queries, k.dim(2)?)))
        .transpose()?;
    let mut parts = Vec::with_capacity(queries.div_ceil(most));
    for from in (0..queries).step_by(most) {
        stop::ask()?;
        let count = most.min(queries - from);
        let q = q.narrow(2, from, count)?.contiguous()?;
        let scores = (q.matmul(&keys)? * scale)?;
        let scores = match &bias {
            Some(bias) => (scores + bias.narrow(2, from, count)?)?,
            None => scores,
        };
        parts.push(softmax_last(&scores)?.matmul(&values)?);
    }
    match <[Tensor; 1]>::try_from(parts) {
        Ok([whole]) => Ok(whole),
        Err(parts) => Ok(Tensor::cat(&parts, 2)?),
    }
}

fn own([q, k, v]: &[&Tensor; 3], scale: f64, bias: Option<&Tensor>) -> Result<Tensor> {
    let (batch, heads, queries, size) = q.dims4()?;
    let (rows, same, keys, features) = k.dims4()?;
    if (rows, same, features) != (batch, heads, size) {
        // candle says what does not fit.
        return composed(&[*q, *k, *v], scale, bias);
    }
    let (q, k, v) = (by_feature(q)?, by_feature(k)?, by_feature(v)?);
    let (kept_k, kept_v) = (Numbers::of(&k)?, Numbers::of(&v)?);
    let bias = bias.map(Tensor::contiguous).transpose()?;
    let bias = bias
        .map(|bias| bias.broadcast_as((batch, heads, queries, keys)))
        .transpose()?;
    // One value for all keys is none that lies beside another.
    let bias = bias.map(|bias| by_feature(&bias)).transpose()?;
    let of_query = whole(&q)?;
    let of_bias = bias.as_ref().map(whole).transpose()?;
    #[expect(clippy::cast_possible_truncation, reason = "computed in f32")]
    let attention = Attention {
        q: heads_of(&q, &of_query),
        k: kept_k.heads(&k),
        v: kept_v.heads(&v),
        scores: match bias.as_ref().zip(of_bias.as_ref()) {
            Some((bias, numbers)) => Scores::Biased(heads_of(bias, numbers)),
            None => Scores::Plain,
        },
        scale: scale as f32,
        measures: Measures {
            batch,
            heads,
            queries,
            keys,
            size,
        },
    };
    Ok(tensor(attention.run(), (batch, queries, heads, size))?.transpose(1, 2)?)
}

/// The same, features lying side by side.
fn by_feature(x: &Tensor) -> Result<Tensor> {
    if x.stride().last() == Some(&1) {
        Ok(x.clone())
    } else {
        Ok(x.contiguous()?)
    }
}

/// All numbers from the tensor's first on.
fn whole(x: &Tensor) -> Result<Elements<'_>> {
    Elements::onwards(x)
}

/// All numbers of keys or values from the first on.
enum Numbers<'a> {
    Whole(Elements<'a>),
    Halves(Elements<'a, f16>),
}

impl<'a> Numbers<'a> {
    fn of(x: &'a Tensor) -> Result<Self> {
        Ok(match x.dtype() {
            DType::F16 => Self::Halves(Elements::onwards(x)?),
            _ => Self::Whole(whole(x)?),
        })
    }

    fn heads(&self, x: &Tensor) -> Kept<'_> {
        match self {
            Self::Whole(numbers) => Kept::Whole(heads_of(x, numbers)),
            Self::Halves(numbers) => Kept::Halves(heads_of(x, numbers)),
        }
    }
}

fn heads_of<'a, T: WithDType>(x: &Tensor, numbers: &'a Elements<'_, T>) -> Heads<'a, T> {
    let stride = x.stride();
    Heads {
        numbers: numbers.all(),
        steps: [stride[0], stride[1], stride[2]],
    }
}

/// Attention without a softmax (Katharopoulos et al. 2020): queries and keys turn with their position
/// and lose what is negative, and `q·(kᵀ·v)` is divided by `q·Σk + eps`. Sums are taken in f32.
///
/// `qkv` is (batch, time, 3, heads, size), the result (batch, time, heads·size).
///
/// # Errors
/// Where there are fewer positions than times, or the shapes do not fit together.
pub fn linear_attention(qkv: &Tensor, pairs: Pairs<'_>, eps: f64) -> Result<Tensor> {
    stop::ask()?;
    let (batch, time, _, heads, size) = qkv.dims5()?;
    if cpu::usable(&[qkv, pairs.cos, pairs.sin]) && pairs.reach(time, size) {
        let qkv = qkv.contiguous()?;
        let (cos, sin) = (pairs.cos.contiguous()?, pairs.sin.contiguous()?);
        let (numbers, cos, sin) = (
            Elements::of(&qkv)?,
            Elements::of(&cos)?,
            Elements::of(&sin)?,
        );
        #[expect(clippy::cast_possible_truncation, reason = "computed in f32")]
        let attention = LinearAttention {
            qkv: numbers.all(),
            angles: cpu::rotary::Angles {
                cos: cos.all(),
                sin: sin.all(),
                size,
            },
            time,
            heads,
            eps: eps as f32,
        };
        return tensor(attention.run(), (batch, time, heads * size));
    }
    linear_composed(qkv, pairs, eps)
}

fn linear_composed(qkv: &Tensor, pairs: Pairs<'_>, eps: f64) -> Result<Tensor> {
    let (batch, time, _, heads, size) = qkv.dims5()?;
    let part = |i| -> Result<Tensor> { Ok(qkv.narrow(2, i, 1)?.squeeze(2)?) };
    let by_head = |x: Tensor| -> Result<Tensor> {
        Ok(x.to_dtype(DType::F32)?.transpose(1, 2)?.contiguous()?)
    };
    let q = by_head(relu(&pairs.turn(&part(0)?)?)?)?;
    let k = by_head(relu(&pairs.turn(&part(1)?)?)?)?;
    let v = by_head(part(2)?)?;
    let state = k.t()?.contiguous()?.matmul(&v)?;
    let total = k.sum_keepdim(2)?;
    let normaliser = (q.broadcast_mul(&total)?.sum_keepdim(D::Minus1)? + eps)?;
    Ok(q.matmul(&state)?
        .broadcast_div(&normaliser)?
        .transpose(1, 2)?
        .reshape((batch, time, heads * size))?
        .to_dtype(qkv.dtype())?)
}

/// The same between places of channels, and without turning: `qkv` is (batch, heads, 3, size, places), the
/// result (batch, heads, size, places).
///
/// # Errors
/// Where the third dimension is not 3.
pub fn channel_attention(qkv: &Tensor, eps: f64) -> Result<Tensor> {
    stop::ask()?;
    let (batch, heads, _, size, places) = qkv.dims5()?;
    let qkv = qkv.reshape((batch, heads, 3, size, places))?;
    if !cpu::usable(&[&qkv]) {
        return channels_composed(&qkv, eps);
    }
    let qkv = qkv.contiguous()?;
    let numbers = Elements::of(&qkv)?;
    #[expect(clippy::cast_possible_truncation, reason = "computed in f32")]
    let attention = ChannelAttention {
        qkv: numbers.all(),
        size,
        places,
        eps: eps as f32,
    };
    tensor(attention.run(), (batch, heads, size, places))
}

fn channels_composed(qkv: &Tensor, eps: f64) -> Result<Tensor> {
    let wide = qkv.to_dtype(DType::F32)?;
    let part = |i| -> Result<Tensor> { Ok(wide.narrow(2, i, 1)?.squeeze(2)?.contiguous()?) };
    let (q, k, v) = (relu(&part(0)?)?, relu(&part(1)?)?, part(2)?);
    let k = k.t()?.contiguous()?;
    let state = v.matmul(&k)?;
    let total = k.sum_keepdim(2)?;
    let normaliser = (total.matmul(&q)? + eps)?;
    Ok(state
        .matmul(&q)?
        .broadcast_div(&normaliser)?
        .to_dtype(qkv.dtype())?)
}
