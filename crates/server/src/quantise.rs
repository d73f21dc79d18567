//! An installed model once more, with its largest network in blocks of small integers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use songwright_base::{Code, EngineError, Failure, Observer};
use songwright_cover::sdxl;
use songwright_hub::{Acceptance, Card, Hub, Import, ImportBy, Installed};
use songwright_music::ace_step;
use songwright_nn::weights::BlockType;

use crate::{adapters::ACE_STEP_V1, neural_cover::SDXL};

/// The blocks that there are, as commands call them.
#[must_use]
pub fn words() -> Vec<&'static str> {
    BlockType::ALL.map(BlockType::word).to_vec()
}

/// A model whose largest network can be made into blocks.
enum Whole {
    AceStep(Box<ace_step::Checkpoint>),
    Sdxl(Box<sdxl::Checkpoint>),
}

impl Whole {
    /// `None` where the family is none of those.
    fn open(card: &Card, installed: &Installed) -> Result<Option<Self>, EngineError> {
        let folders = installed.folders();
        Ok(match card.family.as_str() {
            ACE_STEP_V1 => {
                let folder = folders.first().copied().unwrap_or(Path::new(""));
                Some(Self::AceStep(Box::new(ace_step::Checkpoint::open(folder)?)))
            }
            SDXL => {
                let folders: Vec<PathBuf> = folders.into_iter().map(Path::to_owned).collect();
                let files = installed.files().iter().map(|file| file.location.clone());
                let files: Vec<PathBuf> = files.collect();
                let whole = sdxl::Checkpoint::open_own(&folders, &files)?;
                Some(Self::Sdxl(Box::new(whole)))
            }
            _ => None,
        })
    }

    fn is_in_blocks(&self) -> bool {
        match self {
            Self::AceStep(whole) => whole.stored_blocks().is_some(),
            Self::Sdxl(whole) => whole.stored_blocks().is_some(),
        }
    }

    /// The network's file.
    fn file(&self) -> Result<PathBuf, EngineError> {
        Ok(match self {
            Self::AceStep(whole) => whole.file(ace_step::Part::Transformer).to_owned(),
            Self::Sdxl(whole) => whole.file(sdxl::Part::Unet)?,
        })
    }

    /// Whether its file holds other networks too, so that it stays beside the blocks.
    fn is_shared(&self, file: &Path, folder: Option<&Path>) -> bool {
        match self {
            Self::AceStep(_) => file.parent() == folder,
            Self::Sdxl(_) => false,
        }
    }

    /// What the file of blocks is called. What the name of SDXL-Lightning's file says, it goes on saying.
    fn named(&self, file: &Path, word: &str) -> String {
        match self {
            Self::AceStep(_) => format!("transformer-{word}.gguf"),
            Self::Sdxl(_) => {
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                format!("{}-{word}.gguf", stem.trim_end_matches(".fp16"))
            }
        }
    }

    fn quantise(&self, to: BlockType, out: &Path, observer: &dyn Observer) -> Result<(), Failure> {
        let quantised = match self {
            Self::AceStep(whole) => {
                let end = ace_step::quantise(whole, to, out, observer);
                end.map_err(|error| match error {
                    ace_step::Error::Network(error) => Ok(error),
                    other => Err(EngineError::from(other)),
                })
            }
            Self::Sdxl(whole) => {
                let end = sdxl::quantise(whole, to, out, observer);
                end.map_err(|error| match error {
                    sdxl::Error::Network(error) => Ok(error),
                    other => Err(EngineError::from(other)),
                })
            }
        };
        quantised.map_err(|error| match error {
            Ok(songwright_nn::Error::Write { path, source }) => written(&path)(source),
            Ok(other) => EngineError::failed("quantising a model")(other).into(),
            Err(error) => error.into(),
        })
    }
}

