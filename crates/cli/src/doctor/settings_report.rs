use serde::Serialize;
use songwright_base::{
    Service,
    config::{RawConfig, RawService, StorageConfig},
};

use crate::settings::{Settings, Source};

/// A value in force.
#[derive(Debug, Serialize)]
pub(super) struct Setting {
    /// As in the configuration file.
    pub(super) key: String,
    /// Keys are not shown.
    pub(super) value: String,
    pub(super) source: Source,
}

/// Every value of the configuration.
pub(super) fn settings(settings: &Settings) -> Vec<Setting> {
    let config = &settings.config;
    let mut list = Vec::new();
    let mut add = |key: &str, value: String, says: &dyn Fn(&RawConfig) -> bool| {
        list.push(Setting {
            key: key.to_owned(),
            value,
            source: settings.source(says),
        });
    };
    add("data_dir", config.data_dir.display().to_string(), &|raw| {
        raw.data_dir.is_some()
    });
    add("host", config.host.to_string(), &|raw| raw.host.is_some());
    add("port", config.port.to_string(), &|raw| raw.port.is_some());
    add("api_key", set(config.api_key.is_some()), &|raw| {
        raw.api_key.is_some()
    });
    add("allowed_hosts", joined(&config.allowed_hosts), &|raw| {
        raw.allowed_hosts.is_some()
    });
    add("cors_origins", joined(&config.cors_origins), &|raw| {
        raw.cors_origins.is_some()
    });
    let model = config.llm_model_id.clone();
    add("llm_model_id", model.unwrap_or_else(none), &|raw| {
        raw.llm_model_id.is_some()
    });
    let budget_mib = config.memory_budget_bytes >> 20;
    add("memory_budget_mib", budget_mib.to_string(), &|raw| {
        raw.memory_budget_mib.is_some()
    });
    add("queue_limit", config.queue_limit.to_string(), &|raw| {
        raw.queue_limit.is_some()
    });
    add(
        "max_body_bytes",
        config.max_body_bytes.to_string(),
        &|raw| raw.max_body_bytes.is_some(),
    );
    let (bucket, endpoint, region) = match &config.storage {
        StorageConfig::Local => (None, None, None),
        StorageConfig::S3(s3) => (
            Some(s3.bucket.clone()),
            s3.endpoint_url.clone(),
            s3.region.clone(),
        ),
    };
    add("storage.s3_bucket", bucket.unwrap_or_else(none), &|raw| {
        raw.storage.s3_bucket.is_some()
    });
    add(
        "storage.s3_endpoint_url",
        endpoint.unwrap_or_else(none),
        &|raw| raw.storage.s3_endpoint_url.is_some(),
    );
    add("storage.s3_region", region.unwrap_or_else(none), &|raw| {
        raw.storage.s3_region.is_some()
    });
    for service in Service::ALL {
        let word = service.word();
        let of = config.service(service);
        let remote = config.remote.get(service);
        let mut add = |key: &str, value: String, says: fn(&RawService) -> bool| {
            add(&format!("services.{word}.{key}"), value, &|raw| {
                raw.services.get(word).is_some_and(says)
            });
        };
        // Nothing calls the integrated service, and it computes nothing.
        if service != Service::Integrated {
            add("model", of.model.word().to_owned(), |raw| {
                raw.model.is_some()
            });
            let url = remote.map_or_else(none, |at| at.url.clone());
            add("url", url, |raw| raw.url.is_some());
            let key = remote.is_some_and(|at| at.key.is_some());
            add("key", set(key), |raw| raw.key.is_some());
            let token = set(remote.is_some_and(|at| at.modal.is_some()));
            add("modal_key", token.clone(), |raw| raw.modal_key.is_some());
            add("modal_secret", token, |raw| raw.modal_secret.is_some());
        }
        add(
            "scaledown_window",
            of.scaledown_window.as_secs().to_string(),
            |raw| raw.scaledown_window.is_some(),
        );
        add(
            "max_runtime_seconds",
            of.max_runtime.as_secs().to_string(),
            |raw| raw.max_runtime_seconds.is_some(),
        );
        add(
            "max_concurrent_requests",
            of.max_concurrent_requests.to_string(),
            |raw| raw.max_concurrent_requests.is_some(),
        );
    }
    list
}

