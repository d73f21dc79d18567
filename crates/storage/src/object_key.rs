use std::fmt;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;

/// The name of an object in the store: flat, such as `7f…e1.wav`, never a path.
///
/// 1–200 ASCII letters, digits, `-`, `_` and `.`, not beginning or ending with a dot: the same name
/// on every file system and in every bucket, and nothing that leads out of the store.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The longest key in bytes.
    pub const MAX_BYTES: usize = 200;

    /// A fresh key: a random UUID with `extension` (without its dot).
    ///
    /// # Errors
    /// [`Error::InvalidKey`] where the extension has other than letters and digits.
    pub fn random(extension: &str) -> Result<Self, Error> {
        if extension.is_empty() || !extension.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Error::InvalidKey);
        }
        Self::parse(&format!("{}.{extension}", Uuid::new_v4()))
    }

    /// The key that a client names.
    ///
    /// # Errors
    /// [`Error::InvalidKey`], which is "not found" to a client, for whatever is not a key: paths,
    /// `..`, drive letters, control characters.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let valid = !text.is_empty()
            && text.len() <= Self::MAX_BYTES
            && text.bytes().all(plain)
            && !text.starts_with('.')
            && !text.ends_with('.');
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::InvalidKey)
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last dot, in lower case; empty where there is none.
    #[must_use]
    pub fn extension(&self) -> String {
        self.0
            .rsplit_once('.')
            .map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
    }

    /// The media type that the extension stands for.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        match self.extension().as_str() {
            "wav" => "audio/wav",
            "flac" => "audio/flac",
            "mp3" => "audio/mpeg",
            "mid" => "audio/midi",
            "png" => "image/png",
            "json" => "application/json",
            "txt" | "lrc" => "text/plain; charset=utf-8",
            "zip" => "application/zip",
            _ => "application/octet-stream",
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ObjectKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<ObjectKey> for String {
    fn from(key: ObjectKey) -> Self {
        key.0
    }
}

impl ToSql for ObjectKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for ObjectKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).map_err(FromSqlError::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_flat_name_is_not_found() {
        let long = "a".repeat(201);
        for text in [
            "",
            ".",
            "..",
            "../a.wav",
            "a/b.wav",
            "a\\b.wav",
            "/etc/passwd",
            "C:\\a.wav",
            "c:a.wav",
            "a\0.wav",
            "a\n.wav",
            "%2e%2e%2fa",
            ".hidden",
            "a.",
            "a wav",
            "é.wav",
            "a.wav#1",
            "a?b",
            &long,
        ] {
            let error = ObjectKey::parse(text).unwrap_err();
            assert_eq!(error.code().http_status(), 404, "{text:?}");
        }
        for text in ["a", "7f3e.wav", "a..b.png", "A_b-1.mid", &long[1..]] {
            assert_eq!(ObjectKey::parse(text).unwrap().as_str(), text);
        }
        assert!(serde_json::from_str::<ObjectKey>("\"../x\"").is_err());
    }

    #[test]
    fn a_fresh_key_has_its_type() {
        let key = ObjectKey::random("wav").unwrap();
        assert_eq!(key.media_type(), "audio/wav");
        assert_ne!(key, ObjectKey::random("wav").unwrap());
        assert!(ObjectKey::random("a/b").is_err());
    }
}
