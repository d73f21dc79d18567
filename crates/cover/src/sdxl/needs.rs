use candle_core::quantized::GgmlDType;
use songwright_engine::{More, Room};

use super::{
    Error,
    plan::{Plan, Sizes},
};

/// What an artist takes, and does to fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    pub(super) plan: Plan,
    pub(super) sizes: Sizes,
    pub(super) budget_bytes: u64,
    /// The blocks that the UNet is stored in.
    pub(super) stored: Option<GgmlDType>,
}

/// Which attempt drew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Attempt {
    /// The first.
    Usual,
    /// After memory ran out.
    Smaller,
    /// After a result that was no number, in full precision.
    Exact,
}

impl Needs {
    /// What it takes at its fullest, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.plan.bytes(self.sizes)
    }

    /// A plan's autoencoder in full precision, where it is not and there is room for it.
    pub(super) fn exact_vae(&self, plan: Plan, room: Room<'_>) -> Option<Plan> {
        self.fitting(plan.exact_vae()?, room)
    }

    /// Books what one picture takes, which is more than what is always booked where it is a large one. `let_go` is called as by
    /// [`Room::all_of`].
    ///
    /// # Errors
    /// [`Error::Booking`] and [`Error::Cancelled`].
    pub(super) fn book_one(
        &self,
        size: (u32, u32),
        room: Room<'_>,
        let_go: &mut dyn FnMut(),
    ) -> Result<More, Error> {
        let bytes = self.plan.bytes_for(self.sizes, 1, size);
        Ok(room.all_of(bytes.min(self.budget_bytes), let_go)?)
    }

    /// A plan as it fits into what is free now, or else into what may be used at all.
    fn fitting(&self, plan: Plan, room: Room<'_>) -> Option<Plan> {
        let within = |bytes| plan.fitting(self.sizes, bytes);
        let free = room.booking.within_reach().min(self.budget_bytes);
        within(free).or_else(|| within(self.budget_bytes))
    }

    /// Draws `count` pictures of a size in pixels, and once more where memory ran out or numbers did. `attempt` is given
    /// a plan, and how many pictures it may draw together; where it fails so, it leaves nothing in memory. A smaller plan is kept
    /// for what follows. What is taken beside what is always booked is booked meanwhile: for more pictures at once as
    /// far as it is free, for full precision when it is.
    ///
    /// # Errors
    /// Those of the last attempt.
    pub(super) fn within<T>(
        &mut self,
        (count, size): (usize, (u32, u32)),
        room: Room<'_>,
        attempt: &mut dyn FnMut(Plan, usize) -> Result<T, Error>,
    ) -> Result<(T, Attempt), Error> {
        let more = room
            .booking
            .up_to(self.plan.bytes_for(self.sizes, count, size));
        let fit = self.plan.pictures(self.sizes, room.booking.bytes(), size);
        let together = fit.min(count).max(1);
        let first = attempt(self.plan, together);
        drop(more);
        let first = match first {
            Err(error) if error.is_out_of_memory() || matches!(error, Error::NotFinite) => error,
            other => return Ok((other?, Attempt::Usual)),
        };
        if first.is_out_of_memory() {
            let smaller = match self.plan.smaller() {
                Some(smaller) => smaller,
                None if together > 1 => self.plan,
                None => return Err(first),
            };
            tracing::warn!(%first, "out of memory: once more with a smaller plan, one picture at a time");
            self.plan = smaller;
            return Ok((attempt(smaller, 1)?, Attempt::Smaller));
        }
        let Some(exact) = self.plan.exact(self.stored) else {
            return Err(first);
        };
        let Some(exact) = self.fitting(exact, room) else {
            return Err(Error::NoRoomForExact {
                needed_mib: exact.smaller().unwrap_or(exact).bytes(self.sizes) >> 20,
                budget_mib: self.budget_bytes >> 20,
            });
        };
        let bytes = exact.bytes_for(self.sizes, 1, size);
        let _more = room.all_of(bytes.min(self.budget_bytes), &mut || ())?;
        tracing::warn!(%first, "once more in full precision");
        // The next picture may need it no more.
        Ok((attempt(exact, 1)?, Attempt::Exact))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use songwright_base::Silent;
    use songwright_engine::Booking;

    use super::*;

    const SIZES: Sizes = Sizes {
        text: 1 << 20,
        matrices: 1 << 20,
        convolutions: 1 << 20,
        vae: 1 << 20,
    };
    const SIZE: (u32, u32) = (512, 512);

    fn needs() -> Needs {
        let budget_bytes = 16 << 30;
        Needs {
            plan: Plan::of(&Device::Cpu, SIZES, budget_bytes, None),
            sizes: SIZES,
            budget_bytes,
            stored: None,
        }
    }

    /// With nobody beside it.
    fn alone<T>(
        needs: &mut Needs,
        count: usize,
        attempt: &mut dyn FnMut(Plan, usize) -> Result<T, Error>,
    ) -> Result<(T, Attempt), Error> {
        let booking = Booking::alone(needs.budget_bytes, needs.bytes());
        let room = booking.room(&Silent);
        needs.within((count, SIZE), room, attempt)
    }

    fn device_is_full() -> Error {
        candle_core::Error::Msg("CUDA_ERROR_OUT_OF_MEMORY".to_owned()).into()
    }

    #[test]
    fn what_runs_out_of_memory_is_drawn_once_more_with_less() {
        let mut needs = needs();
        let mut tried = Vec::new();
        let made = alone(&mut needs, 3, &mut |plan, together| {
            tried.push((plan, together));
            if plan.resident {
                Err(device_is_full())
            } else {
                Ok(7)
            }
        });
        assert_eq!(made.unwrap(), (7, Attempt::Smaller));
        assert_eq!(tried.len(), 2);
        assert_eq!((tried[0].1, tried[1].1), (3, 1));
        // The next one begins with it.
        assert_eq!(needs.plan, tried[1].0);
        assert!(needs.plan.bytes(SIZES) < tried[0].0.bytes(SIZES));
    }

    #[test]
    fn a_device_that_stays_full_is_the_end() {
        let mut tries = 0;
        let mut needs = needs();
        let mut full = |_, _| {
            tries += 1;
            Err::<(), _>(device_is_full())
        };
        let end = alone(&mut needs, 1, &mut full);
        assert!(end.unwrap_err().is_out_of_memory());
        // With the smallest plan there is nothing left to try but fewer pictures.
        let end = alone(&mut needs, 1, &mut full);
        assert!(end.unwrap_err().is_out_of_memory());
        let end = alone(&mut needs, 2, &mut full);
        assert!(end.unwrap_err().is_out_of_memory());
        assert_eq!(tries, 2 + 1 + 2);
    }

    #[test]
    fn what_is_no_number_is_drawn_once_more_in_full_precision() {
        let blocks = Some(GgmlDType::Q8_0);
        let mut needs = needs();
        needs.plan.blocks = blocks;
        let before = needs.plan;
        let mut tries = 0;
        let made = alone(&mut needs, 1, &mut |plan, _| {
            tries += 1;
            match plan.blocks {
                Some(_) => Err(Error::NotFinite),
                None => Ok(7),
            }
        });
        assert_eq!(made.unwrap(), (7, Attempt::Exact));
        assert_eq!((tries, needs.plan), (2, before));
        // Where there is no room for that, it is not tried.
        needs.budget_bytes = 1;
        let mut tries = 0;
        let end = alone(&mut needs, 1, &mut |_, _| {
            tries += 1;
            Err::<(), _>(Error::NotFinite)
        });
        let Err(Error::NoRoomForExact {
            needed_mib,
            budget_mib,
        }) = end
        else {
            panic!("{end:?}");
        };
        assert!(
            tries == 1 && needed_mib > budget_mib,
            "{needed_mib} {budget_mib}"
        );
        needs.budget_bytes = 16 << 30;
        // Where it is exact already, or stored so, that is the end.
        for stored in [None, blocks] {
            needs.plan.blocks = stored;
            needs.stored = stored;
            let mut tries = 0;
            let end = alone(&mut needs, 1, &mut |_, _| {
                tries += 1;
                Err::<(), _>(Error::NotFinite)
            });
            assert!(matches!(end, Err(Error::NotFinite)));
            assert_eq!(tries, 1);
        }
    }

    #[test]
    fn another_failure_is_not_tried_again() {
        let mut tries = 0;
        let end = alone(&mut needs(), 1, &mut |_, _| {
            tries += 1;
            Err::<(), _>(Error::Cancelled)
        });
        assert!(matches!(end, Err(Error::Cancelled)));
        assert_eq!(tries, 1);
    }

    #[test]
    fn what_is_taken_is_booked_meanwhile() {
        let mut needs = needs();
        needs.plan.blocks = Some(GgmlDType::Q8_0);
        let usual = needs.bytes();
        let booking = Booking::alone(needs.budget_bytes, usual);
        let room = booking.room(&Silent);
        let mut seen = Vec::new();
        let (plan, sizes) = (needs.plan, needs.sizes);
        let made = needs.within((40, SIZE), room, &mut |plan, together| {
            seen.push((booking.bytes(), together, plan.bytes(SIZES)));
            match plan.blocks {
                Some(_) => Err(Error::NotFinite),
                None => Ok(()),
            }
        });
        assert_eq!(made.unwrap().1, Attempt::Exact);
        let [(all, together, _), (booked, 1, exact)] = seen[..] else {
            panic!("{seen:?}");
        };
        assert_eq!((together, all), (40, plan.bytes_for(sizes, 40, SIZE)));
        assert!(all > usual && exact > usual && booked == exact);
        assert_eq!(booking.bytes(), usual);
    }

    #[test]
    fn pictures_are_drawn_together_in_what_others_leave_free() {
        let mut needs = needs();
        let usual = needs.bytes();
        let takes = |count| needs.plan.bytes_for(SIZES, count, SIZE);
        let each = takes(41) - takes(40);
        // Music has the rest.
        let booking = Booking::alone(usual + 2 * each, usual);
        let room = booking.room(&Silent);
        let made = needs.within((40, SIZE), room, &mut |_, together| Ok(together));
        let (together, _) = made.unwrap();
        let takes = |count| needs.plan.bytes_for(SIZES, count, SIZE);
        assert!(together < 40 && takes(together) <= usual + 2 * each);
        assert!(takes(together + 1) > usual + 2 * each);
    }
}
