//! How much of the model lies in memory at once.

use candle_core::{DType, Device, quantized::GgmlDType};

/// What a run does to fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Plan {
    /// The UNet's and the text encoders' float type.
    pub dtype: DType,
    /// The autoencoder's; f16 is too narrow for it.
    pub vae: DType,
    /// The blocks that the UNet's matrices are made into.
    pub blocks: Option<GgmlDType>,
    /// Whether all networks stay; else each is loaded for its part of the work and let go.
    pub resident: bool,
    /// Side of the largest latent that is decoded whole; larger ones are in tiles of this side.
    pub tile: usize,
}

/// Parameters of each network, of those that are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sizes {
    /// Of both text encoders.
    pub text: u64,
    /// Of the UNet's matrices.
    pub matrices: u64,
    /// Of the UNet's convolutions, which stay in floats.
    pub convolutions: u64,
    /// Of the autoencoder and TAESDXL.
    pub vae: u64,
}

/// Latent side of 1024 pixels.
const WHOLE: usize = 128;
/// Latent side of 512 pixels.
const SMALL: usize = 64;

impl Plan {
    /// The plan of a device with `budget_bytes` for this model: everything resident where it fits, else one
    /// network at a time, else blocks of eight bits, and of four. A UNet that is `stored` in blocks stays in them.
    #[must_use]
    pub fn of(device: &Device, sizes: Sizes, budget_bytes: u64, stored: Option<GgmlDType>) -> Self {
        let dtype = match device {
            Device::Cpu => DType::F32,
            _ => DType::BF16,
        };
        let whole = Self {
            dtype,
            vae: dtype,
            blocks: None,
            resident: true,
            tile: WHOLE,
        };
        let staged = Self {
            resident: false,
            ..whole
        };
        let blocks = |blocks, plan| Self {
            blocks: Some(blocks),
            ..plan
        };
        let small = Self {
            tile: SMALL,
            ..staged
        };
        let smallest = blocks(stored.unwrap_or(GgmlDType::Q4K), small);
        let plans = match stored {
            Some(stored) => vec![blocks(stored, whole), blocks(stored, staged)],
            None => vec![
                whole,
                staged,
                blocks(GgmlDType::Q8_0, whole),
                blocks(GgmlDType::Q8_0, staged),
                blocks(GgmlDType::Q8_0, small),
            ],
        };
        let mut plans = plans.into_iter();
        let fits = plans.find(|plan| plan.bytes(sizes) <= budget_bytes);
        fits.unwrap_or(smallest)
    }

    /// What this plan takes at its fullest, for a picture of 1024 pixels.
    #[must_use]
    pub fn bytes(&self, sizes: Sizes) -> u64 {
        let (text, unet, vae) = self.parts(sizes);
        let unet = unet + UNET_BYTES;
        if self.resident {
            text + unet + vae
        } else {
            text.max(unet).max(vae)
        }
    }

    /// What it takes with so many pictures of a size in pixels before the UNet at once.
    #[must_use]
    pub fn bytes_for(&self, sizes: Sizes, pictures: usize, size: (u32, u32)) -> u64 {
        let (weights, each) = self.before_unet(sizes, size);
        let pictures = (pictures as u64).saturating_mul(each);
        self.bytes(sizes).max(weights.saturating_add(pictures))
    }

    /// How many pictures of a size in pixels the UNet may see at once within `budget_bytes`; one at least.
    #[must_use]
    pub fn pictures(&self, sizes: Sizes, budget_bytes: u64, size: (u32, u32)) -> usize {
        let (weights, each) = self.before_unet(sizes, size);
        let left = budget_bytes.saturating_sub(weights);
        usize::try_from(left / each).unwrap_or(usize::MAX).max(1)
    }

    /// What lies in memory while the UNet is at work, and what each picture takes beside it.
    fn before_unet(&self, sizes: Sizes, (width, height): (u32, u32)) -> (u64, u64) {
        let (text, unet, vae) = self.parts(sizes);
        let beside = if self.resident { text + vae } else { 0 };
        let pixels = u64::from(width) * u64::from(height);
        let each = (UNET_BYTES * pixels / (1024 * 1024)).max(1);
        (unet + beside, each)
    }

    /// The text encoders, the UNet's weights, and the autoencoder at work.
    fn parts(&self, sizes: Sizes) -> (u64, u64, u64) {
        let float = self.dtype.size_in_bytes() as u64;
        let matrices = match self.blocks {
            Some(blocks) => sizes.matrices * blocks.type_size() as u64 / blocks.block_size() as u64,
            None => sizes.matrices * float,
        };
        let unet = matrices + sizes.convolutions * float;
        let text = sizes.text * float;
        let side = (self.tile * 8) as u64;
        // Three pictures of the widest level at full size.
        let decoding = side * side * 256 * 3 * self.vae.size_in_bytes() as u64;
        let vae = sizes.vae * self.vae.size_in_bytes() as u64 + decoding;
        (text, unet, vae)
    }

    /// The next smaller plan, after memory ran out: `None` where there is none.
    #[must_use]
    pub fn smaller(&self) -> Option<Self> {
        let smallest = Self {
            resident: false,
            tile: SMALL,
            ..*self
        };
        (smallest != *self).then_some(smallest)
    }

    /// The same in full precision, or as near to it as what is `stored` in blocks comes, after a result that was no number:
    /// `None` where it is already. It may take more than there is.
    #[must_use]
    pub fn exact(&self, stored: Option<GgmlDType>) -> Option<Self> {
        let exact = Self {
            dtype: DType::F32,
            vae: DType::F32,
            blocks: stored,
            ..*self
        };
        (exact != *self).then_some(exact)
    }

