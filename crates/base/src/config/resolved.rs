use std::{
    net::{IpAddr, Ipv4Addr},
    ops::RangeInclusive,
    path::PathBuf,
    time::Duration,
};

use super::{ConfigError, RawConfig, RawService, RemoteServices};
use crate::Service;

/// Configuration that is known to be right.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where everything that is written lies.
    pub data_dir: PathBuf,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// The key that clients must send; always there when `host` is not loopback.
    pub api_key: Option<String>,
    /// Further host names under which this server may be reached, in lower case.
    pub allowed_hosts: Vec<String>,
    /// Origins whose pages may use the API.
    pub cors_origins: Vec<String>,
    /// The language model: a card's id, a repository of the hub, a folder or a GGUF file.
    pub llm_model_id: Option<String>,
    /// Memory that loaded engines may take together, in bytes.
    pub memory_budget_bytes: u64,
    /// How many operations may wait in each service's queue.
    pub queue_limit: usize,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// By [`Service::index`].
    pub services: [ServiceConfig; 4],
    /// The services that run elsewhere.
    pub remote: RemoteServices,
    /// Where files go.
    pub storage: StorageConfig,
}

/// Which of the engines of this process does a service's work.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum ModelChoice {
    /// The first installed model, else the sketch.
    #[default]
    Auto,
    /// The built-in sketch.
    Sketch,
    /// The model card of that id.
    Named(String),
}

impl ModelChoice {
    fn of(word: Option<&str>) -> Self {
        match word {
            None | Some("auto") => Self::Auto,
            Some("sketch") => Self::Sketch,
            Some(id) => Self::Named(id.to_owned()),
        }
    }

    /// As it is written in a configuration.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Auto => "auto",
            Self::Sketch => "sketch",
            Self::Named(id) => id,
        }
    }
}

/// `ServiceConfig` of the contract.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceConfig {
    /// Whose it is.
    pub service: Service,
    /// Who does the work where this process serves it; the integrated service has none to choose.
    pub model: ModelChoice,
    /// Idle time before the model is unloaded.
    pub scaledown_window: Duration,
    /// Time after which an operation is stopped.
    pub max_runtime: Duration,
    /// Operations at work at the same time.
    pub max_concurrent_requests: usize,
}

/// Where files go.
#[derive(Clone, Debug, PartialEq)]
pub enum StorageConfig {
    /// `files/` in the data folder.
    Local,
    /// An S3 bucket.
    S3(S3Config),
}

/// An S3 bucket; credentials come from the usual `AWS_*` variables.
#[derive(Clone, Debug, PartialEq)]
pub struct S3Config {
    /// Its name.
    pub bucket: String,
    /// The endpoint where it is not Amazon's.
    pub endpoint_url: Option<String>,
    /// The region.
    pub region: Option<String>,
}

impl Config {
    /// What holds where nothing is said, then `file`, then `env`, then `flags`.
    ///
    /// # Errors
    /// [`ConfigError`] names the first value that is not right.
    pub fn resolve(file: RawConfig, env: RawConfig, flags: RawConfig) -> Result<Self, ConfigError> {
        let raw = flags.over(env.over(file));
        for word in raw.services.keys() {
            if Service::from_word(word).is_none() {
                return Err(value(
                    "services",
                    format!(
                        "has no service \"{word}\": there are lyrics, music, image and integrated"
                    ),
                ));
            }
        }
        let host = match raw.host.as_deref() {
            None | Some("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Some(text) => text.parse().map_err(|_| {
                value(
                    "host",
                    format!("must be an IP address such as 127.0.0.1 or 0.0.0.0, not \"{text}\""),
                )
            })?,
        };
        let api_key = raw.api_key;
        if let Some(key) = &api_key
            && key.chars().count() < 16
        {
            return Err(value(
                "api_key",
                "must have at least 16 characters".to_owned(),
            ));
        }
        if !host.is_loopback() && api_key.is_none() {
            return Err(ConfigError::KeyNeeded { host });
        }
        let remote = RemoteServices::resolve(&raw.services)?;
        let [lyrics, music, image, integrated] =
            Service::ALL.map(|service| service_config(service, raw.services.get(service.word())));
        let storage = match raw.storage.s3_bucket {
            None => StorageConfig::Local,
            Some(bucket) => StorageConfig::S3(S3Config {
                bucket,
                endpoint_url: raw.storage.s3_endpoint_url,
                region: raw.storage.s3_region,
            }),
        };
        Ok(Self {
            data_dir: raw
                .data_dir
                .or_else(default_data_dir)
                .ok_or(ConfigError::NoDataDir)?,
            host,
            port: raw.port.unwrap_or(8000),
            api_key,
            allowed_hosts: lower(raw.allowed_hosts),
            cors_origins: lower(raw.cors_origins),
            llm_model_id: raw.llm_model_id,
            memory_budget_bytes: within(
                "memory_budget_mib",
                raw.memory_budget_mib,
                8 * 1024,
                64..=1 << 24,
            )? << 20,
            queue_limit: within("queue_limit", raw.queue_limit, 32, 0..=10_000)?,
            max_body_bytes: within(
                "max_body_bytes",
                raw.max_body_bytes,
                1 << 20,
                1024..=1 << 30,
            )?,
            services: [lyrics?, music?, image?, integrated?],
            remote,
            storage,
        })
    }

    /// Where the configuration file lies when none is named.
    #[must_use]
    pub fn default_file() -> Option<PathBuf> {
        project_dirs().map(|dirs| dirs.config_dir().join("songwright.toml"))
    }

    /// The settings of one service.
    #[must_use]
    pub fn service(&self, service: Service) -> &ServiceConfig {
        &self.services[service.index()]
    }
}

