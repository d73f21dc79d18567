//! How much of the model lies in memory at once.

use candle_core::{DType, Device, quantized::GgmlDType};
use songwright_engine::Room;
use songwright_nn::weights::in_memory;

use super::{Error, codec::Chunks, diffusion::FRAMES_PER_S};

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

/// What activations take beside the weights, for a song of up to [`LONG_S`].
const ACTIVATIONS_BYTES: u64 = 768 << 20;
/// What a second of song adds to that beyond [`LONG_S`]. The autoencoder's stages with attention see all of a song at once;
/// in the widest of them a latent frame is 512 channels of 64 places, which lie there some ten times: 9.3 were measured
/// at 240 s.
const BYTES_PER_S: f64 = 512.0 * 64.0 * 4.0 * 10.0 * FRAMES_PER_S;
/// Songs up to this length, in seconds, take [`ACTIVATIONS_BYTES`].
const LONG_S: f64 = 57.0;

impl Plan {
    /// The plan of a device with `budget_bytes` for this model: everything resident where it fits, else
    /// one network at a time; on a processor blocks of eight bits where floats do not fit. A
    /// transformer that is `stored` in blocks stays in them, or has those of [`in_memory`].
    #[must_use]
    pub fn of(device: &Device, sizes: Sizes, budget_bytes: u64, stored: Option<GgmlDType>) -> Self {
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
        if let Some(stored) = stored {
            let blocks = |plan: Self| Self {
                blocks: Some(in_memory(device, stored)),
                ..plan
            };
            let fits = blocks(whole).bytes(sizes) <= budget_bytes;
            return blocks(if fits { whole } else { staged });
        }
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

    /// What a song of that length takes with it at its fullest.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes of a length that is no less than nothing"
    )]
    pub fn bytes_for(&self, sizes: Sizes, duration_s: f64) -> u64 {
        self.bytes(sizes) + ((duration_s - LONG_S).max(0.0) * BYTES_PER_S) as u64
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

/// Whoever makes a song by a plan.
pub(super) trait Attempts<T> {
    /// By this one.
    fn attempt(&mut self, plan: Plan) -> Result<T, Error>;

    /// Lets go of all that lies in memory, for others to have it first.
    fn let_go(&mut self);
}

/// What a model on a device takes, and what it may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needs {
    /// What it does to fit.
    pub plan: Plan,
    /// How large its networks are.
    pub sizes: Sizes,
    /// What may be used.
    pub budget_bytes: u64,
}

impl Needs {
    /// What a song of that length takes, by the plan or, where that is beyond the budget, by the smaller
    /// one.
    #[must_use]
    pub fn bytes_for(&self, duration_s: f64) -> u64 {
        let bytes = |plan: Plan| plan.bytes_for(self.sizes, duration_s);
        let usual = bytes(self.plan);
        match self.plan.smaller() {
            Some(smaller) if usual > self.budget_bytes => bytes(smaller),
            _ => usual,
        }
    }

    /// Tries the plan, and where memory runs out, or would, the smaller one, which is kept where a device had said so. What the
    /// song takes beside what is always booked is booked meanwhile.
    ///
    /// # Errors
    /// [`Error::Memory`] where the smaller one does not do, or there is none; [`Error::Booking`]; what the attempt says
    /// else.
    pub(super) fn within<T>(
        &mut self,
        duration_s: f64,
        room: Room<'_>,
        attempts: &mut dyn Attempts<T>,
    ) -> Result<T, Error> {
        let first = match self.tried((self.plan, duration_s), room, attempts) {
            Err(error) if error.is_out_of_memory() => error,
            other => return other,
        };
        let Some(smaller) = self.plan.smaller() else {
            return Err(self.beyond(self.plan, duration_s));
        };
        tracing::warn!(%first, "out of memory: once more with a smaller plan");
        if !matches!(first, Error::Memory { .. }) {
            self.plan = smaller;
        }
        self.tried((smaller, duration_s), room, attempts)
            .map_err(|error| match error {
                Error::Network(_) if error.is_out_of_memory() => self.beyond(smaller, duration_s),
                other => other,
            })
    }

    fn tried<T>(
        &self,
        (plan, duration_s): (Plan, f64),
        room: Room<'_>,
        attempts: &mut dyn Attempts<T>,
    ) -> Result<T, Error> {
        let bytes = plan.bytes_for(self.sizes, duration_s);
        if bytes > self.budget_bytes {
            return Err(self.beyond(plan, duration_s));
        }
        let _more = room.all_of(bytes, &mut || attempts.let_go())?;
        attempts.attempt(plan)
    }

