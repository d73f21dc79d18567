//! What a grammar costs: tokens that are drawn one after the other, of all or of those that a verse's grammar allows.

use std::{fs::File, io::Read as _, path::Path};

use anyhow::{Context as _, Result};
use candle_core::{Device, Tensor};
use llguidance::Matcher;
use songwright_base::{SectionKind, Seed};
use songwright_lyrics::{
    Measure, Tongue,
    qwen::{Grammars, Sampler, Sampling, Tokenizer, section_grammar},
};
use songwright_nn::qwen::{Cache, Qwen};
use songwright_stages::Stage;

/// The sign that ends an answer.
const END: &str = "<|im_end|>";
/// Lines of a verse.
const LINES: usize = 4;

/// Draws `count` tokens of all there are behind those in the cache.
pub(crate) fn free(model: Qwen, mut cache: Cache, count: u32) -> Stage {
    let from = cache.len();
    Box::new(move || {
        cache.truncate(from);
        let mut sampler = Sampler::new(Sampling::default(), Seed(1));
        let mut token = 1;
        for _ in 0..count {
            let logits = next(&model, token, &mut cache)?;
            token = sampler.draw(&logits, None)?.token;
        }
        Ok(())
    })
}

/// Draws as many that are a verse, and another one behind it.
pub(crate) fn verse(model: Qwen, mut cache: Cache, count: u32) -> Result<Stage> {
    let tokenizer = tokenizer()?;
    let end = tokenizer.sign(END).context("no sign of the end")?;
    let grammars = Grammars::new(&tokenizer, model.config().vocab_size, &[end])?;
    let from = cache.len();
    Ok(Box::new(move || {
        cache.truncate(from);
        let mut sampler = Sampler::new(Sampling::default(), Seed(1));
        let mut verse = begun(&grammars)?;
        let mut token = 1;
        for _ in 0..count {
            if verse.is_stopped() {
                verse = begun(&grammars)?;
            }
            // What is forced is no token that is drawn: both sides pass through the network equally often.
            verse.consume_ff_tokens();
            let (logits, allowed) = rayon::join(
                || next(&model, token, &mut cache),
                || verse.compute_mask_or_eos(),
            );
            token = sampler.draw(&logits?, Some(&allowed?))?.token;
            verse.consume_token(token)?;
        }
        Ok(())
    }))
}

fn begun(grammars: &Grammars) -> Result<Matcher> {
    let measure = Measure::heard(&[]);
    let lark = section_grammar((SectionKind::Verse, LINES), measure, &Tongue::of_text(""));
    Ok(grammars.matcher(&lark)?)
}

fn next(model: &Qwen, token: u32, cache: &mut Cache) -> Result<Vec<f32>> {
    let tokens = Tensor::new(&[token], &Device::Cpu)?.unsqueeze(0)?;
    Ok(model.next(&tokens, cache)?.squeeze(0)?.to_vec1()?)
}

/// Qwen3's own, which is among the goldens.
fn tokenizer() -> Result<Tokenizer> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/golden/qwen/tokenizer.json.gz"
    );
    let mut json = Vec::new();
    flate2::read::GzDecoder::new(File::open(file)?).read_to_end(&mut json)?;
    Ok(Tokenizer::from_json(&json, Path::new("tokenizer.json"))?)
}
