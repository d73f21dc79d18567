//! The autoencoder, the vocoder, and what lies around them.

use anyhow::{Context as _, Result, ensure};
use candle_core::{D, DType, Device, Tensor};
use serde_json::Value;
use songwright_audio::Resampler;
use songwright_base::Silent;
use songwright_music::ace_step::{
    LogMel, bank,
    codec::{Chunks, CodecDecoder, CodecEncoder},
    model::{
        dcae::{DcaeConfig, DcaeDecoder, DcaeEncoder},
        vocoder::{Vocoder, VocoderConfig},
    },
};
use songwright_nn::Weights;

use crate::{
    compare::{PASS, close, difference},
    set::Set,
    transformer::weights,
};

/// Chunks against the whole: −60 dB.
const CHUNKED: f64 = 1e-3;

fn part<T: serde::de::DeserializeOwned>(json: &Value, key: &str) -> Result<T> {
    Ok(serde_json::from_value(
        json.get(key).unwrap_or(json).clone(),
    )?)
}

pub(crate) fn dcae(set: &Set, file: &str) -> Result<()> {
    let (json, tensors) = (set.json(file)?, set.tensors(file)?);
    let config: DcaeConfig = part(&json, "config")?;
    let weights = weights(set, file)?;
    let encoder = DcaeEncoder::load(&weights, &config)?;
    let decoder = DcaeDecoder::load(&weights, &config)?;
    let stages = config.decoder_block_out_channels.len();
    for suffix in ["", "_small"] {
        let (mel, latents) = (format!("mel{suffix}"), format!("latents{suffix}"));
        if !tensors.has(&mel) {
            continue;
        }
        let (out_mel, out_latents) = (format!("out_{mel}"), format!("out_{latents}"));
        let found = encoder.forward(&tensors.f32(&mel)?)?;
        let wanted = tensors.f32(&out_latents)?;
        close(&out_latents, &found, &wanted, PASS)?;
        for chunk in [1, 2, 5] {
            let found = encoder
                .forward_in_chunks(&tensors.f32(&mel)?, chunk, &mut |_, _| true)?
                .context("stopped")?;
            close("encoded in chunks", &found, &wanted, PASS)?;
        }
        let latents = tensors.f32(&latents)?;
        let wanted = tensors.f32(&out_mel)?;
        close(&out_mel, &decoder.forward(&latents)?, &wanted, PASS)?;
        for chunk in [1, 2, 5] {
            let found = decoder
                .forward_in_chunks(&latents, chunk, &mut |_, _| true)?
                .context("stopped")?;
            close("in chunks", &found, &wanted, PASS)?;
        }
    }
    if tensors.has("out_enc_down0") {
        let down = encoder.stages(&tensors.f32("mel")?, stages)?;
        let up = decoder.stages(&tensors.f32("latents")?, stages)?;
        for i in 0..stages {
            let (name, coarse) = (
                format!("out_enc_down{i}"),
                format!("out_dec_up{}", stages - 1 - i),
            );
            close(&name, &down[i], &tensors.f32(&name)?, PASS)?;
            close(&coarse, &up[i], &tensors.f32(&coarse)?, PASS)?;
        }
    }
    Ok(())
}

pub(crate) fn vocoder(set: &Set, file: &str) -> Result<()> {
    let (json, tensors) = (set.json(file)?, set.tensors(file)?);
    let config: VocoderConfig = part(&json, "config")?;
    let vocoder = Vocoder::load(&weights(set, file)?, &config)?;
    let mel = tensors.f32("mel")?;
    let features = vocoder.features(&mel)?;
    close("backbone", &features, &tensors.f32("out_backbone")?, PASS)?;
    for (i, name) in ["out_stem", "out_stage0"].iter().enumerate() {
        if tensors.has(name) {
            let found = vocoder.backbone_parts(&mel)?;
            close(name, &found[i], &tensors.f32(name)?, PASS)?;
        }
    }
    for (i, name) in ["out_conv_pre", "out_up0", "out_resblock0"]
        .iter()
        .enumerate()
    {
        if tensors.has(name) {
            let found = vocoder.head_parts(&features)?;
            close(name, &found[i], &tensors.f32(name)?, PASS)?;
        }
    }
    let out = if tensors.has("out") { "out" } else { "out_wav" };
    let wanted = tensors.f32(out)?;
    let found = vocoder.forward(&mel)?;
    close(out, &found, &wanted, PASS)?;
    if tensors.has("out_short") {
        let short = tensors.f32("out_short")?;
        let frames = short.dim(D::Minus1)? / config.hop_length;
        let found = vocoder.forward(&mel.narrow(0, 0, 1)?.narrow(2, 0, frames)?)?;
        close("out_short", &found, &short, PASS)?;
    }
    let row = vocoder.forward(&mel.narrow(0, 0, 1)?)?;
    close("one row", &row, &wanted.narrow(0, 0, 1)?, PASS)
}

pub(crate) fn log_mel(set: &Set, file: &str) -> Result<()> {
    let tensors = set.tensors(file)?;
    let wave = tensors.f32("wav")?.to_vec2::<f32>()?;
    let log_mel = LogMel::new();
    close("out", &log_mel.forward(&wave)?, &tensors.f32("out")?, PASS)?;
    if tensors.has("out_linear") {
        let wanted = tensors.f32("out_linear")?;
        let found = log_mel.linear(&wave)?;
        let found = found.narrow(2, 0, wanted.dim(2)?)?;
        close("linear", &found, &wanted, PASS)?;
        let window = Tensor::new(log_mel.window(), &Device::Cpu)?;
        close("window", &window, &tensors.f32("window")?, PASS)?;
        let bank = Tensor::new(bank(), &Device::Cpu)?.t()?;
        close("bank", &bank, &tensors.f32("mel_fb")?, PASS)?;
    }
    Ok(())
}

