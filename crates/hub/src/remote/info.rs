//! What the hub says of a repository as a whole.

use reqwest::Response;
use serde::Deserialize;

use super::LIST;
use crate::{Error, listing::CardData};

/// A repository.
#[derive(Debug, Deserialize)]
pub(crate) struct Info {
    /// The commit.
    pub(crate) sha: String,
    #[serde(default)]
    pub(crate) siblings: Vec<Sibling>,
    #[serde(rename = "cardData")]
    pub(crate) card_data: Option<CardData>,
}

/// A file in it.
#[derive(Debug, Deserialize)]
pub(crate) struct Sibling {
    /// Its path.
    pub(crate) rfilename: String,
    pub(crate) size: Option<u64>,
    /// Absent for files that lie in git itself.
    pub(crate) lfs: Option<Lfs>,
}

/// A large file.
#[derive(Debug, Deserialize)]
pub(crate) struct Lfs {
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

impl Info {
    pub(super) async fn read(
        response: Response,
        line: impl FnOnce(reqwest::Error) -> Error,
    ) -> Result<Self, Error> {
        let wrong = |problem| Error::Answer {
            file: LIST.to_owned(),
            problem,
        };
        let text = response.bytes().await.map_err(line)?;
        let info: Self =
            serde_json::from_slice(&text).map_err(|_| wrong("it is not of the hub's form"))?;
        if info.sha.len() == 40 && info.sha.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(info);
        }
        Err(wrong("it names no commit"))
    }
}
