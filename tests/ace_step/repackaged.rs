use std::{collections::HashMap, fs, path::Path};

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor},
};
use songwright_audio::Pcm;
use songwright_base::Silent;
use songwright_music::{
    Composer as _,
    ace_step::{Checkpoint, Error, Part, quantise},
};
use songwright_nn::weights::BlockType;
use songwright_tests::synthetic::{Measure, write_ace_step};

use crate::{composer, composer_of, params, watcher::Watcher};

const FILES: [(&str, &str); 4] = [
    (
        "ace_step_transformer/diffusion_pytorch_model.safetensors",
        "model.diffusion_model.",
    ),
    (
        "music_dcae_f8c8/diffusion_pytorch_model.safetensors",
        "vae.dcae.",
    ),
    (
        "music_vocoder/diffusion_pytorch_model.safetensors",
        "vae.vocoder.",
    ),
    (
        "umt5-base/model.safetensors",
        "text_encoders.umt5base.transformer.",
    ),
];

fn song(folder: &Path) -> Pcm {
    let checkpoint = Checkpoint::open(folder).unwrap();
    let made = composer_of(checkpoint).compose(&params(1.0, 9), &Silent);
    made.unwrap().mix
}

/// The cosine of the angle between two songs.
fn likeness(a: &Pcm, b: &Pcm) -> f64 {
    let dot = |a: &Pcm, b: &Pcm| -> f64 {
        let pairs = a.samples.iter().zip(&b.samples);
        pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// ComfyUI's file of all networks, out of the published ones.
fn repackage(folder: &Path) {
    let mut all: HashMap<String, Tensor> = HashMap::new();
    for (file, prefix) in FILES {
        let file = folder.join(file);
        let tensors = candle_core::safetensors::load(&file, &Device::Cpu).unwrap();
        fs::remove_file(file).unwrap();
        all.extend(
            tensors
                .into_iter()
                .map(|(name, tensor)| (format!("{prefix}{name}"), tensor)),
        );
    }
    let file = folder.join("ace_step_v1_3.5b.safetensors");
    candle_core::safetensors::save(&all, file).unwrap();
    let tokenizer = folder.join("umt5-base/tokenizer.json");
    fs::rename(tokenizer, folder.join("tokenizer.json")).unwrap();
}

#[test]
fn comfyui_s_file_makes_the_same_song() {
    let folder = tempfile::tempdir().unwrap();
    write_ace_step(folder.path(), Measure::Small, 7).unwrap();
    repackage(folder.path());
    let plain = composer().compose(&params(1.0, 9), &Silent).unwrap().mix;
    assert_eq!(song(folder.path()), plain);
    // Without its configuration a file has the published measures, which this one has not.
    fs::remove_file(folder.path().join("music_vocoder/config.json")).unwrap();
    let said = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(said.contains("ace_step_v1_3.5b.safetensors"), "{said}");
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    fs::remove_file(folder.path().join("ace_step_v1_3.5b.safetensors")).unwrap();
    let said = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(said.contains("models install"), "{said}");
}

#[test]
fn a_quantised_transformer_sings_nearly_the_same() {
    let folder = tempfile::tempdir().unwrap();
    write_ace_step(folder.path(), Measure::Small, 7).unwrap();
    let whole = Checkpoint::open(folder.path()).unwrap();
    let plain = song(folder.path());
    for (to, blocks, least) in [
        (BlockType::Q8_0, GgmlDType::Q8_0, 0.98),
        // Rows that are no multiple of these blocks have eight bits.
        (BlockType::Q6K, GgmlDType::Q6K, 0.97),
        (BlockType::Q4K, GgmlDType::Q4K, 0.9),
    ] {
        let part = folder.path().join("ace_step_transformer");
        let out = part.join(format!("{}.gguf", to.word()));
        quantise(&whole, to, &out, &Silent).unwrap();
        let quantised = Checkpoint::open(folder.path()).unwrap();
        assert_eq!(quantised.file(Part::Transformer), out);
        assert_eq!(quantised.stored_blocks(), Some(blocks));
        let made = composer_of(quantised);
        assert_eq!(made.needs().plan.blocks, Some(blocks));
        let likeness = likeness(&plain, &song(folder.path()));
        assert!(likeness > least && likeness < 1.0, "{to:?}: {likeness}");
        fs::remove_file(out).unwrap();
    }
}

#[test]
fn a_gguf_file_with_names_of_another_program_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write_ace_step(folder.path(), Measure::Small, 7).unwrap();
    let whole = Checkpoint::open(folder.path()).unwrap();
    let ours = folder.path().join("ace_step_transformer/ours.gguf");
    quantise(&whole, BlockType::Q8_0, &ours, &Silent).unwrap();
    let own = song(folder.path());
    // The same tensors as a repackager names them, beside the published folders.
    let mut file = fs::File::open(&ours).unwrap();
    let content = candle_core::quantized::gguf_file::Content::read(&mut file).unwrap();
    let named: Vec<_> = content
        .tensor_infos
        .keys()
        .map(|name| {
            let tensor = content.tensor(&mut file, name, &Device::Cpu).unwrap();
            (format!("model.diffusion_model.{name}"), tensor)
        })
        .collect();
    let named: Vec<_> = named.iter().map(|(name, t)| (name.as_str(), t)).collect();
    let mut other = fs::File::create(folder.path().join("theirs.gguf")).unwrap();
    candle_core::quantized::gguf_file::write(&mut other, &[], &named).unwrap();
    fs::remove_file(&ours).unwrap();
    fs::remove_file(folder.path().join(FILES[0].0)).unwrap();
    assert_eq!(song(folder.path()), own);
}

#[test]
fn a_gguf_file_in_blocks_that_are_slow_here_has_eight_bits_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    write_ace_step(folder.path(), Measure::Small, 7).unwrap();
    let plain = song(folder.path());
    let whole = Checkpoint::open(folder.path()).unwrap();
    let ours = folder.path().join("ace_step_transformer/ours.gguf");
    quantise(&whole, BlockType::Q8_0, &ours, &Silent).unwrap();
    let mut file = fs::File::open(&ours).unwrap();
    let content = candle_core::quantized::gguf_file::Content::read(&mut file).unwrap();
    let coarse: Vec<_> = content
        .tensor_infos
        .iter()
        .map(|(name, info)| {
            let tensor = content.tensor(&mut file, name, &Device::Cpu).unwrap();
            if info.ggml_dtype != GgmlDType::Q8_0 {
                return (name, tensor);
            }
            let floats = tensor.dequantize(&Device::Cpu).unwrap();
            (name, QTensor::quantize(&floats, GgmlDType::Q4_0).unwrap())
        })
        .collect();
    let coarse: Vec<_> = coarse.iter().map(|(name, t)| (name.as_str(), t)).collect();
    let theirs = folder.path().join("ace_step_transformer/a.gguf");
    let mut out = fs::File::create(&theirs).unwrap();
    candle_core::quantized::gguf_file::write(&mut out, &[], &coarse).unwrap();
    fs::remove_file(&ours).unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    assert_eq!(checkpoint.stored_blocks(), Some(GgmlDType::Q4_0));
    let plan = composer_of(checkpoint).needs().plan;
    assert_eq!(plan.blocks, Some(GgmlDType::Q8_0));
    let likeness = likeness(&plain, &song(folder.path()));
    assert!(likeness > 0.8 && likeness < 1.0, "{likeness}");
}

#[test]
fn quantising_that_is_cancelled_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("x.gguf");
    let checkpoint = Checkpoint::open(crate::small().clone()).unwrap();
    let watcher = Watcher::that_cancels_at(songwright_base::Stage::Load, 3);
    let end = quantise(&checkpoint, BlockType::Q8_0, &out, &watcher);
    assert!(matches!(end, Err(Error::Cancelled)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
