//! SDXL from a checkpoint's folder to pictures, with random values in place of the published weights.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod blocks;
mod card;
mod checkpoints;
mod draw;
mod failures;
mod licence;
mod service;
mod variants;
mod watcher;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use candle_core::Device;
use songwright_api::{CoverImageRequest, Drawing};
use songwright_cover::{
    CoverParams,
    sdxl::{Checkpoint, SdxlArtist},
};
use songwright_tests::{sdxl::write_sdxl, small_model, synthetic::Measure};

/// The small checkpoint, written once a process.
fn small() -> &'static PathBuf {
    static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        write_sdxl(folder.path(), Measure::Small, 7).unwrap();
        let path = folder.path().to_owned();
        (folder, path)
    });
    path
}

fn artist_of(folder: &Path) -> SdxlArtist {
    let checkpoint = Checkpoint::open(&[folder.to_owned()]).unwrap();
    let identity = small_model("SDXL-Turbo");
    let artist = SdxlArtist::new(checkpoint, &identity, Device::Cpu, 16 << 30).unwrap();
    artist.with_terms(Some("Not for sale.".to_owned()))
}

fn artist() -> SdxlArtist {
    artist_of(small())
}

fn params(change: impl FnOnce(&mut CoverImageRequest)) -> CoverParams {
    let whole = |n| Some(songwright_api::Whole(n));
    let mut request = CoverImageRequest {
        // Few letters, which are the small tokenizer's words.
        prompt: "a boat at sea".to_owned(),
        style: Some("ink".to_owned()),
        width: whole(256),
        height: whole(256),
        drawing: Drawing {
            num_inference_steps: whole(2),
            seed: whole(5),
            ..Drawing::default()
        },
        ..CoverImageRequest::default()
    };
    change(&mut request);
    CoverParams::try_from(&request).unwrap()
}
