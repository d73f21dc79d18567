//! What a file's bytes are compared with.

use std::{fmt, str::FromStr};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The fingerprint of a file: of its bytes, or as git counts a small file that the hub keeps in git
/// itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Digest {
    /// SHA-256 of the bytes.
    Sha256([u8; 32]),
    /// SHA-1 of `blob SIZE\0` and the bytes.
    GitBlob([u8; 20]),
}

impl Digest {
    /// The digest that an etag of the hub is, if it is one: 64 digits for a large file, 40 for one
    /// that lies in git.
    #[must_use]
    pub fn from_etag(etag: &str) -> Option<Self> {
        bytes(etag)
            .map(Self::Sha256)
            .or_else(|| bytes(etag).map(Self::GitBlob))
    }

    /// What counts the bytes of a file of `size_bytes` for this digest.
    pub(crate) fn hasher(&self, size_bytes: u64) -> Hasher {
        match self {
            Self::Sha256(_) => Hasher::Sha256(Sha256::new()),
            Self::GitBlob(_) => {
                let mut sha1 = Sha1::new();
                sha1.update(format!("blob {size_bytes}\0"));
                Hasher::GitBlob(sha1)
            }
        }
    }
}

/// Hexadecimal, lower case.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: &[u8] = match self {
            Self::Sha256(bytes) => bytes,
            Self::GitBlob(bytes) => bytes,
        };
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is no digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoDigest;

impl FromStr for Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        Self::from_etag(text).ok_or(NoDigest)
    }
}

fn bytes<const N: usize>(hexadecimal: &str) -> Option<[u8; N]> {
    let digits = hexadecimal.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let mut value = 0;
        for &digit in pair {
            value = value * 16 + char::from(digit).to_digit(16)?;
        }
        *byte = u8::try_from(value).ok()?;
    }
    Some(bytes)
}

/// A digest in the making.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    GitBlob(Sha1),
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::GitBlob(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest::Sha256(hasher.finalize().into()),
            Self::GitBlob(hasher) => Digest::GitBlob(hasher.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, data: &[u8]) -> String {
        let digest: Digest = kind.parse().unwrap();
        let mut hasher = digest.hasher(data.len() as u64);
        let (first, second) = data.split_at(data.len() / 2);
        hasher.update(first);
        hasher.update(second);
        hasher.finish().to_string()
    }

    #[test]
    fn both_kinds_are_what_the_tools_say() {
        // sha256sum and git hash-object of "hello\n".
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        let git = "ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(of(sha256, b"hello\n"), sha256);
        assert_eq!(of(git, b"hello\n"), git);
    }

    #[test]
    fn what_is_no_digest_is_none() {
        for text in ["", "xyz", &"a".repeat(39), &"g".repeat(64), &"ä".repeat(32)] {
            assert_eq!(Digest::from_etag(text), None, "{text}");
        }
        assert!(Digest::from_etag(&"A".repeat(64)).is_some());
    }
}
