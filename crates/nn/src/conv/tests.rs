use candle_core::{DType, Device, Tensor};

use super::{Conv1d, Conv2d, ConvShape, ConvTranspose1d, own::Around};
use crate::{
    Weights,
    cpu::elements::Elements,
    norm::GroupNorm,
    ops::silu,
    testing::{random, same},
    weights::{Bias, Memory},
};

fn shapes() -> Vec<ConvShape> {
    let mut all = Vec::new();
    for (inputs, outputs) in [(8, 8), (3, 5), (17, 1), (1, 33), (70, 24)] {
        for kernel in [1, 3, 13] {
            for dilation in [1, 5] {
                all.push(ConvShape {
                    dilation,
                    padding: (kernel * dilation - dilation) / 2,
                    ..ConvShape::same(inputs, outputs, kernel)
                });
            }
        }
    }
    all.push(ConvShape {
        padding: 0,
        ..ConvShape::same(6, 4, 7)
    });
    all.push(ConvShape {
        stride: 2,
        ..ConvShape::same(6, 4, 3)
    });
    all.push(ConvShape::depthwise(12, 7));
    all.push(ConvShape {
        groups: 3,
        ..ConvShape::same(12, 9, 3)
    });
    all
}

fn onto(residual: &Tensor) -> Around<'_> {
    Around {
        residual: Some(residual),
        ..Around::default()
    }
}

#[test]
fn over_time() {
    for shape in shapes() {
        for (batch, time) in [(1, 200), (2, 61), (3, 13), (1, 7), (0, 9)] {
            let weight = random(&[shape.outputs, shape.inputs / shape.groups, shape.kernel]);
            let layer = Conv1d::new(weight, Some(random(&[shape.outputs])), shape);
            let x = random(&[batch, shape.inputs, time]);
            let found = layer.forward(&x).unwrap();
            // candle's refuses an empty batch.
            if batch == 0 {
                assert_eq!(found.dims()[..2], [0, shape.outputs]);
                continue;
            }
            same(&found, &layer.composed(&x).unwrap());
            let residual = random(found.dims());
            let wanted = (&residual + layer.composed(&silu(&x).unwrap()).unwrap()).unwrap();
            same(&layer.forward_silu(&x, Some(&residual)).unwrap(), &wanted);
        }
    }
}

#[test]
fn by_stretches_of_time() {
    // Of all fours of taps and phases; the first does not fit into what is held at a time.
    for (inputs, outputs, taps, dilation, time) in [
        (700, 32, 7, 1, 2500),
        (64, 33, 3, 1, 65),
        (32, 70, 11, 3, 700),
        (40, 48, 13, 5, 330),
        (33, 32, 16, 8, 1111),
        (32, 32, 5, 2, 129),
    ] {
        for padding in [0, (taps - 1) * dilation / 2] {
            let shape = ConvShape {
                dilation,
                padding,
                ..ConvShape::same(inputs, outputs, taps)
            };
            let weight = random(&[outputs, inputs, taps]);
            let layer = Conv1d::new(weight, Some(random(&[outputs])), shape);
            let x = random(&[2, inputs, time]);
            let plain = layer.composed(&x).unwrap();
            same(&layer.forward(&x).unwrap(), &plain);
            let residual = random(plain.dims());
            let wanted = (&residual + layer.composed(&silu(&x).unwrap()).unwrap()).unwrap();
            same(&layer.forward_silu(&x, Some(&residual)).unwrap(), &wanted);
            let residual = residual.narrow(1, 1, outputs - 1).unwrap();
            assert!(layer.forward_silu(&x, Some(&residual)).is_err());
            let fewer = x.narrow(1, 0, inputs - 1).unwrap();
            assert!(layer.forward(&fewer).is_err());
        }
    }
}

#[test]
fn a_window_of_another_tensor() {
    let shape = ConvShape::same(4, 4, 3);
    let layer = Conv1d::new(random(&[4, 4, 3]), None, shape);
    let x = random(&[2, 4, 50]).narrow(2, 3, 20).unwrap();
    let wanted = layer.composed(&x.contiguous().unwrap()).unwrap();
    same(&layer.forward(&x).unwrap(), &wanted);
}

