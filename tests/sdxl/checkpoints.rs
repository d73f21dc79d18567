use std::{collections::HashMap, fs, path::Path};

use candle_core::{DType, Device, Tensor, quantized::GgmlDType};
use songwright_base::Silent;
use songwright_cover::{
    CoverArtist as _,
    sdxl::{Checkpoint, Plan, SdxlArtist},
};
use songwright_engine::Booking;
use songwright_nn::weights::FEWEST_IN_BLOCKS;

use crate::{artist, artist_of, params, small};

/// The small checkpoint again, for changing it.
pub(crate) fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(small(), folder.path());
    folder
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Reads, changes and writes a file of tensors.
pub(crate) fn change(file: &Path, change: impl FnOnce(&mut HashMap<String, Tensor>)) {
    let mut tensors = candle_core::safetensors::load(file, &Device::Cpu).unwrap();
    change(&mut tensors);
    // The old file may be mapped.
    fs::remove_file(file).unwrap();
    candle_core::safetensors::save(&tensors, file).unwrap();
}

pub(crate) const UNET: &str = "unet/diffusion_pytorch_model.fp16.safetensors";

#[test]
fn what_is_wrong_is_named() {
    let why = |folder: &Path| {
        let opened = Checkpoint::open(&[folder.to_owned()]);
        opened.err().unwrap().to_string()
    };
    for file in [
        UNET,
        "tokenizer/vocab.json",
        "scheduler/scheduler_config.json",
        "vae/config.json",
    ] {
        let folder = copied();
        fs::remove_file(folder.path().join(file)).unwrap();
        assert!(why(folder.path()).contains("is missing"), "{file}");
    }
    let folder = copied();
    let unet = folder.path().join(UNET);
    change(&unet, |tensors| {
        drop(tensors.remove("add_embedding.linear_1.weight"));
    });
    assert!(why(folder.path()).contains("no tensor add_embedding.linear_1.weight"));
    let bytes = fs::read(&unet).unwrap();
    fs::remove_file(&unet).unwrap();
    fs::write(&unet, &bytes[..bytes.len() / 2]).unwrap();
    assert!(why(folder.path()).contains("cannot be read"));
}

#[test]
fn previews_are_no_condition() {
    let folder = copied();
    fs::remove_file(folder.path().join("diffusion_pytorch_model.safetensors")).unwrap();
    let checkpoint = Checkpoint::open(&[folder.path().to_owned()]).unwrap();
    assert!(!checkpoint.has_previews());
    let made = artist_of(folder.path()).draw(&params(|_| {}), &Silent);
    assert_eq!(
        made.unwrap().image,
        artist().draw(&params(|_| {}), &Silent).unwrap().image
    );
}

#[test]
fn lightning_takes_its_own_steps() {
    let folder = copied();
    let own = folder.path().join("sdxl_lightning_4step_unet.safetensors");
    fs::rename(folder.path().join(UNET), own).unwrap();
    let made = artist_of(folder.path())
        .draw(&params(|_| {}), &Silent)
        .unwrap();
    assert_eq!(made.label, "SDXL-Turbo, 4 steps");
    // Two were asked for.
    assert!(made.parameters.contains("Steps: 4,"), "{}", made.parameters);
    assert!(
        made.notes[0].contains("distilled to 4 steps"),
        "{:?}",
        made.notes
    );
}

/// Makes a tensor none of numbers.
pub(crate) fn spoil(file: &Path, name: &str) {
    change(file, |tensors| {
        let bad = Tensor::full(f32::NAN, tensors[name].dims(), &Device::Cpu).unwrap();
        let bad = bad.to_dtype(DType::BF16).unwrap();
        tensors.insert(name.to_owned(), bad);
    });
}

#[test]
fn what_is_no_number_is_an_error_and_no_black_picture() {
    for (file, name) in [
        (UNET, "conv_out.bias"),
        (
            "vae/diffusion_pytorch_model.fp16.safetensors",
            "decoder.conv_out.bias",
        ),
    ] {
        let folder = copied();
        spoil(&folder.path().join(file), name);
        let error = artist_of(folder.path()).draw(&params(|_| {}), &Silent);
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("no picture") && error.contains("models verify"),
            "{error}"
        );
    }
}

