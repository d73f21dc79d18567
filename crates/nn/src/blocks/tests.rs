use std::borrow::Cow;

use candle_core::{
    DType, Device, Tensor,
    quantized::{GgmlDType, QMatMul, QStorage, QTensor},
};
use candle_nn::Module as _;

use super::Blocks;
use crate::{
    cpu::quantised::{self, FEWEST},
    testing::{random, same},
};

const KINDS: [GgmlDType; 4] = [
    GgmlDType::Q8_0,
    GgmlDType::Q4K,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
];

/// Both sides of every limit of rows.
const ROWS: [usize; 9] = [1, 2, FEWEST - 1, FEWEST, 5, 6, 7, 12, 33];

fn cosine(found: &Tensor, wanted: &Tensor) -> f64 {
    let wide = |x: &Tensor| x.to_dtype(DType::F64).unwrap();
    let (found, wanted) = (&wide(found), &wide(wanted));
    let dot = |a: &Tensor, b: &Tensor| (a * b).unwrap().sum_all().unwrap();
    let dot = |a, b| dot(a, b).to_scalar::<f64>().unwrap();
    dot(found, wanted) / (dot(found, found) * dot(wanted, wanted)).sqrt()
}

fn of_bytes(dtype: GgmlDType, bytes: Vec<u8>, shape: (usize, usize)) -> QTensor {
    let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, dtype).unwrap();
    QTensor::new(storage, shape).unwrap()
}

/// In f64: the product, and that of the absolute values.
fn exactly(x: &Tensor, blocks: &QTensor) -> [Vec<Vec<f64>>; 2] {
    let wide = |x: &Tensor| x.to_dtype(DType::F64).unwrap();
    let weight = wide(&blocks.dequantize(&Device::Cpu).unwrap());
    let (x, weight) = (wide(x), weight.t().unwrap());
    [
        x.matmul(&weight).unwrap().to_vec2().unwrap(),
        x.abs()
            .unwrap()
            .matmul(&weight.abs().unwrap())
            .unwrap()
            .to_vec2()
            .unwrap(),
    ]
}

#[test]
fn products_are_candles_and_blocks_are_let_go_once_packed() {
    for (dtype, inputs, outputs) in [
        (GgmlDType::Q8_0, 512, 48),
        // Too narrow to be packed, and too few outputs.
        (GgmlDType::Q8_0, 96, 48),
        (GgmlDType::Q8_0, 512, 5),
        (GgmlDType::Q4K, 512, 48),
        (GgmlDType::Q5K, 256, 7),
        (GgmlDType::Q6K, 512, 48),
        // Not ours anywhere.
        (GgmlDType::Q5_0, 128, 48),
    ] {
        let weight = random(&[outputs, inputs]);
        let blocks = || QTensor::quantize(&weight, dtype).unwrap();
        let candles = QMatMul::from_qtensor(blocks()).unwrap();
        let ours = Blocks::new(blocks()).unwrap();
        let stored = blocks().storage_size_in_bytes();
        for rows in [1, 7, 64, 1] {
            let x = random(&[2, rows, inputs]);
            let wanted = candles.forward(&x).unwrap();
            let found = ours.forward(&x, None).unwrap();
            if KINDS.contains(&dtype) && quantised::is_usable() {
                assert!(cosine(&found, &wanted) > 0.9999);
            } else {
                same(&found, &wanted);
            }
            // Which of the two depends on the processor.
            assert!(
                ours.kept_bytes() == stored || ours.kept_bytes() == 0,
                "{} of {stored}",
                ours.kept_bytes()
            );
        }
        assert!(ours.forward(&random(&[2, inputs + 1]), None).is_err());
        let wrong = random(&[outputs + 1]);
        assert!(ours.forward(&random(&[2, inputs]), Some(&wrong)).is_err());
    }
}

