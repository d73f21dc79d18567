//! A language model that was trained, by the same way as Qwen: loaded of a GGUF file, heard token by token,
//! stopped. `SONGWRIGHT_SMOLLM2` names the file (`SmolLM2-135M-Instruct.Q4_1.gguf`, which
//! `cargo xtask test llm` fetches); without it these tests do nothing.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use candle_core::{DType, Device, Tensor};
use songwright_base::Silent;
use songwright_lyrics::qwen::{Checkpoint, Error, LanguageModel, Sampler, Sampling};
use songwright_nn::qwen::Qwen;

use crate::desk::Watcher;

const FILE: &str = "SONGWRIGHT_SMOLLM2";
/// Whatever may be said, for at most so many characters.
const ANYTHING: &str = "start: /(.|\\n){1,400}/";

fn file() -> Option<PathBuf> {
    std::env::var_os(FILE).map(PathBuf::from)
}

/// Texts, their tokens, and what llama.cpp (node-llama-cpp 3, one thread) writes behind them where it always
/// takes the likeliest: up to where two are so nearly as likely (logits less than 0.2 apart, in floats) that how
/// either rounds decides.
const CONTINUED: [(&str, &[u32], &str); 4] = [
    (
        "The capital of France is",
        &[504, 3575, 282, 4649, 314],
        " Paris.\n\nThe United States has a population of approximately",
    ),
    ("Once upon a time", &[6403, 1980, 253, 655], ", the city of"),
    (
        "<|im_start|>user\nWrite one line about rain.<|im_end|>\n<|im_start|>assistant\n",
        &[
            1, 4093, 198, 19161, 582, 1761, 563, 5249, 30, 2, 198, 1, 520, 9531, 198,
        ],
        "The rain is a natural phenomenon that brings life to the",
    ),
    (
        "def fibonacci(n):\n    ",
        &[1604, 3987, 46477, 24, 94, 727, 2367],
        " fibonacci(n) = fibonacci(n-1) + fibonacci(n-2",
    ),
];

#[test]
fn it_goes_on_as_in_llama_cpp() -> Result<()> {
    let Some(file) = file() else { return Ok(()) };
    let checkpoint = Checkpoint::open(&file)?;
    let tokenizer = checkpoint.tokenizer()?;
    let network = Qwen::load(
        &checkpoint.weights(DType::F32, &Device::Cpu),
        &checkpoint.config,
        512,
    )?;
    let mut otherwise = Vec::new();
    for (text, tokens, wanted) in CONTINUED {
        let mut unread = tokenizer.encode(text)?;
        ensure!(unread == tokens, "{text:?} is {unread:?}");
        let whole = tokenizer.encode(&format!("{text}{wanted}"))?;
        let behind = whole.strip_prefix(tokens).context("cut otherwise")?;
        let mut cache = network.cache(256)?;
        for token in behind {
            let row = Tensor::new(unread.as_slice(), &Device::Cpu)?.unsqueeze(0)?;
            let logits: Vec<f32> = network.next(&row, &mut cache)?.squeeze(0)?.to_vec1()?;
            let best = logits.iter().copied().fold(f32::MIN, f32::max);
            let less = best - logits[*token as usize];
            if less > 0.0 {
                otherwise.push((text, tokenizer.decode(&[*token]), less));
            }
            unread = vec![*token];
        }
    }
    // The file's blocks, of four bits and an offset, have eight bits here, which moves their values by a thirtieth of a
    // step: of all these tokens one is then the second likeliest.
    ensure!(
        otherwise.len() <= 1 && otherwise.iter().all(|(_, _, less)| *less < 0.5),
        "they go on otherwise: {otherwise:?}"
    );
    Ok(())
}

#[test]
fn it_is_heard_as_it_speaks_and_stops_within_a_token() -> Result<()> {
    let Some(file) = file() else { return Ok(()) };
    let checkpoint = Checkpoint::open(&file)?;
    let weights = checkpoint.weights(DType::F32, &Device::Cpu);
    let mut model = LanguageModel::load(&checkpoint, &weights, 1024)?;
    let likeliest = Sampling {
        temperature: 0.0,
        ..model.sampling()
    };
    // What is heard, and after how many questions.
    type Heard = Vec<(usize, String)>;
    let mut say = |observer: &Watcher, heard: &mut Heard| -> Result<Result<String, Error>> {
        let mut session = model.ask("You write songs.", "Write one line about rain.", &Silent)?;
        let mut anything = session.grammars().matcher(ANYTHING)?;
        let mut sampler = Sampler::new(likeliest, songwright_base::Seed(1));
        let written = session.write(&mut anything, &mut sampler, observer, |text| {
            heard.push((observer.asked(), text.to_owned()));
        });
        Ok(written.map(|passage| passage.text))
    };
    let mut heard = Vec::new();
    let patient = Watcher::patient();
    let text = say(&patient, &mut heard)??;
    let all = patient.asked();
    // In every layer of every token.
    ensure!(all > 10 * heard.len(), "asked {all} times");
    ensure!(text.to_lowercase().contains("rain"), "{text}");
    ensure!(
        heard.len() > 5 && heard.iter().all(|(_, part)| text.starts_with(part)),
        "{heard:?}"
    );
    ensure!(
        heard.is_sorted_by(|a, b| a.1.len() < b.1.len()),
        "{heard:?}"
    );
    let second = heard[1].0;
    for patience in [0, second - 1, second, all / 2, all - 1] {
        let (watcher, mut until) = (Watcher::leaving_after(patience), Vec::new());
        let stopped = say(&watcher, &mut until)?;
        ensure!(
            matches!(stopped, Err(Error::Cancelled)) && watcher.left_at_once(),
            "{patience}: {stopped:?}"
        );
        // All that was written before it had had enough, and not a token more.
        let before = heard.partition_point(|(asked, _)| *asked <= patience);
        ensure!(until[..] == heard[..before], "{patience}: {until:?}");
    }
    let mut again = Vec::new();
    ensure!(
        say(&Watcher::patient(), &mut again)?? == text,
        "another answer"
    );
    Ok(())
}
