//! Chance that a seed and a description repeat.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use songwright_base::Seed;

/// The dice of a seed for a text: one seed throws differently for each description, so that two
/// songs of seed 1 do not share their key.
pub(super) fn dice(seed: Seed, text: &str) -> ChaCha8Rng {
    // FNV-1a: std's hasher may change between releases, and songs must not.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ChaCha8Rng::seed_from_u64(seed.0 ^ hash)
}
