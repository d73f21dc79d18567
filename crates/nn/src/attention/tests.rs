use candle_core::{DType, Tensor};

use super::{
    Relative, attention, channel_attention, channels_composed, composed, in_parts,
    linear_attention, linear_composed,
};
use crate::{
    cpu::queries::MOST,
    ops::Pairs,
    testing::{random, same},
};

#[test]
fn softmax_attention_is_composed() {
    for (batch, heads, queries, keys, size) in [
        (1, 2, 130, 33, 16),
        (2, 3, 7, 70, 5),
        (1, 1, 1, 1, 4),
        // Both sides of what few queries are.
        (1, 2, MOST, 33, 128),
        (2, 1, MOST + 1, 33, 128),
        (1, 2, 2, 300, 203),
        (1, 2, 300, 600, 8),
    ] {
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
fn keys_and_values_in_halves_are_met_in_full() {
    for (queries, keys, size) in [
        (2, 70, 16),
        // Both sides of a stretch, and several, in whole vectors and with a rest.
        (1, 31, 128),
        (1, 32, 128),
        (MOST, 33, 128),
        (2, 64, 203),
        (MOST, 300, 203),
        (MOST + 1, 33, 128),
        (130, 600, 16),
    ] {
        let q = random(&[2, 3, queries, size]);
        // Of a cache that has room for more.
        let kept = || {
            let all = random(&[2, 3, keys + 5, size])
                .to_dtype(DType::F16)
                .unwrap();
            all.narrow(2, 0, keys).unwrap()
        };
        let (k, v) = (kept(), kept());
        let wide = |x: &Tensor| x.to_dtype(DType::F32).unwrap();
        let bias = random(&[1, 1, queries, keys]);
        for bias in [None, Some(&bias)] {
            let wanted = attention(&q, &wide(&k), &wide(&v), 0.25, bias).unwrap();
            let found = attention(&q, &k, &v, 0.25, bias).unwrap();
            assert_eq!(found.dtype(), DType::F32);
            same(&found, &wanted);
        }
    }
}

#[test]
fn queries_in_parts_are_all_queries() {
    let (queries, keys) = (37, 50);
    let q = random(&[2, queries, 3, 16]).transpose(1, 2).unwrap();
    let (k, v) = (random(&[2, 3, keys, 16]), random(&[2, 3, keys, 16]));
    let biases = [
        None,
        Some(random(&[2, 1, 1, keys])),
        Some(random(&[1, 3, queries, keys])),
        Some(random(&[2, 3, queries, 1])),
    ];
    for bias in &biases {
        let whole = in_parts(&[&q, &k, &v], 0.25, bias.as_ref(), queries).unwrap();
        for most in [1, 5, queries - 1] {
            let parts = in_parts(&[&q, &k, &v], 0.25, bias.as_ref(), most).unwrap();
            same(&parts, &whole);
        }
        same(&attention(&q, &k, &v, 0.25, bias.as_ref()).unwrap(), &whole);
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
    let hidden = Tensor::from_vec(hidden, (1, 1, 1, 9), q.device()).unwrap();
    let shown = |x: &Tensor| x.narrow(2, 0, 4).unwrap().contiguous().unwrap();
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

#[test]
fn relative_attention_is_composed() {
    for (batch, tokens, heads, size) in [(1, 1, 1, 4), (2, 7, 3, 5), (1, 257, 2, 16), (2, 65, 1, 8)]
    {
        let mut mask = vec![1.0_f32; batch * tokens];
        // The last row sees all but its end, and the first of two nothing.
        mask[batch * tokens - tokens / 3..].fill(0.0);
        if batch > 1 {
            mask[..tokens].fill(0.0);
        }
        let [q, k, v] = [0, 1, 2].map(|_| random(&[batch, tokens, heads, size]));
        let mask = Tensor::from_vec(mask, (batch, tokens), q.device()).unwrap();
        let places = random(&[2 * tokens - 1, heads, size]);
        let (to_keys, to_places) = (random(&[heads, size]), random(&[heads, size]));
        let relative = Relative {
            places: &places,
            to_keys: &to_keys,
            to_places: &to_places,
            mask: &mask,
        };
        let found = relative.attention([&q, &k, &v], 0.3).unwrap();
        same(&found, &relative.composed([&q, &k, &v], 0.3).unwrap());
        if batch > 1 {
            let first = found.narrow(0, 0, 1).unwrap().abs().unwrap();
            assert_eq!(first.max_all().unwrap().to_scalar::<f32>().unwrap(), 0.0);
        }
        let longer = random(&[1, tokens + 1, heads, size]);
        assert!(
            relative
                .attention([&longer, &longer, &longer], 0.3)
                .is_err()
        );
    }
}

#[test]
fn relative_attention_is_the_plain_formula() {
    let (tokens, heads, size) = (5, 2, 3);
    let [q, k, v] = [0, 1, 2].map(|_| random(&[1, tokens, heads, size]));
    let places = random(&[2 * tokens - 1, heads, size]);
    let (to_keys, to_places) = (random(&[heads, size]), random(&[heads, size]));
    let mask = Tensor::ones((1, tokens), DType::F32, q.device()).unwrap();
    let relative = Relative {
        places: &places,
        to_keys: &to_keys,
        to_places: &to_places,
        mask: &mask,
    };
    let found = relative.attention([&q, &k, &v], 0.5).unwrap();
    let numbers = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (q, k, v, places) = (numbers(&q), numbers(&k), numbers(&v), numbers(&places));
    let (to_keys, to_places, found) = (numbers(&to_keys), numbers(&to_places), numbers(&found));
    let at = |row: usize, head: usize| (row * heads + head) * size;
    for (i, head) in (0..tokens).flat_map(|i| (0..heads).map(move |head| (i, head))) {
        let score = |j: usize| -> f32 {
            let distance = tokens - 1 + j - i;
            (0..size)
                .map(|f| {
                    let q = q[at(i, head) + f];
                    (q + to_keys[head * size + f]) * k[at(j, head) + f]
                        + (q + to_places[head * size + f]) * places[at(distance, head) + f]
                })
                .sum::<f32>()
                * 0.5
        };
        let shares: Vec<f32> = (0..tokens).map(|j| score(j).exp()).collect();
        let all: f32 = shares.iter().sum();
        for f in 0..size {
            let wanted: f32 = (0..tokens)
                .map(|j| shares[j] / all * v[at(j, head) + f])
                .sum();
            assert!((found[at(i, head) + f] - wanted).abs() < 1e-4);
        }
    }
}
