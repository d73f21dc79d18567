//! The UNet as a GGUF file, its matrices in blocks of small integers.

use std::path::Path;

use songwright_base::{Observer, Progress, Stage};
use songwright_nn::weights::{BlockType, Packing};

use super::{
    Error,
    checkpoint::{Checkpoint, Part},
};

/// Small matrices that every step depends on, and that are taken as floats when they are read.
const FLOATS: [&str; 2] = ["time_embedding.", "add_embedding."];

/// Writes a checkpoint's UNet to a GGUF file under diffusers' names: its matrices in blocks, its convolutions and
/// the rest as they are stored (see [`Packing::write`]).
///
/// # Errors
/// [`Error::Cancelled`]; those of the weights, and of the disk.
pub fn quantise(
    checkpoint: &Checkpoint,
    to: BlockType,
    out: &Path,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let tensors = checkpoint.asked(Part::Unet)?;
    let matrices = tensors.iter().filter(|(name, shape)| {
        shape.rank() == 2 && !FLOATS.iter().any(|place| name.starts_with(place))
    });
    let in_blocks = matrices.map(|(name, _)| name.clone()).collect();
    let packing = Packing {
        source: checkpoint.source(Part::Unet)?,
        in_blocks,
        tensors,
        called: ("sdxl", "SDXL"),
    };
    packing.write(to, out, &mut |done, total| {
        observer.report(Progress::new(Stage::Load, done as u64, total as u64));
        !observer.is_cancelled()
    })?;
    Ok(())
}