/// Quantises an installed model into one of its own, `ID-q8_0` and so on: a folder and a card in the
/// data folder, of which nothing is changed else. Its other files are shared where the disk allows it.
///
/// # Errors
/// 404 for a model that there is not; 503 for one that is not installed, or damaged; 400 for one of a family
/// that cannot be, or in blocks already; 507 where there is no space.
pub fn quantised(
    data_dir: &Path,
    (id, word): (&str, &str),
    observer: &dyn Observer,
) -> Result<Installed, Failure> {
    let hub = crate::models::hub(data_dir)?;
    let card = hub.card(id)?;
    let installed = hub.installed(&card, None)?;
    let to = BlockType::from_word(word);
    let Some((whole, to)) = Whole::open(&card, &installed)?.zip(to) else {
        return Err(refusal(format!(
            "{} cannot be quantised to {word}: only ACE-Step v1 and SDXL can, to {}.",
            card.title,
            words().join(", ")
        )));
    };
    if whole.is_in_blocks() {
        return Err(refusal(format!(
            "{} is in blocks already. Quantise the model that it was made from.",
            card.title
        )));
    }
    let new_id = format!("{id}-{word}");
    let target = data_dir.join("models").join(&new_id).join("checkpoint");
    let file = whole.file()?;
    // Where the network was, relative to its own folder.
    let own = installed.files().iter().find(|own| own.location == file);
    let place = own.and_then(|own| Path::new(own.path.as_str()).parent());
    let blocks = place
        .unwrap_or(Path::new(""))
        .join(whole.named(&file, word));
    let is_shared = whole.is_shared(&file, installed.folders().first().copied());
    let mut files = vec![blocks.clone()];
    for own in installed.files() {
        if own.location != file || is_shared {
            let to = own.path.as_str();
            share(&own.location, &target.join(to)).map_err(written(&target))?;
            files.push(PathBuf::from(to));
        }
    }
    let out = target.join(&blocks);
    make_folder_of(&out).map_err(written(&out))?;
    whole.quantise(to, &out, observer)?;
    let text = card_text(&card, (&new_id, word), &files)?;
    let path = data_dir.join("models/cards").join(format!("{new_id}.toml"));
    make_folder_of(&path).map_err(written(&path))?;
    fs::write(&path, text).map_err(written(&path))?;
    taken_in(&hub, &new_id, &target, observer)
}

fn taken_in(
    hub: &Hub,
    id: &str,
    folder: &Path,
    observer: &dyn Observer,
) -> Result<Installed, Failure> {
    let import = Import {
        folder,
        by: ImportBy::Reference,
        // It was given for the model that this one was made from.
        acceptance: Acceptance::Given,
    };
    Ok(hub.import(&hub.card(id)?, None, &import, observer)?)
}

/// The card of the new model.
fn card_text(card: &Card, (id, word): (&str, &str), files: &[PathBuf]) -> Result<String, Failure> {
    let quoted = |text: &str| {
        // A string of JSON is one of TOML.
        serde_json::to_string(text).map_err(|e| Failure::internal("writing a model card", &e))
    };
    let source = &card.variant(None)?.files;
    let source = source.first().map(|file| file.source.clone());
    let (repository, revision) = source
        .map(|source| (source.repository.to_string(), source.revision.to_string()))
        .unwrap_or_default();
    let mut text = format!(
        "# Made by `songwright models quantize`: it cannot be downloaded.\n\nid = {}\ntitle = {}\n\
         family = {}\nservice = {}\nrepository = {}\nrevision = {}\n{}\n[licence]\nid = {}\n\
         url = {}\nmust_accept = {}\n",
        quoted(id)?,
        quoted(&format!("{} ({word})", card.title))?,
        quoted(&card.family)?,
        quoted(card.service.word())?,
        quoted(&repository)?,
        quoted(&revision)?,
        card.native_pixels
            .map_or_else(String::new, |pixels| format!("native_pixels = {pixels}\n")),
        quoted(&card.licence.id)?,
        quoted(&card.licence.url)?,
        card.licence.must_accept,
    );
    if let Some(summary) = &card.licence.summary {
        text.push_str(&format!("summary = {}\n", quoted(summary)?));
    }
    for file in files {
        let path = file.to_string_lossy().replace('\\', "/");
        text.push_str(&format!("\n[[file]]\npath = {}\n", quoted(&path)?));
    }
    Ok(text)
}

/// A second name for a file where the disk is the same, else a copy.
fn share(from: &Path, to: &Path) -> io::Result<()> {
    make_folder_of(to)?;
    // Through links: those of a cache lead to its blobs.
    let from = fs::canonicalize(from)?;
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(&from, to).or_else(|_| fs::copy(&from, to).map(drop))
}

fn make_folder_of(file: &Path) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(file))
}

fn written(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| {
        let code = match error.kind() {
            io::ErrorKind::StorageFull => Code::StorageFull,
            _ => Code::Internal,
        };
        Failure::new(code, format!("{path} could not be written: {error}."))
    }
}

fn refusal(what: String) -> Failure {
    Failure::new(Code::BadRequest, what)
}
