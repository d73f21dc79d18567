use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use songwright_api::{LoraChoice, LyricLanguage};

use super::BundleArgs;

#[derive(Args, Debug)]
pub(crate) struct SongArgs {
    /// The song in words; with --prompt, what its lyrics are about
    #[arg(required_unless_present = "lyrics")]
    pub(crate) description: Option<String>,
    /// Sing these lyrics; - reads them from the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) lyrics: Option<PathBuf>,
    /// The sound as comma-separated tags: "folk, female voice, guitar, 90 BPM"
    #[arg(long, value_name = "TAGS")]
    #[arg(required_unless_present = "description")]
    pub(crate) prompt: Option<String>,
    /// The title; made from the song where absent
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// The artist, set on the cover and in the files' tags
    #[arg(long)]
    pub(crate) artist: Option<String>,
    /// The cover's style: one of the eight, or any words [default: album cover art]
    #[arg(long, value_name = "STYLE")]
    pub(crate) style: Option<String>,
    /// Width and height of the cover, 256 to 1024 pixels [default: 512]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) cover_size: Option<i64>,
    /// Whether title and artist are set on the cover [default: the built-in artist sets them, a model does not]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[arg(require_equals = true)]
    pub(crate) typography: Option<bool>,
    /// Seconds, 10 to 600 [default: 180]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) duration: Option<f64>,
    /// 0 to 2147483647; the same seed makes the same song [default: a new one]
    #[arg(long)]
    pub(crate) seed: Option<i64>,
    /// Steps of an installed model, 1 to 200 [default: 60]
    #[arg(long, value_name = "STEPS")]
    pub(crate) steps: Option<i64>,
    /// How closely an installed model follows the words, 1 to 30 [default: 15]
    #[arg(long, value_name = "SCALE")]
    pub(crate) guidance: Option<f64>,
    /// Few steps for a first hearing; `songwright take promote` makes the rest
    #[arg(long)]
    pub(crate) draft: bool,
    /// Takes to make of it, 1 to 8, each with a seed of its own [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) takes: Option<i64>,
    /// Make it like the audio of this WAV file, and as long
    #[arg(long, value_name = "FILE")]
    pub(crate) reference: Option<PathBuf>,
    /// How much of that audio stays, 0 to 1 [default: 0.5]
    #[arg(long, value_name = "SHARE", requires = "reference")]
    pub(crate) reference_strength: Option<f64>,
    /// An adapter of an installed model and its strength, as `models adapters` lists them; may be given
    /// several times [default strength: 1]
    #[arg(long, value_name = "NAME[=STRENGTH]", value_parser = lora)]
    pub(crate) lora: Vec<LoraChoice>,
    /// The language that an installed model sings, as a code such as en or zh [default: a guess]
    #[arg(long, value_name = "CODE")]
    pub(crate) vocal_language: Option<String>,
    /// Guess that language for the whole song, or line by line as ACE-Step's own program does
    /// [default: song]
    #[arg(long, value_name = "HOW", value_parser = lyric_language())]
    pub(crate) lyric_language: Option<LyricLanguage>,
    /// Say how long it takes, in how much memory, and whether the lyrics fit; make nothing
    #[arg(long)]
    pub(crate) estimate: bool,
    /// Nobody sings
    #[arg(long)]
    pub(crate) instrumental: bool,
    /// The language of the lyrics [default: the description's own]
    #[arg(long)]
    pub(crate) language: Option<String>,
    #[command(flatten)]
    pub(crate) bundle: BundleArgs,
}

/// Reads `rap` or `rap=0.5`.
pub(super) fn lora(text: &str) -> Result<LoraChoice, std::num::ParseFloatError> {
    let (name, weight) = match text.split_once('=') {
        None => (text, None),
        Some((name, weight)) => (name, Some(weight.parse()?)),
    };
    Ok(LoraChoice {
        name: name.to_owned(),
        weight,
    })
}

fn lyric_language() -> impl TypedValueParser<Value = LyricLanguage> {
    PossibleValuesParser::new(["song", "reference"]).map(|word| match word.as_str() {
        "reference" => LyricLanguage::Reference,
        _ => LyricLanguage::Song,
    })
}

#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    /// Seconds of song, 10 to 600
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub(crate) duration: f64,
    /// Songs to make; the figures are medians
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,
}