    /// The same with the autoencoder alone in full precision: `None` where it is already.
    #[must_use]
    pub fn exact_vae(&self) -> Option<Self> {
        let exact = Self {
            vae: DType::F32,
            ..*self
        };
        (exact != *self).then_some(exact)
    }

    /// The first that fits into a budget: this one, this with one network at a time, or that with the smallest tiles.
    #[must_use]
    pub fn fitting(self, sizes: Sizes, budget_bytes: u64) -> Option<Self> {
        let staged = Self {
            resident: false,
            ..self
        };
        let small = staged.smaller().unwrap_or(staged);
        let mut plans = [self, staged, small].into_iter();
        plans.find(|plan| plan.bytes(sizes) <= budget_bytes)
    }
}

/// What the UNet's activations take at 1024 pixels.
const UNET_BYTES: u64 = 640 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// The published model's.
    const SIZES: Sizes = Sizes {
        text: 817_720_320,
        matrices: 1_876_700_160,
        convolutions: 690_763_524,
        vae: 84_876_000,
    };
    const GIB: u64 = 1 << 30;

    #[test]
    fn smaller_budgets_have_smaller_plans() {
        let of = |gib| {
            let plan = Plan::of(&Device::Cpu, SIZES, gib * GIB, None);
            assert!(plan.bytes(SIZES) <= gib * GIB || gib < 4, "{gib}");
            (plan.blocks, plan.resident, plan.tile)
        };
        assert_eq!(of(32), (None, true, 128));
        assert_eq!(of(12), (None, false, 128));
        assert_eq!(of(6), (Some(GgmlDType::Q8_0), false, 128));
        assert_eq!(of(1), (Some(GgmlDType::Q4K), false, 64));
    }

    #[test]
    fn pictures_are_drawn_together_where_there_is_room() {
        let pictures = |gib, side| {
            let plan = Plan::of(&Device::Cpu, SIZES, gib * GIB, None);
            plan.pictures(SIZES, gib * GIB, (side, side))
        };
        assert_eq!(pictures(4, 1024), 1);
        assert!(pictures(6, 512) > pictures(6, 1024));
        assert!(pictures(32, 1024) > pictures(16, 1024));
        let plan = Plan::of(&Device::Cpu, SIZES, 32 * GIB, None);
        let count = plan.pictures(SIZES, 32 * GIB, (512, 512)) as u64;
        let (rest, each) = (plan.bytes(SIZES) - UNET_BYTES, UNET_BYTES / 4);
        // One more would not fit.
        assert!(plan.resident && rest + (count + 1) * each > 32 * GIB);
        assert!(rest + count * each <= 32 * GIB);
        let takes = |count: u64| plan.bytes_for(SIZES, count as usize, (512, 512));
        assert_eq!(takes(count), rest + count * each);
        // A few small ones take no more than what is counted for any picture.
        assert_eq!((takes(1), takes(4)), (plan.bytes(SIZES), plan.bytes(SIZES)));
    }

    #[test]
    fn exact_and_smallest_plans_have_no_next() {
        let plan = Plan::of(&Device::Cpu, SIZES, 6 * GIB, None);
        let exact = plan.exact(None).unwrap();
        assert_eq!(exact.exact(None), None);
        let smallest = plan.smaller().unwrap();
        assert!(smallest.bytes(SIZES) <= plan.bytes(SIZES));
        assert_eq!(smallest.smaller(), None);
    }

    #[test]
    fn full_precision_keeps_to_the_budget() {
        let exact = |gib| {
            let plan = Plan::of(&Device::Cpu, SIZES, gib * GIB, None);
            let exact = Plan {
                blocks: Some(GgmlDType::Q8_0),
                ..plan
            };
            let exact = exact.exact(None).unwrap();
            exact.fitting(SIZES, gib * GIB)
        };
        // On a processor with 8 GiB eight-bit blocks are what there is room for.
        assert_eq!(exact(8), None);
        let staged = exact(12).unwrap();
        assert_eq!((staged.blocks, staged.resident), (None, false));
        assert!(staged.bytes(SIZES) <= 12 * GIB);
        assert!(exact(32).unwrap().resident);
        // The autoencoder in f32 is decoded in smaller tiles where whole ones have no room.
        let halves = Plan {
            dtype: DType::BF16,
            vae: DType::BF16,
            resident: false,
            ..Plan::of(&Device::Cpu, SIZES, 32 * GIB, None)
        };
        let vae = halves.exact_vae().unwrap();
        assert_eq!((vae.dtype, vae.vae), (DType::BF16, DType::F32));
        assert_eq!(vae.exact_vae(), None);
        let narrow = vae.bytes(SIZES) - 1;
        assert_eq!(vae.fitting(SIZES, narrow + 1), Some(vae));
        assert!(
            vae.fitting(SIZES, narrow)
                .is_none_or(|plan| plan.tile == SMALL)
        );
    }

    #[test]
    fn what_is_stored_in_blocks_stays_in_them() {
        let stored = Some(GgmlDType::Q6K);
        let of = |gib| {
            let plan = Plan::of(&Device::Cpu, SIZES, gib * GIB, stored);
            assert_eq!(plan.blocks, stored);
            // There is nothing more exact to go back to.
            assert_eq!(plan.exact(stored), None);
            (plan.resident, plan.tile)
        };
        assert_eq!(of(32), (true, 128));
        assert_eq!(of(6), (false, 128));
        assert_eq!(of(1), (false, 64));
        let halves = Plan {
            dtype: DType::BF16,
            ..Plan::of(&Device::Cpu, SIZES, 32 * GIB, stored)
        };
        let exact = halves.exact(stored).unwrap();
        assert_eq!((exact.dtype, exact.blocks), (DType::F32, stored));
    }
}
