//! ACE-Step v1 from a checkpoint's folder to audio, with random values in place of the published
//! weights.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod adapters;
mod checkpoints;
mod compose;
mod facts;
mod repackaged;
mod tasks;
mod watcher;

use std::{path::PathBuf, sync::OnceLock};

use candle_core::Device;
use songwright_api::Diffusion;
use songwright_base::{LyricSheet, Seed};
use songwright_music::{
    MusicParams, MusicTask,
    ace_step::{AceStepComposer, Checkpoint},
};
use songwright_tests::{
    small_model,
    synthetic::{Measure, write_ace_step},
};

/// The small checkpoint, written once a process.
fn small() -> &'static PathBuf {
    static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        write_ace_step(folder.path(), Measure::Small, 7).unwrap();
        let path = folder.path().to_owned();
        (folder, path)
    });
    path
}

fn composer() -> AceStepComposer {
    composer_of(Checkpoint::open(small().clone()).unwrap())
}

fn composer_of(checkpoint: Checkpoint) -> AceStepComposer {
    let identity = small_model("ACE-Step");
    AceStepComposer::new(checkpoint, &identity, Device::Cpu, 8 << 30).unwrap()
}

fn params(duration_s: f64, seed: u64) -> MusicParams {
    MusicParams {
        prompt: "folk, female voice, acoustic guitar, warm, 96 bpm, g major".to_owned(),
        lyrics: Some(LyricSheet::parse(
            "[Verse 1]\nThe lamp is low, the night is long\nI hum the end of every song\n\n[Chorus x2]\nStay",
        )),
        duration_s,
        seed: Seed(seed),
        guidance_scale: 7.0,
        infer_step: 4,
        diffusion: Diffusion::default(),
        task: MusicTask::Text2Music,
    }
}
