use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Tools for lyrics and prompts. Each prints its result.
#[derive(Debug, Subcommand)]
pub(crate) enum LyricsCommand {
    /// Write the sections that follow
    Continue(ContinueArgs),
    /// Write one section anew, with its syllables and rhymes
    Rewrite(RewriteArgs),
    /// Leave sections out, repeat or add some, so that the lyrics fill a song
    Fit(FitArgs),
    /// Write every line in another language, with its syllables; needs an installed model
    Translate(TranslateArgs),
    /// Find words that rhyme
    Rhymes(RhymesArgs),
    /// Add to a tags prompt what it lacks
    ImprovePrompt(ImproveArgs),
    /// Name a song by its lyrics
    Name(NameArgs),
}

/// Lyrics, and what new lines shall be.
#[derive(Args, Debug)]
pub(crate) struct WordsArgs {
    /// A file with lyrics; - reads them from the standard input
    pub(crate) file: PathBuf,
    /// What new lines shall say, or how
    #[arg(long, value_name = "TEXT")]
    pub(crate) about: Option<String>,
    /// 0 to 2147483647; the same seed writes the same words [default: a new one]
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<i64>,
}

/// `lyrics continue`.
#[derive(Args, Debug)]
pub(crate) struct ContinueArgs {
    #[command(flatten)]
    pub(crate) words: WordsArgs,
    /// How many, 1 to 8 [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) sections: Option<i64>,
    /// What the lyrics are in, such as "german" or "zh" [default: what their lines say]
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
}

/// `lyrics rewrite`.
#[derive(Args, Debug)]
pub(crate) struct RewriteArgs {
    #[command(flatten)]
    pub(crate) words: WordsArgs,
    /// Which section: its number from 1, or its tag, such as "chorus" or "verse 2"
    #[arg(long, value_name = "SECTION")]
    pub(crate) section: String,
    /// What the lyrics are in, such as "german" or "zh" [default: what their lines say]
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
}

/// `lyrics fit`.
#[derive(Args, Debug)]
pub(crate) struct FitArgs {
    #[command(flatten)]
    pub(crate) words: WordsArgs,
    /// Seconds of the song, 10 to 600
    #[arg(long, value_name = "SECONDS")]
    pub(crate) duration: f64,
    /// What the lyrics are in, such as "german" or "zh" [default: what their lines say]
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
}

/// `lyrics translate`.
#[derive(Args, Debug)]
pub(crate) struct TranslateArgs {
    #[command(flatten)]
    pub(crate) words: WordsArgs,
    /// Into which language, such as "german" or "zh"
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: String,
}

/// `lyrics rhymes`.
#[derive(Args, Debug)]
pub(crate) struct RhymesArgs {
    /// A word, or a line whose end is rhymed on
    pub(crate) word: String,
    /// Of which language [default: that of the word]
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    /// What the song is about
    #[arg(long, value_name = "TEXT")]
    pub(crate) about: Option<String>,
    /// How many at most, 1 to 50 [default: 10]
    #[arg(long, value_name = "N")]
    pub(crate) most: Option<i64>,
    /// 0 to 2147483647; the same seed finds the same words [default: a new one]
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<i64>,
}

/// `lyrics improve-prompt`.
#[derive(Args, Debug)]
pub(crate) struct ImproveArgs {
    /// Tags parted by commas, which are kept
    pub(crate) prompt: String,
    /// What the song is about
    #[arg(long, value_name = "TEXT")]
    pub(crate) about: Option<String>,
    /// Nobody sings
    #[arg(long)]
    pub(crate) instrumental: bool,
    /// 0 to 2147483647; the same seed makes the same tags [default: a new one]
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<i64>,
}

/// `lyrics name`.
#[derive(Args, Debug)]
pub(crate) struct NameArgs {
    /// A file with lyrics; - reads them from the standard input
    pub(crate) file: PathBuf,
    /// What the song is about [default: its lyrics say it]
    #[arg(long, value_name = "TEXT")]
    pub(crate) about: Option<String>,
    /// 0 to 2147483647; the same seed makes the same name [default: a new one]
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<i64>,
}
