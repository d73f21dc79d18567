use std::path::PathBuf;

use clap::Args;

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
    /// Nobody sings
    #[arg(long)]
    pub(crate) instrumental: bool,
    /// The language of the lyrics [default: the description's own]
    #[arg(long)]
    pub(crate) language: Option<String>,
    #[command(flatten)]
    pub(crate) bundle: BundleArgs,
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
