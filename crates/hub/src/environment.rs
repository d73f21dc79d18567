//! What the environment says about the hub, by the names that its own tools use.

use std::{fmt, fs, path::PathBuf};

use reqwest::Url;

use crate::Error;

const HUGGING_FACE: &str = "https://huggingface.co";

/// Where the hub is, where its files are kept on this machine, and who asks.
#[derive(Clone, Debug)]
pub struct HubEnvironment {
    /// The hub's address, without a slash at its end (`HF_ENDPOINT`).
    pub(crate) endpoint: Url,
    /// The folder that all programs of this user share (`HF_HUB_CACHE`, else `hub` in `HF_HOME`).
    pub(crate) cache_dir: PathBuf,
    /// Who asks (`HF_TOKEN`, else the file that `hf auth login` writes).
    pub(crate) token: Option<Token>,
    /// Whether nothing may be fetched (`HF_HUB_OFFLINE`).
    pub(crate) offline: bool,
}

/// A secret: it has no text but in the header.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl HubEnvironment {
    /// Reads the variables of this process.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the variable that is wrong.
    pub fn read() -> Result<Self, Error> {
        let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        Self::from_vars(|name| std::env::var(name).ok(), home)
    }

    /// Reads variables as `var` says them, for a user whose folder is `home`.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the variable that is wrong.
    pub fn from_vars(
        var: impl Fn(&str) -> Option<String>,
        home: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let var = |name: &str| {
            var(name)
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        let path = |name: &str| {
            var(name).map(|text| match (text.strip_prefix("~/"), &home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(text),
            })
        };
        let hf_home = path("HF_HOME")
            .or_else(|| Some(path("XDG_CACHE_HOME")?.join("huggingface")))
            .or_else(|| Some(home.as_ref()?.join(".cache").join("huggingface")))
            .ok_or(Error::Setting {
                variable: "HF_HOME",
                problem: "has to name a folder: this user has none of its own",
            })?;
        let cache_dir = path("HF_HUB_CACHE")
            .or_else(|| path("HUGGINGFACE_HUB_CACHE"))
            .unwrap_or_else(|| hf_home.join("hub"));
        let is_on = |name| {
            var(name).is_some_and(|value| {
                ["1", "on", "yes", "true"].contains(&value.to_lowercase().as_str())
            })
        };
        let given = var("HF_TOKEN").or_else(|| var("HUGGING_FACE_HUB_TOKEN"));
        let kept = || {
            if is_on("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
                return None;
            }
            let file = path("HF_TOKEN_PATH").unwrap_or_else(|| hf_home.join("token"));
            let text = fs::read_to_string(file).ok()?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        Ok(Self {
            endpoint: endpoint(var("HF_ENDPOINT"))?,
            cache_dir: std::path::absolute(&cache_dir).map_err(Error::io(&cache_dir, "found"))?,
            token: given.or_else(kept).map(Token),
            offline: is_on("HF_HUB_OFFLINE"),
        })
    }
}

fn endpoint(given: Option<String>) -> Result<Url, Error> {
    let text = given.unwrap_or_else(|| HUGGING_FACE.to_owned());
    Url::parse(text.trim_end_matches('/'))
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .ok_or(Error::Setting {
            variable: "HF_ENDPOINT",
            problem: "has to be an address that begins with http:// or https://",
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<HubEnvironment, Error> {
        let var = |name: &str| {
            let (_, value) = vars.iter().find(|(n, _)| *n == name)?;
            Some((*value).to_owned())
        };
        HubEnvironment::from_vars(var, Some("/home/ada".into()))
    }

    #[test]
    fn the_cache_is_where_the_hubs_own_tools_keep_it() {
        for (vars, cache) in [
            (&[][..], "/home/ada/.cache/huggingface/hub"),
            (&[("HF_HOME", "/models")][..], "/models/hub"),
            (&[("HF_HOME", "~/models")][..], "/home/ada/models/hub"),
            (
                &[("HF_HOME", "/models"), ("HF_HUB_CACHE", "/big")][..],
                "/big",
            ),
            (
                &[("XDG_CACHE_HOME", "/cache")][..],
                "/cache/huggingface/hub",
            ),
            (&[("HF_HOME", "")][..], "/home/ada/.cache/huggingface/hub"),
        ] {
            assert_eq!(
                read(vars).unwrap().cache_dir,
                PathBuf::from(cache),
                "{vars:?}"
            );
        }
        assert!(HubEnvironment::from_vars(|_| None, None).is_err());
    }

    #[test]
    fn a_token_is_taken_from_the_variable_or_the_file_and_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_str().unwrap();
        fs::write(dir.path().join("token"), "hf_file\n").unwrap();
        let secret = |vars: &[(&str, &str)]| {
            let token = read(vars).unwrap().token?;
            assert!(!format!("{token:?}").contains("hf_"));
            Some(token.secret().to_owned())
        };
        assert_eq!(secret(&[("HF_HOME", home)]).as_deref(), Some("hf_file"));
        let both = [("HF_HOME", home), ("HF_TOKEN", "hf_var")];
        assert_eq!(secret(&both).as_deref(), Some("hf_var"));
        let kept_back = [("HF_HOME", home), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")];
        assert_eq!(secret(&kept_back), None);
        assert_eq!(secret(&[("HF_HOME", "/nowhere")]), None);
    }

    #[test]
    fn endpoint_and_offline() {
        let mirror = read(&[
            ("HF_ENDPOINT", "http://mirror:8080/hf/"),
            ("HF_HUB_OFFLINE", "True"),
        ]);
        let mirror = mirror.unwrap();
        assert_eq!(mirror.endpoint.as_str(), "http://mirror:8080/hf");
        assert!(mirror.offline);
        assert!(!read(&[("HF_HUB_OFFLINE", "0")]).unwrap().offline);
        for wrong in ["mirror", "ftp://mirror", "http://"] {
            let error = read(&[("HF_ENDPOINT", wrong)]).unwrap_err();
            assert!(error.to_string().starts_with("HF_ENDPOINT"), "{error}");
        }
    }
}
