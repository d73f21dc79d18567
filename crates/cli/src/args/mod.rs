//! What can be typed. Every option is read by the command that it belongs to.

mod cover;
mod deploy;
mod global;
mod library;
mod lyrics;
mod models;
mod services;
mod song;
mod take;

use clap::{Parser, Subcommand};

pub(crate) use cover::CoverArgs;
pub(crate) use deploy::{DeployAllArgs, DeployArgs, Target};
pub(crate) use global::GlobalArgs;
pub(crate) use library::{
    ArtFormat, ArtPixels, BundleArgs, ExportArgs, ImportArgs, LibraryCommand, ResumeArgs, WavDepth,
};
pub(crate) use lyrics::{LyricsCommand, WordsArgs};
pub(crate) use models::{ImportModelArgs, InstallArgs, ModelArgs, ModelsCommand, QuantizeArgs};
pub(crate) use services::{CheckArgs, HealthArgs, RunAllArgs, RunArgs};
pub(crate) use song::{BenchArgs, SongArgs};
pub(crate) use take::{ChangeArgs, ParentArgs, TakeCommand, WordArgs};

const EXAMPLES: &str = "\
Examples:
  songwright song \"a slow waltz about the last ferry of the night\"
  songwright song \"rain on a tin roof\" --duration 60 --seed 7 --stems --midi --zip
  songwright song --lyrics words.txt --prompt \"folk, female voice, guitar, 90 BPM\"
  songwright serve    then open http://127.0.0.1:8000";

/// Describe a song; get the song: lyrics, audio, cover and tags, made on your own machine.
#[derive(Debug, Parser)]
#[command(name = "songwright", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a song from a description and write its package into a folder
    Song(Box<SongArgs>),
    /// Make a new take of a song in the library: a variation, a part anew, longer, or other words
    #[command(subcommand)]
    Take(TakeCommand),
    /// Draw another cover for a song in the library, anew or over the one it has
    Cover(CoverArgs),
    /// Continue, rewrite, fit, translate and name lyrics; find rhymes; improve a prompt
    #[command(subcommand)]
    Lyrics(LyricsCommand),
    /// Serve the page and all four services on one port
    Serve,
    /// Open the window
    App,
    /// Show the services, what they answer and whether they can be reached
    List,
    /// Serve one service alone, its endpoints at the root
    Run(RunArgs),
    /// Serve the four services as four processes that know each other
    RunAll(RunAllArgs),
    /// Write the files that deploy one service
    Deploy(DeployArgs),
    /// Write the files that deploy all four services
    DeployAll(DeployAllArgs),
    /// Look into the library and change it
    #[command(subcommand)]
    Library(LibraryCommand),
    /// Look at models, fetch them and take them away
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Write a song of the library as a bundle
    Export(ExportArgs),
    /// Take a bundle, a folder or a zip file, into the library
    Import(ImportArgs),
    /// Go on with what waited or ran when the program ended
    Resume(ResumeArgs),
    /// Look at this machine and at the settings, and say what is wrong with them
    Doctor,
    /// Start services, call every endpoint, provoke their errors and time them
    Check(CheckArgs),
    /// Measure how fast each stage of a song is on this machine
    Bench(BenchArgs),
    /// Print the OpenAPI document
    #[command(hide = true)]
    Openapi,
    /// Exit with 0 where a service says that it is healthy: for container health checks
    #[command(hide = true)]
    Health(HealthArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_holds() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_and_after_the_command() {
        for line in [
            "songwright --port 9 --json doctor",
            "songwright doctor --port 9 --json",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(
                (cli.global.port, cli.global.json),
                (Some(9), true),
                "{line}"
            );
        }
    }

    #[test]
    fn a_song_needs_words() {
        assert!(Cli::try_parse_from(["songwright", "song"]).is_err());
        assert!(Cli::try_parse_from(["songwright", "song", "rain"]).is_ok());
        assert!(
            Cli::try_parse_from(["songwright", "song", "--lyrics", "l.txt", "--prompt", "pop"])
                .is_ok()
        );
    }
}
