//! What is known of a model: where it is published, under which licence, which files it has.

mod catalogue;
mod names;
mod raw;

use std::{str::FromStr, sync::Arc};

use songwright_base::Service;

pub use catalogue::Catalogue;
pub(crate) use catalogue::own_card_path;
pub use names::{FilePath, ModelName, Repository, Revision, Rule};
pub(crate) use raw::{RawCard, RawFile, RawLicence, RawMemory, RawVariant};

use crate::{Digest, Error, error::CardProblem};

/// The name of the only variant of a card that lists none.
const ORIGINAL: &str = "original";

/// A model.
#[derive(Clone, Debug)]
pub struct Card {
    /// What commands and records call it.
    pub id: ModelName,
    /// What people call it.
    pub title: String,
    /// The architecture: which loader can read it.
    pub family: String,
    /// Whose engine it is.
    pub service: Service,
    /// The side in pixels of the pictures that it was trained on, and draws best.
    pub native_pixels: Option<u32>,
    /// Under which terms it may be used.
    pub licence: Licence,
    /// Its networks.
    pub parts: Vec<Part>,
    /// The forms it can be had in, the usual one first; never empty.
    variants: Vec<Variant>,
}

/// The terms of a model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Licence {
    /// An SPDX expression, or `LicenseRef-…`.
    pub id: String,
    /// Where its text is.
    pub url: String,
    /// Whether somebody has to agree to it before the model is fetched.
    pub must_accept: bool,
    /// What it means for songs that are made, in a sentence.
    pub summary: Option<String>,
}

/// A network of a model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// For people.
    pub name: String,
    /// How many numbers it has.
    pub parameters: u64,
    /// As stored: `bf16`.
    pub dtype: String,
}

/// What the weights alone take; activations come on top.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Memory {
    /// For people: "bf16".
    pub precision: String,
    /// In bytes.
    pub weights_bytes: u64,
}

/// A form in which a model can be had.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What commands and records call it.
    pub name: ModelName,
    /// What people call it.
    pub title: String,
    /// Its files, those that it shares with other variants too; never empty, each path once.
    pub files: Vec<CardFile>,
    /// What it takes in memory.
    pub memory: Vec<Memory>,
    bytes: Option<u64>,
}

/// Where files are published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// `owner/name`.
    pub repository: Repository,
    /// The state of it that the digests are of.
    pub revision: Revision,
}

/// A file of a model.
#[derive(Clone, Debug)]
pub struct CardFile {
    /// Where it is published.
    pub source: Arc<Source>,
    /// Its path there.
    pub path: FilePath,
    /// Its size, where the card knows it.
    pub bytes: Option<u64>,
    /// What its bytes have to be; where absent, what the hub says that they are.
    pub digest: Option<Digest>,
    /// How its numbers are stored, for people.
    pub dtype: Option<String>,
}

impl Card {
    /// Reads a card; `origin` is the file that an error names.
    ///
    /// # Errors
    /// [`Error::Card`] naming the key that is wrong.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Error> {
        let wrong = |problem| Error::Card {
            origin: origin.to_owned(),
            problem,
        };
        let raw: RawCard =
            toml::from_str(text).map_err(|e| wrong(CardProblem::Form(Box::new(e))))?;
        Self::checked(raw).map_err(wrong)
    }

    /// The forms it can be had in, the usual one first.
    #[must_use]
    pub fn variants(&self) -> &[Variant] {
        &self.variants
    }

    /// The variant of that name, or the usual one.
    ///
    /// # Errors
    /// [`Error::UnknownVariant`].
    pub fn variant(&self, name: Option<&str>) -> Result<&Variant, Error> {
        self.variants
            .iter()
            .find(|variant| name.is_none_or(|name| variant.name.as_str() == name))
            .ok_or_else(|| Error::UnknownVariant {
                title: self.title.clone(),
                variant: name.unwrap_or_default().to_owned(),
                known: names(self.variants.iter().map(|variant| variant.name.as_str())),
            })
    }

    fn checked(raw: RawCard) -> Result<Self, CardProblem> {
        let source = Arc::new(Source {
            repository: name("repository", &raw.repository)?,
            revision: name("revision", &raw.revision)?,
        });
        let shared = files(raw.file, &source)?;
        let everywhere = memory(raw.memory);
        let variants = if raw.variant.is_empty() {
            vec![Variant {
                name: name("variant.name", ORIGINAL)?,
                title: "as published".to_owned(),
                files: shared,
                memory: everywhere,
                bytes: raw.bytes,
            }]
        } else {
            raw.variant
                .into_iter()
                .map(|variant| variant_of(variant, &source, &shared, &everywhere))
                .collect::<Result<_, _>>()?
        };
        for (at, variant) in variants.iter().enumerate() {
            once("variant.name", &variant.name, &variants[..at], |v| &v.name)?;
            let files = &variant.files;
            if files.is_empty() {
                return Err(CardProblem::NoFiles(variant.name.to_string()));
            }
            for (at, file) in files.iter().enumerate() {
                once("file.path", &file.path, &files[..at], |f| &f.path)?;
            }
        }
        let parts = raw.part.into_iter().map(|part| Part {
            name: part.name,
            parameters: part.parameters,
            dtype: part.dtype,
        });
        Ok(Self {
            id: name("id", &raw.id)?,
            title: raw.title,
            family: raw.family,
            service: Service::from_word(&raw.service)
                .filter(|service| *service != Service::Integrated)
                .ok_or_else(|| {
                    problem("service", &raw.service, "has to be lyrics, music or image")
                })?,
            native_pixels: native(raw.native_pixels)?,
            licence: Licence {
                id: raw.licence.id,
                url: raw.licence.url,
                must_accept: raw.licence.must_accept,
                summary: raw.licence.summary,
            },
            parts: parts.collect(),
            variants,
        })
    }
}