    fn beyond(&self, plan: Plan, duration_s: f64) -> Error {
        Error::Memory {
            needed_bytes: plan.bytes_for(self.sizes, duration_s),
            budget_bytes: self.budget_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use songwright_base::Silent;
    use songwright_engine::Booking;

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
        let plan = Plan::of(&Device::Cpu, SIZES, 32 * GIB, None);
        assert_eq!(
            (plan.dtype, plan.blocks, plan.resident),
            (DType::F32, None, true)
        );
    }

    #[test]
    fn a_smaller_one_has_blocks_then_stages() {
        let of = |gib| {
            let plan = Plan::of(&Device::Cpu, SIZES, gib * GIB, None);
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
    fn what_is_stored_in_blocks_stays_in_them() {
        for (gib, resident) in [(32, true), (2, false)] {
            let plan = Plan::of(&Device::Cpu, SIZES, gib * GIB, Some(GgmlDType::Q6K));
            assert_eq!(
                (plan.blocks, plan.resident),
                (Some(GgmlDType::Q6K), resident)
            );
        }
    }

    #[test]
    fn blocks_that_are_slow_here_are_counted_as_those_they_become() {
        let of = |stored| Plan::of(&Device::Cpu, SIZES, 32 * GIB, Some(stored));
        for stored in [GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q5_0] {
            assert_eq!(of(stored), of(GgmlDType::Q8_0));
        }
        assert!(of(GgmlDType::Q4K).bytes(SIZES) < of(GgmlDType::Q4_0).bytes(SIZES));
    }

    #[test]
    fn a_long_song_takes_more() {
        let plan = Plan::of(&Device::Cpu, SIZES, 32 * GIB, None);
        assert_eq!(plan.bytes_for(SIZES, 57.0), plan.bytes(SIZES));
        let more = plan.bytes_for(SIZES, 240.0) - plan.bytes(SIZES);
        assert!((2400 << 20..2500 << 20).contains(&more), "{more}");
    }

    #[test]
    fn the_smallest_plan_has_no_smaller_one() {
        let plan = Plan::of(&Device::Cpu, SIZES, 32 * GIB, None);
        let smaller = plan.smaller().unwrap();
        assert!(!smaller.resident && smaller.bytes(SIZES) < plan.bytes(SIZES));
        assert_eq!(smaller.smaller(), None);
    }

    fn needs(gib: u64) -> Needs {
        Needs {
            plan: Plan::of(&Device::Cpu, SIZES, gib * GIB, None),
            sizes: SIZES,
            budget_bytes: gib * GIB,
        }
    }

    impl<T, F: FnMut(Plan) -> Result<T, Error>> Attempts<T> for F {
        fn attempt(&mut self, plan: Plan) -> Result<T, Error> {
            self(plan)
        }

        fn let_go(&mut self) {
            panic!("nobody has the memory");
        }
    }

    /// With nobody beside it.
    fn alone<T>(
        needs: &mut Needs,
        duration_s: f64,
        mut attempt: impl FnMut(Plan) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let booking = Booking::alone(needs.budget_bytes, needs.plan.bytes(SIZES));
        let room = booking.room(&Silent);
        needs.within(duration_s, room, &mut attempt)
    }

    fn device_is_full() -> Error {
        let cause = candle_core::Error::Msg("CUDA_ERROR_OUT_OF_MEMORY: out of memory".to_owned());
        Error::Network(cause.into())
    }

    #[test]
    fn a_full_device_is_asked_once_more_for_less_and_for_less_from_then_on() {
        let mut needs = needs(32);
        let mut asked = Vec::new();
        let made = alone(&mut needs, 60.0, |plan| {
            asked.push(plan);
            if plan.resident {
                Err(device_is_full())
            } else {
                Ok(7)
            }
        });
        assert_eq!(made.unwrap(), 7);
        assert_eq!(asked.len(), 2);
        assert_eq!(needs.plan, asked[1]);
    }

    #[test]
    fn a_device_that_stays_full_is_the_end() {
        let mut tries = 0;
        let end = alone(&mut needs(32), 60.0, |_| {
            tries += 1;
            Err::<(), _>(device_is_full())
        });
        assert!(matches!(end, Err(Error::Memory { .. })), "{end:?}");
        assert_eq!(tries, 2);
    }

    #[test]
    fn another_failure_is_not_tried_again() {
        let mut tries = 0;
        let end = alone(&mut needs(32), 60.0, |_| {
            tries += 1;
            Err::<(), _>(Error::NotFinite)
        });
        assert!(matches!(end, Err(Error::NotFinite)));
        assert_eq!(tries, 1);
    }

    #[test]
    fn a_song_too_long_for_the_plan_has_the_smaller_one_for_itself() {
        let mut needs = needs(13);
        let usual = needs.plan;
        assert!(usual.resident && usual.bytes_for(SIZES, 240.0) > 13 * GIB);
        let by = alone(&mut needs, 240.0, Ok).unwrap();
        assert!(!by.resident && needs.bytes_for(240.0) < 13 * GIB);
        assert_eq!(alone(&mut needs, 60.0, Ok).unwrap(), usual);
        needs.budget_bytes = GIB;
        assert!(alone(&mut needs, 240.0, Ok).is_err());
    }

    #[test]
    fn what_a_long_song_takes_is_booked_while_it_is_made() {
        let mut needs = needs(32);
        let usual = needs.plan.bytes(SIZES);
        let booking = Booking::alone(32 * GIB, usual);
        let room = booking.room(&Silent);
        let made = needs.within(240.0, room, &mut |plan: Plan| {
            Ok((plan.bytes_for(SIZES, 240.0), booking.bytes()))
        });
        let (takes, booked) = made.unwrap();
        assert!(takes > usual && booked == takes);
        assert_eq!(booking.bytes(), usual);
    }
}
