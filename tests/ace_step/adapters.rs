use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device, Tensor};
use songwright_audio::Pcm;
use songwright_base::{EngineError, Silent};
use songwright_music::{Composer as _, ace_step::AdapterFolder};

use crate::{composer, params};

/// Writes an adapter of rank 2 for one matrix, under names that start with `prefix`.
fn write(file: &Path, prefix: &str, place: &str, sides: (usize, usize)) {
    write_other(file, (prefix, place), sides, 0.7);
}

/// Another one for each `by`.
fn write_other(file: &Path, (prefix, place): (&str, &str), sides: (usize, usize), by: f32) {
    let (inputs, outputs) = sides;
    let tensor = |rows: usize, columns: usize| {
        let values: Vec<f32> = (0..rows * columns).map(|i| (i as f32 * by).sin()).collect();
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
fn an_adapter_of_peft_has_the_scale_that_its_config_says() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("plain.safetensors"), "", PLACE, (64, 64));
    // Of rank 2: an alpha of 4 is twice the product, and four over the root of two.
    for (name, config) in [
        ("twice", r#"{"peft_type": "LORA", "r": 2, "lora_alpha": 4}"#),
        ("root", r#"{"r": 2, "lora_alpha": 4, "use_rslora": true}"#),
        (
            "own",
            r#"{"r": 2, "lora_alpha": 9, "alpha_pattern": {"attn.to_q": 1}}"#,
        ),
        ("dora", r#"{"r": 2, "lora_alpha": 4, "use_dora": true}"#),
        ("broken", r#"{"r": 2}"#),
    ] {
        std::fs::create_dir(at(name)).unwrap();
        let file = at(name).join("adapter_model.safetensors");
        write(&file, "base_model.model.", PLACE, (64, 64));
        std::fs::write(at(name).join("adapter_config.json"), config).unwrap();
    }
    // A name as a trainer saves it, with its own alpha.
    let tensors = candle_core::safetensors::load(at("plain.safetensors"), &Device::Cpu).unwrap();
    let mut trained: HashMap<String, Tensor> = tensors
        .into_iter()
        .map(|(name, tensor)| (name.replace(".weight", ".default.weight"), tensor))
        .collect();
    let alpha = Tensor::full(4.0_f32, (), &Device::Cpu).unwrap();
    trained.insert(format!("{PLACE}.alpha"), alpha);
    candle_core::safetensors::save(&trained, at("trained.safetensors")).unwrap();

    let made = |name: &str, strength: f64| song(folder.path(), &[(name, strength)]);
    let plain = |strength| made("plain", strength).unwrap();
    assert_eq!(made("twice", 1.0).unwrap(), plain(2.0));
    assert_eq!(made("trained", 1.0).unwrap(), plain(2.0));
    assert_eq!(made("own", 2.0).unwrap(), plain(1.0));
    let root = made("root", 1.0).unwrap();
    assert!(root != plain(2.0) && root != plain(1.0));
    for (name, said) in [("dora", "DoRA"), ("broken", "adapter_config.json")] {
        let error = made(name, 1.0).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
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
fn an_adapter_that_was_replaced_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rap")).unwrap();
    let file = folder.path().join("rap/adapter_model.safetensors");
    let mut composer = composer().with_adapters(AdapterFolder::at(folder.path()));
    let mut made = || {
        let mut params = params(1.0, 4);
        params.diffusion.loras = vec![("rap".to_owned(), 1.0)];
        composer.compose(&params, &Silent).unwrap().mix
    };
    write_other(&file, ("", PLACE), (64, 64), 0.7);
    let first = made();
    assert_eq!(first, made());
    // As long as the one before.
    let length = std::fs::metadata(&file).unwrap().len();
    write_other(&file, ("", PLACE), (64, 64), 0.3);
    assert_eq!(std::fs::metadata(&file).unwrap().len(), length);
    let other = made();
    assert_ne!(other, first);
    // Its configuration is a part of it.
    let config = folder.path().join("rap/adapter_config.json");
    std::fs::write(config, r#"{"r": 2, "lora_alpha": 4}"#).unwrap();
    assert_ne!(made(), other);
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
