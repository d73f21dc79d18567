//! Services that run elsewhere.

use std::collections::BTreeMap;

use super::{ConfigError, RawService};
use crate::Service;

/// The services that run elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RemoteServices {
    /// By [`Service::index`].
    services: [Option<RemoteService>; 4],
}

/// Where a service runs, and what it is told so that it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteService {
    /// Begins with `http://` or `https://` and has no trailing slash.
    pub url: String,
    /// Sent as `Authorization: Bearer KEY`.
    pub key: Option<String>,
    /// For a service that lies behind Modal's proxy.
    pub modal: Option<ModalToken>,
}

/// A proxy auth token of Modal, sent as `Modal-Key` and `Modal-Secret`.
#[derive(Clone, PartialEq)]
pub struct ModalToken {
    /// `wk-…`, or whatever the service takes.
    pub key: String,
    /// `ws-…`, or whatever the service takes.
    pub secret: String,
}

impl std::fmt::Debug for ModalToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModalToken").finish_non_exhaustive()
    }
}

impl RemoteServices {
    /// Where a service runs, if it is elsewhere.
    #[must_use]
    pub fn get(&self, service: Service) -> Option<&RemoteService> {
        self.services[service.index()].as_ref()
    }

    /// What `services` says of URLs, keys and tokens.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for what is no URL, half a token, and an address of the integrated
    /// service, which nothing calls.
    pub(super) fn resolve(services: &BTreeMap<String, RawService>) -> Result<Self, ConfigError> {
        let mut remote = Self::default();
        for service in Service::ALL {
            if let Some(raw) = services.get(service.word()) {
                remote.services[service.index()] = RemoteService::resolve(service, raw)?;
            }
        }
        Ok(remote)
    }
}

impl RemoteService {
    fn resolve(service: Service, raw: &RawService) -> Result<Option<Self>, ConfigError> {
        let word = service.word();
        let wrong = |key: String, problem: &str| ConfigError::Value {
            key,
            problem: problem.to_owned(),
        };
        if service == Service::Integrated {
            let given = [
                ("url", &raw.url),
                ("key", &raw.key),
                ("modal_key", &raw.modal_key),
                ("modal_secret", &raw.modal_secret),
            ];
            return match given.iter().find(|(_, value)| value.is_some()) {
                None => Ok(None),
                Some((name, _)) => Err(wrong(
                    format!("services.integrated.{name}"),
                    "has no use: the integrated service calls the others, and none of them calls it",
                )),
            };
        }
        let modal = match (&raw.modal_key, &raw.modal_secret) {
            (None, None) => None,
            (Some(key), Some(secret)) => Some(ModalToken {
                key: key.clone(),
                secret: secret.clone(),
            }),
            (Some(_), None) => {
                return Err(wrong(
                    format!("services.{word}.modal_key"),
                    "needs its modal_secret beside it",
                ));
            }
            (None, Some(_)) => {
                return Err(wrong(
                    format!("services.{word}.modal_secret"),
                    "needs its modal_key beside it",
                ));
            }
        };
        let Some(url) = &raw.url else {
            return Ok(None);
        };
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(wrong(
                format!("{}_SERVICE_URL", word.to_uppercase()),
                &format!("must begin with http:// or https://, not \"{url}\""),
            ));
        }
        Ok(Some(Self {
            url: url.trim_end_matches('/').to_owned(),
            key: raw.key.clone(),
            modal,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<RemoteServices, ConfigError> {
        RemoteServices::resolve(&toml::from_str(text).unwrap())
    }

    #[test]
    fn a_token_comes_whole_and_is_not_shown() {
        let remote = resolve(
            "[music]\nurl = \"https://a.modal.run/\"\nmodal_key = \"wk-1\"\nmodal_secret = \"ws-2\"",
        )
        .unwrap();
        let music = remote.get(Service::Music).unwrap();
        assert_eq!(music.url, "https://a.modal.run");
        let token = music.modal.as_ref().unwrap();
        assert_eq!(
            (token.key.as_str(), token.secret.as_str()),
            ("wk-1", "ws-2")
        );
        let shown = format!("{remote:?}");
        assert!(!shown.contains("ws-2"), "{shown}");
        assert_eq!(remote.get(Service::Lyrics), None);
    }

    #[test]
    fn wrong_values_are_named() {
        for (text, name) in [
            ("[music]\nurl = \"ftp://x\"", "MUSIC_SERVICE_URL"),
            ("[image]\nmodal_key = \"wk-1\"", "services.image.modal_key"),
            (
                "[lyrics]\nmodal_secret = \"ws-1\"",
                "services.lyrics.modal_secret",
            ),
            (
                "[integrated]\nurl = \"http://x\"",
                "services.integrated.url",
            ),
            ("[integrated]\nkey = \"k\"", "services.integrated.key"),
        ] {
            let error = resolve(text).expect_err(text).to_string();
            assert!(error.starts_with(name), "{text}: {error}");
        }
    }
}
