//! Chat templates and the tokenizer.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use minijinja::{Value as JinjaValue, value::Serde};
use serde_json::{Value, json};
use songwright_lyrics::qwen::{ChatTemplate, Tokenizer};
use songwright_tests::unpacked;

use crate::set::Set;

pub(crate) fn prompts(set: &Set, file: &str) -> Result<()> {
    let all = set.json(file)?;
    let cases = all["cases"].as_array().context("no cases")?;
    ensure!(!cases.is_empty(), "no cases");
    for case in cases {
        let name = case["template"].as_str().context("no template")?;
        let source = fs::read_to_string(set.path(&format!("templates/{name}")))?;
        let template = ChatTemplate::parse(&source)?;
        let mut context = json!({
            "messages": case["messages"],
            "add_generation_prompt": case["add_generation_prompt"],
        });
        if !case["tools"].is_null() {
            context["tools"] = case["tools"].clone();
        }
        for (key, value) in case["kwargs"].as_object().into_iter().flatten() {
            context[key] = value.clone();
        }
        let found = template.render_with(JinjaValue::from(Serde(context)));
        let label = format!("{name} {}", case["case"]);
        match (&case["text"], &case["error"]) {
            (Value::String(text), _) => {
                let found = found.with_context(|| label.clone())?;
                ensure!(found == *text, "{label}: {found:?} is not {text:?}");
            }
            (_, error) => {
                let Err(found) = found else {
                    anyhow::bail!("{label}: {error} was not raised");
                };
                let raised = format!("{found:?}");
                let wanted = error.as_str().unwrap_or_default();
                ensure!(raised.contains(wanted), "{label}: {raised}");
            }
        }
    }
    Ok(())
}

pub(crate) fn tokens(set: &Set, file: &str) -> Result<()> {
    let path = set.path("tokenizer.json.gz");
    let tokenizer = Tokenizer::from_json(&unpacked(&path)?, Path::new("tokenizer.json"))?;
    let all = set.json(file)?;
    for (name, id) in all["special"].as_object().context("no signs")? {
        ensure!(
            tokenizer.sign(name).map(u64::from) == id.as_u64(),
            "{name} is {:?}",
            tokenizer.sign(name)
        );
    }
    let cases = all["cases"].as_array().context("no cases")?;
    ensure!(!cases.is_empty(), "no cases");
    for case in cases {
        let text = case["text"].as_str().context("no text")?;
        let wanted: Vec<u32> = serde_json::from_value(case["ids"].clone())?;
        let found = tokenizer.encode(text)?;
        ensure!(found == wanted, "{text:?} is {found:?}, not {wanted:?}");
        let decoded = tokenizer.decode(&found);
        ensure!(case["decoded"] == decoded, "{text:?} is {decoded:?} again");
    }
    Ok(())
}
