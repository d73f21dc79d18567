use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use crate::InvalidField;

/// The number that makes a result repeatable. One seed gives one song on every device.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The largest seed of a song: 2³¹ − 1.
    pub const MAX_SONG: i64 = i32::MAX as i64;
    /// The largest seed of a cover: 2³² − 1.
    pub const MAX_COVER: i64 = u32::MAX as i64;

    /// A fresh seed in `0..=Self::MAX_SONG`.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::rng().random_range(0..=i32::MAX as u64))
    }

    /// The `n`th seed of a song after this one; 0 follows the largest.
    #[must_use]
    pub fn after(self, n: u32) -> Self {
        Self((self.0 + u64::from(n)) % (Self::MAX_SONG.unsigned_abs() + 1))
    }

    /// The seed of a request: −1 is a fresh one, `0..=max` itself.
    ///
    /// # Errors
    /// Anything else is an [`InvalidField`].
    pub fn from_request(value: i64, max: i64) -> Result<Self, InvalidField> {
        match value {
            -1 => Ok(Self::random()),
            0.. if value <= max => Ok(Self(value.unsigned_abs())),
            _ => Err(InvalidField::new(
                "seed",
                format!("must be -1 (random) or a whole number from 0 to {max}, not {value}"),
            )),
        }
    }
}
