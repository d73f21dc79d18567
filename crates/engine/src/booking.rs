use std::sync::Arc;

use crossbeam_channel::bounded;
use songwright_base::{EngineError, Observer, Silent};

use crate::{Residency, residency::Newcomer};

/// What an engine has of the memory that all share, and how it comes by more while it needs it: what it takes beside its
/// weights depends on what it is asked for.
#[derive(Clone, Debug)]
pub struct Booking {
    residency: Arc<Residency>,
    id: u64,
}

impl Booking {
    pub(crate) fn new(residency: Arc<Residency>, id: u64) -> Self {
        Self { residency, id }
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
        Self { residency, id: 0 }
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
        let added = self.residency.grow_into_free(self.id, bytes);
        self.more(added)
    }

    /// Books `bytes` in all, for which idle engines leave and those at work are waited for.
    ///
    /// # Errors
    /// [`EngineError::OutOfMemory`] where that is more than all may have, or whoever is waited for waits as well;
    /// [`EngineError::Cancelled`].
    pub fn all_of(&self, bytes: u64, observer: &dyn Observer) -> Result<More, EngineError> {
        let added = self.residency.grow(self.id, bytes, observer)?;
        Ok(self.more(added))
    }

    fn more(&self, added: u64) -> More {
        More {
            booking: self.clone(),
            added,
        }
    }
}

/// What is booked beside what an engine always has, for as long as this lives.
#[derive(Debug)]
pub struct More {
    booking: Booking,
    added: u64,
}

impl Drop for More {
    fn drop(&mut self) {
        let Booking { residency, id } = &self.booking;
        residency.shrink(*id, self.added);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            atomic::{AtomicBool, Ordering::SeqCst},
            mpsc,
        },
        thread,
        time::Duration,
    };

    use crossbeam_channel::Receiver;
    use songwright_base::Progress;

    use super::*;

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
        (Booking::new(residency.clone(), id), asked)
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
        drop(music.all_of(20, &Silent).unwrap());
        assert_eq!(residency.used_bytes(), 100);
        drop((more, rest));
        assert_eq!(residency.used_bytes(), 70);
    }

    #[test]
    fn one_at_work_is_waited_for() {
        let residency = Residency::new(100);
        let (music, _) = at_work(&residency, 1, 60);
        let (cover, _) = at_work(&residency, 2, 30);
        let (told, wishes) = mpsc::channel();
        let waiting = thread::spawn(move || {
            let more = cover.all_of(50, &Silent).unwrap();
            told.send(()).unwrap();
            more
        });
        // The music goes on, at its full size, until it is done.
        assert!(wishes.recv_timeout(3 * MOMENT).is_err());
        assert_eq!(residency.used_bytes(), 90);
        residency.leave(1);
        let more = waiting.join().unwrap();
        assert_eq!(residency.used_bytes(), 50);
        drop((more, music));
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
        let more = cover.all_of(100, &Silent).unwrap();
        assert_eq!(residency.used_bytes(), 100);
        music.join().unwrap();
        drop(more);
        assert!(cover_asked.try_recv().is_err());
    }

    #[test]
    fn two_that_wait_for_each_other_do_not() {
        let residency = Residency::new(100);
        let (music, _) = at_work(&residency, 1, 50);
        let (cover, _) = at_work(&residency, 2, 40);
        let first = {
            let residency = residency.clone();
            thread::spawn(move || {
                let made = music.all_of(70, &Silent).map(drop);
                residency.leave(1);
                made
            })
        };
        while !residency.waits(1) {
            thread::sleep(MOMENT);
        }
        // The second one hears of it at once, and the first one has its way when that one is done.
        assert_eq!(refused(cover.all_of(60, &Silent)), (1, 0));
        assert!(!first.is_finished());
        residency.leave(2);
        first.join().unwrap().unwrap();
    }

    #[test]
    fn more_than_there_is_is_refused_and_waiting_ends_with_the_wish() {
        struct Wish(AtomicBool);
        impl Observer for Wish {
            fn report(&self, _: Progress) {}
            fn is_cancelled(&self) -> bool {
                self.0.load(SeqCst)
            }
        }
        const MIB: u64 = 1 << 20;
        let alone = Booking::alone(100 * MIB, 40 * MIB);
        assert_eq!(alone.within_reach(), 100 * MIB);
        alone.all_of(100 * MIB, &Silent).map(drop).unwrap();
        assert_eq!(refused(alone.all_of(100 * MIB + 1, &Silent)), (101, 100));
        // One that was given less than it takes at least.
        let narrow = Booking::alone(1, 40);
        assert_eq!(narrow.within_reach(), 40);
        narrow.all_of(40, &Silent).map(drop).unwrap();

        let residency = Residency::new(100);
        let (_music, _) = at_work(&residency, 1, 60);
        let (cover, _) = at_work(&residency, 2, 30);
        let wish = Arc::new(Wish(AtomicBool::new(false)));
        let given_up = wish.clone();
        let giving_up = thread::spawn(move || {
            thread::sleep(3 * MOMENT);
            given_up.0.store(true, SeqCst);
        });
        let ended = cover.all_of(50, wish.as_ref());
        assert!(matches!(ended, Err(EngineError::Cancelled)));
        giving_up.join().unwrap();
        assert!(!residency.waits(2));
        assert_eq!(residency.used_bytes(), 90);
    }
}
