//! How much of the model lies in memory at once.

use candle_core::{DType, Device, quantized::GgmlDType};

use super::codec::Chunks;

/// What a run does to fit. Each field may be given up for less memory, from last to first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Plan {
    /// The transformer's float type.
    pub dtype: DType,
    /// The blocks that the transformer's matrices are made into.
    pub blocks: Option<GgmlDType>,
    /// Whether all networks stay; else each is loaded for its part of the work and let go.
    pub resident: bool,
    /// Whether guidance's branches go through the transformer together.
    pub batched_guidance: bool,
    /// How much is decoded at a time.
    pub chunks: Chunks,
}

/// Bytes of each network, of the parameters that are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sizes {
    /// Parameters of the transformer and the prompt's encoder.
    pub transformer: u64,
    /// Parameters of the autoencoder and the vocoder.
    pub codec: u64,
    /// Parameters of the text encoder.
    pub text: u64,
}

/// The share that activations take beside the weights, for a song of four minutes.
const ACTIVATIONS_BYTES: u64 = 768 << 20;

impl Plan {
    /// The plan of a device with `budget_bytes` for this model: everything resident where it fits, else
    /// one network at a time; on a processor blocks of eight bits where floats do not fit.
    #[must_use]
    pub fn of(device: &Device, sizes: Sizes, budget_bytes: u64) -> Self {
        let dtype = match device {
            Device::Cpu => DType::F32,
            _ => DType::BF16,
        };
        let whole = Self {
            dtype,
            blocks: None,
            resident: true,
            batched_guidance: !matches!(device, Device::Cpu),
            chunks: Chunks::default(),
        };
        let staged = Self {
            resident: false,
            ..whole
        };
        let eight_bits = Some(GgmlDType::Q8_0);
        let plans = [
            whole,
            Self {
                blocks: eight_bits,
                ..whole
            },
            staged,
            Self {
                blocks: eight_bits,
                ..staged
            },
            Self {
                blocks: Some(GgmlDType::Q4K),
                ..staged
            },
        ];
        plans
            .into_iter()
            .find(|plan| plan.bytes(sizes) <= budget_bytes)
            .unwrap_or(plans[4])
    }

    /// What this plan takes at its fullest.
    #[must_use]
    pub fn bytes(&self, sizes: Sizes) -> u64 {
        let float = self.dtype.size_in_bytes() as u64;
        let transformer = match self.blocks {
            Some(blocks) => {
                sizes.transformer * blocks.type_size() as u64 / blocks.block_size() as u64
            }
            None => sizes.transformer * float,
        };
        // The others are computed in f32, which costs little and sounds best.
        let (codec, text) = (sizes.codec * 4, sizes.text * 4);
        let weights = if self.resident {
            transformer + codec + text
        } else {
            transformer.max(codec).max(text)
        };
        weights + ACTIVATIONS_BYTES
    }

    /// The next smaller plan, after memory ran out: `None` where there is none.
    #[must_use]
    pub fn smaller(&self) -> Option<Self> {
        let smallest = Self {
            resident: false,
            batched_guidance: false,
            chunks: Chunks {
                latent_frames: 16,
                mel_frames: 256,
            },
            ..*self
        };
        (smallest != *self).then_some(smallest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published model's.
    const SIZES: Sizes = Sizes {
        transformer: 2_588_427_392,
        codec: 259_817_564,
        text: 281_861_376,
    };
    const GIB: u64 = 1 << 30;

    #[test]
    fn a_large_machine_keeps_everything_in_floats() {
        let plan = Plan::of(&Device::Cpu, SIZES, 32 * GIB);
        assert_eq!(
            (plan.dtype, plan.blocks, plan.resident),
            (DType::F32, None, true)
        );
    }

    #[test]
    fn a_smaller_one_has_blocks_then_stages() {
        let of = |gib| {
            let plan = Plan::of(&Device::Cpu, SIZES, gib * GIB);
            (plan.blocks, plan.resident)
        };
        assert_eq!(of(13), (None, true));
        assert_eq!(of(12), (Some(GgmlDType::Q8_0), true));
        assert_eq!(of(6), (Some(GgmlDType::Q8_0), true));
        assert_eq!(of(4), (Some(GgmlDType::Q8_0), false));
        assert_eq!(of(1), (Some(GgmlDType::Q4K), false));
    }

    #[test]
    fn the_staged_plan_of_a_graphics_card_fits_eight_gigabytes() {
        let staged = Plan {
            dtype: DType::BF16,
            blocks: None,
            resident: false,
            batched_guidance: true,
            chunks: Chunks::default(),
        };
        assert!(staged.bytes(SIZES) <= 8 * GIB);
        let quantised = Plan {
            blocks: Some(GgmlDType::Q8_0),
            ..staged
        };
        assert!(quantised.bytes(SIZES) <= 5 * GIB);
    }

    #[test]
    fn the_smallest_plan_has_no_smaller_one() {
        let plan = Plan::of(&Device::Cpu, SIZES, 32 * GIB);
        let smaller = plan.smaller().unwrap();
        assert!(!smaller.resident && smaller.bytes(SIZES) < plan.bytes(SIZES));
        assert_eq!(smaller.smaller(), None);
    }
}
