//! What is loaded, and what is refused.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use candle_core::quantized::GgmlDType;
use songwright_base::{Progress, Seed, Silent, Stage};
use songwright_lyrics::{
    CategoriesParams, Lyricist, LyricsParams, TitleParams,
    qwen::{Checkpoint, Error, Tokenizer},
};
use songwright_nn::weights::Gguf;
use songwright_tests::{
    qwen_tokenizer,
    synthetic_qwen::{Quantisation, shard_qwen, small, wide, write_qwen, write_qwen_gguf},
};

use crate::desk::{Watcher, open, open_as, open_before};

#[test]
fn a_gguf_file_is_a_whole_model() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &small(), 11)?;
    let file = folder.path().join("small.gguf");
    write_qwen_gguf(folder.path(), &file, Quantisation::Q8_0)?;
    let tokenizer = Tokenizer::from_gguf(&Gguf::open(&file)?)?;
    let own = Tokenizer::from_json(&qwen_tokenizer()?, Path::new("tokenizer.json"))?;
    for text in [
        "[verse]\nNeon rain on Mulholland\n",
        "雨落在屋顶上，1998 年",
        "<|im_start|>user\nWhat's new?<|im_end|>\n",
        "e\u{301} naïve 🎵\t\t x",
    ] {
        let wanted = own.encode(text)?;
        let found = tokenizer.encode(text)?;
        ensure!(found == wanted, "{text:?}: {found:?}, not {wanted:?}");
    }
    // Blocks are made of other matrices than a folder's, so the answers are of another model as it
    // were; that its network is the same one is for `tests/golden`, in floats.
    let mut by_file = open_as(&file, None)?;
    let categories = CategoriesParams {
        description: "a song about rain".to_owned(),
        max_categories: 5,
        include_subgenres: true,
    };
    let lyrics = LyricsParams {
        description: "a song about rain".to_owned(),
        style: None,
        language: None,
        mood: None,
        duration_s: Some(30.0),
        seed: Seed(3),
    };
    let found = by_file.categories(&categories, &Silent)?.categories;
    ensure!((1..=5).contains(&found.len()), "{found:?}");
    let sheet = by_file.lyrics(&lyrics, &Silent)?;
    ensure!(sheet.to_string().contains("[verse"), "{sheet}");
    ensure!(sheet == by_file.lyrics(&lyrics, &Silent)?, "another song");
    Ok(())
}

fn title(seed: u64) -> TitleParams {
    TitleParams {
        description: "a song about rain".to_owned(),
        lyrics: None,
        seed: Seed(seed),
    }
}

#[test]
fn files_of_k_quants_are_loaded_and_answer() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &wide(), 12)?;
    let file = folder.path().join("wide.gguf");
    let mut sizes = Vec::new();
    for blocks in [Quantisation::Q4KM, Quantisation::Q5KM, Quantisation::Q6K] {
        write_qwen_gguf(folder.path(), &file, blocks)?;
        sizes.push(fs::metadata(&file)?.len());
        let mut model = open_as(&file, None)?;
        let found = model.title(&title(1), &Silent)?;
        ensure!(!found.is_empty(), "{blocks:?}");
        ensure!(
            model.title(&title(1), &Silent)? == found,
            "{blocks:?}: another title"
        );
        let others = (2..6)
            .map(|seed| Ok(model.title(&title(seed), &Silent)?))
            .collect::<Result<Vec<_>>>()?;
        ensure!(
            others.iter().any(|other| *other != found),
            "{blocks:?}: {found:?} whatever the seed"
        );
    }
    ensure!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
    Ok(())
}

#[test]
fn weights_in_several_files_are_those_of_one() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &small(), 13)?;
    let titles = || -> Result<Vec<String>> {
        let mut model = open(folder.path())?;
        (0..5)
            .map(|seed| Ok(model.title(&title(seed), &Silent)?))
            .collect()
    };
    let whole = titles()?;
    shard_qwen(folder.path(), 3)?;
    ensure!(!folder.path().join("model.safetensors").exists());
    ensure!(titles()? == whole, "another model");
    let second = folder.path().join("model-00002-of-00003.safetensors");
    let bytes = fs::read(&second)?;
    fs::write(&second, &bytes[..bytes.len() - 1])?;
    let found = refusal(folder.path())?;
    ensure!(found.contains("model-00002-of-00003"), "{found}");
    fs::remove_file(&second)?;
    let found = refusal(folder.path())?;
    ensure!(found.contains("model-00002-of-00003"), "{found}");
    Ok(())
}

#[test]
fn loading_is_told_and_can_be_ended() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &small(), 11)?;
    let patient = Watcher::patient();
    open_before(folder.path(), Some(GgmlDType::Q8_0), &patient)??;
    let steps = patient.steps.lock().unwrap().clone();
    let ends = |step: Option<&Progress>| step.map(|step| (step.stage, step.done == step.total));
    ensure!(steps.first().is_some_and(|step| step.done == 0));
    ensure!(ends(steps.last()) == Some((Stage::Load, true)), "{steps:?}");
    let gone = Watcher::leaving_after(0);
    let ended = open_before(folder.path(), Some(GgmlDType::Q8_0), &gone)?;
    ensure!(matches!(ended, Err(Error::Cancelled)));
    Ok(())
}

