//! What is told of a style, by the real words of CLIP: nothing that is said beside it takes its place.

use anyhow::{Context as _, Result, ensure};
use songwright_api::{CoverImageRequest, Drawing};
use songwright_cover::{
    CoverParams, CoverStyle, Detail, StylePreset,
    sdxl::{
        Words,
        tokenizer::{ClipTokenizer, LENGTH},
    },
};

/// Tokens of a text, without what begins and ends it.
const MOST: usize = LENGTH - 2;
/// A scene as the language model's prompt has for an example.
const SCENE: &str = "an empty rowing boat, still black lake, low mist, a single lit window";
const ABOUT: &str = "a slow song about a ferry that leaves the harbour in the middle of the night while somebody \
     stays behind on the pier and waves until morning";

fn params(prompt: &str, style: &str) -> Result<CoverParams> {
    Ok(CoverParams {
        also: vec![
            Detail::Title("The Night Ferry Leaves Without Me".to_owned()),
            Detail::Sound(
                "folk, acoustic guitar, female vocals, melancholic, 72 bpm, d minor".to_owned(),
            ),
            Detail::About(ABOUT.to_owned()),
        ],
        ..CoverParams::of(
            &CoverImageRequest {
                prompt: prompt.to_owned(),
                style: Some(style.to_owned()),
                ..CoverImageRequest::default()
            },
            1..=usize::MAX,
        )?
    })
}

pub(crate) fn check(tokenizer: &ClipTokenizer) -> Result<()> {
    presets(tokenizer)?;
    mixtures_and_own_styles(tokenizer)?;
    what_is_left_out(tokenizer)?;
    a_prompt_from_a_file(tokenizer)?;
    negatives(tokenizer)
}

fn told(tokenizer: &ClipTokenizer, params: &CoverParams) -> Result<Words> {
    let words = Words::of(params, tokenizer)?;
    let count = tokenizer.count(&words.prompt)?;
    ensure!(count <= MOST, "{count} tokens: {}", words.prompt);
    Ok(words)
}

/// All eight are told whole, beside a short scene and beside one that never ends.
fn presets(tokenizer: &ClipTokenizer) -> Result<()> {
    let long = "a lighthouse over a black sea, ".repeat(300);
    for scene in [SCENE, &long] {
        for preset in StylePreset::ALL {
            let words = told(tokenizer, &params(scene, preset.name())?)?;
            let style = &preset.text().prompt;
            ensure!(words.prompt.contains(style), "{preset:?}: {}", words.prompt);
            ensure!(words.prompt.starts_with(&scene[..20]), "{}", words.prompt);
            ensure!(!words.notes.iter().any(|note| note.contains("the style")));
            // What is another style's is not said.
            let others = StylePreset::ALL.iter().filter(|other| **other != preset);
            for other in others {
                ensure!(!words.prompt.contains(&other.text().essence()), "{other:?}");
            }
        }
    }
    Ok(())
}

fn mixtures_and_own_styles(tokenizer: &ClipTokenizer) -> Result<()> {
    let mixed = told(tokenizer, &params(SCENE, "vintage + electronic")?)?;
    for preset in [StylePreset::Vintage, StylePreset::Electronic] {
        let essence = preset.text().essence();
        ensure!(mixed.prompt.contains(&essence), "{}", mixed.prompt);
    }
    ensure!(!mixed.prompt.contains("film grain"), "{}", mixed.prompt);
    // Of all eight something is told.
    let all = StylePreset::ALL.map(StylePreset::name).join("+");
    let all = told(tokenizer, &params(&SCENE.repeat(9), &all)?)?;
    for preset in StylePreset::ALL {
        let first = preset
            .text()
            .prompt
            .split(' ')
            .next()
            .context("no word")?
            .to_owned();
        ensure!(all.prompt.contains(&first), "{preset:?}: {}", all.prompt);
    }
    let own = "a linocut in two inks on rough paper, as a travelling circus would print it in the thirties";
    let words = told(tokenizer, &params(&SCENE.repeat(9), own)?)?;
    ensure!(words.prompt.ends_with(own), "{}", words.prompt);
    // One that has more tokens than a style may take is cut, and that is said.
    let dense = CoverParams {
        style: CoverStyle::Custom("水墨画风格".repeat(20)),
        ..params(&SCENE.repeat(9), "modern")?
    };
    let words = told(tokenizer, &dense)?;
    ensure!(words.prompt.contains("水墨画"), "{}", words.prompt);
    ensure!(words.notes[0].contains("of the style"), "{:?}", words.notes);
    Ok(())
}

