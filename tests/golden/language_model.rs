//! Qwen2 and Qwen3.

use std::{collections::HashMap, fs::File, path::Path};

use anyhow::{Context as _, Result, ensure};
use candle_core::{
    DType, Device, Tensor,
    quantized::{GgmlDType, QTensor, gguf_file},
};
use songwright_nn::{
    Weights,
    qwen::{Cache, Config, Family, GgufNames, Qwen, llama_name},
    weights::{Gguf, Memory},
};

use crate::{
    compare::{alike, close},
    set::{Set, Tensors},
};

/// Relative to the largest logit, which is between 3 and 18: the goldens allow 1e-3 of each.
const LOGITS: f64 = 1e-4;
/// The cosine that logits in bf16 have at least.
const HALF: f64 = 0.999;
/// The cosine that logits of weights in `Q8_0` have at least.
const QUANTISED: f64 = 0.999;
/// Where the best two tokens are nearer than this, either may be chosen.
const MARGIN: f32 = 1e-3;

struct Case {
    config: Config,
    weights: HashMap<String, Tensor>,
    io: Tensors,
}

pub(crate) fn check(set: &Set, file: &str) -> Result<()> {
    let text = set.json(&format!("{file}.config"))?.to_string();
    let case = Case {
        config: Config::from_json(&text, Path::new(file))?,
        weights: set.tensors(&format!("{file}.weights"))?.0,
        io: set.tensors(&format!("{file}.io"))?,
    };
    let model = case.load(DType::F32, None)?;
    case.prefill_and_decode(&model)?;
    case.batch(&model)?;
    case.long(&model)?;
    case.gguf(&model)?;
    let half = case.load(DType::BF16, None)?;
    case.like(&half, "bf16", HALF)?;
    let quantised = case.load(DType::F32, Some(GgmlDType::Q8_0))?;
    case.like(&quantised, "Q8_0", QUANTISED)
}

impl Case {
    fn load(&self, dtype: DType, blocks: Option<GgmlDType>) -> Result<Qwen> {
        let tensors: Memory = self.weights.clone().into_iter().collect();
        let weights = Weights::new(tensors, dtype, &Device::Cpu).quantised(blocks);
        Ok(Qwen::load(&weights, &self.config, 1024)?)
    }

    fn ids(&self, name: &str) -> Result<Tensor> {
        Ok(self.io.integers(name)?.to_dtype(DType::U32)?)
    }

    /// All logits of a pass.
    fn logits(model: &Qwen, ids: &Tensor, cache: &mut Cache) -> Result<Tensor> {
        Ok(model.logits(&model.forward(ids, cache)?)?)
    }

    fn prefill_and_decode(&self, model: &Qwen) -> Result<()> {
        let ids = self.ids("ids")?;
        let mut cache = model.cache(64)?;
        let prefill = Self::logits(model, &ids, &mut cache)?;
        close("prefill", &prefill, &self.io.f32("prefill_logits")?, LOGITS)?;
        let greedy = self.ids("greedy")?.flatten_all()?.to_vec1::<u32>()?;
        let margins = self.io.f32("greedy_margin")?.flatten_all()?;
        let margins = margins.to_vec1::<f32>()?;
        let wanted = self.io.f32("decode_logits")?;
        let mut last = prefill.narrow(1, prefill.dim(1)? - 1, 1)?;
        let mut read = ids.flatten_all()?.to_vec1::<u32>()?;
        for (step, token) in greedy.iter().enumerate() {
            let best = last.flatten_all()?.argmax(0)?.to_scalar::<u32>()?;
            ensure!(
                margins[step] < MARGIN || best == *token,
                "token {step} is {best}, not {token}"
            );
            let token = Tensor::new(&[[*token]], &Device::Cpu)?;
            last = Self::logits(model, &token, &mut cache)?;
            close("decode", &last, &wanted.narrow(1, step, 1)?, LOGITS)?;
        }
        // Several tokens behind those that were decoded one by one.
        let extra = self.ids("extra")?;
        let found = Self::logits(model, &extra, &mut cache)?;
        close("extra", &found, &self.io.f32("extra_logits")?, LOGITS)?;
        // The same without a cache, and with one that was cut back.
        read.extend(greedy);
        read.extend(extra.flatten_all()?.to_vec1::<u32>()?);
        let all = Tensor::new(read, &Device::Cpu)?.unsqueeze(0)?;
        let count = extra.dim(1)?;
        let whole = Self::logits(model, &all, &mut model.cache(64)?)?;
        let whole = whole.narrow(1, whole.dim(1)? - count, count)?;
        close("uncached", &whole, &found, LOGITS)?;
        cache.truncate(all.dim(1)? - count);
        let again = Self::logits(model, &extra, &mut cache)?;
        close("cut back", &again, &found, 0.0)
    }