#[test]
fn other_channels_are_refused() {
    let layer = Conv1d::new(random(&[4, 4, 3]), None, ConvShape::same(4, 4, 3));
    assert!(layer.forward(&random(&[1, 5, 20])).is_err());
    let residual = random(&[1, 4, 19]);
    assert!(
        layer
            .forward_silu(&random(&[1, 4, 20]), Some(&residual))
            .is_err()
    );
}

#[test]
fn transposed() {
    for (inputs, outputs, stride) in [(8, 4, 2), (5, 3, 4), (33, 16, 4), (3, 1, 5)] {
        for turns in [1, 2, 3] {
            let shape = ConvShape {
                stride,
                padding: (turns * stride - stride) / 2,
                ..ConvShape::same(inputs, outputs, turns * stride)
            };
            let weight = random(&[inputs, outputs, turns * stride]);
            let layer = ConvTranspose1d::new(&weight, Some(random(&[outputs])), shape).unwrap();
            for (batch, time) in [(1, 100), (2, 37), (2, 1)] {
                let x = random(&[batch, inputs, time]);
                let found = layer.forward(&x).unwrap();
                same(&found, &layer.composed(&x).unwrap());
                let wanted = layer.composed(&silu(&x).unwrap()).unwrap();
                same(&layer.forward_silu(&x).unwrap(), &wanted);
                // candle's is right for one row at a time, and cannot count what is shorter than its
                // padding.
                if time == 1 {
                    continue;
                }
                let first = x.narrow(0, 0, 1).unwrap();
                let wanted = first
                    .conv_transpose1d(&weight, shape.padding, 0, stride, 1, 1)
                    .unwrap()
                    .broadcast_add(
                        &layer
                            .bias
                            .as_ref()
                            .unwrap()
                            .reshape((1, outputs, 1))
                            .unwrap(),
                    )
                    .unwrap();
                same(
                    &found.narrow(0, 0, 1).unwrap().contiguous().unwrap(),
                    &wanted,
                );
            }
        }
    }
}

#[test]
fn over_pixels() {
    let mut all = shapes();
    all.push(ConvShape::depthwise(20, 5));
    all.push(ConvShape {
        groups: 4,
        ..ConvShape::same(32, 32, 1)
    });
    for shape in all {
        let kernel = shape.kernel;
        let weight = random(&[shape.outputs, shape.inputs / shape.groups, kernel, kernel]);
        let layer = Conv2d {
            weight,
            bias: Some(random(&[shape.outputs])),
            shape,
        };
        for (batch, height, width) in [(1, 16, 27), (2, 8, 9), (1, 30, 7)] {
            let reach = shape.dilation * (kernel - 1) + 1;
            if reach > height.min(width) + 2 * shape.padding {
                continue;
            }
            let x = random(&[batch, shape.inputs, height, width]);
            same(&layer.forward(&x).unwrap(), &layer.composed(&x).unwrap());
            let wanted = layer.composed(&silu(&x).unwrap()).unwrap();
            same(&layer.forward_silu(&x).unwrap(), &wanted);
            let plain = layer.composed(&x).unwrap();
            let residual = random(plain.dims());
            let wanted = (plain + &residual).unwrap();
            same(&layer.forward_around(&x, onto(&residual)).unwrap(), &wanted);
            let wanted = layer.composed(&x).unwrap().relu().unwrap();
            same(&layer.forward_relu(&x, None).unwrap(), &wanted);
        }
    }
}

fn norm(channels: usize) -> GroupNorm {
    let memory: Memory = ["weight", "bias"]
        .map(|name| (name.to_owned(), random(&[channels])))
        .into_iter()
        .collect();
    let groups = if channels.is_multiple_of(3) { 3 } else { 2 };
    let weights = Weights::new(memory, DType::F32, &Device::Cpu);
    GroupNorm::load(&weights, groups, channels, 1e-5).unwrap()
}

