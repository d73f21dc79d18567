use std::sync::Arc;

use crossbeam_channel::bounded;
use songwright_base::{EngineError, Observer, Progress, Silent, Stage};

use crate::{Residency, residency::Newcomer};

/// What an engine has of the memory that all share, and how it comes by more while it needs it: what it takes beside its
/// weights depends on what it is asked for.
#[derive(Clone, Debug)]
pub struct Booking {
    residency: Arc<Residency>,
    id: u64,
    /// What it always has.
    usual_bytes: u64,
}

impl Booking {
    pub(crate) fn new(residency: Arc<Residency>, id: u64, usual_bytes: u64) -> Self {
        Self {
            residency,
            id,
            usual_bytes,
        }
    }

    /// Of an engine that has `budget_bytes` for itself, and `bytes` of them booked.
    #[must_use]
    pub fn alone(budget_bytes: u64, bytes: u64) -> Self {
        let residency = Residency::new(budget_bytes.max(bytes));
        let (leave, _) = bounded(1);
        let only = Newcomer {
            id: 0,
            bytes,
            leave: &leave,
        };
        // There is room for the first one.
        let _ = residency.enter(&only, &Silent);
        Self::new(residency, 0, bytes)
    }

    /// What it has, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.residency.bytes_of(self.id)
    }

    /// What it could have in all, in bytes, without waiting for anybody.
    #[must_use]
    pub fn within_reach(&self) -> u64 {
        self.residency.within_reach(self.id)
    }

    /// Books as much as is free, up to `bytes` in all.
    #[must_use = "it is given back when this is dropped"]
    pub fn up_to(&self, bytes: u64) -> More {
        let more = self.more();
        self.residency.grow_into_free(self.id, bytes);
        more
    }

    /// Books `bytes` in all, for which idle engines leave. Where engines at work have them, `let_go` is called, after which the
    /// engine has nothing in memory: it waits as one that is loaded anew does, so that no two wait for each other.
    ///
    /// # Errors
    /// [`EngineError::OutOfMemory`] where that is more than all may have; [`EngineError::Cancelled`]. The engine is
    /// unloaded after either where it was let go.
    pub fn all_of(
        &self,
        bytes: u64,
        observer: &dyn Observer,
        let_go: &mut dyn FnMut(),
    ) -> Result<More, EngineError> {
        let more = self.more();
        if self.residency.grow(self.id, bytes, observer)? {
            return Ok(more);
        }
        tracing::info!(mib = bytes >> 20, "waits for memory that others have");
        let_go();
        observer.report(Progress::new(Stage::Load, 0, 1));
        let bytes = bytes.max(self.usual_bytes);
        self.residency.return_with(self.id, bytes, observer)?;
        Ok(more)
    }

    /// For whoever watches `observer`.
    #[must_use]
    pub fn room<'a>(&'a self, observer: &'a dyn Observer) -> Room<'a> {
        Room {
            booking: self,
            observer,
        }
    }

    fn more(&self) -> More {
        More {
            booking: self.clone(),
            before: self.bytes(),
        }
    }
}

/// Where an engine at work has more memory from, and who watches it wait.
#[derive(Clone, Copy)]
pub struct Room<'a> {
    /// What it has.
    pub booking: &'a Booking,
    /// Who watches.
    pub observer: &'a dyn Observer,
}

impl Room<'_> {
    /// As [`Booking::all_of`].
    ///
    /// # Errors
    /// As there.
    pub fn all_of(&self, bytes: u64, let_go: &mut dyn FnMut()) -> Result<More, EngineError> {
        self.booking.all_of(bytes, self.observer, let_go)
    }
}

/// What is booked beside what an engine had before, for as long as this lives.
#[derive(Debug)]
pub struct More {
    booking: Booking,
    before: u64,
}

