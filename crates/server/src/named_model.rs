//! The model that a setting names, and why it cannot be had.

use std::{fmt, path::Path};

use songwright_base::EngineError;
use songwright_hub::{Card, Catalogue, Error as HubError, Hub, Repository};

use crate::local_makers::{Family, Found, LocalMakers};

/// Why a model that was named cannot be had: what every request is told.
#[derive(Debug)]
pub(crate) struct Absent {
    what: String,
    /// Whether its licence has to be accepted first, and nothing else is missing.
    is_licence: bool,
}

impl Absent {
    /// `what` is the whole sentence, with what to do.
    pub(crate) fn new(what: String) -> Self {
        Self {
            what,
            is_licence: false,
        }
    }

    pub(crate) fn error(&self) -> EngineError {
        let what = self.what.clone();
        match self.is_licence {
            true => EngineError::NotAccepted { what },
            false => EngineError::Unavailable { what },
        }
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<HubError> for Absent {
    fn from(error: HubError) -> Self {
        Self {
            what: error.to_string(),
            is_licence: matches!(error, HubError::LicenceNotAccepted { .. }),
        }
    }
}

/// A card by its id or its repository, each also with a variant (`ID:VARIANT`); a folder or file; a repository
/// that any program fetched.
///
/// # Errors
/// Where the list of cards cannot be read.
pub(crate) fn named<M: LocalMakers>(
    hub: &Hub,
    name: &str,
) -> Result<Result<Found, Absent>, EngineError> {
    let path = Path::new(name);
    if path.exists() {
        return Ok(Ok(Found::at(name, path.to_path_buf())));
    }
    let catalogue = hub.catalogue()?;
    // No id and no repository has a colon.
    let (model, variant) = match name.rsplit_once(':') {
        Some((model, variant)) => (model, Some(variant)),
        None => (name, None),
    };
    let described = described(&catalogue, model, variant);
    if let Some(variant) = variant
        && described.is_empty()
        && let Ok(card) = catalogue.find(model)
    {
        return Ok(Err(no_variant(hub, card, variant)));
    }
    let mut missing = None;
    for (card, variant) in described {
        if !Family::<M>::has(card) {
            return Ok(Err(Absent::new(format!("{} {}.", card.title, M::NOT_HERE))));
        }
        match hub.installed(card, variant) {
            Ok(installed) => return Ok(Ok(Found::of(card, &installed))),
            // Another form, or another card of the same repository, may be here.
            Err(error @ HubError::NotInstalled { .. }) => missing = missing.or(Some(error)),
            Err(error) => return Ok(Err(error.into())),
        }
    }
    Ok(match (missing, hub.snapshot(name)) {
        (Some(missing), _) => Err(missing.into()),
        (None, Some(folder)) => Ok(Found::at(name, folder)),
        (None, None) => Err(unknown::<M>(name)),
    })
}

/// The cards, and which form of each, that a name means.
fn described<'a>(
    catalogue: &'a Catalogue,
    model: &'a str,
    variant: Option<&'a str>,
) -> Vec<(&'a Card, Option<&'a str>)> {
    let of_id = catalogue
        .cards
        .iter()
        .filter(|card| card.id.as_str() == model && card.variant(variant).is_ok())
        .map(|card| (card, variant));
    let of_repository = catalogue
        .published_at(model)
        .map(|(card, found)| (card, found.name.as_str()))
        .filter(|(_, found)| variant.is_none_or(|variant| *found == variant))
        .map(|(card, found)| (card, Some(found)));
    of_id.chain(of_repository).collect()
}

/// Lists those that can be named instead.
fn no_variant(hub: &Hub, card: &Card, variant: &str) -> Absent {
    let names = card.variants().iter().map(|variant| variant.name.as_str());
    let (here, others): (Vec<&str>, Vec<&str>) =
        names.partition(|name| hub.installed(card, Some(*name)).is_ok());
    let can = match (here.is_empty(), others.is_empty()) {
        (true, _) => format!("None is installed; there are: {}", others.join(", ")),
        (false, true) => format!("These are installed: {}", here.join(", ")),
        (false, false) => format!(
            "These are installed: {}; these are not: {}",
            here.join(", "),
            others.join(", ")
        ),
    };
    Absent::new(format!("{} has no variant {variant}. {can}.", card.title))
}

fn unknown<M: LocalMakers>(name: &str) -> Absent {
    let fetch = name.parse::<Repository>().map_or_else(
        |_| "name one of the cards".to_owned(),
        |repository| M::fetching(repository.as_str()),
    );
    Absent::new(format!(
        "There is no model {name}: it is no card (songwright models list), no repository that was fetched, and no \
         file or folder here. To use it, {fetch}."
    ))
}
