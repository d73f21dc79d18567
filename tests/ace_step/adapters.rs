use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device, Tensor};
use songwright_audio::Pcm;
use songwright_base::{EngineError, Silent};
use songwright_music::{Composer as _, ace_step::AdapterFolder};

use crate::{composer, params};

/// Writes an adapter of rank 2 for one matrix, under names that start with `prefix`.
fn write(file: &Path, prefix: &str, place: &str, (inputs, outputs): (usize, usize)) {
    let tensor = |rows: usize, columns: usize| {
        let values: Vec<f32> = (0..rows * columns)
            .map(|i| (i as f32 * 0.7).sin())
            .collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
    };
    let tensors = HashMap::from([
        (format!("{prefix}{place}.lora_A.weight"), tensor(2, inputs)),
        (format!("{prefix}{place}.lora_B.weight"), tensor(outputs, 2)),
    ]);
    candle_core::safetensors::save(&tensors, file).unwrap();
    assert_eq!(tensors.values().next().unwrap().dtype(), DType::F32);
}

/// A song with adapters, and their strengths, of a folder.
fn song(folder: &Path, loras: &[(&str, f64)]) -> Result<Pcm, EngineError> {
    let mut params = params(1.0, 4);
    let chosen = loras
        .iter()
        .map(|(name, weight)| ((*name).to_owned(), *weight));
    params.diffusion.loras = chosen.collect();
    let mut composer = composer().with_adapters(AdapterFolder::at(folder));
    Ok(composer.compose(&params, &Silent)?.mix)
}

const PLACE: &str = "transformer_blocks.0.attn.to_q";

#[test]
fn an_adapter_is_heard_as_strongly_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("rap.safetensors"), "", PLACE, (64, 64));
    std::fs::create_dir(at("choir")).unwrap();
    let inside = at("choir/pytorch_lora_weights.safetensors");
    write(
        &inside,
        "base_model.model.",
        "transformer_blocks.1.cross_attn.to_out.0",
        (64, 64),
    );
    assert_eq!(AdapterFolder::at(folder.path()).names(), ["choir", "rap"]);
    let made = |loras: &[(&str, f64)]| song(folder.path(), loras).unwrap();
    let plain = made(&[]);
    assert_eq!(plain, made(&[("rap", 0.0)]));
    let rap = made(&[("rap", 1.0)]);
    assert!(rap != plain && rap != made(&[("rap", 0.5)]) && rap != made(&[("choir", 1.0)]));
    assert_ne!(rap, made(&[("rap", 1.0), ("choir", 1.0)]));
}

#[test]
fn one_composer_changes_adapters_from_song_to_song() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("rap.safetensors"),
        "transformer.",
        PLACE,
        (64, 64),
    );
    let mut composer = composer().with_adapters(AdapterFolder::at(folder.path()));
    let mut made = |loras: Vec<(String, f64)>| {
        let mut params = params(1.0, 4);
        params.diffusion.loras = loras;
        composer.compose(&params, &Silent).unwrap().mix
    };
    let plain = made(Vec::new());
    assert_ne!(plain, made(vec![("rap".to_owned(), 1.0)]));
    assert_eq!(plain, made(Vec::new()));
}

#[test]
fn an_adapter_that_is_none_or_another_model_s_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("wide.safetensors"), "", PLACE, (128, 64));
    write(
        &at("other.safetensors"),
        "",
        "unet.mid_block.to_q",
        (64, 64),
    );
    std::fs::write(at("rubbish.safetensors"), b"no adapter").unwrap();
    let said = |name: &str| {
        let error = song(folder.path(), &[(name, 1.0)]).unwrap_err();
        assert!(matches!(error, EngineError::Unsupported { .. }), "{error}");
        error.to_string()
    };
    for name in ["wide", "other", "rubbish"] {
        assert!(said(name).contains(name), "{}", said(name));
    }
    assert!(
        said("unknown").contains("other, rubbish, wide"),
        "{}",
        said("unknown")
    );
    assert!(
        said("../wide").contains("There is no adapter"),
        "{}",
        said("../wide")
    );
}
