use std::{fmt, time::Duration};

use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};
use songwright_base::{EngineError, Service, config::ModalToken};

const MODAL_KEY: HeaderName = HeaderName::from_static("modal-key");
const MODAL_SECRET: HeaderName = HeaderName::from_static("modal-secret");

/// A service that runs elsewhere.
#[derive(Clone)]
pub struct RemoteTarget {
    /// Which of the services it is; names it in errors.
    pub service: Service,
    /// `http://host:port`, or a prefix such as `http://host:8000/lyrics`.
    pub base_url: String,
    /// Sent as `Authorization: Bearer KEY`.
    pub key: Option<String>,
    /// Sent as `Modal-Key` and `Modal-Secret`, beside the key where there is one.
    pub modal: Option<ModalToken>,
    /// The longest that one call may take, its retries included.
    pub max_runtime: Duration,
}

/// A [`RemoteTarget`] whose URL, key and token have been read.
pub(crate) struct Address {
    pub(crate) service: Service,
    pub(crate) base: Url,
    /// Headers that let a request pass.
    pub(crate) credentials: HeaderMap,
    pub(crate) max_runtime: Duration,
}

impl fmt::Debug for RemoteTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base_url = Url::parse(&self.base_url).map(|url| shown(&url));
        f.debug_struct("RemoteTarget")
            .field("service", &self.service)
            .field("base_url", &base_url.as_deref().unwrap_or("(no URL)"))
            .field("key", &self.key.as_ref().map(|_| "…"))
            .field("modal", &self.modal)
            .field("max_runtime", &self.max_runtime)
            .finish()
    }
}

impl RemoteTarget {
    pub(crate) fn address(&self) -> Result<Address, EngineError> {
        let word = self.service.word().to_uppercase();
        let mut base = base_url(&self.base_url).ok_or_else(|| EngineError::Unavailable {
            what: format!(
                "{word}_SERVICE_URL is not an address that can be called: it must look like http://host:8000."
            ),
        })?;
        if self.key.is_some() {
            // The key speaks for us: a user name in the URL would add a second header.
            let _ = base.set_username("");
            let _ = base.set_password(None);
        }
        let mut credentials = HeaderMap::new();
        let mut carry = |name: HeaderName, text: &str, setting: &str| {
            let value = secret(text).ok_or_else(|| EngineError::Unavailable {
                what: format!(
                    "SONGWRIGHT_{word}_{setting} has characters that an HTTP header cannot carry."
                ),
            })?;
            credentials.insert(name, value);
            Ok::<(), EngineError>(())
        };
        if let Some(key) = &self.key {
            carry(AUTHORIZATION, &format!("Bearer {key}"), "KEY")?;
        }
        if let Some(token) = &self.modal {
            carry(MODAL_KEY, &token.key, "MODAL_KEY")?;
            carry(MODAL_SECRET, &token.secret, "MODAL_SECRET")?;
        }
        Ok(Address {
            service: self.service,
            base,
            credentials,
            max_runtime: self.max_runtime,
        })
    }
}

impl Address {
    /// The URL of an endpoint, below the base URL's own path.
    pub(crate) fn endpoint<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        extended(&self.base, path)
    }

    /// The same below the base URL's parent, where the base is a prefix. What belongs to no one
    /// service, such as the files, lies there.
    pub(crate) fn sibling<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<Url> {
        if self.base.path() == "/" {
            return None;
        }
        let mut parent = self.base.clone();
        parent.path_segments_mut().ok()?.pop_if_empty().pop();
        Some(extended(&parent, path))
    }

    /// The base URL without credentials.
    pub(crate) fn shown(&self) -> String {
        shown(&self.base)
    }

    /// Host and port, as people write them.
    pub(crate) fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

/// The base URL without query and fragment.
fn base_url(text: &str) -> Option<Url> {
    let mut url = Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn extended<'a>(base: &Url, path: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(base_url: &str, key: Option<&str>) -> RemoteTarget {
        RemoteTarget {
            service: Service::Music,
            base_url: base_url.to_owned(),
            key: key.map(str::to_owned),
            modal: None,
            max_runtime: Duration::from_secs(60),
        }
    }

    #[test]
    fn endpoints_lie_below_the_prefix_and_files_also_beside_it() {
        for base in ["http://host:8000/a/music", "http://host:8000/a/music/"] {
            let address = target(base, None).address().unwrap();
            assert_eq!(
                address.endpoint(["generate_music"]).as_str(),
                "http://host:8000/a/music/generate_music"
            );
            assert_eq!(
                address.sibling(["files", "x y?.wav"]).unwrap().as_str(),
                "http://host:8000/a/files/x%20y%3F.wav"
            );
        }
        assert!(
            target("http://h:1/", None)
                .address()
                .unwrap()
                .sibling(["f"])
                .is_none()
        );
    }

    #[test]
    fn credentials_are_never_shown() {
        let mut target = target("https://me:hunter2@host/music?token=hunter2", Some("k3y"));
        target.modal = Some(ModalToken {
            key: "wk-1".to_owned(),
            secret: "k3y".to_owned(),
        });
        let address = target.address().unwrap();
        assert_eq!(address.shown(), "https://host/music");
        assert_eq!(address.host(), "host");
        let debug = format!("{target:?} {:?}", address.credentials);
        assert!(
            !debug.contains("hunter2") && !debug.contains("k3y"),
            "{debug}"
        );
    }

    #[test]
    fn an_unusable_url_or_key_names_its_variable() {
        let refusal = |base, key| match target(base, key).address() {
            Err(EngineError::Unavailable { what }) => what,
            _ => panic!("{base} was taken"),
        };
        assert!(refusal("ftp://host", None).starts_with("MUSIC_SERVICE_URL"));
        assert!(refusal("host:8000", None).starts_with("MUSIC_SERVICE_URL"));
        assert!(refusal("http://h", Some("a\nb")).starts_with("SONGWRIGHT_MUSIC_KEY"));
    }
}