impl Drop for More {
    fn drop(&mut self) {
        let Booking { residency, id, .. } = &self.booking;
        residency.shrink_to(*id, self.before);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use crossbeam_channel::Receiver;

    use super::*;
    use crate::testing::Wish;

    const MOMENT: Duration = Duration::from_millis(30);

    /// At work with so many bytes, and asked to leave by what it returns.
    fn at_work(residency: &Arc<Residency>, id: u64, bytes: u64) -> (Booking, Receiver<()>) {
        let (leave, asked) = bounded(1);
        let newcomer = Newcomer {
            id,
            bytes,
            leave: &leave,
        };
        residency.enter(&newcomer, &Silent).unwrap();
        (Booking::new(residency.clone(), id, bytes), asked)
    }

    fn stays() {
        panic!("it has no need to let go");
    }

    fn refused(wanted: Result<More, EngineError>) -> (u64, u64) {
        match wanted {
            Err(EngineError::OutOfMemory {
                needed_mib,
                available_mib,
            }) => (needed_mib, available_mib),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_free_is_booked_and_given_back() {
        let residency = Residency::new(100);
        let (music, _) = at_work(&residency, 1, 40);
        let (cover, _) = at_work(&residency, 2, 30);
        assert_eq!((music.within_reach(), cover.within_reach()), (70, 60));
        let more = music.up_to(55);
        assert_eq!((residency.used_bytes(), cover.within_reach()), (85, 45));
        let rest = cover.up_to(90);
        assert_eq!(residency.used_bytes(), 100);
        // Nobody takes what is booked, and less than it has is nothing more.
        drop((music.up_to(90), music.up_to(10)));
        drop(music.all_of(20, &Silent, &mut stays).unwrap());
        assert_eq!(residency.used_bytes(), 100);
        drop((more, rest));
        assert_eq!(residency.used_bytes(), 70);
    }

    #[test]
    fn what_one_at_work_has_is_waited_for_with_empty_hands() {
        let residency = Residency::new(100);
        let (_music, _) = at_work(&residency, 1, 60);
        let (cover, _) = at_work(&residency, 2, 30);
        let (tell, told) = mpsc::channel();
        let waiting = thread::spawn(move || {
            let mut let_go = || tell.send("let go").unwrap();
            let more = cover.all_of(50, &Silent, &mut let_go).unwrap();
            tell.send("has it").unwrap();
            more
        });
        assert_eq!(told.recv().unwrap(), "let go");
        // The music goes on, at its full size, until it is done.
        assert_eq!(
            told.recv_timeout(3 * MOMENT),
            Err(mpsc::RecvTimeoutError::Timeout)
        );
        assert_eq!(residency.used_bytes(), 60);
        residency.leave(1);
        let more = waiting.join().unwrap();
        assert_eq!(residency.used_bytes(), 50);
        drop(more);
        assert_eq!(residency.used_bytes(), 30);
    }

    #[test]
    fn an_idle_one_is_asked_to_leave_and_the_one_that_asks_is_not() {
        let residency = Residency::new(100);
        let (_, music_asked) = at_work(&residency, 1, 60);
        let (cover, cover_asked) = at_work(&residency, 2, 30);
        residency.set_busy(1, false);
        let leaving = residency.clone();
        let music = thread::spawn(move || {
            music_asked.recv().unwrap();
            leaving.leave(1);
        });
        let more = cover.all_of(100, &Silent, &mut stays).unwrap();
        assert_eq!(residency.used_bytes(), 100);
        music.join().unwrap();
        drop(more);
        assert!(cover_asked.try_recv().is_err());
    }

    #[test]
    fn two_that_want_more_have_it_one_after_the_other() {
        let residency = Residency::new(100);
        let mut working = Vec::new();
        for id in [1, 2] {
            let (booking, _) = at_work(&residency, id, 40);
            let residency = residency.clone();
            working.push(thread::spawn(move || {
                for _ in 0..20 {
                    let more = booking.all_of(90, &Silent, &mut || ()).unwrap();
                    assert_eq!(booking.bytes(), 90);
                    assert!(residency.used_bytes() <= 100);
                    drop(more);
                }
                residency.leave(id);
            }));
        }
        for working in working {
            working.join().unwrap();
        }
        assert_eq!(residency.used_bytes(), 0);
    }

    #[test]
    fn more_than_there_is_is_refused_and_waiting_ends_with_the_wish() {
        const MIB: u64 = 1 << 20;
        let alone = Booking::alone(100 * MIB, 40 * MIB);
        assert_eq!(alone.within_reach(), 100 * MIB);
        drop(alone.all_of(100 * MIB, &Silent, &mut stays).unwrap());
        let more = alone.all_of(100 * MIB + 1, &Silent, &mut stays);
        assert_eq!(refused(more), (101, 100));
        // One that was given less than it takes at least.
        let narrow = Booking::alone(1, 40);
        assert_eq!(narrow.within_reach(), 40);
        drop(narrow.all_of(40, &Silent, &mut stays).unwrap());

        let residency = Residency::new(100);
        let (_music, _) = at_work(&residency, 1, 60);
        let (cover, _) = at_work(&residency, 2, 30);
        let wish = Arc::new(Wish::default());
        let given_up = wish.clone();
        let giving_up = thread::spawn(move || {
            thread::sleep(3 * MOMENT);
            given_up.give_up();
        });
        let ended = cover.all_of(50, wish.as_ref(), &mut || ());
        assert!(matches!(ended, Err(EngineError::Cancelled)));
        giving_up.join().unwrap();
        // It has nothing any more, and is to be unloaded.
        assert_eq!((residency.used_bytes(), cover.bytes()), (60, 0));
    }
}