fn project_dirs() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("org", "Songwright", "songwright")
}

fn default_data_dir() -> Option<PathBuf> {
    project_dirs().map(|dirs| dirs.data_dir().to_owned())
}

fn lower(list: Option<Vec<String>>) -> Vec<String> {
    list.unwrap_or_default()
        .iter()
        .map(|s| s.trim().to_lowercase())
        .filter(|s| !s.is_empty())
        .collect()
}

fn service_config(
    service: Service,
    raw: Option<&RawService>,
) -> Result<ServiceConfig, ConfigError> {
    let raw = raw.cloned().unwrap_or_default();
    let key = |name: &str| format!("services.{}.{name}", service.word());
    let runtime = if service == Service::Image { 300 } else { 1800 };
    Ok(ServiceConfig {
        service,
        model: ModelChoice::of(raw.model.as_deref()),
        scaledown_window: Duration::from_secs(within(
            &key("scaledown_window"),
            raw.scaledown_window,
            300,
            1..=86_400,
        )?),
        max_runtime: Duration::from_secs(within(
            &key("max_runtime_seconds"),
            raw.max_runtime_seconds,
            runtime,
            1..=86_400,
        )?),
        max_concurrent_requests: within(
            &key("max_concurrent_requests"),
            raw.max_concurrent_requests,
            2,
            1..=64,
        )?,
    })
}

fn within<T: PartialOrd + std::fmt::Display>(
    key: &str,
    given: Option<T>,
    default: T,
    range: RangeInclusive<T>,
) -> Result<T, ConfigError> {
    match given {
        None => Ok(default),
        Some(n) if range.contains(&n) => Ok(n),
        Some(n) => Err(value(
            key,
            format!("must be {} to {}, not {n}", range.start(), range.end()),
        )),
    }
}

fn value(key: &str, problem: String) -> ConfigError {
    ConfigError::Value {
        key: key.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> RawConfig {
        toml::from_str(text).unwrap()
    }

    fn env(pairs: &[(&str, &str)]) -> RawConfig {
        RawConfig::from_env(|name| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        })
        .unwrap()
    }

    #[test]
    fn flags_beat_environment_beats_file_beats_defaults() {
        let written = file(
            "port = 1\nhost = \"127.0.0.2\"\nqueue_limit = 3\n[services.music]\nscaledown_window = 7",
        );
        let flags = RawConfig {
            port: Some(3),
            ..RawConfig::default()
        };
        let config = Config::resolve(
            written,
            env(&[
                ("SONGWRIGHT_PORT", "2"),
                ("SONGWRIGHT_HOST", "127.0.0.3"),
                ("MUSIC_SERVICE_URL", "http://x/music/"),
            ]),
            flags,
        )
        .unwrap();
        assert_eq!(config.port, 3);
        assert_eq!(config.host.to_string(), "127.0.0.3");
        assert_eq!(config.queue_limit, 3);
        assert_eq!(config.service(Service::Music).scaledown_window.as_secs(), 7);
        assert_eq!(config.service(Service::Image).max_runtime.as_secs(), 300);
        let music = config.remote.get(Service::Music).unwrap();
        assert_eq!(music.url, "http://x/music");
        assert_eq!((&music.key, &music.modal), (&None, &None));
    }

    #[test]
    fn a_public_address_needs_a_key() {
        let public = || env(&[("SONGWRIGHT_HOST", "0.0.0.0")]);
        let error =
            Config::resolve(RawConfig::default(), public(), RawConfig::default()).unwrap_err();
        assert!(error.to_string().contains("SONGWRIGHT_API_KEY"), "{error}");
        let key = RawConfig {
            api_key: Some("0123456789abcdef".into()),
            ..RawConfig::default()
        };
        assert!(Config::resolve(RawConfig::default(), public(), key).is_ok());
    }

    #[test]
    fn wrong_values_are_named() {
        for (text, names) in [
            ("queue_limit = 10001", "queue_limit"),
            ("host = \"here\"", "host"),
            ("api_key = \"short\"", "api_key"),
            ("[services.drums]", "drums"),
            (
                "[services.music]\nmax_concurrent_requests = 0",
                "services.music.max_concurrent_requests",
            ),
        ] {
            let error = Config::resolve(file(text), RawConfig::default(), RawConfig::default())
                .expect_err(text);
            assert!(error.to_string().contains(names), "{text}: {error}");
        }
        assert!(
            toml::from_str::<RawConfig>("prot = 1").is_err(),
            "unknown keys are typing errors"
        );
    }
}
