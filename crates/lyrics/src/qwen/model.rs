//! A loaded language model, and what it is asked.

use candle_core::{DType, Tensor, quantized::GgmlDType};
use llguidance::Matcher;
use songwright_base::Observer;
use songwright_nn::{
    Weights,
    qwen::{Cache, Prefix, Qwen},
    stop,
};

use super::{
    ChatTemplate, Checkpoint, Error, Message, Sampler, Sampling, Tokenizer,
    grammar::{Grammars, wrong},
    plan::kept_bytes,
};

/// Tokens that are read at once.
const PART: usize = 256;
/// Tokens of an answer that the cache has room for at first.
const ANSWER: usize = 128;

/// A language model on a device.
#[derive(Debug)]
pub struct LanguageModel {
    network: Qwen,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    grammars: Grammars,
    sampling: Sampling,
    /// Beginnings of prompts that come again.
    prefixes: Kept,
}

/// Beginnings of prompts, the last used one last, as many as there is room for.
#[derive(Debug)]
struct Kept {
    most_bytes: u64,
    all: Vec<(Vec<u32>, Prefix)>,
}

impl Kept {
    /// The beginning of these tokens, where it is kept.
    fn find(&mut self, tokens: &[u32]) -> Option<&Prefix> {
        let at = self.all.iter().position(|(kept, _)| kept == tokens)?;
        let last = self.all.remove(at);
        self.all.push(last);
        self.all.last().map(|(_, prefix)| prefix)
    }

    /// Keeps one more, and gives up those that were not used for longest.
    fn keep(&mut self, tokens: &[u32], prefix: Prefix) {
        if prefix.bytes() > self.most_bytes {
            return;
        }
        self.all.push((tokens.to_vec(), prefix));
        let bytes = |all: &[(Vec<u32>, Prefix)]| -> u64 {
            all.iter().map(|(_, prefix)| prefix.bytes()).sum()
        };
        while bytes(&self.all) > self.most_bytes {
            self.all.remove(0);
        }
    }
}

/// In which form a network lies in memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Form {
    /// The type of what is computed, and of matrices that are not in blocks.
    pub dtype: DType,
    /// The blocks that matrices are made into.
    pub blocks: Option<GgmlDType>,
}

impl LanguageModel {
    /// Loads a checkpoint of whose root `weights` is, for texts of up to `positions` tokens.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] and [`Error::Network`].
    pub fn load(
        checkpoint: &Checkpoint,
        weights: &Weights,
        positions: usize,
    ) -> Result<Self, Error> {
        let tokenizer = checkpoint.tokenizer()?;
        let stops = checkpoint.stops(&tokenizer);
        Ok(Self {
            grammars: Grammars::new(&tokenizer, checkpoint.config.vocab_size, &stops)?,
            network: Qwen::load(weights, &checkpoint.config, positions)?,
            template: checkpoint.template()?,
            sampling: checkpoint.sampling,
            tokenizer,
            prefixes: Kept {
                most_bytes: kept_bytes(checkpoint)?,
                all: Vec::new(),
            },
        })
    }

    /// Its grammars.
    #[must_use]
    pub fn grammars(&self) -> &Grammars {
        &self.grammars
    }

    /// How its makers draw tokens.
    #[must_use]
    pub fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// Its tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Reads a prompt: a fixed instruction, which is kept for the next time, and what a user asks.
    /// Names of signs in either are left out.
    ///
    /// # Errors
    /// [`Error::Cancelled`] within one layer; where the prompt is longer than the network's positions,
    /// [`Error::Network`].
    pub fn ask(
        &mut self,
        instruction: &str,
        question: &str,
        observer: &dyn Observer,
    ) -> Result<Session<'_>, Error> {
        let message = |role, text| Message {
            role,
            content: self.tokenizer.without_signs(text),
        };
        let messages = [message("system", instruction), message("user", question)];
        let prompt = self
            .tokenizer
            .encode(&self.template.render(&messages, true)?)?;
        let fixed = self.template.render(&messages[..1], false);
        let fixed = fixed.map_or(Ok(Vec::new()), |text| self.tokenizer.encode(&text))?;
        let same = prompt.iter().zip(&fixed).take_while(|(a, b)| a == b);
        // The last token is read for what follows it.
        let fixed = same.count().min(prompt.len().saturating_sub(1));
        let mut cache = self.network.cache(prompt.len() + ANSWER)?;
        self.begin(&prompt[..fixed], &mut cache, observer)?;
        Ok(Session {
            unread: prompt[cache.len()..].to_vec(),
            prompt,
            model: self,
            cache,
        })
    }

    /// Reads a beginning, or takes it from those that are kept.
    fn begin(
        &mut self,
        tokens: &[u32],
        cache: &mut Cache,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        if tokens.is_empty() {
            return Ok(());
        }
        if let Some(prefix) = self.prefixes.find(tokens) {
            cache.restart(prefix)?;
            return Ok(());
        }
        read(&self.network, tokens, cache, observer)?;
        self.prefixes.keep(tokens, cache.prefix(cache.len())?);
        Ok(())
    }
}

/// Reads tokens without asking what follows.
fn read(
    network: &Qwen,
    tokens: &[u32],
    cache: &mut Cache,
    observer: &dyn Observer,
) -> Result<(), Error> {
    for part in tokens.chunks(PART) {
        let part = row(network, part)?;
        stop::asking(&|| !observer.is_cancelled(), || {
            network.forward(&part, cache)
        })?;
    }
    Ok(())
}

