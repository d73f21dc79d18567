//! Memory that loops work in, kept for the next of them: memory that is new to the process has to be cleared by
//! the system first, which would take longer than many a small layer.

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
};

use super::elements::Aligned;

/// Numbers that are kept at most: 64 MiB.
const KEPT: usize = 16 << 20;

static SHELF: Mutex<Vec<Aligned>> = Mutex::new(Vec::new());

/// Keeps nothing for the next loop.
pub(crate) fn clear() {
    let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    *shelf = Vec::new();
}

/// Numbers of some earlier use, to be written before they are read.
pub(crate) struct Scratch {
    numbers: Aligned,
    len: usize,
}

impl Scratch {
    pub(crate) fn of(len: usize) -> Self {
        let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
        // The smallest that is large enough.
        let fits = |(_, numbers): &(usize, &Aligned)| numbers.len() >= len;
        let found = shelf
            .iter()
            .enumerate()
            .filter(fits)
            .min_by_key(|(_, numbers)| numbers.len())
            .map(|(i, _)| i);
        let numbers = found.map(|i| shelf.swap_remove(i));
        drop(shelf);
        Self {
            numbers: numbers.unwrap_or_else(|| Aligned::zeros(len)),
            len,
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let numbers = std::mem::replace(&mut self.numbers, Aligned::zeros(0));
        let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
        // Smaller ones make way: a network's layers come in growing sizes.
        let mut kept: usize = shelf.iter().map(|numbers| numbers.len()).sum();
        while kept + numbers.len() > KEPT {
            let smallest = (0..shelf.len()).min_by_key(|i| shelf[*i].len());
            match smallest.filter(|i| shelf[*i].len() < numbers.len()) {
                Some(i) => {
                    kept -= shelf[i].len();
                    shelf.swap_remove(i);
                }
                None => return,
            }
        }
        shelf.push(numbers);
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers[..self.len]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Scratch};

    #[test]
    fn it_is_as_long_as_asked_for_and_begins_at_a_line() {
        for len in [0, 1, 1000, 70, 5000] {
            let mut scratch = Scratch::of(len);
            scratch.fill(1.0);
            assert_eq!(scratch.len(), len);
            assert_eq!(scratch.as_ptr().addr() % 64, 0);
        }
    }

    #[test]
    fn what_is_larger_than_all_that_is_kept_goes() {
        drop(Scratch::of(KEPT + 1));
        assert!(
            super::SHELF
                .lock()
                .unwrap()
                .iter()
                .all(|kept| kept.len() <= KEPT)
        );
    }
}
