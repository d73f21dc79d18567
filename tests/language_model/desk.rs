//! A loaded model, and somebody who watches it.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Result;
use candle_core::{DType, Device, quantized::GgmlDType};
use songwright_base::{Observer, Progress, Silent};
use songwright_lyrics::qwen::{Checkpoint, Error, Form, Plan, QwenLyricist};
use songwright_tests::{
    small_model,
    synthetic_qwen::{small, write_qwen},
};

/// Every kind of answer so often.
pub(crate) const SEEDS: u64 = 1000;

/// A small model, random by `seed`.
pub(crate) fn lyricist(seed: u64) -> Result<QwenLyricist> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &small(), seed)?;
    open(folder.path())
}

/// A folder of floats, made into blocks.
pub(crate) fn open(path: &Path) -> Result<QwenLyricist> {
    open_as(path, Some(GgmlDType::Q8_0))
}

/// Anything that is loaded with these blocks made.
pub(crate) fn open_as(path: &Path, blocks: Option<GgmlDType>) -> Result<QwenLyricist> {
    Ok(open_before(path, blocks, &Silent)??)
}

/// The same before somebody who watches.
pub(crate) fn open_before(
    path: &Path,
    blocks: Option<GgmlDType>,
    observer: &dyn Observer,
) -> Result<std::result::Result<QwenLyricist, Error>> {
    let checkpoint = Checkpoint::open(path)?;
    let plan = Plan::of(&checkpoint, &Device::Cpu, 1 << 30)?;
    let form = Form {
        dtype: DType::F32,
        blocks,
    };
    assert_eq!(plan.form, form);
    let identity = small_model("A small Qwen");
    Ok(QwenLyricist::load(
        &checkpoint,
        &identity,
        (&Device::Cpu, plan),
        observer,
    ))
}

/// Somebody who watches, and has had enough after so many questions.
pub(crate) struct Watcher {
    patience: usize,
    asked: AtomicUsize,
    pub(crate) notes: Mutex<Vec<String>>,
    pub(crate) steps: Mutex<Vec<Progress>>,
}

impl Watcher {
    pub(crate) fn patient() -> Self {
        Self::leaving_after(usize::MAX)
    }

    pub(crate) fn leaving_after(patience: usize) -> Self {
        Self {
            patience,
            asked: AtomicUsize::new(0),
            notes: Mutex::default(),
            steps: Mutex::default(),
        }
    }

    /// How often it was asked whether to go on.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Watcher {
    /// Whether nothing was asked any more once it had had enough: threads may have been at several questions.
    pub(crate) fn left_at_once(&self) -> bool {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let enough = self.patience + 1;
        (enough..enough + threads).contains(&self.asked())
    }
}

impl Observer for Watcher {
    fn report(&self, progress: Progress) {
        self.steps.lock().unwrap().push(progress);
    }

    fn is_cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.patience
    }

    fn note(&self, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
    }
}
