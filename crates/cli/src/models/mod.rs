//! `models …`: what there is, and how it comes and goes.

mod change;
mod show;
mod suggested;

use songwright_base::config::Config;
use songwright_hub::Hub;

use crate::{Error, args::ModelsCommand, progress::Style};

/// Runs a command on models.
///
/// # Errors
/// What the hub, the disk or the card says; [`Error::Interrupted`] after Ctrl-C.
pub(crate) async fn models(
    config: &Config,
    command: ModelsCommand,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    let hub = Hub::open(&config.data_dir)?;
    match command {
        ModelsCommand::List => show::list(&hub, config, json),
        ModelsCommand::Show { id } => show::one(&hub, &id, json),
        ModelsCommand::Where(args) => show::place(&hub, &args, json),
        ModelsCommand::Install(args) => change::install(hub, args, style, json).await,
        ModelsCommand::Import(args) => change::import(hub, args, style, json).await,
        ModelsCommand::Verify(args) => change::verify(hub, args, style, json).await,
        ModelsCommand::Remove(args) => change::remove(&hub, &args, json),
        ModelsCommand::Quantize(args) => {
            let data_dir = config.data_dir.clone();
            change::quantize(hub, data_dir, args, (style, json)).await
        }
        ModelsCommand::Adapters => show::adapters(&config.data_dir, json),
    }
}
