use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use songwright_base::OperationId;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(crate) enum LibraryCommand {
    /// List songs, newest first
    List {
        /// Only songs that have all these words in title, lyrics, tags or description
        #[arg(long, value_name = "WORDS", default_value = "")]
        query: String,
        /// Only favourites
        #[arg(long)]
        favourites: bool,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Show a song whole
    Show {
        /// As `library list` shows it
        id: Uuid,
    },
    /// Delete a song with its files
    Delete {
        /// As `library list` shows it
        id: Uuid,
    },
    /// Write a song's cover as shops take it: a square, tagged sRGB
    Art {
        /// As `library list` shows it
        id: Uuid,
        /// Of a side
        #[arg(long, value_name = "PIXELS", default_value = "3000")]
        pixels: ArtPixels,
        /// The form of the file
        #[arg(long, value_name = "FORM", default_value = "jpeg")]
        format: ArtFormat,
        /// Set title and artist on it, where the cover does not carry them
        #[arg(long)]
        typography: bool,
        /// The folder in which it is written
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
    },
    /// Mark a song as a favourite, or no longer
    Favourite {
        /// As `library list` shows it
        id: Uuid,
        /// Take the mark away
        #[arg(long)]
        remove: bool,
    },
}

/// Sides of covers that shops take.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ArtPixels {
    /// What most of them ask for at least
    #[value(name = "1400")]
    Small,
    /// What most of them ask for
    #[value(name = "3000")]
    Large,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ArtFormat {
    /// What most shops ask for
    Jpeg,
    /// Without loss
    Png,
}

/// What goes into a bundle, and where.
#[derive(Args, Clone, Debug)]
pub(crate) struct BundleArgs {
    /// The folder in which the package is written
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Write one zip file instead of a folder
    #[arg(long)]
    pub(crate) zip: bool,
    /// Add each part as a WAV file of its own
    #[arg(long)]
    pub(crate) stems: bool,
    /// Add the notes as a MIDI file
    #[arg(long)]
    pub(crate) midi: bool,
    /// Add the mix as FLAC
    #[arg(long)]
    pub(crate) flac: bool,
    /// Add the mix as MP3, 320 kbit/s
    #[cfg(feature = "mp3")]
    #[arg(long)]
    pub(crate) mp3: bool,
    /// The form of the WAV file: bits a sample
    #[arg(long, value_name = "BITS", default_value = "24")]
    pub(crate) wav: WavDepth,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum WavDepth {
    /// CD
    #[value(name = "16")]
    Int16,
    /// Studio
    #[value(name = "24")]
    Int24,
    /// 32-bit floating point, for further work
    #[value(name = "float")]
    Float,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// As `library list` shows it
    pub(crate) id: Uuid,
    /// A take, as `library show` shows it; may be given several times [default: the newest]
    #[arg(long, value_name = "ID")]
    pub(crate) take: Vec<Uuid>,
    /// Write a package for each take
    #[arg(long, conflicts_with = "take")]
    pub(crate) all_takes: bool,
    #[command(flatten)]
    pub(crate) bundle: BundleArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// A folder, or a zip file
    pub(crate) bundle: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    /// One operation; all that can go on where absent
    pub(crate) id: Option<OperationId>,
}
