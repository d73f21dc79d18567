use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use songwright_base::{Code, Failure};

use crate::{Host, error::ApiError, query::Parameters};

/// How long a browser's session lasts.
pub(crate) const SESSION: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a token for `?media_token=` lasts.
pub(crate) const MEDIA: Duration = Duration::from_secs(12 * 3600);
/// The most tokens that are kept; the oldest goes first.
const MOST_TOKENS: usize = 4096;
pub(crate) const COOKIE: &str = "songwright_session";

/// Tokens that stand for the key where a browser cannot send it.
#[derive(Default)]
pub(crate) struct Sessions {
    tokens: Mutex<HashMap<String, (Kind, Instant)>>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Kind {
    /// In the cookie: for everything.
    Session,
    /// In the URL: for reading only.
    Media,
}

impl Sessions {
    /// A fresh token of 32 random bytes.
    pub(crate) fn issue(&self, kind: Kind, lasts: Duration) -> String {
        let token = BASE64_URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>());
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        tokens.retain(|_, (_, until)| *until > now);
        if tokens.len() >= MOST_TOKENS
            && let Some(oldest) = tokens
                .iter()
                .min_by_key(|(_, (_, until))| *until)
                .map(|(t, _)| t.clone())
        {
            tokens.remove(&oldest);
        }
        tokens.insert(token.clone(), (kind, now + lasts));
        token
    }

    fn holds(&self, token: &str, wanted: Kind) -> bool {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens
            .get(token)
            .is_some_and(|(kind, until)| *kind == wanted && *until > Instant::now())
    }
}

/// Lets a request pass that carries the key, a session's cookie or, for reading, a media token.
pub(crate) async fn require_key(
    State(host): State<Arc<Host>>,
    request: Request,
    next: Next,
) -> Response {
    match refusal(&host, &request) {
        None => next.run(request).await,
        Some(detail) => {
            let failure = Failure::new(Code::Unauthorized, detail);
            ApiError::new(host.serving.at_root(), failure).into_response()
        }
    }
}

/// Why a request may not pass.
fn refusal(host: &Host, request: &Request) -> Option<&'static str> {
    let key = host.config.api_key.as_deref()?;
    let headers = request.headers();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let by_media_token = || {
        reads
            && Parameters::of(host.serving.at_root(), request.uri()).is_ok_and(|p| {
                p.text("media_token")
                    .is_some_and(|t| host.sessions.holds(t, Kind::Media))
            })
    };
    let by_cookie = || cookie(headers).is_some_and(|t| host.sessions.holds(t, Kind::Session));
    match sent_key(headers) {
        Some(sent) if same(sent, key) => None,
        _ if by_cookie() || by_media_token() => None,
        Some(_) => Some("The key is not the right one."),
        None => Some("This server asks for its key: send the header Authorization: Bearer KEY."),
    }
}

/// `Authorization: Bearer KEY`, or the secret of the pair `Modal-Key` / `Modal-Secret`.
fn sent_key(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .map(str::trim)
    };
    text(header::AUTHORIZATION.as_str())
        .and_then(|v| v.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim())
        .or_else(|| text("modal-key").and(text("modal-secret")))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token)
}

/// Compares digests, so that the time it takes says nothing of the key.
fn same(sent: &str, key: &str) -> bool {
    Sha256::digest(sent.as_bytes()) == Sha256::digest(key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_for_what_they_were_issued_for_and_end() {
        let sessions = Sessions::default();
        let session = sessions.issue(Kind::Session, SESSION);
        assert!(sessions.holds(&session, Kind::Session));
        assert!(!sessions.holds(&session, Kind::Media));
        let ended = sessions.issue(Kind::Media, Duration::ZERO);
        assert!(!sessions.holds(&ended, Kind::Media));
    }

    #[test]
    fn both_ways_to_send_the_key() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
                .collect::<HeaderMap>()
        };
        assert_eq!(
            sent_key(&headers(&[("authorization", "bearer  abc ")])),
            Some("abc")
        );
        assert_eq!(
            sent_key(&headers(&[("modal-key", "x"), ("modal-secret", "abc")])),
            Some("abc")
        );
        assert_eq!(sent_key(&headers(&[("modal-secret", "abc")])), None);
        assert_eq!(sent_key(&headers(&[("authorization", "Basic abc")])), None);
    }
}
