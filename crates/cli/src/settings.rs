//! The configuration in force, and where each value comes from.

use std::path::PathBuf;

use songwright_base::config::{Config, RawConfig};

use crate::{Error, args::GlobalArgs, budget};

/// Defaults, and what this machine has < file < environment < flags.
#[derive(Debug)]
pub(crate) struct Settings {
    /// What holds.
    pub(crate) config: Config,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    layers: [(Source, RawConfig); 3],
}

/// Who says a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    Flag,
    Environment,
    File,
    Default,
}

impl Source {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "file",
            Self::Default => "default",
        }
    }
}

impl Settings {
    /// Reads the file that is named, else the default one where it is there, and the environment.
    pub(crate) fn load(
        flags: &GlobalArgs,
        var: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let file = match &flags.config {
            Some(path) => Some(path.clone()),
            None => Config::default_file().filter(|path| path.exists()),
        };
        let from_file = match &file {
            Some(path) => RawConfig::from_file(path.clone())?,
            None => RawConfig::default(),
        };
        let from_env = RawConfig::from_env(var)?;
        let from_flags = flags.layer();
        let of_machine = RawConfig {
            memory_budget_mib: budget::usual_mib(),
            ..RawConfig::default()
        };
        let mut config = Config::resolve(
            from_file.clone().over(of_machine),
            from_env.clone(),
            from_flags.clone(),
        )?;
        // Everything that is handed a path may run in another folder.
        config.data_dir = std::path::absolute(&config.data_dir)
            .map_err(Error::file(&config.data_dir, "found"))?;
        Ok(Self {
            config,
            file,
            layers: [
                (Source::Flag, from_flags),
                (Source::Environment, from_env),
                (Source::File, from_file),
            ],
        })
    }

    /// The topmost layer in which `says` finds the value.
    pub(crate) fn source(&self, says: impl Fn(&RawConfig) -> bool) -> Source {
        self.layers
            .iter()
            .find(|(_, raw)| says(raw))
            .map_or(Source::Default, |(source, _)| *source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_comes_from_the_topmost_layer_that_says_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("s.toml");
        std::fs::write(&file, "port = 1\nqueue_limit = 3\nhost = \"127.0.0.2\"").unwrap();
        let flags = GlobalArgs {
            config: Some(file),
            data_dir: Some("here".into()),
            port: Some(3),
            ..GlobalArgs::default()
        };
        let env = |name: &str| (name == "SONGWRIGHT_HOST").then(|| "127.0.0.3".to_owned());
        let settings = Settings::load(&flags, env).unwrap();
        let config = &settings.config;
        assert_eq!((config.port, config.queue_limit), (3, 3));
        assert_eq!(config.host.to_string(), "127.0.0.3");
        assert!(config.data_dir.is_absolute());
        assert_eq!(settings.source(|raw| raw.port.is_some()), Source::Flag);
        assert_eq!(
            settings.source(|raw| raw.host.is_some()),
            Source::Environment
        );
        assert_eq!(
            settings.source(|raw| raw.queue_limit.is_some()),
            Source::File
        );
        assert_eq!(
            settings.source(|raw| raw.allowed_hosts.is_some()),
            Source::Default
        );
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let flags = GlobalArgs {
            config: Some("no/such/file.toml".into()),
            ..GlobalArgs::default()
        };
        let error = Settings::load(&flags, |_| None).unwrap_err();
        assert!(error.to_string().contains("no/such/file.toml"), "{error}");
    }
}
