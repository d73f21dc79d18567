//! An installed model once more, with its largest network in blocks of small integers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use songwright_base::{Code, EngineError, Failure, Observer};
use songwright_hub::{Acceptance, Card, Hub, Import, ImportBy, Installed};
use songwright_music::ace_step::{BlockType, Checkpoint, Part, quantise};

use crate::adapters::ACE_STEP_V1;

/// The blocks that there are, as commands call them.
#[must_use]
pub fn words() -> Vec<&'static str> {
    BlockType::ALL.map(BlockType::word).to_vec()
}

/// Quantises an installed model into one of its own, `ID-q8_0` and so on: a folder and a card in the
/// data folder, of which nothing is changed else. Its other files are shared where the disk allows it.
///
/// # Errors
/// 404 for a model that there is not; 503 for one that is not installed, or damaged; 400 for one that is
/// no ACE-Step, or in blocks already; 507 where there is no space.
pub fn quantised(
    data_dir: &Path,
    (id, word): (&str, &str),
    observer: &dyn Observer,
) -> Result<Installed, Failure> {
    let hub = crate::models::hub(data_dir)?;
    let card = hub.card(id)?;
    let installed = hub.installed(&card, None)?;
    let to = BlockType::from_word(word).filter(|_| card.family == ACE_STEP_V1);
    let Some(to) = to else {
        return Err(refusal(format!(
            "{} cannot be quantised to {word}: only ACE-Step v1 can, to {}.",
            card.title,
            words().join(", ")
        )));
    };
    let folders = installed.folders();
    let folder = folders.first().copied().unwrap_or(data_dir);
    let whole = Checkpoint::open(folder).map_err(EngineError::from)?;
    if whole.stored_blocks().is_some() {
        return Err(refusal(format!(
            "{} is in blocks already. Quantise the model that it was made from.",
            card.title
        )));
    }
    let new_id = format!("{id}-{word}");
    let target = data_dir.join("models").join(&new_id).join("checkpoint");
    let blocks = blocks_file(folder, whole.file(Part::Transformer), word);
    let mut files = vec![blocks.clone()];
    for file in installed.files() {
        // All but the file that the blocks replace.
        let replaced = file.location == whole.file(Part::Transformer)
            && whole.file(Part::Transformer).parent() != Some(folder);
        if !replaced {
            let to = file.path.as_str();
            share(&file.location, &target.join(to)).map_err(written(&target))?;
            files.push(PathBuf::from(to));
        }
    }
    let out = target.join(&blocks);
    make_folder_of(&out).map_err(written(&out))?;
    quantise(&whole, to, &out, observer).map_err(EngineError::from)?;
    let text = card_text(&card, (&new_id, word), &files)?;
    let path = data_dir.join("models/cards").join(format!("{new_id}.toml"));
    make_folder_of(&path).map_err(written(&path))?;
    fs::write(&path, text).map_err(written(&path))?;
    taken_in(&hub, &new_id, &target, observer)
}

/// Where the blocks go, relative to the new folder: where the transformer was, or beside a file of all
/// networks.
fn blocks_file(folder: &Path, transformer: &Path, word: &str) -> PathBuf {
    let own = transformer
        .parent()
        .and_then(|own| own.strip_prefix(folder).ok())
        .unwrap_or(Path::new(""));
    own.join(format!("transformer-{word}.gguf"))
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
         family = {}\nservice = {}\nrepository = {}\nrevision = {}\n\n[licence]\nid = {}\n\
         url = {}\nmust_accept = {}\n",
        quoted(id)?,
        quoted(&format!("{} ({word})", card.title))?,
        quoted(&card.family)?,
        quoted(card.service.word())?,
        quoted(&repository)?,
        quoted(&revision)?,
        quoted(&card.licence.id)?,
        quoted(&card.licence.url)?,
        card.licence.must_accept,
    );
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
