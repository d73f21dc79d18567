use candle_core::{DType, Device, Tensor};

use super::{
    Pairs, depthwise, depthwise_composed, gated, gated_composed, gated_depthwise, gated_sum,
    gelu_erf, gelu_tanh, modulated_composed, modulated_rms, pixel_shuffle, relu,
    repeated_pixel_shuffle, silu, softmax_last,
};
use crate::testing::{random, same};

#[test]
fn functions_are_candles() {
    // One value alone is to be no negative one: what the functions leave of it is nothing beside it.
    let one = Tensor::new(&[1.7_f32], &Device::Cpu).unwrap();
    let many = [vec![3, 5, 7], vec![2, 4099], vec![0, 4]];
    let many = many.map(|shape| (random(&shape) * 3.0).unwrap());
    for x in many.into_iter().chain([one]) {
        same(&relu(&x).unwrap(), &x.relu().unwrap());
        same(&silu(&x).unwrap(), &x.silu().unwrap());
        same(&gelu_tanh(&x).unwrap(), &x.gelu().unwrap());
        same(&gelu_erf(&x).unwrap(), &x.gelu_erf().unwrap());
    }
}

#[test]
fn functions_hold_at_the_edges() {
    let x = [-1e30, -200.0, -88.0, -0.0, 0.0, 88.0, 200.0, 1e30_f32];
    let x = Tensor::from_slice(&x, 8, &Device::Cpu).unwrap();
    for function in [relu, silu, gelu_tanh, gelu_erf] {
        let found = function(&x).unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(found[7], 1e30);
        assert_eq!(found[6], 200.0);
        assert!(
            found[..3].iter().all(|value| value.abs() < 1e-30),
            "{found:?}"
        );
        assert_eq!(found[3..5], [0.0, 0.0]);
    }
    let nan = Tensor::full(f32::NAN, 20, &Device::Cpu).unwrap();
    for (function, dtype) in [
        (silu as fn(&Tensor) -> _, DType::F32),
        (relu, DType::F32),
        (relu, DType::F16),
        (relu, DType::BF16),
    ] {
        let found = function(&nan.to_dtype(dtype).unwrap()).unwrap();
        let found = found.to_dtype(DType::F32).unwrap();
        let found = found.to_vec1::<f32>().unwrap();
        assert!(found.iter().all(|value| value.is_nan()), "{dtype:?}");
    }
}

#[test]
fn what_is_no_number_stays_none() {
    for length in [1, 8, 21] {
        for at in [0, length - 1] {
            let mut x = vec![0.5_f32; length];
            x[at] = f32::NAN;
            let x = Tensor::from_vec(x, (1, length), &Device::Cpu).unwrap();
            for function in [silu, gelu_tanh, gelu_erf] {
                let found = function(&x).unwrap().flatten_all().unwrap();
                let found = found.to_vec1::<f32>().unwrap();
                let none: Vec<usize> = (0..length).filter(|i| found[*i].is_nan()).collect();
                assert_eq!(none, [at], "of {length}");
            }
            let found = softmax_last(&x).unwrap().flatten_all().unwrap();
            let found = found.to_vec1::<f32>().unwrap();
            assert!(found.iter().all(|x| x.is_nan()), "{found:?}");
        }
    }
}

#[test]
fn softmax_is_candles() {
    for shape in [vec![1, 1], vec![7, 33], vec![2, 3, 325], vec![5, 100]] {
        let x = (random(&shape) * 8.0).unwrap();
        same(
            &softmax_last(&x).unwrap(),
            &candle_nn::ops::softmax_last_dim(&x).unwrap(),
        );
    }
    let x = Tensor::from_slice(&[f32::NEG_INFINITY, 0.0, 0.0], (1, 3), &Device::Cpu).unwrap();
    assert_eq!(
        softmax_last(&x).unwrap().to_vec2::<f32>().unwrap(),
        [[0.0, 0.5, 0.5]]
    );
}

#[test]
fn modulated_is_composed() {
    for (batch, time, features, rows) in [(1, 5, 40, 1), (3, 9, 33, 1), (3, 9, 33, 3), (2, 0, 8, 2)]
    {
        let x = random(&[batch, time, features]);
        let (scale, shift) = (random(&[rows, 1, features]), random(&[rows, 1, features]));
        let wanted = modulated_composed(&x, &scale, &shift, 1e-6).unwrap();
        same(&modulated_rms(&x, &scale, &shift, 1e-6).unwrap(), &wanted);
    }
}

#[test]
fn depthwise_is_composed() {
    for (batch, time, channels, taps) in [
        (1, 100, 6, 3),
        (2, 33, 1030, 7),
        (2, 2, 14, 7),
        (1, 1, 2, 3),
    ] {
        let x = random(&[batch, time, channels]);
        let (weight, bias) = (random(&[taps, channels]), random(&[channels]));
        let wanted = depthwise_composed(&x, &weight, &bias).unwrap();
        same(&depthwise(&x, &weight, &bias).unwrap(), &wanted);
        let wanted = gated_composed(&x, &weight, &bias).unwrap();
        same(&gated_depthwise(&x, &weight, &bias).unwrap(), &wanted);
    }
    assert!(depthwise(&random(&[1, 4, 6]), &random(&[3, 5]), &random(&[5])).is_err());
}

#[test]
fn gates_are_composed() {
    for shape in [vec![1, 6, 5, 7], vec![3, 2, 5000], vec![2, 4, 0]] {
        let x = random(&shape);
        let halves = x.chunk(2, 1).unwrap();
        let wanted = (&halves[0] * halves[1].contiguous().unwrap().silu().unwrap()).unwrap();
        same(&gated(&x).unwrap(), &wanted);
    }
    for (batch, rows) in [(1, 1), (3, 1), (3, 3)] {
        let (x, y) = (random(&[batch, 9, 37]), random(&[batch, 9, 37]));
        let gate = random(&[rows, 1, 37]);
        let wanted = (&x + y.broadcast_mul(&gate).unwrap()).unwrap();
        same(&gated_sum(&x, &y, &gate).unwrap(), &wanted);
    }
}

#[test]
fn channels_become_pixels() {
    for (channels, outputs, by) in [(8, 4, 2), (4, 4, 2), (3, 6, 2), (9, 2, 3)] {
        let x = random(&[2, channels, 5, 6]);
        let times = outputs * by * by / channels;
        let repeated: Vec<Tensor> = (0..channels * times)
            .map(|i| x.narrow(1, i / times, 1).unwrap())
            .collect();
        let wanted = pixel_shuffle(&Tensor::cat(&repeated, 1).unwrap(), by).unwrap();
        same(&repeated_pixel_shuffle(&x, outputs, by).unwrap(), &wanted);
    }
    assert!(repeated_pixel_shuffle(&random(&[1, 3, 2, 2]), 2, 2).is_err());
}

#[test]
fn pairs_turn_as_composed() {
    for (batch, positions, heads, size) in [(1, 20, 3, 128), (2, 7, 2, 6), (1, 1, 1, 18)] {
        let (cos, sin) = (
            random(&[positions + 1, size]),
            random(&[positions + 1, size]),
        );
        let pairs = Pairs {
            cos: &cos,
            sin: &sin,
        };
        let x = random(&[batch, positions, heads, size]);
        same(&pairs.turn(&x).unwrap(), &pairs.composed(&x).unwrap());
        assert!(
            pairs
                .turn(&random(&[1, positions + 2, heads, size]))
                .is_err()
        );
    }
}
