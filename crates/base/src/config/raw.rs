use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::ConfigError;

/// Configuration as it is written, from any one source; `None` leaves it to the source below.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    /// Where everything that is written lies.
    pub data_dir: Option<PathBuf>,
    /// The address to listen on.
    pub host: Option<String>,
    /// The port; 0 takes a free one.
    pub port: Option<u16>,
    /// The key that clients must send.
    pub api_key: Option<String>,
    /// Further names under which this server is reached ("studio.local").
    pub allowed_hosts: Option<Vec<String>>,
    /// Origins whose pages may use the API.
    pub cors_origins: Option<Vec<String>>,
    /// A repository or file of the language model.
    pub llm_model_id: Option<String>,
    /// Memory that loaded engines may take together, in MiB.
    pub memory_budget_mib: Option<u64>,
    /// How many operations may wait in each service's queue.
    pub queue_limit: Option<usize>,
    /// The largest request body, in bytes.
    pub max_body_bytes: Option<usize>,
    /// Settings of single services, by their words: lyrics, music, image, integrated.
    pub services: BTreeMap<String, RawService>,
    /// Where files go.
    pub storage: RawStorage,
}

/// `[services.NAME]`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct RawService {
    /// The base URL of the service where another process runs it.
    pub url: Option<String>,
    /// The key to send there.
    pub key: Option<String>,
    /// The key of a proxy auth token of Modal.
    pub modal_key: Option<String>,
    /// The secret of the same token.
    pub modal_secret: Option<String>,
    /// The model that does the work: `auto`, `sketch`, or the id of a model card.
    pub model: Option<String>,
    /// Idle seconds before the model is unloaded.
    pub scaledown_window: Option<u64>,
    /// Seconds after which an operation is stopped.
    pub max_runtime_seconds: Option<u64>,
    /// Operations at work at the same time.
    pub max_concurrent_requests: Option<usize>,
}

/// `[storage]`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct RawStorage {
    /// The S3 bucket; its presence turns S3 on.
    pub s3_bucket: Option<String>,
    /// The S3 endpoint where it is not Amazon's.
    pub s3_endpoint_url: Option<String>,
    /// The region.
    pub s3_region: Option<String>,
}

impl RawConfig {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// [`ConfigError::Read`], [`ConfigError::Parse`].
    pub fn from_file(path: PathBuf) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(ConfigError::Read { path, source }),
        };
        toml::from_str(&text).map_err(|e| ConfigError::Parse {
            path,
            source: Box::new(e),
        })
    }

    /// Reads the environment: the contract's names, else `SONGWRIGHT_*`.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for a variable that is not a number where one is needed.
    pub fn from_env(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let var = |name: &str| {
            var(name)
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        let list = |name: &str| {
            var(name).map(|v| {
                v.split(',')
                    .map(|s| s.trim().to_owned())
                    .collect::<Vec<_>>()
            })
        };
        let mut services = BTreeMap::new();
        for (word, upper) in [
            ("lyrics", "LYRICS"),
            ("music", "MUSIC"),
            ("image", "IMAGE"),
            ("integrated", "INTEGRATED"),
        ] {
            // Nothing calls the integrated service.
            let called = |name: String| var(&name).filter(|_| word != "integrated");
            let raw = RawService {
                url: called(format!("{upper}_SERVICE_URL")),
                key: called(format!("SONGWRIGHT_{upper}_KEY")),
                modal_key: called(format!("SONGWRIGHT_{upper}_MODAL_KEY")),
                modal_secret: called(format!("SONGWRIGHT_{upper}_MODAL_SECRET")),
                model: var(&format!("SONGWRIGHT_{upper}_MODEL")),
                scaledown_window: number(&var, &format!("SONGWRIGHT_{upper}_SCALEDOWN_WINDOW"))?,
                max_runtime_seconds: number(
                    &var,
                    &format!("SONGWRIGHT_{upper}_MAX_RUNTIME_SECONDS"),
                )?,
                max_concurrent_requests: number(
                    &var,
                    &format!("SONGWRIGHT_{upper}_MAX_CONCURRENT_REQUESTS"),
                )?,
            };
            if raw != RawService::default() {
                services.insert(word.to_owned(), raw);
            }
        }
        Ok(Self {
            data_dir: var("SONGWRIGHT_DATA_DIR").map(PathBuf::from),
            host: var("SONGWRIGHT_HOST"),
            port: number(&var, "SONGWRIGHT_PORT")?,
            api_key: var("SONGWRIGHT_API_KEY"),
            allowed_hosts: list("SONGWRIGHT_ALLOWED_HOSTS"),
            cors_origins: list("SONGWRIGHT_CORS_ORIGINS"),
            llm_model_id: var("LLM_MODEL_ID"),
            memory_budget_mib: number(&var, "SONGWRIGHT_MEMORY_BUDGET_MIB")?,
            queue_limit: number(&var, "SONGWRIGHT_QUEUE_LIMIT")?,
            max_body_bytes: number(&var, "SONGWRIGHT_MAX_BODY_BYTES")?,
            services,
            storage: RawStorage {
                s3_bucket: var("S3_BUCKET_NAME"),
                s3_endpoint_url: var("S3_ENDPOINT_URL").or_else(|| var("AWS_ENDPOINT_URL")),
                s3_region: var("AWS_REGION").or_else(|| var("AWS_DEFAULT_REGION")),
            },
        })
    }

    /// `self` where it says something, else `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let mut services = below.services;
        for (word, raw) in self.services {
            let lower = services.remove(&word).unwrap_or_default();
            services.insert(word, raw.over(lower));
        }
        Self {
            data_dir: self.data_dir.or(below.data_dir),
            host: self.host.or(below.host),
            port: self.port.or(below.port),
            api_key: self.api_key.or(below.api_key),
            allowed_hosts: self.allowed_hosts.or(below.allowed_hosts),
            cors_origins: self.cors_origins.or(below.cors_origins),
            llm_model_id: self.llm_model_id.or(below.llm_model_id),
            memory_budget_mib: self.memory_budget_mib.or(below.memory_budget_mib),
            queue_limit: self.queue_limit.or(below.queue_limit),
            max_body_bytes: self.max_body_bytes.or(below.max_body_bytes),
            services,
            storage: RawStorage {
                s3_bucket: self.storage.s3_bucket.or(below.storage.s3_bucket),
                s3_endpoint_url: self
                    .storage
                    .s3_endpoint_url
                    .or(below.storage.s3_endpoint_url),
                s3_region: self.storage.s3_region.or(below.storage.s3_region),
            },
        }
    }
}

impl RawService {
    fn over(self, below: Self) -> Self {
        Self {
            url: self.url.or(below.url),
            model: self.model.or(below.model),
            key: self.key.or(below.key),
            modal_key: self.modal_key.or(below.modal_key),
            modal_secret: self.modal_secret.or(below.modal_secret),
            scaledown_window: self.scaledown_window.or(below.scaledown_window),
            max_runtime_seconds: self.max_runtime_seconds.or(below.max_runtime_seconds),
            max_concurrent_requests: self
                .max_concurrent_requests
                .or(below.max_concurrent_requests),
        }
    }
}

fn number<T: std::str::FromStr>(
    var: &impl Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<T>, ConfigError> {
    var(name)
        .map(|text| {
            text.parse().map_err(|_| ConfigError::Value {
                key: name.to_owned(),
                problem: format!("must be a whole number in its range, not \"{text}\""),
            })
        })
        .transpose()
}
