use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where objects lie, as `storage_mode` says it to clients.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageMode {
    /// A folder on this machine.
    Local,
    /// An S3 bucket.
    S3,
}

impl StorageMode {
    /// "local" or "s3".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::S3 => "s3",
        }
    }
}

/// Which store to use.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectConfig {
    /// A folder; made where it is missing.
    Local {
        /// The folder.
        dir: PathBuf,
    },
    /// A bucket.
    S3(S3Config),
}

/// A bucket on AWS or any server that speaks its protocol. What is `None` is taken from the
/// `AWS_*` variables of the environment as AWS's own tools do.
#[derive(Clone, Default, PartialEq)]
pub struct S3Config {
    /// The bucket, which must exist.
    pub bucket: String,
    /// The server where it is not AWS: `http://nas:9000`. Plain HTTP is allowed then.
    pub endpoint: Option<String>,
    /// The region; `us-east-1` where neither this nor the environment names one.
    pub region: Option<String>,
    /// The public half of the key.
    pub access_key_id: Option<String>,
    /// The secret half of the key; never printed.
    pub secret_access_key: Option<String>,
    /// Whether the bucket is a part of the path rather than of the host's name;
    /// `None` is "where there is an `endpoint`".
    pub path_style: Option<bool>,
}

impl fmt::Debug for S3Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Config")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id.as_ref().map(|_| "…"))
            .field(
                "secret_access_key",
                &self.secret_access_key.as_ref().map(|_| "…"),
            )
            .field("path_style", &self.path_style)
            .finish()
    }
}

impl ObjectConfig {
    /// What the environment asks for: S3 where `S3_BUCKET_NAME` is set and not empty (with
    /// `S3_ENDPOINT_URL` or `AWS_ENDPOINT_URL`, and `AWS_*`), else the folder `dir`.
    /// `variable` looks one up: `|name| std::env::var(name).ok()`.
    pub fn from_environment(dir: PathBuf, variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&str]| {
            names
                .iter()
                .filter_map(|name| variable(name))
                .map(|value| value.trim().to_owned())
                .find(|value| !value.is_empty())
        };
        let Some(bucket) = first(&["S3_BUCKET_NAME"]) else {
            return Self::Local { dir };
        };
        Self::S3(S3Config {
            bucket,
            endpoint: first(&["S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
            region: first(&["AWS_REGION", "AWS_DEFAULT_REGION"]),
            access_key_id: first(&["AWS_ACCESS_KEY_ID"]),
            secret_access_key: first(&["AWS_SECRET_ACCESS_KEY"]),
            path_style: first(&["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"])
                .map(|value| !matches!(value.to_lowercase().as_str(), "1" | "true" | "yes" | "on")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> ObjectConfig {
        ObjectConfig::from_environment(PathBuf::from("songs"), |name| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_bucket_turns_s3_on() {
        let local = ObjectConfig::Local {
            dir: "songs".into(),
        };
        assert_eq!(read(&[]), local);
        assert_eq!(read(&[("S3_BUCKET_NAME", " ")]), local);
        let ObjectConfig::S3(s3) = read(&[
            ("S3_BUCKET_NAME", "music"),
            ("AWS_ENDPOINT_URL", "http://b"),
            ("S3_ENDPOINT_URL", "http://a"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
        ]) else {
            panic!("no S3");
        };
        assert_eq!(s3.endpoint.as_deref(), Some("http://a"));
        assert_eq!(s3.region.as_deref(), Some("eu-west-1"));
        assert_eq!(s3.path_style, None);
        assert!(!format!("{s3:?}").contains("hush"));
    }
}