#[test]
fn own_products_are_nearly_those_of_the_floats_that_blocks_stand_for() {
    if !quantised::is_usable() {
        return;
    }
    for (kind, inputs, outputs) in [
        (GgmlDType::Q8_0, 32, 1),
        (GgmlDType::Q8_0, 96, 48),
        (GgmlDType::Q8_0, 512, 5),
        (GgmlDType::Q8_0, 2560, 50),
        (GgmlDType::Q8_0, 288, 16),
        (GgmlDType::Q8_0, 320, 150),
        (GgmlDType::Q4K, 256, 33),
        (GgmlDType::Q4K, 768, 47),
        (GgmlDType::Q4K, 2560, 150),
        (GgmlDType::Q5K, 256, 50),
        (GgmlDType::Q5K, 1024, 150),
        (GgmlDType::Q6K, 256, 31),
        (GgmlDType::Q6K, 1024, 150),
    ] {
        // Rows and columns of different sizes.
        let sizes = |n| random(&[n]).exp().unwrap();
        let weight = random(&[outputs, inputs]);
        let weight = weight.broadcast_mul(&sizes(inputs)).unwrap();
        let blocks = QTensor::quantize(&weight, kind).unwrap();
        let floats = blocks.dequantize(weight.device()).unwrap();
        let (ours, bias) = (Blocks::new(blocks).unwrap(), random(&[outputs]));
        for rows in ROWS {
            let x = random(&[rows, inputs]);
            let x = x.broadcast_mul(&sizes(rows).unsqueeze(1).unwrap()).unwrap();
            let wanted = x.matmul(&floats.t().unwrap()).unwrap();
            let wanted = wanted.broadcast_add(&bias).unwrap();
            let found = ours.forward(&x, Some(&bias)).unwrap();
            for row in 0..rows {
                let row = |x: &Tensor| x.narrow(0, row, 1).unwrap();
                let cosine = cosine(&row(&found), &row(&wanted));
                // Inputs have eight bits where numbers of the matrix have fewer.
                let least = if kind == GgmlDType::Q8_0 {
                    0.9999
                } else {
                    0.999
                };
                assert!(cosine > least, "{cosine}, {kind:?}, {rows} rows");
            }
        }
    }
}

/// Where rounding the input changes nothing, what is left is how the blocks are read.
#[test]
fn whole_numbers_meet_blocks_exactly() {
    if !quantised::is_usable() {
        return;
    }
    for (kind, outputs) in KINDS.into_iter().flat_map(|kind| [(kind, 1), (kind, 37)]) {
        let inputs = 768;
        let blocks = QTensor::quantize(&random(&[outputs, inputs]), kind).unwrap();
        let ours = Blocks::new(of_bytes(
            kind,
            blocks.data().unwrap().into_owned(),
            (outputs, inputs),
        ));
        let ours = ours.unwrap();
        // What a chunk's largest is, is its own number: the scale is 1.
        let largest = if kind == GgmlDType::Q8_0 { 32_767 } else { 127 };
        for rows in ROWS {
            if kind == GgmlDType::Q8_0 && rows >= FEWEST {
                // There the matrix is rounded too.
                continue;
            }
            let x: Vec<f32> = (0..rows * inputs)
                .map(|i| match i % 256 {
                    7 => largest as f32,
                    _ => ((i * 7919) % (2 * largest + 1)) as f32 - largest as f32,
                })
                .collect();
            let x = Tensor::from_vec(x, (rows, inputs), &Device::Cpu).unwrap();
            let [wanted, size] = exactly(&x, &blocks);
            let found = ours.forward(&x, None).unwrap();
            let found = found.to_vec2::<f32>().unwrap();
            for (found, (wanted, size)) in found.iter().zip(wanted.iter().zip(&size)) {
                for (found, (wanted, size)) in found.iter().zip(wanted.iter().zip(size)) {
                    let apart = (f64::from(*found) - wanted).abs() / size;
                    assert!(apart < 1e-6, "{kind:?}, {rows} rows: {found} for {wanted}");
                }
            }
        }
    }
}

