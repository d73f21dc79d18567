//! Models of repositories of the hub that no card describes: language models of the families that are
//! read here, in whatever form they are published.

mod forms;

use songwright_base::{Code, Failure};
use songwright_hub::{Card, Hub, Repository, Revision, Rule};

use crate::{
    local_makers::LocalMakers as _,
    neural_lyrics::{LocalLyricists, QWEN},
};

/// The branch that is taken where none is named.
const MAIN: &str = "main";

/// A model as it is asked for: the id of a card, or a repository of the hub.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A card's.
    Id(String),
    /// `owner/name@revision`; without a revision it is the branch `main`.
    Repository(Repository, Revision),
}

impl Asked {
    /// Reads what was typed.
    ///
    /// # Errors
    /// 400 where it is neither.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = |rule: Rule| Failure::new(Code::BadRequest, format!("{text} {rule}."));
        if !text.contains('/') {
            return Ok(Self::Id(text.to_owned()));
        }
        let (repository, revision) = text.split_once('@').unwrap_or((text, MAIN));
        Ok(Self::Repository(
            repository.parse().map_err(wrong)?,
            revision.parse().map_err(wrong)?,
        ))
    }
}

/// What is to be installed.
#[derive(Clone, Debug)]
pub struct ToInstall {
    /// The model.
    pub card: Card,
    /// The form of it.
    pub variant: String,
}

impl ToInstall {
    /// The one that is asked for, where a card describes it. Asks nobody.
    ///
    /// # Errors
    /// 404 for an id of no card; 400 for a variant that there is not.
    pub fn known(hub: &Hub, asked: &Asked, variant: Option<&str>) -> Result<Option<Self>, Failure> {
        match asked {
            Asked::Id(id) => Self::of_card(hub.card(id)?, variant).map(Some),
            Asked::Repository(repository, revision) => {
                Self::published(hub, (repository, revision), variant)
            }
        }
    }

    /// The one that is asked for. A repository that no card describes is looked at on the hub, and gets a
    /// card of the user's own.
    ///
    /// # Errors
    /// As [`Self::known`]; 404 where the hub has no such repository; 400 where nothing in it can be read
    /// here, before any weight is fetched; what the hub or the line says.
    pub async fn find(hub: &Hub, asked: &Asked, variant: Option<&str>) -> Result<Self, Failure> {
        let (repository, revision) = match asked {
            Asked::Id(id) => return Self::of_card(hub.card(id)?, variant),
            Asked::Repository(repository, revision) => (repository, revision),
        };
        if let Some(known) = Self::published(hub, (repository, revision), variant)? {
            return Ok(known);
        }
        let listing = hub.list(repository, revision).await?;
        let forms = forms::of(hub, &listing, variant).await?;
        let of = (QWEN, LocalLyricists::SERVICE);
        Self::of_card(hub.keep_card(&listing, of, &forms)?, variant)
    }

    fn of_card(card: Card, variant: Option<&str>) -> Result<Self, Failure> {
        let variant = card.variant(variant)?.name.to_string();
        Ok(Self { card, variant })
    }

    fn published(
        hub: &Hub,
        (repository, revision): (&Repository, &Revision),
        variant: Option<&str>,
    ) -> Result<Option<Self>, Failure> {
        if revision.as_str() != MAIN {
            // The hub says what it has at that one.
            return Ok(None);
        }
        let catalogue = hub.catalogue()?;
        let mut all = catalogue.published_at(repository.as_str());
        let found = all.find(|(_, form)| variant.is_none_or(|name| form.name.as_str() == name));
        Ok(found.map(|(card, form)| Self {
            card: card.clone(),
            variant: form.name.to_string(),
        }))
    }
}