#[test]
fn a_models_own_stop_tokens_end_answers_too() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &small(), 1)?;
    let stops = |said: &str| -> Result<Vec<u32>> {
        fs::write(folder.path().join("generation_config.json"), said)?;
        let checkpoint = Checkpoint::open(folder.path())?;
        Ok(checkpoint.stops(&checkpoint.tokenizer()?))
    };
    let usual = [151_645, 151_643];
    ensure!(stops("{}")? == usual);
    for (said, more) in [
        ("{\"eos_token_id\": 151643}", &[][..]),
        ("{\"eos_token_id\": 42}", &[42]),
        ("{\"eos_token_id\": [42, 151645, 151662]}", &[42, 151_662]),
    ] {
        let found = stops(said)?;
        ensure!(found == [&usual[..], more].concat(), "{said}: {found:?}");
    }
    Ok(())
}

/// What is said of a folder or a file that cannot be loaded.
fn refusal(path: &Path) -> Result<String> {
    let error = match Checkpoint::open(path) {
        Err(error) => error,
        Ok(checkpoint) => checkpoint
            .tokenizer()
            .and_then(|_| checkpoint.template())
            .err()
            .context("it opens")?,
    };
    ensure!(matches!(error, Error::Checkpoint { .. }), "{error:?}");
    Ok(error.to_string())
}

#[test]
fn a_folder_that_is_not_whole_names_the_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (file, spoiled, said) in [
        ("config.json", None, "config.json"),
        ("config.json", Some("{}"), "config.json"),
        (
            "config.json",
            Some("{\"model_type\": \"llama\"}"),
            "config.json",
        ),
        ("model.safetensors", None, "model.safetensors"),
        ("model.safetensors", Some("short"), "model.safetensors"),
        ("tokenizer.json", None, "tokenizer.json"),
        ("tokenizer.json", Some("{}"), "tokenizer.json"),
        ("tokenizer_config.json", Some("{}"), "no chat template"),
        (
            "tokenizer_config.json",
            Some("{\"chat_template\": \"{% if %}\"}"),
            "template",
        ),
        (
            "generation_config.json",
            Some("none"),
            "generation_config.json",
        ),
    ] {
        write_qwen(folder.path(), &small(), 1)?;
        let path = folder.path().join(file);
        match spoiled {
            Some(text) => fs::write(&path, text)?,
            None => fs::remove_file(&path)?,
        }
        let found = refusal(folder.path()).with_context(|| format!("{file}: {spoiled:?}"))?;
        ensure!(found.contains(said), "{file}: {found}");
    }
    Ok(())
}

#[test]
fn another_models_weights_are_told_by_the_tensor() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &small(), 1)?;
    let mut config = small();
    config["intermediate_size"] = 96.into();
    fs::write(folder.path().join("config.json"), config.to_string())?;
    let found = refusal(folder.path())?;
    ensure!(
        found.contains("mlp.") && found.contains("another model's"),
        "{found}"
    );
    config["intermediate_size"] = 64.into();
    config["num_hidden_layers"] = 2.into();
    fs::write(folder.path().join("config.json"), config.to_string())?;
    let found = refusal(folder.path())?;
    ensure!(found.contains("model.layers.1."), "{found}");
    Ok(())
}

#[test]
fn a_gguf_file_that_is_not_whole_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &small(), 1)?;
    let file = folder.path().join("small.gguf");
    write_qwen_gguf(folder.path(), &file, Quantisation::Q8_0)?;
    let whole = fs::read(&file)?;
    for (bytes, said) in [
        (&whole[..whole.len() - 1], "cut off"),
        // The head is long: the vocabulary lies in it.
        (&whole[..whole.len() / 2], "no GGUF file"),
        (&whole[..1000], "no GGUF file"),
        (&b"GGUF"[..], "no GGUF file"),
        (&b"words"[..], "no GGUF file"),
        (&[][..], "no GGUF file"),
    ] {
        fs::write(&file, bytes)?;
        let found = refusal(&file)?;
        ensure!(
            found.contains(said) && found.contains("small.gguf"),
            "{found}"
        );
    }
    fs::remove_file(&file)?;
    let found = refusal(&file)?;
    ensure!(found.contains("small.gguf"), "{found}");
    Ok(())
}

#[test]
fn a_gguf_file_whose_numbers_are_damaged_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &small(), 1)?;
    let file = folder.path().join("small.gguf");
    write_qwen_gguf(folder.path(), &file, Quantisation::Q8_0)?;
    let whole = fs::read(&file)?;
    // One note more, of four bytes.
    let mut notes = whole.clone();
    notes[16] += 1;
    let unaligned = [
        &17_u64.to_le_bytes()[..],
        b"general.alignment",
        &[4, 0, 0, 0],
        &[0; 4],
    ];
    notes.splice(24..24, unaligned.concat());
    // Tensors are counted before notes.
    let mut counted = whole.clone();
    counted[8..16].fill(0xff);
    // Where a tensor lies is behind its name, its one side's length, and its type.
    let name = b"output_norm.weight";
    let at = whole.windows(name.len()).position(|part| part == name);
    let offset = at.context("it has no such tensor")? + name.len() + 4 + 8 + 4;
    let mut far = whole;
    far[offset..offset + 8].fill(0xff);
    for (bytes, said) in [
        (notes, "general.alignment is 0"),
        (counted, "no GGUF file"),
        (far, "output_norm.weight is larger than any file"),
    ] {
        fs::write(&file, bytes)?;
        let found = refusal(&file)?;
        ensure!(
            found.contains(said) && found.contains("small.gguf"),
            "{found}"
        );
    }
    Ok(())
}
