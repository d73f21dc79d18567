use std::path::Path;

use serde_json::json;
use songwright_api::{Model, ModelState};
use songwright_base::config::Config;
use songwright_hub::{ByteCount, Hub, Installed};
use songwright_server::{Device, adapters, models};

use super::suggested;
use crate::{Error, args::ModelArgs, print};

/// `models list`.
pub(super) fn list(hub: &Hub, config: &Config, json: bool) -> Result<(), Error> {
    let list = models::list(hub)?;
    if json {
        return print::json(&list);
    }
    let on_card = Device::found().is_graphics;
    let suggested = suggested::lyricist(config.memory_budget_bytes, on_card);
    for line in lines(&list.models, suggested) {
        print::line(line)?;
    }
    for problem in &list.problems {
        print::aside(problem);
    }
    Ok(())
}

/// One line a variant, in columns; `suggested` is a model and its variant.
fn lines(models: &[Model], suggested: Option<(&str, &str)>) -> Vec<String> {
    let width = |of: fn(&Model) -> usize| models.iter().map(of).max().unwrap_or(0);
    let id_width = width(|model| model.id.len());
    let licence_width = width(|model| model.licence.id.len());
    let mut lines = Vec::new();
    for model in models {
        for variant in &model.variants {
            let name = if model.variants.len() > 1 {
                format!(", {} ({})", variant.name, variant.title)
            } else {
                String::new()
            };
            let mark = if suggested == Some((&model.id, &variant.name)) {
                "  <- suggested for the words on this machine"
            } else {
                ""
            };
            lines.push(format!(
                "{:<id_width$}  {:<6}  {:>9}  {:<licence_width$}  {:<19}  {}{name}{mark}",
                model.id,
                model.service.word(),
                size(variant.bytes),
                model.licence.id,
                variant.state.words(),
                model.title,
            ));
        }
    }
    lines
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => "?".to_owned(),
        bytes => ByteCount(bytes).to_string(),
    }
}

/// `models show ID`.
pub(super) fn one(hub: &Hub, id: &str, json: bool) -> Result<(), Error> {
    let card = hub.card(id)?;
    let model = models::one(hub, &card);
    if json {
        return print::json(&model);
    }
    print::line(&model.title)?;
    let licence = &model.licence;
    let accept = if licence.must_accept {
        "; it has to be accepted to install the model"
    } else {
        ""
    };
    print::line(format!("  id        {}", model.id))?;
    print::line(format!("  service   {}", model.service.word()))?;
    print::line(format!(
        "  licence   {} ({}){accept}",
        licence.id, licence.url
    ))?;
    if let Some(summary) = &licence.summary {
        print::line(format!("            {summary}"))?;
    }
    for part in &card.parts {
        let millions = part.parameters / 1_000_000;
        print::line(format!(
            "  network   {}: {millions} million numbers, {}",
            part.name, part.dtype
        ))?;
    }
    for variant in &model.variants {
        print::line(format!(
            "\n{} ({}), {}: {}",
            variant.name,
            variant.title,
            ByteCount(variant.bytes),
            variant.state.words()
        ))?;
        if let Some(problem) = &variant.problem {
            print::line(format!("  {problem}"))?;
        }
        for memory in &variant.memory {
            let bytes = ByteCount(memory.weights_bytes).to_string();
            print::line(format!("  memory  {bytes:>10}  {}", memory.precision))?;
        }
        for file in &variant.files {
            let bytes = file.bytes.map(|bytes| ByteCount(bytes).to_string());
            print::line(format!(
                "  file    {:>10}  {} ({} at {:.12})",
                bytes.as_deref().unwrap_or("small"),
                file.path,
                file.repository,
                file.revision
            ))?;
        }
    }
    Ok(())
}

/// `models where ID`: the folders alone, for other programs to read.
pub(super) fn place(hub: &Hub, args: &ModelArgs, json: bool) -> Result<(), Error> {
    let installed = hub.installed(&hub.card(&args.id)?, args.variant.as_deref())?;
    if json {
        return print::json(&here(&installed));
    }
    for folder in installed.folders() {
        print::line(folder.display())?;
    }
    Ok(())
}

/// `models adapters`.
pub(super) fn adapters(data_dir: &Path, json: bool) -> Result<(), Error> {
    let list = adapters::list(data_dir);
    if json {
        return print::json(&list);
    }
    for adapter in &list.adapters {
        print::line(format!(
            "{}  {}  {}",
            adapter.name,
            ByteCount(adapter.bytes),
            adapter.family
        ))?;
    }
    if list.adapters.is_empty() {
        let folders = list.folders.join(" or ");
        print::aside(format!(
            "There is none. Put an adapter's .safetensors file into {folders}."
        ));
    }
    Ok(())
}

/// What `--json` prints of a model that is on this machine.
pub(super) fn here(installed: &Installed) -> serde_json::Value {
    let files = installed.files().iter().map(|file| {
        json!({
            "path": file.path.as_str(),
            "location": file.location,
            "bytes": file.bytes,
            "is_verified": file.is_verified,
        })
    });
    json!({
        "id": installed.id.as_str(),
        "variant": installed.variant.as_str(),
        "state": if installed.is_verified() { ModelState::Verified } else { ModelState::Installed },
        "licence": installed.licence.id,
        "bytes": installed.bytes(),
        "folders": installed.folders(),
        "files": files.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use songwright_hub::HubEnvironment;

    use super::*;

    #[test]
    fn a_line_says_what_it_is_how_large_and_whether_it_is_here() {
        let dir = tempfile::tempdir().unwrap();
        let environment = HubEnvironment::from_vars(|_| None, Some(dir.path().to_owned()));
        let hub = Hub::with_environment(dir.path(), environment.unwrap());
        let list = models::list(&hub).unwrap().models;
        let suggested = suggested::lyricist(8 << 30, false);
        let lines = lines(&list, suggested);
        let marked: Vec<&String> = lines.iter().filter(|l| l.contains("suggested")).collect();
        assert_eq!(marked.len(), 1, "{marked:?}");
        assert!(marked[0].starts_with("qwen3-1.7b") && marked[0].contains("Q4_K_M"));
        let line = lines.iter().find(|l| l.starts_with("ace-step-v1-3.5b"));
        assert_eq!(
            line.unwrap()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            "ace-step-v1-3.5b music 8.3 GB Apache-2.0 not installed ACE-Step v1 3.5B"
        );
    }
}
