//! In which form a language model fits.

use candle_core::{DType, Device, quantized::GgmlDType};
use songwright_base::{EngineInfo, ModelIdentity};
use songwright_nn::{device, qwen::kept_as, weights::in_memory};

use super::{Checkpoint, Error, Form};

/// Positions of the longest prompt and answer; a song of ten minutes has some 1,500.
pub(super) const POSITIONS: usize = 8192;
/// Positions that memory is counted for: those of a usual song.
const USUAL_POSITIONS: u64 = 2048;
/// The tokenizer, the grammars and one pass: some 50, 20 and 30 MiB were measured.
const AROUND_BYTES: u64 = 128 << 20;

/// Of a model's weights what may be taken for beginnings of prompts that come again, one part in so many.
const KEPT_SHARE: u64 = 24;
/// The least of it, in bytes.
const KEPT_BYTES: u64 = 24 << 20;

/// What beginnings of prompts may take that come again, in bytes: a larger network reads them longer.
pub(super) fn kept_bytes(checkpoint: &Checkpoint) -> Result<u64, Error> {
    let weights = checkpoint.bytes().min(checkpoint.parameters()?);
    Ok((weights / KEPT_SHARE).max(KEPT_BYTES))
}

/// What a model does to fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Plan {
    /// The form of its network.
    pub form: Form,
    /// What it takes at its fullest, in bytes.
    pub bytes: u64,
}

impl Plan {
    /// Of a checkpoint on a device with `budget_bytes` for it. A GGUF file stays as it is, or as [`in_memory`] says; floats are
    /// made into blocks of eight bits on a processor, where nothing is faster and the ear of a lyricist
    /// hears no difference, and on a graphics card where they do not fit.
    ///
    /// # Errors
    /// None that is known.
    pub fn of(checkpoint: &Checkpoint, device: &Device, budget_bytes: u64) -> Result<Self, Error> {
        let on_cpu = matches!(device, Device::Cpu);
        let dtype = if on_cpu { DType::F32 } else { DType::BF16 };
        let numbers = checkpoint.config.cached_numbers() as u64;
        let stored = checkpoint.stored_blocks();
        let kept = kept_bytes(checkpoint)?;
        let plan = |blocks: Option<GgmlDType>, weights: u64| {
            let cached = kept_as(dtype, blocks.or(stored).is_some()).size_in_bytes() as u64;
            Self {
                form: Form { dtype, blocks },
                bytes: weights + AROUND_BYTES + USUAL_POSITIONS * numbers * cached + kept,
            }
        };
        let parameters = checkpoint.parameters()?;
        let size =
            |blocks: GgmlDType| parameters * blocks.type_size() as u64 / blocks.block_size() as u64;
        if checkpoint.is_gguf() {
            let others = stored.filter(|stored| in_memory(device, *stored) != *stored);
            let weights =
                others.map_or(checkpoint.bytes(), |stored| size(in_memory(device, stored)));
            return Ok(plan(None, weights));
        }
        let in_blocks = |blocks: GgmlDType| plan(Some(blocks), size(blocks));
        let plans = [
            (!on_cpu).then(|| plan(None, parameters * 2)),
            Some(in_blocks(GgmlDType::Q8_0)),
            Some(in_blocks(GgmlDType::Q4K)),
        ];
        let fitting = plans
            .iter()
            .flatten()
            .find(|plan| plan.bytes <= budget_bytes);
        Ok(fitting
            .copied()
            .unwrap_or_else(|| in_blocks(GgmlDType::Q4K)))
    }

    /// Who writes with it.
    #[must_use]
    pub fn engine(
        &self,
        checkpoint: &Checkpoint,
        identity: &ModelIdentity,
        on: &Device,
    ) -> EngineInfo {
        let precision = if checkpoint.is_gguf() {
            "gguf".to_owned()
        } else {
            device::precision(self.form.dtype, self.form.blocks)
        };
        identity.engine(&precision, device::word(on))
    }
}
