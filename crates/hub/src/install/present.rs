use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Digest, Error,
    cache::{self, HubCache},
    card::{CardFile, Variant},
    hashing::{self, Compared},
    installed::look,
    record::{Kept, Record, Stamp},
    tally::Tally,
};

/// What of a variant is in the cache already.
#[derive(Default)]
pub(super) struct Present {
    /// Whole, with what is to be noted of each.
    pub(super) whole: Vec<(CardFile, Kept)>,
    /// Missing, or not as published.
    pub(super) wanted: Vec<CardFile>,
}

/// Compares what is in the cache with its digests. What an earlier run compared is not read again.
pub(super) fn sort(
    cache: &HubCache,
    variant: &Variant,
    record: Option<&Record>,
    tally: &Tally,
) -> Result<Present, Error> {
    let mut present = Present::default();
    for file in &variant.files {
        match keep(cache, file, record, tally)? {
            Some(kept) => present.whole.push((file.clone(), kept)),
            None => present.wanted.push(file.clone()),
        }
    }
    Ok(present)
}

/// The bytes that [`sort`] may have to read.
pub(super) fn bytes(cache: &HubCache, variant: &Variant) -> u64 {
    let size = |file| {
        let location = cache.find(file).or_else(|| blob(cache, file))?;
        Some(fs::metadata(location).ok()?.len())
    };
    variant.files.iter().filter_map(size).sum()
}

fn keep(
    cache: &HubCache,
    file: &CardFile,
    record: Option<&Record>,
    tally: &Tally,
) -> Result<Option<Kept>, Error> {
    let (location, pointer) = match (cache.find(file), blob(cache, file)) {
        (Some(pointer), _) => (pointer, None),
        // It came with another revision.
        (None, Some(blob)) => {
            let commit = cache.commit(&file.source);
            let pointer = commit.map(|c| cache.pointer(&file.source, &c, &file.path));
            (blob, pointer)
        }
        (None, None) => return Ok(None),
    };
    let wrong = |fault| {
        tally.note(format!("{} {fault}; it comes again", file.path));
        Ok(None)
    };
    if pointer.is_none()
        && let Err(fault) = look(file, &location, record)
    {
        return wrong(fault);
    }
    let Ok(stamp) = Stamp::of(&location) else {
        return Ok(None);
    };
    // A blob's name is its digest.
    let Some(digest) = file.digest.or_else(|| named(&location)) else {
        return Ok(None);
    };
    let known = record.filter(|record| record.knows(&file.path, stamp, &digest));
    if known.is_none() {
        match hashing::compare(&location, &digest, |bytes| tally.add(bytes)) {
            Compared::Same => {}
            Compared::Wrong(fault) => return wrong(fault),
            Compared::Stopped => return Err(Error::Cancelled),
        }
    }
    if let Some(pointer) = pointer {
        cache::link(&location, &pointer)?;
    }
    Ok(Some(Kept {
        stamp,
        digest: digest.to_string(),
        fetched: record.is_some_and(|record| record.is_ours(&file.path)),
    }))
}

/// The blob that a card's digest names.
fn blob(cache: &HubCache, file: &CardFile) -> Option<PathBuf> {
    let blob = cache.blob(&file.source, &file.digest?.to_string());
    blob.is_file().then_some(blob)
}

/// The digest that the name of a pointer's blob is.
pub(crate) fn named(pointer: &Path) -> Option<Digest> {
    let blob = fs::canonicalize(pointer).ok()?;
    Digest::from_etag(blob.file_name()?.to_str()?)
}