impl Variant {
    /// All files together, in bytes: as the card says, else the sum of what it knows.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
            .unwrap_or_else(|| self.files.iter().filter_map(|file| file.bytes).sum())
    }
}

/// A side that half and one and a half of are drawn too.
fn native(pixels: Option<u32>) -> Result<Option<u32>, CardProblem> {
    let Some(pixels) = pixels else {
        return Ok(None);
    };
    if (256..=1024).contains(&pixels) && pixels % 128 == 0 {
        return Ok(Some(pixels));
    }
    let rule = "has to be a multiple of 128 from 256 to 1024";
    Err(problem("native_pixels", &pixels.to_string(), rule))
}

fn variant_of(
    raw: RawVariant,
    source: &Arc<Source>,
    shared: &[CardFile],
    everywhere: &[Memory],
) -> Result<Variant, CardProblem> {
    let place = (raw.repository.as_deref(), raw.revision.as_deref());
    let keys = ("variant.repository", "variant.revision");
    let own = elsewhere(source, place, keys)?.ok_or(CardProblem::NoRevision(raw.name.clone()))?;
    Ok(Variant {
        name: name("variant.name", &raw.name)?,
        title: raw.title,
        files: [files(raw.file, &own)?, shared.to_vec()].concat(),
        memory: if raw.memory.is_empty() {
            everywhere.to_vec()
        } else {
            memory(raw.memory)
        },
        bytes: raw.bytes,
    })
}

fn files(raw: Vec<RawFile>, source: &Arc<Source>) -> Result<Vec<CardFile>, CardProblem> {
    raw.into_iter()
        .map(|file| {
            let place = (file.repository.as_deref(), file.revision.as_deref());
            let keys = ("file.repository", "file.revision");
            let own = elsewhere(source, place, keys)?;
            Ok(CardFile {
                source: own.ok_or_else(|| CardProblem::NoRevision(file.path.clone()))?,
                path: name("file.path", &file.path)?,
                bytes: file.bytes,
                digest: file.sha256.as_deref().map(sha256).transpose()?,
                dtype: file.dtype,
            })
        })
        .collect()
}

/// The same repository, or the one that is named; `None` where that has no revision of its own, because the
/// commit of one repository is none of another.
fn elsewhere(
    source: &Arc<Source>,
    (repository, revision): (Option<&str>, Option<&str>),
    keys: (&'static str, &'static str),
) -> Result<Option<Arc<Source>>, CardProblem> {
    if repository.is_some() && revision.is_none() {
        return Ok(None);
    }
    let named = Source {
        repository: match repository {
            Some(text) => name(keys.0, text)?,
            None => source.repository.clone(),
        },
        revision: match revision {
            Some(text) => name(keys.1, text)?,
            None => source.revision.clone(),
        },
    };
    Ok(Some(if named == **source {
        source.clone()
    } else {
        Arc::new(named)
    }))
}

fn sha256(text: &str) -> Result<Digest, CardProblem> {
    text.parse()
        .ok()
        .filter(|digest| matches!(digest, Digest::Sha256(_)))
        .ok_or_else(|| problem("file.sha256", text, "has to be 64 hexadecimal digits"))
}

fn memory(raw: Vec<RawMemory>) -> Vec<Memory> {
    raw.into_iter()
        .map(|memory| Memory {
            precision: memory.precision,
            weights_bytes: memory.weights_bytes,
        })
        .collect()
}

fn name<N: FromStr<Err = Rule>>(key: &'static str, text: &str) -> Result<N, CardProblem> {
    text.parse().map_err(|rule| problem(key, text, rule))
}

fn once<T, N: Eq + ToString>(
    key: &'static str,
    value: &N,
    before: &[T],
    of: impl Fn(&T) -> &N,
) -> Result<(), CardProblem> {
    if before.iter().any(|other| of(other) == value) {
        return Err(problem(key, &value.to_string(), "is there twice"));
    }
    Ok(())
}

fn problem(key: &'static str, value: &str, rule: Rule) -> CardProblem {
    CardProblem::Value {
        key,
        value: value.to_owned(),
        rule,
    }
}

/// Names in a row, for sentences.
pub(crate) fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
