//! The transformer as a GGUF file, its matrices in blocks of small integers.

use std::path::Path;

use songwright_base::{Observer, Progress, Stage};
use songwright_nn::weights::{BlockType, Packing};

use super::{
    Error,
    checkpoint::{Checkpoint, Part},
};

/// Writes a checkpoint's transformer, and the encoder of its prompt, to a GGUF file: the transformer's
/// matrices in blocks, the rest as it is stored (see [`Packing::write`]).
///
/// # Errors
/// [`Error::Cancelled`]; those of the weights, and of the disk.
pub fn quantise(
    checkpoint: &Checkpoint,
    to: BlockType,
    out: &Path,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let packing = Packing {
        source: checkpoint.source(Part::Transformer)?,
        tensors: checkpoint.asked(Part::Transformer)?,
        in_blocks: checkpoint.transformer_matrices()?,
        called: ("ace-step", "ACE-Step v1"),
    };
    packing.write(to, out, &mut |done, total| {
        observer.report(Progress::new(Stage::Load, done as u64, total as u64));
        !observer.is_cancelled()
    })?;
    Ok(())
}
