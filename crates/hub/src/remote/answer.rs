use reqwest::{
    Response, StatusCode,
    header::{CONTENT_LENGTH, ETAG, HeaderMap, RETRY_AFTER},
};

use crate::{Error, card::Source};

const ERROR_CODE: &str = "x-error-code";
const LINKED_ETAG: &str = "x-linked-etag";
const LINKED_SIZE: &str = "x-linked-size";

/// What the hub says of a file without sending it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Metadata {
    /// The name of the blob; for large files its SHA-256.
    pub(crate) etag: String,
    pub(crate) bytes: u64,
}

impl Metadata {
    /// A large file lies elsewhere, and the headers of its own are those of the redirect.
    pub(super) fn read(headers: &HeaderMap, file: &str) -> Result<Self, Error> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let answer = |problem| Error::Answer {
            file: file.to_owned(),
            problem,
        };
        let etag = text(LINKED_ETAG)
            .or_else(|| text(ETAG.as_str()))
            .map(|etag| etag.trim_start_matches("W/").trim_matches('"'))
            // It becomes the name of a file.
            .filter(|etag| {
                (1..=128).contains(&etag.len()) && etag.bytes().all(|b| b.is_ascii_alphanumeric())
            })
            .ok_or_else(|| answer("it has no usable ETag"))?;
        let bytes = text(LINKED_SIZE)
            .or_else(|| text(CONTENT_LENGTH.as_str()))
            .and_then(|bytes| bytes.parse().ok())
            .ok_or_else(|| answer("it does not say how large the file is"))?;
        Ok(Self {
            etag: etag.to_owned(),
            bytes,
        })
    }
}

/// Whether the hub says that there is no such repository, as it does of those that it does not show.
pub(super) fn is_unknown(response: &Response) -> bool {
    let code = response.headers().get(ERROR_CODE);
    code.is_some_and(|code| code == "RepoNotFound")
}

/// Why the hub refused; `no_access` makes the error for a token that is missing or not enough.
pub(super) fn refusal(
    response: &Response,
    source: &Source,
    file: &str,
    no_access: impl FnOnce() -> Error,
) -> Error {
    let code = response.headers().get(ERROR_CODE);
    let code = code.and_then(|code| code.to_str().ok()).unwrap_or_default();
    let place = format!("{} at {}", source.repository, source.revision);
    match (response.status(), code) {
        // The hub says 401 for what is not there too, where nobody says who asks.
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) | (_, "GatedRepo") => no_access(),
        (_, "RepoNotFound") => Error::NotOnHub {
            place: "The hub".to_owned(),
            file: format!("repository {}", source.repository),
        },
        (StatusCode::NOT_FOUND, "RevisionNotFound") => Error::NotOnHub {
            place,
            file: "such revision".to_owned(),
        },
        (StatusCode::NOT_FOUND, _) => Error::NotOnHub {
            place,
            file: file.to_owned(),
        },
        _ => refused(response, file),
    }
}

/// The status and nothing else.
pub(super) fn refused(response: &Response, file: &str) -> Error {
    let retry_after = response.headers().get(RETRY_AFTER);
    Error::Refused {
        file: file.to_owned(),
        status: response.status().as_u16(),
        retry_after_s: retry_after.and_then(|value| value.to_str().ok()?.parse().ok()),
    }
}
