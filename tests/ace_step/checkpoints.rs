use std::{fs, path::Path};

use candle_core::Device;
use songwright_music::ace_step::{Checkpoint, Error};
use songwright_tests::synthetic::{Measure, write_ace_step};

/// What opening says after a change to the folder.
fn fault(change: impl Fn(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    write_ace_step(folder.path(), Measure::Small, 7).unwrap();
    change(folder.path());
    let error = Checkpoint::open(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Checkpoint { .. }), "{error}");
    error.to_string()
}

const TRANSFORMER: &str = "ace_step_transformer/diffusion_pytorch_model.safetensors";

#[test]
fn a_missing_file_is_named_with_what_to_do() {
    for file in [
        TRANSFORMER,
        "umt5-base/tokenizer.json",
        "music_vocoder/config.json",
    ] {
        let said = fault(|folder| fs::remove_file(folder.join(file)).unwrap());
        assert!(
            said.contains(file) && said.contains("models install"),
            "{said}"
        );
    }
}

#[test]
fn a_file_that_is_cut_off_is_named() {
    let said = fault(|folder| {
        let path = folder.join(TRANSFORMER);
        let length = fs::metadata(&path).unwrap().len();
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(length - 1).unwrap();
    });
    assert!(said.contains(TRANSFORMER), "{said}");
}

#[test]
fn rubbish_is_named() {
    let said = fault(|folder| fs::write(folder.join(TRANSFORMER), vec![0xA5; 4096]).unwrap());
    assert!(said.contains(TRANSFORMER), "{said}");
    let said = fault(|folder| fs::write(folder.join("umt5-base/config.json"), "{}").unwrap());
    assert!(said.contains("umt5-base/config.json"), "{said}");
}

#[test]
fn another_model_s_tensor_is_named() {
    let said = fault(|folder| {
        let path = folder.join("ace_step_transformer/config.json");
        let config = fs::read_to_string(&path).unwrap();
        fs::write(
            path,
            config.replace("\"mlp_ratio\":2.5", "\"mlp_ratio\":3.0"),
        )
        .unwrap();
    });
    assert!(
        said.contains("has the shape") && said.contains("ff."),
        "{said}"
    );
}

#[test]
fn a_turned_matrix_is_named() {
    let said = fault(|folder| {
        let path = folder.join(TRANSFORMER);
        let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
        let turned = tensors
            .iter()
            .find_map(|(name, tensor)| match tensor.dims() {
                [rows, columns] if rows != columns && rows.min(columns) > &1 => {
                    let turned = tensor.t().unwrap().contiguous().unwrap();
                    Some((name.clone(), turned))
                }
                _ => None,
            });
        tensors.extend(turned);
        fs::remove_file(&path).unwrap();
        candle_core::safetensors::save(&tensors, path).unwrap();
    });
    assert!(
        said.contains("has the shape") && said.contains("models install"),
        "{said}"
    );
}
