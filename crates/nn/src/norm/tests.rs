use super::{ChannelRmsNorm, GroupNorm, LayerNorm, RmsNorm};
use crate::testing::{random, same};

#[test]
fn over_features() {
    for shape in [vec![3, 5, 40], vec![1, 1], vec![7, 2560], vec![0, 8]] {
        let size = shape[shape.len() - 1];
        let x = (random(&shape) + 0.5).unwrap();
        for weight in [None, Some(random(&[size]))] {
            let norm = RmsNorm { weight, eps: 1e-6 };
            same(&norm.forward(&x).unwrap(), &norm.composed(&x).unwrap());
        }
        let norm = LayerNorm {
            weight: random(&[size]),
            bias: random(&[size]),
            eps: 1e-5,
        };
        same(&norm.forward(&x).unwrap(), &norm.composed(&x).unwrap());
    }
}

#[test]
fn over_groups() {
    for (shape, groups) in [
        (vec![2, 12, 35], 3),
        (vec![1, 64, 9, 7], 32),
        (vec![3, 4, 1], 1),
    ] {
        let norm = GroupNorm {
            groups,
            weight: random(&shape[1..2]),
            bias: random(&shape[1..2]),
            eps: 1e-6,
        };
        let x = (random(&shape) + 0.5).unwrap();
        same(&norm.forward(&x).unwrap(), &norm.composed(&x).unwrap());
        let shift = (random(&shape[..2]) * 3.0).unwrap();
        for shift in [None, Some(&shift)] {
            let wanted = norm.silu_composed(&x, shift).unwrap();
            same(&norm.forward_silu(&x, shift).unwrap(), &wanted);
        }
        assert!(norm.forward_silu(&x, Some(&random(&[7, 2]))).is_err());
    }
}

#[test]
fn moments_far_from_zero_are_right() {
    let norm = GroupNorm {
        groups: 2,
        weight: random(&[4]),
        bias: random(&[4]),
        eps: 1e-5,
    };
    let x = (random(&[1, 4, 50, 100]) + 100.0).unwrap();
    same(&norm.forward(&x).unwrap(), &norm.composed(&x).unwrap());
}

#[test]
fn over_channels() {
    for shape in [[1, 16, 9, 31], [2, 5, 17, 40], [1, 3, 1, 1]] {
        let norm = ChannelRmsNorm {
            weight: random(&shape[1..2]),
            bias: random(&shape[1..2]),
            eps: 1e-5,
        };
        let (x, residual) = (random(&shape), random(&shape));
        let wanted = norm.composed(&x).unwrap();
        same(&norm.forward(&x).unwrap(), &wanted);
        let wanted = (&residual + wanted).unwrap();
        same(&norm.forward_onto(&x, Some(&residual)).unwrap(), &wanted);
    }
}

#[test]
fn other_features_are_refused() {
    let norm = RmsNorm {
        weight: Some(random(&[8])),
        eps: 1e-6,
    };
    assert!(norm.forward(&random(&[2, 9])).is_err());
}
