use std::{path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Value, json};
use songwright_base::{Failure, NoJournal, Operation, Operations};
use songwright_hub::{
    Acceptance, ByteCount, Card, Error as HubError, Hub, Import, ImportBy, Installed,
};

use songwright_server::{
    quantise::quantised,
    repository::{Asked, ToInstall},
};

use super::show::here;
use crate::{
    Error,
    args::{ImportModelArgs, InstallArgs, ModelArgs, QuantizeArgs},
    print,
    progress::{self, Style},
};

/// Weights come over slow lines too.
const LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// `models install ID`, `models install OWNER/NAME`.
pub(super) async fn install(
    hub: Hub,
    args: InstallArgs,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    let asked = Asked::parse(&args.id)?;
    let ToInstall { card, variant } =
        ToInstall::find(&hub, &asked, args.variant.as_deref()).await?;
    tell_licence(&card, &variant)?;
    let acceptance = acceptance(args.accept_licence);
    let operation = operation(&card, "install_model")?;
    let observer = operation.clone();
    let work = async move {
        hub.install(&card, Some(&variant), acceptance, &observer)
            .await
    };
    let installed = follow(operation, style, work).await.inspect_err(|error| {
        if matches!(error, Error::Interrupted) {
            print::aside("What has arrived is kept; the same command goes on with it.");
        }
    })?;
    report(&installed, json)
}

/// `models import ID FOLDER`.
pub(super) async fn import(
    hub: Hub,
    args: ImportModelArgs,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    let card = hub.card(&args.model.id)?;
    let by = if args.copy {
        ImportBy::Copy
    } else {
        ImportBy::Reference
    };
    let operation = operation(&card, "import_model")?;
    let observer = operation.clone();
    let work = blocking(move || {
        let import = Import {
            folder: &args.folder,
            by,
            acceptance: acceptance(args.accept_licence),
        };
        hub.import(&card, args.model.variant.as_deref(), &import, &observer)
    });
    report(&follow(operation, style, work).await?, json)
}

/// `models quantize ID`.
pub(super) async fn quantize(
    hub: Hub,
    data_dir: PathBuf,
    args: QuantizeArgs,
    (style, json): (Style, bool),
) -> Result<(), Error> {
    let card = hub.card(&args.id)?;
    let service = card.service.word();
    let operation = operation(&card, "quantize_model")?;
    let observer = operation.clone();
    let work = async move {
        let work = move || quantised(&data_dir, (&args.id, &args.to), &observer);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| Failure::internal("quantising a model", &e))?
    };
    let installed = follow(operation, style, work).await?;
    report(&installed, json)?;
    if !json {
        print::aside(format!(
            "It is used where the setting services.{0}.model names it: SONGWRIGHT_{1}_MODEL={2}",
            service,
            service.to_uppercase(),
            installed.id
        ));
    }
    Ok(())
}

/// `models verify ID`.
pub(super) async fn verify(
    hub: Hub,
    args: ModelArgs,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    let card = hub.card(&args.id)?;
    let operation = operation(&card, "verify_model")?;
    let observer = operation.clone();
    let work = blocking(move || hub.verify(&card, args.variant.as_deref(), &observer));
    report(&follow(operation, style, work).await?, json)
}

/// `models remove ID`.
pub(super) fn remove(hub: &Hub, args: &ModelArgs, json: bool) -> Result<(), Error> {
    let card = hub.card(&args.id)?;
    let removed = hub.remove(&card, args.variant.as_deref())?;
    if json {
        return print::json(&json!({
            "id": card.id.as_str(),
            "freed_bytes": removed.freed_bytes,
            "kept": removed.kept,
        }));
    }
    for folder in &removed.kept {
        print::aside(format!(
            "Files that Songwright did not fetch stay in {}.",
            folder.display()
        ));
    }
    print::line(format!(
        "{} is removed; {} are free now.",
        card.title,
        ByteCount(removed.freed_bytes)
    ))
}

const fn acceptance(accept_licence: bool) -> Acceptance {
    if accept_licence {
        Acceptance::Given
    } else {
        Acceptance::NotGiven
    }
}

fn tell_licence(card: &Card, variant: &str) -> Result<(), Error> {
    let bytes = card.variant(Some(variant))?.bytes();
    let licence = &card.licence;
    print::aside(format!(
        "{}, {}. Licence: {} ({})",
        card.title,
        ByteCount(bytes),
        licence.id,
        licence.url
    ));
    if let Some(summary) = &licence.summary {
        print::aside(summary);
    }
    Ok(())
}

fn report(installed: &Installed, json: bool) -> Result<(), Error> {
    if json {
        return print::json(&here(installed));
    }
    let folders: Vec<_> = installed
        .folders()
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    print::line(format!(
        "{} is whole, {} in {}",
        installed.title,
        ByteCount(installed.bytes()),
        folders.join(" and ")
    ))
}

fn operation(card: &Card, kind: &str) -> Result<Operation, Error> {
    let operations = Operations::new(Arc::new(NoJournal));
    let operation = operations.start(card.service, kind, Value::Null)?;
    operation.start(LIMIT);
    Ok(operation)
}

/// Shows the operation that `work` reports to until it ends.
async fn follow<E: Into<Failure> + Send + 'static>(
    operation: Operation,
    style: Style,
    work: impl Future<Output = Result<Installed, E>> + Send + 'static,
) -> Result<Installed, Error> {
    let ending = operation.clone();
    let working = tokio::spawn(async move {
        let (outcome, installed) = match work.await {
            Ok(installed) => (Ok(Value::Null), Some(installed)),
            Err(error) => (Err(error.into()), None),
        };
        ending.end(outcome);
        installed
    });
    progress::follow(&operation, style).await?;
    let installed = working
        .await
        .map_err(|e| Failure::internal("working on a model", &e))?;
    // The operation succeeded, so it is there.
    installed.ok_or(Error::Interrupted)
}

async fn blocking(
    work: impl FnOnce() -> Result<Installed, HubError> + Send + 'static,
) -> Result<Installed, HubError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(HubError::Machine {
            doing: "working on a model's files",
            source: error.into(),
        }),
    }
}
