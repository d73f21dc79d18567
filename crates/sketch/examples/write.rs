//! Writes a song's words: `cargo run -p songwright-sketch --example write -- "a description" [seed]
//! [seconds] [language]`.

use std::error::Error;
use std::io::Write as _;

use songwright_base::{Seed, Silent};
use songwright_lyrics::{CategoriesParams, Lyricist as _, LyricsParams, PromptParams, TitleParams};
use songwright_sketch::lyrics::{SketchLyricist, hear};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let description = arguments
        .next()
        .unwrap_or_else(|| "a slow ballad about a lighthouse keeper who misses the sea".to_owned());
    let seed = Seed(arguments.next().map_or(Ok(1), |s| s.parse())?);
    let duration_s = arguments.next().map(|s| s.parse()).transpose()?;
    let mut lyricist = SketchLyricist::new();
    let sheet = lyricist.lyrics(
        &LyricsParams {
            description: description.clone(),
            style: None,
            language: arguments.next(),
            mood: None,
            duration_s,
            seed,
        },
        &Silent,
    )?;
    let prompt = lyricist.prompt(
        &PromptParams {
            description: description.clone(),
            genre: None,
            instruments: Vec::new(),
            tempo: None,
            instrumental: false,
            seed,
        },
        &Silent,
    )?;
    let categories = lyricist.categories(
        &CategoriesParams {
            description: description.clone(),
            max_categories: 5,
            include_subgenres: true,
        },
        &Silent,
    )?;
    let title = lyricist.title(
        &TitleParams {
            description: description.clone(),
            lyrics: Some(sheet.to_string()),
            seed,
        },
        &Silent,
    )?;
    let names: Vec<String> = categories
        .categories
        .iter()
        .map(|c| format!("{} {:.2}", c.name, c.confidence))
        .collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "# {title}\n{}\n{}", prompt.line(), names.join(", "))?;
    writeln!(out, "heard: {:?}\n\n{sheet}", hear(&description))?;
    Ok(())
}
