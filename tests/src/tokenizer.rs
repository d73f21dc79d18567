use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// Qwen3's `tokenizer.json`, which is among the goldens.
///
/// # Errors
/// Those of the file system.
pub fn qwen_tokenizer() -> io::Result<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/qwen");
    unpacked(&folder.join("tokenizer.json.gz"))
}

/// What a gzip file holds.
///
/// # Errors
/// Those of the file system.
pub fn unpacked(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(File::open(path)?).read_to_end(&mut text)?;
    Ok(text)
}
