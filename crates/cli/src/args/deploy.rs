use std::path::PathBuf;

use clap::{Args, ValueEnum};
use songwright_base::Service;

use super::services::service;

#[derive(Args, Debug)]
pub(crate) struct DeployArgs {
    /// Which one
    #[arg(value_parser = service())]
    pub(crate) name: Service,
    #[command(flatten)]
    pub(crate) all: DeployAllArgs,
}

#[derive(Args, Debug)]
pub(crate) struct DeployAllArgs {
    /// The folder to write into
    #[arg(long, value_name = "DIR", default_value = "deploy")]
    pub(crate) to: PathBuf,
    /// What will run it
    #[arg(long, default_value = "container")]
    pub(crate) target: Target,
    /// Songwright's source, from which the program is built there
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) source: PathBuf,
    /// The name of the container image
    #[arg(long, default_value = concat!("songwright:", env!("CARGO_PKG_VERSION")))]
    pub(crate) image: String,
    /// Write over files that are there already
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Target {
    /// A Dockerfile and a Compose file
    Container,
    /// Manifests for kubectl apply -k
    Kubernetes,
    /// A Modal app file
    Modal,
}