fn row(network: &Qwen, tokens: &[u32]) -> Result<Tensor, Error> {
    let row = Tensor::new(tokens, network.device()).and_then(|row| row.unsqueeze(0));
    Ok(row.map_err(songwright_nn::Error::from)?)
}

/// A prompt that was read, and what is written behind it.
#[derive(Debug)]
pub struct Session<'m> {
    model: &'m mut LanguageModel,
    cache: Cache,
    prompt: Vec<u32>,
    /// Known tokens that are not in the cache yet.
    unread: Vec<u32>,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Passage {
    /// The text.
    pub text: String,
    /// The logarithm of how likely it was among what was allowed: the sum of its tokens' own.
    pub log_probability: f32,
}

impl Session<'_> {
    /// The tokens of the prompt.
    #[must_use]
    pub fn prompt(&self) -> &[u32] {
        &self.prompt
    }

    /// Grammars of this model.
    #[must_use]
    pub fn grammars(&self) -> &Grammars {
        &self.model.grammars
    }

    /// Writes a given text, without the names of signs.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn say(&mut self, text: &str) -> Result<(), Error> {
        let tokenizer = &self.model.tokenizer;
        let text = tokenizer.without_signs(text);
        self.unread.extend(tokenizer.encode(&text)?);
        Ok(())
    }

    /// Writes what a grammar allows until it ends; `watch` is shown the text after every token.
    ///
    /// # Errors
    /// [`Error::Cancelled`] within one layer; those of the network.
    pub fn write(
        &mut self,
        grammar: &mut Matcher,
        sampler: &mut Sampler,
        observer: &dyn Observer,
        watch: impl FnMut(&str),
    ) -> Result<Passage, Error> {
        let written = self.follow(grammar, sampler, observer, watch);
        if matches!(written, Err(Error::Grammar { .. })) {
            self.model.grammars.forget();
        }
        written
    }

    fn follow(
        &mut self,
        grammar: &mut Matcher,
        sampler: &mut Sampler,
        observer: &dyn Observer,
        mut watch: impl FnMut(&str),
    ) -> Result<Passage, Error> {
        let mut bytes = Vec::new();
        let mut log_probability = 0.0;
        while !grammar.is_stopped() {
            let forced = grammar.consume_ff_tokens();
            self.take(&forced, &mut bytes, sampler);
            if grammar.is_stopped() {
                break;
            }
            // What may follow does not depend on what the network makes of it.
            let (logits, allowed) = rayon::join(|| self.next(observer), || grammar.compute_mask());
            let next = sampler.draw(&logits?, Some(&allowed.map_err(wrong)?))?;
            grammar.consume_token(next.token).map_err(wrong)?;
            log_probability += next.probability.max(f32::MIN_POSITIVE).ln();
            if self.model.tokenizer.bytes(next.token).is_empty() {
                break;
            }
            self.take(&[next.token], &mut bytes, sampler);
            watch(complete(&bytes));
        }
        if let Some(what) = grammar.get_error() {
            return Err(Error::Grammar { what });
        }
        Ok(Passage {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            log_probability,
        })
    }

    fn take(&mut self, tokens: &[u32], bytes: &mut Vec<u8>, sampler: &mut Sampler) {
        self.unread.extend_from_slice(tokens);
        sampler.see(tokens);
        for token in tokens {
            bytes.extend_from_slice(self.model.tokenizer.bytes(*token));
        }
    }

    /// Reads what is unread: the logits after it.
    fn next(&mut self, observer: &dyn Observer) -> Result<Vec<f32>, Error> {
        let network = &self.model.network;
        let tokens = std::mem::take(&mut self.unread);
        self.cache.reserve(
            (self.cache.len() + tokens.len())
                .next_multiple_of(PART)
                .min(network.positions()?),
        )?;
        let last = tokens.len().saturating_sub(1) / PART * PART;
        read(network, &tokens[..last], &mut self.cache, observer)?;
        let rest = row(network, &tokens[last..])?;
        let logits = stop::asking(&|| !observer.is_cancelled(), || {
            network.next(&rest, &mut self.cache)
        })?;
        let logits = logits.squeeze(0).and_then(|row| row.to_vec1());
        Ok(logits.map_err(songwright_nn::Error::from)?)
    }
}

/// What of the bytes is whole characters.
fn complete(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use songwright_nn::qwen::Config;

    use super::*;

    fn prefix(tokens: usize) -> Prefix {
        let config = Config::from_json(
            r#"{"model_type": "qwen3", "vocab_size": 8, "hidden_size": 8, "intermediate_size": 8,
                "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 8,
                "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 1e4}"#,
            std::path::Path::new("config.json"),
        );
        let cache = Cache::new(&config.unwrap(), 64, DType::F32, &Device::Cpu).unwrap();
        cache.prefix(tokens).unwrap()
    }

    #[test]
    fn beginnings_are_kept_up_to_so_many_bytes() {
        // Keys and values of eight floats.
        assert_eq!(prefix(4).bytes(), 4 * 2 * 8 * 4);
        let mut kept = Kept {
            most_bytes: 8 * 64,
            all: Vec::new(),
        };
        kept.keep(&[1], prefix(4));
        kept.keep(&[2], prefix(4));
        assert!(kept.find(&[1]).is_some() && kept.find(&[2]).is_some());
        assert!(kept.find(&[1]).is_some());
        kept.keep(&[3], prefix(4));
        // The one that was not used for longest had to go.
        assert!(
            kept.find(&[2]).is_none() && kept.find(&[1]).is_some() && kept.find(&[3]).is_some()
        );
        kept.keep(&[4], prefix(9));
        assert!(kept.find(&[4]).is_none() && kept.all.len() == 2);
    }
}