    fn batch(&self, model: &Qwen) -> Result<()> {
        let (ids, mask) = (self.ids("batch_ids")?, self.io.integers("batch_mask")?);
        let (rows, columns) = ids.dims2()?;
        let mut paddings = Vec::new();
        for row in mask.to_vec2::<i64>()? {
            let padding = row.iter().take_while(|seen| **seen == 0).count();
            ensure!(row[padding..].iter().all(|seen| *seen == 1), "a gap");
            paddings.push(padding);
        }
        ensure!(paddings.iter().any(|padding| *padding > 0), "no padding");
        let mut cache = model.padded_cache(columns + 2, &paddings)?;
        let found = model.next(&ids, &mut cache)?;
        close("batch", &found, &self.io.f32("batch_last_logits")?, LOGITS)?;
        // Each text alone, and one token more, which still must not see the padding.
        let more = Tensor::new(vec![7_u32; rows], &Device::Cpu)?.unsqueeze(1)?;
        let after = model.next(&more, &mut cache)?;
        for (row, padding) in paddings.iter().enumerate() {
            let own = ids
                .narrow(0, row, 1)?
                .narrow(1, *padding, columns - padding)?;
            let mut alone = model.cache(columns + 2)?;
            let single = model.next(&own, &mut alone)?;
            close("single", &found.narrow(0, row, 1)?, &single, LOGITS)?;
            let single = model.next(&more.narrow(0, row, 1)?, &mut alone)?;
            close("one more", &after.narrow(0, row, 1)?, &single, LOGITS)?;
        }
        Ok(())
    }

    fn long(&self, model: &Qwen) -> Result<()> {
        let ids = self.ids("long_ids")?;
        let found = model.next(&ids, &mut model.cache(ids.dim(1)?)?)?;
        close("long", &found, &self.io.f32("long_last_logits")?, LOGITS)
    }

    /// Prefill, 700 tokens and decode in another precision.
    fn like(&self, model: &Qwen, what: &str, bound: f64) -> Result<()> {
        let mut cache = model.cache(64)?;
        let prefill = Self::logits(model, &self.ids("ids")?, &mut cache)?;
        alike(
            &format!("{what} prefill"),
            &prefill,
            &self.io.f32("prefill_logits")?,
            bound,
        )?;
        for (step, token) in self.ids("greedy")?.to_vec2::<u32>()?[0].iter().enumerate() {
            let token = Tensor::new(&[[*token]], &Device::Cpu)?;
            let found = Self::logits(model, &token, &mut cache)?;
            let wanted = self.io.f32("decode_logits")?.narrow(1, step, 1)?;
            alike(&format!("{what} step {step}"), &found, &wanted, bound)?;
        }
        let ids = self.ids("long_ids")?;
        let found = model.next(&ids, &mut model.cache(ids.dim(1)?)?)?;
        alike(what, &found, &self.io.f32("long_last_logits")?, bound)
    }

    /// The same weights as a GGUF file of floats.
    fn gguf(&self, model: &Qwen) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("model.gguf");
        self.write_gguf(&path)?;
        let gguf = Gguf::open(&path)?;
        let config = Config::from_gguf(&gguf)?;
        let wanted = Config {
            rms_norm_eps: config.rms_norm_eps,
            ..self.config.clone()
        };
        ensure!(config == wanted, "{config:?} is not {wanted:?}");
        let weights = Weights::new(GgufNames::new(gguf), DType::F32, &Device::Cpu);
        let read = Qwen::load(&weights, &config, 1024)?;
        let ids = self.ids("ids")?;
        let found = Self::logits(&read, &ids, &mut read.cache(64)?)?;
        let own = Self::logits(model, &ids, &mut model.cache(64)?)?;
        close("GGUF", &found, &own, LOGITS)
    }

    fn write_gguf(&self, path: &Path) -> Result<()> {
        use gguf_file::Value;
        let config = &self.config;
        let name = match config.family {
            Family::Qwen2 => "qwen2",
            Family::Qwen3 => "qwen3",
            Family::Llama => "llama",
        };
        let count = |n: usize| Value::U32(u32::try_from(n).unwrap_or(u32::MAX));
        #[allow(clippy::cast_possible_truncation, reason = "as the format has it")]
        let float = |n: f64| Value::F32(n as f32);
        let notes = [
            ("block_count", count(config.num_hidden_layers)),
            ("context_length", count(config.max_position_embeddings)),
            ("embedding_length", count(config.hidden_size)),
            ("feed_forward_length", count(config.intermediate_size)),
            ("attention.head_count", count(config.num_attention_heads)),
            ("attention.head_count_kv", count(config.num_key_value_heads)),
            ("attention.key_length", count(config.head_dim)),
            (
                "attention.layer_norm_rms_epsilon",
                float(config.rms_norm_eps),
            ),
            ("rope.freq_base", float(config.rope_theta)),
        ];
        let mut all = vec![(
            "general.architecture".to_owned(),
            Value::String(name.to_owned()),
        )];
        all.extend(
            notes
                .into_iter()
                .map(|(key, value)| (format!("{name}.{key}"), value)),
        );
        let notes: Vec<(&str, &Value)> = all.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let tensors = self
            .weights
            .iter()
            .map(|(name, tensor)| {
                let name = llama_name(name).with_context(|| format!("no name for {name}"))?;
                Ok((name, QTensor::quantize(tensor, GgmlDType::F32)?))
            })
            .collect::<Result<Vec<_>>>()?;
        let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(n, t)| (n.as_str(), t)).collect();
        gguf_file::write(&mut File::create(path)?, &notes, &tensors)?;
        Ok(())
    }
}