pub(crate) fn resample(set: &Set, file: &str) -> Result<()> {
    let tensors = set.tensors(file)?;
    for name in tensors.0.keys() {
        let parts: Vec<&str> = name.split('_').collect();
        let ["out" | "kernel", from, to] = parts[..] else {
            continue;
        };
        let resampler = Resampler::new(from.parse()?, to.parse()?);
        let wanted = tensors.f32(name)?;
        let found = if parts[0] == "kernel" {
            let rows = (0..resampler.phases()).map(|phase| resampler.row(phase));
            Tensor::new(rows.collect::<Vec<_>>(), &Device::Cpu)?
        } else {
            let x = tensors.f32(&format!("x_{from}_{to}"))?.to_vec2::<f32>()?;
            let channels = x.iter().map(|x| converted(&resampler, x));
            Tensor::new(channels.collect::<Result<Vec<_>>>()?, &Device::Cpu)?
        };
        close(name, &found, &wanted, 1e-5)?;
    }
    Ok(())
}

fn converted(resampler: &Resampler, channel: &[f32]) -> Result<Vec<f32>> {
    resampler
        .channel(channel, &Silent)
        .context("nobody cancels")
}

fn both(resampler: &Resampler, [left, right]: &[Vec<f32>; 2]) -> Result<[Vec<f32>; 2]> {
    Ok([converted(resampler, left)?, converted(resampler, right)?])
}

/// From audio to latents and back.
pub(crate) fn music_dcae(set: &Set, file: &str) -> Result<()> {
    let (json, tensors) = (set.json(file)?, set.tensors(file)?);
    let dcae: DcaeConfig = part(&json, "dcae")?;
    let all = weights(set, file)?;
    let encoder = CodecEncoder::new(DcaeEncoder::load(&all.pp("dcae"), &dcae)?);
    let decoder = decoder(&json, &all)?;
    let rate = json["input_sample_rate"].as_u64().context("no rate")?;
    let to_codec = Resampler::new(u32::try_from(rate)?, 44_100);
    let audio = tensors.f32("audio")?.to_vec2::<f32>()?;
    let channels = [
        converted(&to_codec, &audio[0])?,
        converted(&to_codec, &audio[1])?,
    ];
    let like = Tensor::zeros(1, DType::F32, &Device::Cpu)?;
    let encoded = |chunk| encoder.encode(&channels, &like, chunk, &mut |_, _| true);
    let wanted = tensors.f32("out_latents")?;
    for chunk in [usize::MAX, 7, 1] {
        close("latents", &encoded(chunk)?.squeeze(0)?, &wanted, PASS)?;
    }

    let latents = tensors.f32("latents")?.unsqueeze(0)?;
    let wave = decoder.decode(&latents, Chunks::whole(), &mut |_, _, _| true)?;
    let found = Tensor::new(wave.to_vec(), &Device::Cpu)?;
    close("44.1 kHz", &found, &tensors.f32("out_wav_44100")?, PASS)?;
    let up = Resampler::new(44_100, 48_000);
    let found = Tensor::new(both(&up, &wave)?.to_vec(), &Device::Cpu)?;
    close("48 kHz", &found, &tensors.f32("out_wav_48000")?, PASS)?;
    long(&json, &decoder, &tensors)
}

/// A long latent: in chunks as in one piece, and nearer to it than the reference's overlapped decode.
fn long(json: &Value, decoder: &CodecDecoder, tensors: &crate::set::Tensors) -> Result<()> {
    let latents = tensors.f32("overlap_latents")?.unsqueeze(0)?;
    let every = usize::try_from(json["every"].as_u64().context("no every")?)?;
    let up = Resampler::new(44_100, 48_000);
    let wave = decoder.decode(&latents, Chunks::default(), &mut |_, _, _| true)?;
    let wave = both(&up, &wave)?;
    let lengths = tensors.integers("out_full_len")?.to_vec1::<i64>()?;
    ensure!(
        i64::try_from(wave[0].len())? == lengths[1],
        "{} samples, not {lengths:?}",
        wave[0].len()
    );
    let picked: Vec<Vec<f32>> = wave
        .iter()
        .map(|channel| channel.iter().copied().step_by(every).collect())
        .collect();
    let found = Tensor::new(picked, &Device::Cpu)?;
    let whole = tensors.f32("out_full_every")?;
    close("in chunks", &found, &whole, CHUNKED)?;
    let width = whole.dim(1)?.min(tensors.f32("out_overlap_every")?.dim(1)?);
    let cut = |x: &Tensor| x.narrow(1, 0, width);
    let (ours, theirs) = (
        difference(&cut(&found)?, &cut(&whole)?)?,
        difference(&cut(&tensors.f32("out_overlap_every")?)?, &cut(&whole)?)?,
    );
    ensure!(
        ours < theirs,
        "chunks differ by {ours:.2e}, the reference's by {theirs:.2e}"
    );
    Ok(())
}

fn decoder(json: &Value, weights: &Weights) -> Result<CodecDecoder> {
    Ok(CodecDecoder {
        dcae: DcaeDecoder::load(&weights.pp("dcae"), &part(json, "dcae")?)?,
        vocoder: Vocoder::load(&weights.pp("vocoder"), &part(json, "vocoder")?)?,
    })
}
