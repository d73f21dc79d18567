//! A GGUF file's head, read as far as it can be trusted: notes are passed over, and nothing is kept of them.

use std::io::{Error, ErrorKind, Read, Result, Seek};

/// Longest name of a note, in bytes; the format's own limit.
const LONGEST_NAME: u64 = u16::MAX as u64;
/// Lists within lists; as many as candle reads.
const DEEPEST: usize = 64;

/// What is left of a file's head.
pub(super) struct Head<R> {
    file: R,
    /// Lengths are of eight bytes from the second version on, and of four in the first.
    is_first: bool,
}

impl<R: Read + Seek> Head<R> {
    /// The head of a file of this format, and how many notes it has.
    pub(super) fn open(file: R) -> Result<(Self, u64)> {
        let mut head = Self {
            file,
            is_first: false,
        };
        let magic = head.bytes()?;
        let version = head.u32()?;
        if magic != *b"GGUF" || !(1..=3).contains(&version) {
            return Err(wrong("it begins as no GGUF file does"));
        }
        head.is_first = version == 1;
        let (_tensors, notes) = (head.length()?, head.length()?);
        Ok((head, notes))
    }

    /// The name of the next note, and the number of its type.
    pub(super) fn note(&mut self) -> Result<(Vec<u8>, u32)> {
        let length = self.length()?;
        if length > LONGEST_NAME {
            return Err(wrong("the name of a note is longer than the format has"));
        }
        let mut name = self.taken(length)?;
        // Candle takes these away too.
        while name.last() == Some(&0) {
            name.pop();
        }
        Ok((name, self.u32()?))
    }

    /// The text of a note, no longer than a name may be.
    pub(super) fn text(&mut self) -> Result<Vec<u8>> {
        let length = self.length()?;
        if length > LONGEST_NAME {
            return Err(wrong("a text is longer than was thought"));
        }
        self.taken(length)
    }

    /// Whether a note of a number of at most four bytes is nought; `None` where it is of another type, and
    /// nothing of it was read.
    pub(super) fn is_nought(&mut self, kind: u32) -> Result<Option<bool>> {
        let nought = match kind {
            0 | 1 => self.bytes::<1>()? == [0; 1],
            2 | 3 => self.bytes::<2>()? == [0; 2],
            4 | 5 => self.bytes::<4>()? == [0; 4],
            _ => return Ok(None),
        };
        Ok(Some(nought))
    }

    /// Passes over the value of a note.
    pub(super) fn pass(&mut self, kind: u32) -> Result<()> {
        self.pass_within(kind, 0)
    }

    fn pass_within(&mut self, kind: u32, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(wrong("lists lie too deep in lists"));
        }
        match kind {
            STRING => {
                let length = self.length()?;
                self.skip(length)
            }
            ARRAY => {
                let (kind, count) = (self.u32()?, self.length()?);
                if let Some(width) = width(kind) {
                    return self.skip(count.saturating_mul(width));
                }
                // Each one takes bytes of the file, so that it ends with it whatever is counted.
                (0..count).try_for_each(|_| self.pass_within(kind, depth + 1))
            }
            kind => match width(kind) {
                Some(width) => self.skip(width),
                None => Err(wrong("a note is of no type that is known")),
            },
        }
    }

    /// Beyond the file's end it is the next reading that fails.
    fn skip(&mut self, bytes: u64) -> Result<()> {
        let bytes = i64::try_from(bytes).map_err(|_| wrong("a note is longer than any file"))?;
        self.file.seek_relative(bytes)
    }

    fn taken(&mut self, length: u64) -> Result<Vec<u8>> {
        let mut taken = Vec::new();
        let found = (&mut self.file).take(length).read_to_end(&mut taken)?;
        if found as u64 == length {
            Ok(taken)
        } else {
            Err(ErrorKind::UnexpectedEof.into())
        }
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn length(&mut self) -> Result<u64> {
        if self.is_first {
            Ok(self.u32()?.into())
        } else {
            Ok(u64::from_le_bytes(self.bytes()?))
        }
    }
}

/// The format's numbers of its types that have no width.
pub(super) const STRING: u32 = 8;
pub(super) const ARRAY: u32 = 9;

/// The bytes of a number, by its type's number in the format.
fn width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}