/// All numbers and scales as large as they can be, of either sign.
#[test]
fn own_sums_do_not_overflow() {
    if !quantised::is_usable() {
        return;
    }
    let (inputs, outputs) = (512, 20);
    let sign = |x: i32| if x % 3 == 0 { -1e3 } else { 1e3 };
    for (kind, fill) in KINDS
        .into_iter()
        .flat_map(|kind| [(kind, 0xFF_u8), (kind, 0x7F), (kind, 0x80)])
    {
        let mut bytes = vec![fill; outputs * inputs / kind.block_size() * kind.type_size()];
        for block in bytes.chunks_exact_mut(kind.type_size()) {
            let scales: &[usize] = match kind {
                GgmlDType::Q8_0 => &[0],
                GgmlDType::Q6K => &[208],
                _ => &[0, 2],
            };
            for at in scales {
                let scale = half::f16::from_f32(0.01 * (1 + at) as f32);
                block[*at..at + 2].copy_from_slice(&scale.to_le_bytes());
            }
        }
        let blocks = of_bytes(kind, bytes, (outputs, inputs));
        let ours = Blocks::new(of_bytes(
            kind,
            blocks.data().unwrap().into_owned(),
            (outputs, inputs),
        ));
        let ours = ours.unwrap();
        for rows in [1, FEWEST, 8] {
            for x in [
                vec![1e3_f32; rows * inputs],
                (0..).map(sign).take(rows * inputs).collect(),
            ] {
                let x = Tensor::from_vec(x, (rows, inputs), &Device::Cpu).unwrap();
                let [wanted, size] = exactly(&x, &blocks);
                let found = ours.forward(&x, None).unwrap().to_vec2::<f32>().unwrap();
                for (found, (wanted, size)) in found.iter().zip(wanted.iter().zip(&size)) {
                    let apart = (f64::from(found[0]) - wanted[0]).abs() / size[0];
                    assert!(
                        apart < 1e-3,
                        "{kind:?} {fill:x}: {} for {}",
                        found[0],
                        wanted[0]
                    );
                }
            }
        }
    }
}

#[test]
fn rows_are_those_of_the_floats() {
    for dtype in KINDS.into_iter().chain([GgmlDType::Q5_0]) {
        let blocks = QTensor::quantize(&random(&[9, 512]), dtype).unwrap();
        let floats = blocks.dequantize(&Device::Cpu).unwrap();
        let ours = Blocks::kept(blocks).unwrap();
        let ids = Tensor::new(&[[8_u32, 0, 3], [3, 3, 8]], &Device::Cpu).unwrap();
        let wanted = floats.index_select(&ids.flatten_all().unwrap(), 0).unwrap();
        same(
            &ours.rows(&ids).unwrap(),
            &wanted.reshape((2, 3, 512)).unwrap(),
        );
        let past = Tensor::new(&[9_u32], &Device::Cpu).unwrap();
        assert!(ours.rows(&past).is_err());
    }
}

#[test]
fn several_matrices_meet_an_input_together() {
    let weights = [
        (GgmlDType::Q4K, 20),
        (GgmlDType::Q8_0, 70),
        (GgmlDType::Q6K, 3),
    ];
    let all = weights.map(|(dtype, outputs)| {
        let weight = random(&[outputs, 768]);
        Blocks::new(QTensor::quantize(&weight, dtype).unwrap()).unwrap()
    });
    let bias = random(&[70]);
    for rows in ROWS {
        let x = random(&[rows, 768]);
        let [a, b, c] = &all;
        let each = [(a, None), (b, Some(&bias)), (c, None)];
        let found = Blocks::own(each, &x).unwrap();
        assert_eq!(found.is_some(), quantised::is_usable());
        for ((blocks, bias), found) in each.into_iter().zip(found.into_iter().flatten()) {
            same(&found, &blocks.forward(&x, bias).unwrap());
        }
    }
}

#[test]
fn no_number_is_no_number() {
    if !quantised::is_usable() {
        return;
    }
    let (inputs, outputs) = (512, 20);
    for kind in KINDS {
        let blocks = QTensor::quantize(&random(&[outputs, inputs]), kind).unwrap();
        let floats = blocks.dequantize(&Device::Cpu).unwrap();
        let floats = floats.sum(1).unwrap().to_vec1::<f32>().unwrap();
        let ours = Blocks::new(blocks).unwrap();
        for rows in [FEWEST - 1, FEWEST] {
            for hole in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut x = vec![1.0_f32; rows * inputs];
                x[300] = hole;
                x[2 * inputs..3 * inputs].fill(0.0);
                let x = Tensor::from_vec(x, (rows, inputs), &Device::Cpu).unwrap();
                let found = ours.forward(&x, None).unwrap().to_vec2::<f32>().unwrap();
                assert!(found[0][0].is_nan() && found[0][outputs - 1].is_nan());
                assert!((found[1][0] - floats[0]).abs() < 0.1);
                assert_eq!(found[2][0], 0.0);
            }
        }
        // Nothing of nothing.
        let none = ours.forward(
            &Tensor::zeros((0, inputs), DType::F32, &Device::Cpu).unwrap(),
            None,
        );
        assert_eq!(none.unwrap().dims(), [0, outputs]);
    }
}