fn what_is_left_out(tokenizer: &ClipTokenizer) -> Result<()> {
    let words = told(tokenizer, &params(SCENE, "grunge")?)?;
    ensure!(
        words
            .prompt
            .contains("The Night Ferry Leaves Without Me, folk"),
        "{}",
        words.prompt
    );
    let note = words
        .notes
        .first()
        .context("nothing is said of the description")?;
    ensure!(
        note.contains("of the song's description") && !note.contains("of the prompt"),
        "{note}"
    );
    let long = params(&"harbour ".repeat(2000), "grunge")?;
    let words = told(tokenizer, &long)?;
    let note = words
        .notes
        .first()
        .context("nothing is said of the prompt")?;
    let told_of = words.prompt.matches("harbour").count();
    ensure!(
        note.contains(&format!("the last {} of the prompt", 2000 - told_of)),
        "{note}: {told_of} are told"
    );
    ensure!(told_of > 30, "{told_of}");
    // In letters where there are no words, and without a panic where a letter has several bytes.
    told(tokenizer, &params(&"夜".repeat(500), "grunge")?)?;
    // What fits is told as it is, with nothing to be said.
    let short = CoverParams {
        also: Vec::new(),
        ..params("a red kite.", "modern")?
    };
    let words = told(tokenizer, &short)?;
    ensure!(words.prompt == format!("a red kite, {}", StylePreset::Modern.text().prompt));
    ensure!(words.notes.is_empty() && words.negative.is_none());
    Ok(())
}

/// What a file says that the model was told draws the same again.
fn a_prompt_from_a_file(tokenizer: &ClipTokenizer) -> Result<()> {
    for style in ["grunge", "vintage + electronic", "a linocut"] {
        let first = told(tokenizer, &params(SCENE, style)?)?;
        let again = CoverParams {
            also: Vec::new(),
            ..params(&first.prompt, style)?
        };
        let again = told(tokenizer, &again)?;
        ensure!(
            first.prompt == again.prompt,
            "{}, {}",
            first.prompt,
            again.prompt
        );
    }
    Ok(())
}

fn negatives(tokenizer: &ClipTokenizer) -> Result<()> {
    let of = |negative: &str| -> Result<Words> {
        let request = CoverImageRequest {
            prompt: "a red kite".to_owned(),
            style: Some("vintage".to_owned()),
            drawing: Drawing {
                negative_prompt: Some(negative.to_owned()),
                guidance_scale: Some(2.0),
                ..Drawing::default()
            },
            ..CoverImageRequest::default()
        };
        told(tokenizer, &CoverParams::try_from(&request)?)
    };
    let short = of("boats, text")?;
    let own = &StylePreset::Vintage.text().negative;
    let wanted = format!(
        "boats, text{}",
        own.strip_prefix("text").context("another start")?
    );
    ensure!(short.negative.as_deref() == Some(&wanted) && short.notes.is_empty());
    let long = of(&"boats ".repeat(80))?;
    let note = long
        .notes
        .first()
        .context("nothing is said of the negative prompt")?;
    ensure!(note.contains("the last 5 of the negative prompt"), "{note}");
    ensure!(note.contains("of what the style keeps away from"), "{note}");
    Ok(())
}
