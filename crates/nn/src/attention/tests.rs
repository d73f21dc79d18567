use super::{
    attention, channel_attention, channels_composed, composed, linear_attention, linear_composed,
};
use crate::{
    ops::Pairs,
    testing::{random, same},
};

#[test]
fn softmax_attention_is_composed() {
    for (batch, heads, queries, keys, size) in
        [(1, 2, 130, 33, 16), (2, 3, 7, 70, 5), (1, 1, 1, 1, 4)]
    {
        // As the layers hand them over: heads moved before time.
        let q = random(&[batch, queries, heads, size])
            .transpose(1, 2)
            .unwrap();
        let (k, v) = (
            random(&[batch, heads, keys, size]),
            random(&[batch, heads, keys, size]),
        );
        let wanted = composed(&[&q, &k, &v], 0.25, None).unwrap();
        same(&attention(&q, &k, &v, 0.25, None).unwrap(), &wanted);
        let biases = [
            vec![batch, 1, 1, keys],
            vec![1, heads, queries, keys],
            vec![batch, heads, queries, 1],
        ];
        for bias in biases {
            let bias = random(&bias);
            let wanted = composed(&[&q, &k, &v], 0.25, Some(&bias)).unwrap();
            same(&attention(&q, &k, &v, 0.25, Some(&bias)).unwrap(), &wanted);
        }
        let turned = random(&[1, keys, queries, heads])
            .permute((0, 3, 2, 1))
            .unwrap();
        let wanted = composed(&[&q, &k, &v], 1.0, Some(&turned)).unwrap();
        same(&attention(&q, &k, &v, 1.0, Some(&turned)).unwrap(), &wanted);
    }
}

#[test]
fn hidden_keys_are_not_seen() {
    let (q, k, v) = (
        random(&[1, 2, 5, 8]),
        random(&[1, 2, 9, 8]),
        random(&[1, 2, 9, 8]),
    );
    let mut hidden = vec![0.0_f32; 9];
    hidden[4..].fill(f32::NEG_INFINITY);
    let hidden = candle_core::Tensor::from_vec(hidden, (1, 1, 1, 9), q.device()).unwrap();
    let shown = |x: &candle_core::Tensor| x.narrow(2, 0, 4).unwrap().contiguous().unwrap();
    let wanted = attention(&q, &shown(&k), &shown(&v), 0.3, None).unwrap();
    same(&attention(&q, &k, &v, 0.3, Some(&hidden)).unwrap(), &wanted);
}

#[test]
fn measures_are_checked() {
    let (q, k) = (random(&[1, 2, 5, 8]), random(&[1, 2, 9, 6]));
    assert!(attention(&q, &k, &k, 1.0, None).is_err());
}

#[test]
fn linear_attention_is_composed() {
    for (batch, time, heads, size) in [(1, 50, 2, 32), (2, 9, 3, 6), (1, 1, 1, 2)] {
        let (cos, sin) = (random(&[time + 3, size]), random(&[time + 3, size]));
        let pairs = Pairs {
            cos: &cos,
            sin: &sin,
        };
        let qkv = random(&[batch, time, 3, heads, size]).abs().unwrap();
        // Enough that the normaliser is not near zero.
        let qkv = (qkv + 0.1).unwrap();
        let wanted = linear_composed(&qkv, pairs, 1e-3).unwrap();
        same(&linear_attention(&qkv, pairs, 1e-3).unwrap(), &wanted);
    }
}

#[test]
fn channel_attention_is_composed() {
    for (batch, heads, size, places) in [(1, 3, 32, 107), (2, 1, 5, 9), (1, 2, 4, 1)] {
        let qkv = random(&[batch, heads, 3, size, places]).abs().unwrap();
        let wanted = channels_composed(&qkv, 1e-3).unwrap();
        same(&channel_attention(&qkv, 1e-3).unwrap(), &wanted);
    }
    for parts in [2, 4] {
        assert!(channel_attention(&random(&[1, 2, parts, 4, 5]), 1e-3).is_err());
    }
}
