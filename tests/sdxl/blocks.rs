//! UNets in blocks: ours, and those of other programs.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Value},
    },
};
use image::RgbImage;
use songwright_base::Silent;
use songwright_cover::{
    CoverArtist as _,
    sdxl::{Checkpoint, Error, Part, quantise},
};
use songwright_nn::weights::BlockType;
use songwright_tests::sdxl::write_wide_sdxl;

use crate::{
    artist_of,
    checkpoints::{UNET, copy},
    params,
    watcher::Watcher,
};

/// A checkpoint whose matrices are large enough for all kinds of blocks, written once a process.
pub(crate) fn wide() -> &'static PathBuf {
    static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        write_wide_sdxl(folder.path(), 7).unwrap();
        let path = folder.path().to_owned();
        (folder, path)
    });
    path
}

/// The wide checkpoint again, without its UNet.
fn without_unet() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(wide(), folder.path());
    fs::remove_file(folder.path().join(UNET)).unwrap();
    folder
}

fn opened(folder: &Path) -> Result<Checkpoint, Error> {
    Checkpoint::open(&[folder.to_owned()])
}

fn drawn(folder: &Path) -> RgbImage {
    let made = artist_of(folder).draw(&params(|_| {}), &Silent).unwrap();
    made.image
}

/// The cosine between two pictures, what all their pixels share taken away.
fn likeness(a: &RgbImage, b: &RgbImage) -> f64 {
    let centred = |image: &RgbImage| {
        let all: Vec<f64> = image.as_raw().iter().map(|byte| f64::from(*byte)).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        all.into_iter().map(move |value| value - mean).collect()
    };
    let (a, b): (Vec<f64>, Vec<f64>) = (centred(a), centred(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
}

#[test]
fn a_quantised_unet_draws_nearly_the_same() {
    let plain = drawn(wide());
    let whole = opened(wide()).unwrap();
    assert_eq!(whole.stored_blocks(), None);
    let mut size = fs::metadata(wide().join(UNET)).unwrap().len();
    for (to, blocks, least) in [
        (BlockType::Q8_0, GgmlDType::Q8_0, 0.995),
        (BlockType::Q6K, GgmlDType::Q6K, 0.99),
        (BlockType::Q4K, GgmlDType::Q4K, 0.95),
    ] {
        let folder = without_unet();
        let out = folder.path().join(format!("unet/unet-{}.gguf", to.word()));
        quantise(&whole, to, &out, &Silent).unwrap();
        let written = fs::metadata(&out).unwrap().len();
        assert!(written < size, "{to:?}: {written} after {size}");
        size = written;
        let quantised = opened(folder.path()).unwrap();
        assert_eq!(quantised.file(Part::Unet).unwrap(), out);
        assert_eq!(quantised.stored_blocks(), Some(blocks));
        assert_eq!(artist_of(folder.path()).plan().blocks, Some(blocks));
        let likeness = likeness(&plain, &drawn(folder.path()));
        assert!(likeness > least && likeness < 1.0, "{to:?}: {likeness}");
    }
}

#[test]
fn quantising_that_is_cancelled_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("x.gguf");
    let end = quantise(
        &opened(wide()).unwrap(),
        BlockType::Q8_0,
        &out,
        &Watcher::that_cancels_on(3),
    );
    assert!(matches!(end, Err(Error::Cancelled)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn lightning_in_blocks_keeps_its_steps() {
    let folder = without_unet();
    let out = folder.path().join("sdxl_lightning_4step_unet-q8_0.gguf");
    quantise(&opened(wide()).unwrap(), BlockType::Q8_0, &out, &Silent).unwrap();
    assert_eq!(opened(folder.path()).unwrap().steps(), Some(4));
}

/// Diffusers' blocks of three levels of two layers, and the same as the first implementation counts them.
const BLOCKS: [(&str, &str); 36] = [
    ("conv_in", "input_blocks.0.0"),
    ("conv_norm_out", "out.0"),
    ("conv_out", "out.2"),
    ("time_embedding.linear_1", "time_embed.0"),
    ("time_embedding.linear_2", "time_embed.2"),
    ("add_embedding.linear_1", "label_emb.0.0"),
    ("add_embedding.linear_2", "label_emb.0.2"),
    ("down_blocks.0.resnets.0", "input_blocks.1.0"),
    ("down_blocks.0.resnets.1", "input_blocks.2.0"),
    ("down_blocks.0.downsamplers.0.conv", "input_blocks.3.0.op"),
    ("down_blocks.1.resnets.0", "input_blocks.4.0"),
    ("down_blocks.1.attentions.0", "input_blocks.4.1"),
    ("down_blocks.1.resnets.1", "input_blocks.5.0"),
    ("down_blocks.1.attentions.1", "input_blocks.5.1"),
    ("down_blocks.1.downsamplers.0.conv", "input_blocks.6.0.op"),
    ("down_blocks.2.resnets.0", "input_blocks.7.0"),
    ("down_blocks.2.attentions.0", "input_blocks.7.1"),
    ("down_blocks.2.resnets.1", "input_blocks.8.0"),
    ("down_blocks.2.attentions.1", "input_blocks.8.1"),
    ("mid_block.resnets.0", "middle_block.0"),
    ("mid_block.attentions.0", "middle_block.1"),
    ("mid_block.resnets.1", "middle_block.2"),
    ("up_blocks.0.resnets.0", "output_blocks.0.0"),
    ("up_blocks.0.attentions.0", "output_blocks.0.1"),
    ("up_blocks.0.resnets.1", "output_blocks.1.0"),
    ("up_blocks.0.attentions.1", "output_blocks.1.1"),
    ("up_blocks.0.resnets.2", "output_blocks.2.0"),
    ("up_blocks.0.attentions.2", "output_blocks.2.1"),
    ("up_blocks.0.upsamplers.0.conv", "output_blocks.2.2.conv"),
    ("up_blocks.1.resnets.0", "output_blocks.3.0"),
    ("up_blocks.1.attentions.0", "output_blocks.3.1"),
    ("up_blocks.1.resnets.1", "output_blocks.4.0"),
    ("up_blocks.1.attentions.1", "output_blocks.4.1"),
    ("up_blocks.1.resnets.2", "output_blocks.5.0"),
    ("up_blocks.1.attentions.2", "output_blocks.5.1"),
    ("up_blocks.1.upsamplers.0.conv", "output_blocks.5.2.conv"),
];

/// The level without attention, on the way up.
const LAST: [(&str, &str); 3] = [
    ("up_blocks.2.resnets.0", "output_blocks.6.0"),
    ("up_blocks.2.resnets.1", "output_blocks.7.0"),
    ("up_blocks.2.resnets.2", "output_blocks.8.0"),
];

/// Layers of a residual block.
const LAYERS: [(&str, &str); 6] = [
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("conv_shortcut", "skip_connection"),
];

fn original(name: &str) -> String {
    let mut blocks = BLOCKS.iter().chain(&LAST);
    let (place, theirs) = blocks
        .find(|(place, _)| name.starts_with(&format!("{place}.")))
        .unwrap();
    let rest = &name[place.len()..];
    let layer = LAYERS
        .iter()
        .find(|(layer, _)| place.contains("resnets") && rest.starts_with(&format!(".{layer}.")));
    match layer {
        Some((layer, renamed)) => format!("{theirs}.{renamed}{}", &rest[layer.len() + 1..]),
        None => format!("{theirs}{rest}"),
    }
}

/// Writes the wide UNet as ComfyUI-GGUF's converter does: all that is no vector in `blocks`, rows that are no
/// multiple of 256 cut up, and a note of what they were.
fn write_comfy(out: &Path, blocks: GgmlDType, named: impl Fn(&str) -> String) {
    let tensors = candle_core::safetensors::load(wide().join(UNET), &Device::Cpu).unwrap();
    let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    let mut notes = Vec::new();
    let mut all = Vec::new();
    for (name, tensor) in &tensors {
        let name = named(name);
        let mut values = tensor.to_dtype(candle_core::DType::F32).unwrap();
        let (dims, count) = (values.dims().to_vec(), values.elem_count());
        let last = dims.last().copied().unwrap();
        if dims.len() > 1 && count >= 512 && count % 256 == 0 && last % 256 != 0 {
            let sides = dims.iter().map(|side| Value::I32(*side as i32));
            notes.push((
                format!("comfy.gguf.orig_shape.{name}"),
                Value::Array(sides.collect()),
            ));
            values = values.reshape((count / 256, 256)).unwrap();
        }
        let is_whole = dims.len() > 1 && values.dims().last().unwrap() % 256 == 0;
        let dtype = if is_whole { blocks } else { GgmlDType::F32 };
        all.push((name, QTensor::quantize(&values, dtype).unwrap()));
    }
    assert!(!notes.is_empty());
    let notes: Vec<(&str, &Value)> = notes.iter().map(|(name, value)| (&**name, value)).collect();
    let all: Vec<(&str, &QTensor)> = all.iter().map(|(name, tensor)| (&**name, tensor)).collect();
    gguf_file::write(&mut fs::File::create(out).unwrap(), &notes, &all).unwrap();
}

#[test]
fn files_of_other_programs_are_read_by_all_their_names() {
    let plain = drawn(wide());
    for (blocks, least) in [(GgmlDType::Q8_0, 0.99), (GgmlDType::Q4K, 0.9)] {
        let made = |place: &str, named: &dyn Fn(&str) -> String| {
            let folder = without_unet();
            write_comfy(&folder.path().join(place), blocks, named);
            assert_eq!(opened(folder.path()).unwrap().stored_blocks(), Some(blocks));
            drawn(folder.path())
        };
        let diffusers = made("unet/model.gguf", &str::to_owned);
        let likeness = likeness(&plain, &diffusers);
        assert!(likeness > least && likeness < 1.0, "{blocks:?}: {likeness}");
        assert_eq!(diffusers, made("unet/model.gguf", &original));
        let prefixed = |name: &str| format!("model.diffusion_model.{}", original(name));
        assert_eq!(diffusers, made("sdxl.gguf", &prefixed));
    }
}

#[test]
fn a_file_of_something_else_is_refused_by_name() {
    let folder = without_unet();
    let (beside, own) = (
        folder.path().join("words.gguf"),
        folder.path().join("unet/words.gguf"),
    );
    let words = |name: &str| format!("blk.{name}");
    write_comfy(&beside, GgmlDType::Q8_0, words);
    let missing = opened(folder.path()).unwrap_err().to_string();
    assert!(missing.contains("the file is missing"), "{missing}");
    fs::rename(&beside, &own).unwrap();
    let refused = opened(folder.path()).unwrap_err().to_string();
    assert!(
        refused.contains("unet/words.gguf") && refused.contains("no UNet of SDXL"),
        "{refused}"
    );
    // One that is cut off is named too.
    let bytes = fs::read(&own).unwrap();
    fs::write(&own, &bytes[..bytes.len() / 2]).unwrap();
    let refused = opened(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("cut off"), "{refused}");
}
