//! Cards that are made of listings.

use std::{fs, io, path::PathBuf};

use sha2::{Digest as _, Sha256};
use songwright_base::Service;

use super::Listing;
use crate::{
    Card, Digest, Error, Hub, Repository,
    card::{FilePath, RawCard, RawFile, RawLicence, RawMemory, RawVariant, own_card_path},
    disk,
    record::Records,
};

/// How such cards begin, so that no other is ever written over or deleted.
const HEAD: &str =
    "# Made by `songwright models install` of what the hub says. It goes with the model.\n";
/// The longest id of a model.
const ID_BYTES: usize = 64;

/// A form that a listed model can be had in.
#[derive(Clone, Debug)]
pub struct Form {
    /// What commands call it: a [`crate::ModelName`].
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its files, all of them listed.
    pub files: Vec<FilePath>,
}

pub(super) fn keep(
    hub: &Hub,
    listing: &Listing,
    (family, service): (&str, Service),
    forms: &[Form],
) -> Result<Card, Error> {
    let id = id_of(listing.repository());
    let path = own_card_path(&hub.models_dir, &id);
    let text = format!("{HEAD}\n{}", text(&id, listing, (family, service), forms)?);
    let card = Card::parse(&text, &path.display().to_string())?;
    if let Some(earlier) = hub
        .catalogue()?
        .cards
        .iter()
        .find(|card| card.id.as_str() == id)
    {
        if !is_listed(&path)? {
            return Err(Error::CardTwice { id });
        }
        let records = Records::of(&hub.models_dir, earlier);
        let is_other = |file: &crate::CardFile| *file.source != *listing.source;
        let kept = earlier
            .variants()
            .iter()
            .find(|variant| records.read(variant).is_some() && variant.files.iter().any(is_other));
        if let Some(file) = kept.and_then(|variant| variant.files.first()) {
            return Err(Error::OtherCommit {
                title: earlier.title.clone(),
                commit: file.source.revision.to_string(),
                command: format!("songwright models remove {id}"),
            });
        }
    }
    disk::write_whole(&path, text.as_bytes())?;
    Ok(card)
}

/// Deletes the card of a model where it was made of a listing and nothing of the model is noted any more.
pub(crate) fn forget_listed(hub: &Hub, card: &Card) -> Result<(), Error> {
    let path = own_card_path(&hub.models_dir, card.id.as_str());
    let records = Records::of(&hub.models_dir, card);
    let is_used = card.variants().iter().any(|v| records.read(v).is_some());
    if is_used || !is_listed(&path)? {
        return Ok(());
    }
    fs::remove_file(&path).map_err(Error::io(path, "deleted"))
}

fn is_listed(path: &PathBuf) -> Result<bool, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.starts_with(HEAD)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io(path, "read")(error)),
    }
}

/// `owner--name`, as the folders of the shared cache are called; what is too long ends in a digest.
fn id_of(repository: &Repository) -> String {
    let whole = repository.as_str().replace('/', "--").to_lowercase();
    if whole.len() <= ID_BYTES {
        return whole;
    }
    let digest = Digest::Sha256(Sha256::digest(whole.as_bytes()).into()).to_string();
    let (digest, kept) = (&digest[..8], &whole[..ID_BYTES - 9]);
    format!("{kept}-{digest}")
}

fn text(
    id: &str,
    listing: &Listing,
    (family, service): (&str, Service),
    forms: &[Form],
) -> Result<String, Error> {
    let variant = |form: &Form| {
        let files = form
            .files
            .iter()
            .filter_map(|path| listing.file(path.as_str()));
        let weights = files.clone().filter(|file| {
            [".safetensors", ".gguf"]
                .iter()
                .any(|kind| file.path.as_str().ends_with(kind))
        });
        RawVariant {
            name: form.name.clone(),
            title: form.title.clone(),
            repository: None,
            revision: None,
            bytes: None,
            file: files.map(raw_file).collect(),
            memory: vec![RawMemory {
                precision: "as stored".to_owned(),
                weights_bytes: weights.filter_map(|file| file.bytes).sum(),
            }],
        }
    };
    let card = RawCard {
        id: id.to_owned(),
        title: listing.repository().to_string(),
        family: family.to_owned(),
        service: service.word().to_owned(),
        repository: listing.repository().to_string(),
        revision: listing.commit().to_string(),
        bytes: None,
        native_pixels: None,
        licence: RawLicence::from(&listing.licence),
        file: Vec::new(),
        part: Vec::new(),
        memory: Vec::new(),
        variant: forms.iter().map(variant).collect(),
    };
    toml::to_string(&card).map_err(Error::machine("writing a model card"))
}

fn raw_file(file: &super::ListedFile) -> RawFile {
    RawFile {
        path: file.path.to_string(),
        repository: None,
        revision: None,
        bytes: file.bytes,
        sha256: file
            .digest
            .filter(|digest| matches!(digest, Digest::Sha256(_)))
            .map(|digest| digest.to_string()),
        dtype: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_name_and_each_repositorys_own() {
        let id = |text: &str| id_of(&text.parse().unwrap());
        assert_eq!(id("Qwen/Qwen3-0.6B"), "qwen--qwen3-0.6b");
        let long = |last: char| format!("{}/{}{last}", "o".repeat(60), "n".repeat(60));
        let (one, other) = (id(&long('a')), id(&long('b')));
        assert_ne!(one, other);
        for id in [one, other] {
            assert_eq!(id.len(), ID_BYTES);
            assert!(id.parse::<crate::ModelName>().is_ok(), "{id}");
        }
        assert_eq!(
            id(&format!("{}/{}", "o".repeat(31), "n".repeat(31))).len(),
            64
        );
    }
}
