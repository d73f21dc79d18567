use std::path::PathBuf;

use clap::{Args, Subcommand, builder::PossibleValuesParser};

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the models and whether they are on this machine
    List,
    /// Show a model whole: its files, its licence, what it takes in memory
    Show {
        /// As `models list` shows it
        id: String,
    },
    /// Download a model into the cache that the hub's own tools use, and check every byte of it
    Install(InstallArgs),
    /// Take a model's files from a folder
    Import(ImportModelArgs),
    /// Compare every byte of a model with its published digest
    Verify(ModelArgs),
    /// Delete what was downloaded or copied for a model
    Remove(ModelArgs),
    /// Print the folder that a model's files are in
    Where(ModelArgs),
    /// Make a smaller model of an installed one, its largest network in blocks of small integers
    Quantize(QuantizeArgs),
    /// List the LoRA adapters that songs can be made with, and the folder that they are put in
    Adapters,
}

/// A model, and which form of it.
#[derive(Args, Debug)]
pub(crate) struct ModelArgs {
    /// As `models list` shows it
    pub(crate) id: String,
    /// One of its variants, as `models show` lists them [default: the first]
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct InstallArgs {
    /// As `models list` shows it, or a repository of the hub: OWNER/NAME, or OWNER/NAME@REVISION
    #[arg(value_name = "ID|OWNER/NAME")]
    pub(crate) id: String,
    /// One of its variants, as `models show` lists them; of a GGUF file its blocks, as q8-0
    /// [default: the first]
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Option<String>,
    /// I have read the model's licence and agree to it
    #[arg(long)]
    pub(crate) accept_licence: bool,
}

#[derive(Args, Debug)]
pub(crate) struct QuantizeArgs {
    /// As `models list` shows it
    pub(crate) id: String,
    /// The blocks: 8.5, 6.6 or 4.5 bits a number
    #[arg(long = "type", value_name = "TYPE", default_value = "q8_0",
        value_parser = PossibleValuesParser::new(songwright_server::quantise::words()))]
    pub(crate) to: String,
}

#[derive(Args, Debug)]
pub(crate) struct ImportModelArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// The folder, laid out as the model's repository
    pub(crate) folder: PathBuf,
    /// Keep the files in the data folder too, so that the folder can go
    #[arg(long)]
    pub(crate) copy: bool,
    /// I have read the model's licence and agree to it
    #[arg(long)]
    pub(crate) accept_licence: bool,
}
