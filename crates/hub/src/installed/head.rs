//! The head of a weights file: enough to tell that it is one, and what is in it, in a moment.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use safetensors::tensor::Metadata;

use crate::fault::{FileFault, HeadFault};

/// The most that safetensors itself takes.
const MOST_HEAD_BYTES: u64 = 100_000_000;

/// A tensor in a safetensors file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TensorHead {
    /// Its name.
    pub name: String,
    /// How its numbers are stored: `BF16`.
    pub dtype: String,
    /// Its sides, the outermost first.
    pub shape: Vec<usize>,
}

/// Reads the head of a weights file; files of other kinds have none.
pub(super) fn read(path: &Path, bytes: u64) -> Result<Vec<TensorHead>, FileFault> {
    let kind = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    match kind {
        "safetensors" => safetensors(path, bytes),
        "gguf" => gguf(path).map(|()| Vec::new()),
        _ => Ok(Vec::new()),
    }
}

fn safetensors(path: &Path, bytes: u64) -> Result<Vec<TensorHead>, FileFault> {
    let damaged = |why| FileFault::Head {
        kind: "safetensors",
        why,
    };
    let mut file = File::open(path).map_err(FileFault::Unreadable)?;
    let mut size = [0; 8];
    file.read_exact(&mut size).map_err(cut_off(bytes, 8))?;
    let size = u64::from_le_bytes(size);
    if !(2..=MOST_HEAD_BYTES).contains(&size) {
        return Err(damaged(HeadFault::Size(size)));
    }
    // Nothing is reserved for a size that is not there.
    let mut text = Vec::new();
    file.take(size)
        .read_to_end(&mut text)
        .map_err(FileFault::Unreadable)?;
    if (text.len() as u64) < size {
        let wanted = size + 8;
        return Err(FileFault::Short { bytes, wanted });
    }
    let head: Metadata =
        serde_json::from_slice(&text).map_err(|e| damaged(HeadFault::Tensors(e)))?;
    length(bytes, 8 + size + head.data_len() as u64)?;
    let tensors = head.offset_keys().into_iter().filter_map(|name| {
        let info = head.info(&name)?;
        Some(TensorHead {
            dtype: format!("{:?}", info.dtype),
            shape: info.shape.clone(),
            name,
        })
    });
    Ok(tensors.collect())
}

fn gguf(path: &Path) -> Result<(), FileFault> {
    let damaged = |why| FileFault::Head { kind: "GGUF", why };
    let mut head = [0; 8];
    let mut file = File::open(path).map_err(FileFault::Unreadable)?;
    file.read_exact(&mut head).map_err(cut_off(0, 8))?;
    let [a, b, c, d, version @ ..] = head;
    if [a, b, c, d] != *b"GGUF" {
        return Err(damaged(HeadFault::Letters));
    }
    match u32::from_le_bytes(version) {
        2 | 3 => Ok(()),
        other => Err(damaged(HeadFault::Version(other))),
    }
}

fn cut_off(bytes: u64, wanted: u64) -> impl FnOnce(io::Error) -> FileFault {
    move |error| match error.kind() {
        io::ErrorKind::UnexpectedEof => FileFault::Short { bytes, wanted },
        _ => FileFault::Unreadable(error),
    }
}

/// Compares a size with what it should be.
pub(crate) fn length(bytes: u64, wanted: u64) -> Result<(), FileFault> {
    match bytes.cmp(&wanted) {
        std::cmp::Ordering::Less => Err(FileFault::Short { bytes, wanted }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(FileFault::Long { bytes, wanted }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(head: &str, data: usize) -> Vec<u8> {
        let mut bytes = (head.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(head.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    fn read_as(name: &str, bytes: &[u8]) -> Result<Vec<TensorHead>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read(&path, bytes.len() as u64).map_err(|fault| fault.to_string())
    }

    const ONE: &str = r#"{"w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}}"#;

    #[test]
    fn a_safetensors_head_is_read_and_its_damage_is_named() {
        let whole = file_of(ONE, 12);
        let tensors = read_as("a.safetensors", &whole).unwrap();
        assert_eq!(tensors[0].shape, [2, 3]);
        assert_eq!(
            (tensors[0].name.as_str(), tensors[0].dtype.as_str()),
            ("w", "BF16")
        );

        let head = 8 + ONE.len();
        for (bytes, said) in [
            (&[][..], "has only 0 of 8 bytes"),
            (&whole[..7], "has only 7 of 8 bytes"),
            (&whole[..8], "has only 8 of"),
            (&whole[..head - 1], "has only"),
            (&whole[..whole.len() - 1], "has only"),
            (&file_of(ONE, 13), "instead of"),
            (&file_of("{", 0), "a head of 1 bytes"),
            (&file_of("{]", 0), "its head is damaged"),
            (b"<html><body>not found</body></html>", "a head of"),
        ] {
            let fault = read_as("a.safetensors", bytes).unwrap_err();
            assert!(fault.contains(said), "{said}: {fault}");
        }
        // Offsets that do not fit the shape.
        let wrong = ONE.replace("[2,3]", "[2,4]");
        assert!(read_as("a.safetensors", &file_of(&wrong, 12)).is_err());
    }

    #[test]
    fn a_gguf_head_has_letters_and_a_version() {
        assert!(read_as("a.gguf", b"GGUF\x03\0\0\0rest").is_ok());
        for wrong in [
            &b"GGUF\x03\0\0"[..],
            b"GGML\x03\0\0\0",
            b"GGUF\x01\0\0\0",
            b"GGUF\x04\0\0\0",
        ] {
            assert!(read_as("a.gguf", wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(read_as("config.json", b"").unwrap(), []);
    }
}