/// A checkpoint whose UNet has a value that a block's scale, in f16, cannot be multiplied to.
fn too_large_for_blocks() -> tempfile::TempDir {
    let folder = copied();
    change(&folder.path().join(UNET), |tensors| {
        let name = "mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj.weight";
        let weight = tensors[name].to_dtype(DType::F32).unwrap();
        assert!(weight.elem_count() >= FEWEST_IN_BLOCKS);
        let mut values = weight.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        values[0] = 1e7;
        let weight = Tensor::from_vec(values, weight.dims(), &Device::Cpu).unwrap();
        tensors.insert(name.to_owned(), weight);
    });
    folder
}

#[test]
fn what_is_no_number_in_blocks_is_drawn_in_full_precision() {
    let folder = too_large_for_blocks();
    let exact = artist_of(folder.path()).draw(&params(|_| {}), &Silent);
    let exact = exact.unwrap();
    let plan = Plan {
        blocks: Some(GgmlDType::Q8_0),
        ..artist_of(folder.path()).plan()
    };
    let mut artist = artist_of(folder.path()).with_plan(plan);
    // Each time anew: the next picture may need it no more.
    for _ in 0..2 {
        let drawn = artist.draw(&params(|_| {}), &Silent).unwrap();
        let notes = drawn.notes.join(" ");
        assert!(notes.contains("drawn in full precision"), "{notes}");
        assert_eq!(drawn.image, exact.image);
    }
}

#[test]
fn what_is_no_number_in_the_autoencoder_is_decoded_in_full_precision() {
    let folder = copied();
    let file = folder
        .path()
        .join("vae/diffusion_pytorch_model.fp16.safetensors");
    change(&file, |tensors| {
        let name = "decoder.conv_in.bias";
        // One channel that f16 is too narrow for; what norms it makes small numbers of it again.
        let mut values = vec![0.0_f32; tensors[name].elem_count()];
        values[0] = 1e5;
        let bias = Tensor::new(values, &Device::Cpu).unwrap();
        tensors.insert(name.to_owned(), bias);
    });
    let exact = artist_of(folder.path()).draw(&params(|_| {}), &Silent);
    let exact = exact.unwrap();
    for resident in [true, false] {
        let plan = Plan {
            vae: DType::F16,
            resident,
            ..artist_of(folder.path()).plan()
        };
        let usual = artist_of(folder.path()).memory_bytes();
        let booking = Booking::alone(2 * usual, usual);
        let artist = artist_of(folder.path()).with_plan(plan);
        let mut artist = artist.with_booking(booking.clone());
        // Each time anew.
        for _ in 0..2 {
            let drawn = artist.draw(&params(|_| {}), &Silent).unwrap();
            assert_eq!(drawn.image, exact.image);
            assert_eq!(booking.bytes(), usual);
        }
    }
}

#[test]
fn full_precision_for_which_there_is_no_room_is_an_error_that_says_so() {
    let folder = too_large_for_blocks();
    let checkpoint = Checkpoint::open(&[folder.path().to_owned()]).unwrap();
    let identity = songwright_tests::small_model("SDXL-Turbo");
    let artist = SdxlArtist::new(checkpoint, &identity, Device::Cpu, 1).unwrap();
    let plan = Plan {
        blocks: Some(GgmlDType::Q8_0),
        ..artist.plan()
    };
    let mut artist = artist.with_plan(plan);
    let error = artist.draw(&params(|_| {}), &Silent).err().unwrap();
    assert_eq!(error.code().http_status(), 500);
    let said = error.to_string();
    assert!(
        said.contains("no room") && said.contains("memory_budget_mib"),
        "{said}"
    );
}

/// How far two pictures are apart: the mean over all values, 0 to 255.
fn apart(a: &image::RgbImage, b: &image::RgbImage) -> f64 {
    let apart = a.as_raw().iter().zip(b.as_raw());
    let sum: u64 = apart.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.as_raw().len() as f64
}

#[test]
fn a_smaller_plan_draws_nearly_the_same() {
    let whole = artist();
    assert_eq!((whole.plan().blocks, whole.plan().resident), (None, true));
    let checkpoint = Checkpoint::open(&[small().clone()]).unwrap();
    let identity = songwright_tests::small_model("SDXL-Turbo");
    let mut staged = SdxlArtist::new(checkpoint, &identity, Device::Cpu, 1).unwrap();
    let Plan {
        blocks, resident, ..
    } = staged.plan();
    assert!(blocks.is_some() && !resident);
    let (mut whole, asked) = (whole, params(|_| {}));
    let exact = whole.draw(&asked, &Silent).unwrap().image;
    let light = staged.draw(&asked, &Silent).unwrap().image;
    let mean = apart(&exact, &light);
    assert!(mean < 24.0, "{mean}");
}
