use std::{collections::HashMap, fs, path::Path};

use candle_core::{DType, Device, Tensor};
use songwright_base::Silent;
use songwright_cover::{
    CoverArtist as _,
    sdxl::{Checkpoint, Plan},
};

use crate::{artist_of, params, small};

/// The small checkpoint again, for changing it.
fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(small(), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
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
fn change(file: &Path, change: impl FnOnce(&mut HashMap<String, Tensor>)) {
    let mut tensors = candle_core::safetensors::load(file, &Device::Cpu).unwrap();
    change(&mut tensors);
    // The old file may be mapped.
    fs::remove_file(file).unwrap();
    candle_core::safetensors::save(&tensors, file).unwrap();
}

const UNET: &str = "unet/diffusion_pytorch_model.fp16.safetensors";

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
        crate::artist()
            .draw(&params(|_| {}), &Silent)
            .unwrap()
            .image
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
    assert!(
        made.notes[0].contains("distilled to 4 steps"),
        "{:?}",
        made.notes
    );
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
        change(&folder.path().join(file), |tensors| {
            let bad = Tensor::full(f32::NAN, tensors[name].dims(), &Device::Cpu).unwrap();
            let bad = bad.to_dtype(DType::BF16).unwrap();
            tensors.insert(name.to_owned(), bad);
        });
        let error = artist_of(folder.path()).draw(&params(|_| {}), &Silent);
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("no picture") && error.contains("models verify"),
            "{error}"
        );
    }
}

#[test]
fn a_smaller_plan_draws_nearly_the_same() {
    let whole = crate::artist();
    assert_eq!((whole.plan().blocks, whole.plan().resident), (None, true));
    let checkpoint = Checkpoint::open(&[small().clone()]).unwrap();
    let identity = songwright_tests::small_model("SDXL-Turbo");
    let mut staged =
        songwright_cover::sdxl::SdxlArtist::new(checkpoint, &identity, Device::Cpu, 1).unwrap();
    let Plan {
        blocks, resident, ..
    } = staged.plan();
    assert!(blocks.is_some() && !resident);
    let (mut whole, asked) = (whole, params(|_| {}));
    let exact = whole.draw(&asked, &Silent).unwrap().image;
    let light = staged.draw(&asked, &Silent).unwrap().image;
    let apart = exact.as_raw().iter().zip(light.as_raw());
    let sum: u64 = apart.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = sum as f64 / exact.as_raw().len() as f64;
    assert!(mean < 24.0, "{mean}");
}