#[test]
fn by_tiles_of_pixels() {
    // The first has more tiles than are held at a time, others lines of tiles that are shorter than a vector.
    for (inputs, outputs, batch, height, width, padding) in [
        (600, 20, 1, 52, 53, 1),
        (16, 16, 2, 4, 4, 1),
        (16, 70, 1, 5, 131, 1),
        (33, 50, 3, 12, 8, 0),
        (24, 17, 1, 300, 21, 2),
    ] {
        let shape = ConvShape {
            padding,
            ..ConvShape::same(inputs, outputs, 3)
        };
        let layer = Conv2d {
            weight: random(&[outputs, inputs, 3, 3]),
            bias: Some(random(&[outputs])),
            shape,
        };
        let x = random(&[batch, inputs, height, width]);
        let plain = layer.composed(&x).unwrap();
        same(&layer.forward(&x).unwrap(), &plain);
        let wanted = layer.composed(&silu(&x).unwrap()).unwrap();
        same(&layer.forward_silu(&x).unwrap(), &wanted);
        let residual = random(plain.dims());
        let wanted = (&plain + &residual).unwrap();
        same(&layer.forward_around(&x, onto(&residual)).unwrap(), &wanted);
        let found = layer.forward_relu(&x, Some(&residual)).unwrap();
        same(&found, &wanted.relu().unwrap());
        let (norm, shift) = (norm(inputs), random(&[batch, inputs]));
        let normed = norm.forward_silu(&x, Some(&shift)).unwrap();
        let wanted = (layer.composed(&normed).unwrap() + &residual).unwrap();
        let found = layer.forward_normed((&norm, Some(&shift)), &x, Some(&residual));
        same(&found.unwrap(), &wanted);
        let large = x.upsample_nearest2d(2 * height, 2 * width).unwrap();
        let wanted = layer.composed(&large).unwrap();
        same(&layer.forward_doubled(&x, None).unwrap(), &wanted);
        let residual = residual.narrow(1, 0, 1).unwrap();
        assert!(layer.forward_around(&x, onto(&residual)).is_err());
        let fewer = x.narrow(1, 0, inputs - 1).unwrap();
        assert!(layer.forward(&fewer).is_err());
    }
}

#[test]
fn halves_are_widened() {
    let half = |x: Tensor| x.to_dtype(DType::BF16).unwrap();
    let layer = Conv2d {
        weight: half(random(&[8, 6, 3, 3])),
        bias: Some(half(random(&[8]))),
        shape: ConvShape::same(6, 8, 3),
    };
    let wide = |x: &Tensor| x.to_dtype(DType::F32).unwrap();
    let exact = Conv2d {
        weight: wide(&layer.weight),
        bias: layer.bias.as_ref().map(wide),
        shape: layer.shape,
    };
    let x = half(random(&[1, 6, 9, 11]));
    let wanted = wide(&half(exact.forward(&wide(&x)).unwrap()));
    same(&wide(&layer.forward(&x).unwrap()), &wanted);
}

#[test]
fn a_large_matrix_over_channels() {
    let shape = ConvShape::same(512, 20, 1);
    let layer = Conv1d::new(random(&[20, 512, 1]), Some(random(&[20])), shape);
    let x = random(&[2, 512, 2100]);
    same(&layer.forward(&x).unwrap(), &layer.composed(&x).unwrap());
}

#[test]
fn over_what_nobody_needs() {
    let shape = ConvShape::same(16, 16, 3);
    let memory: Memory = [
        ("weight".to_owned(), random(&[16, 16, 3, 3])),
        ("bias".to_owned(), random(&[16])),
    ]
    .into_iter()
    .collect();
    let weights = Weights::new(memory, DType::F32, &Device::Cpu);
    let layer = Conv2d::load(&weights, shape, Bias::With).unwrap();
    let (x, residual) = (random(&[2, 16, 37, 24]), random(&[2, 16, 37, 24]));
    let wanted = layer.forward_relu(&x, Some(&residual)).unwrap();
    let wanted = wanted.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    // Of the result's size, of another one, a part of another tensor, of another type, none.
    let fits = random(&[2, 16, 37, 24]);
    let place = |x: &Tensor| {
        let numbers = Elements::of(x).unwrap();
        numbers.all().as_ptr().addr()
    };
    let before = place(&fits);
    let part = random(&[3, 16, 37, 24]).narrow(0, 1, 2).unwrap();
    let halves = fits.to_dtype(DType::F16).unwrap();
    let others = [
        Some(random(&[2, 16, 37, 23])),
        Some(part),
        Some(halves),
        None,
    ];
    // All results are kept, so that none lies where another did.
    let mut results = Vec::new();
    for (i, over) in [Some(fits)].into_iter().chain(others).enumerate() {
        let found = layer.forward_relu_over(&x, Some(&residual), over).unwrap();
        assert_eq!(place(&found) == before, i == 0);
        let numbers = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(numbers, wanted, "{i}");
        results.push(found);
    }
}