fn none() -> String {
    "none".to_owned()
}

fn set(is_set: bool) -> String {
    if is_set { "set".to_owned() } else { none() }
}

fn joined(list: &[String]) -> String {
    if list.is_empty() {
        none()
    } else {
        list.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::GlobalArgs;

    /// The keys of the table in the README.
    fn documented() -> Vec<String> {
        let readme = include_str!("../../../../README.md");
        let rows = readme.lines().filter_map(|line| line.strip_prefix("| `"));
        let table = rows.skip_while(|row| !row.starts_with("data_dir"));
        let of_settings = table.take_while(|row| !row.starts_with("song \""));
        let mut keys = Vec::new();
        for row in of_settings {
            let (first, _) = row.split_once("` |").unwrap();
            // `services.NAME.modal_key`, `.modal_secret` stand in one row.
            let mut names = first.split("`, `");
            let name = names.next().unwrap();
            keys.push(name.to_owned());
            let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
            keys.extend(names.map(|further| format!("{stem}{further}")));
        }
        keys
    }

    #[test]
    fn every_value_that_is_documented_is_shown() {
        let flags = GlobalArgs {
            data_dir: Some("here".into()),
            ..GlobalArgs::default()
        };
        let env =
            |name: &str| (name == "SONGWRIGHT_MUSIC_MODEL").then(|| "ace-step-v1-3.5b".to_owned());
        let list = settings(&Settings::load(&flags, env).unwrap());
        let model = |service: &str| {
            let key = format!("services.{service}.model");
            let found = list.iter().find(|s| s.key == key);
            found.map(|s| (s.value.as_str(), s.source.word()))
        };
        assert_eq!(model("music"), Some(("ace-step-v1-3.5b", "environment")));
        assert_eq!(model("lyrics"), Some(("auto", "default")));
        assert_eq!(model("integrated"), None);
        let keys = documented();
        assert!(keys.len() > 15, "{keys:?}");
        for key in keys {
            for service in Service::ALL {
                let key = key.replace("NAME", service.word());
                let of_others = ["url", "key", "modal_key", "modal_secret", "model"];
                let own = key.rsplit('.').next().unwrap();
                let is_shown = list.iter().any(|s| s.key == key);
                let has_it = service != Service::Integrated
                    || !of_others.contains(&own)
                    || !key.starts_with("services.");
                assert_eq!(is_shown, has_it, "{key}");
            }
        }
    }

    #[test]
    fn keys_are_never_shown_and_sources_are_named() {
        let flags = GlobalArgs {
            data_dir: Some("here".into()),
            api_key: Some("a-very-private-key-indeed".to_owned()),
            ..GlobalArgs::default()
        };
        let env = |name: &str| match name {
            "MUSIC_SERVICE_URL" => Some("http://elsewhere/music/".to_owned()),
            "SONGWRIGHT_MUSIC_KEY" => Some("another-private-key".to_owned()),
            "SONGWRIGHT_MUSIC_MODAL_KEY" => Some("wk-private".to_owned()),
            "SONGWRIGHT_MUSIC_MODAL_SECRET" => Some("ws-private".to_owned()),
            _ => None,
        };
        let list = settings(&Settings::load(&flags, env).unwrap());
        let of = |key: &str| {
            let found = list.iter().find(|s| s.key == key).unwrap();
            (found.value.as_str(), found.source.word())
        };
        assert_eq!(of("api_key"), ("set", "flag"));
        assert_eq!(
            of("services.music.url"),
            ("http://elsewhere/music", "environment")
        );
        assert_eq!(of("services.music.key"), ("set", "environment"));
        assert_eq!(of("services.music.modal_secret"), ("set", "environment"));
        assert_eq!(of("services.lyrics.url"), ("none", "default"));
        assert!(!serde_json::to_string(&list).unwrap().contains("private"));
    }
}
