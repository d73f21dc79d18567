use minijinja::{Environment, UndefinedBehavior, Value, context, value::Serde};

use super::plan::Plan;
use crate::{Error, args::Target};

const DOCKERFILE: &str = include_str!("../../templates/Dockerfile");
const COMPOSE: &str = include_str!("../../templates/compose.yaml");
const COMPOSE_GPU: &str = include_str!("../../templates/compose.gpu.yaml");
const ENV: &str = include_str!("../../templates/env");
const SERVICE: &str = include_str!("../../templates/kubernetes/service.yaml");
const SECRET: &str = include_str!("../../templates/kubernetes/secret.yaml");
const BASE: &str = include_str!("../../templates/kubernetes/kustomization.yaml");
const GPU: &str = include_str!("../../templates/kubernetes/gpu.yaml");
const MODAL: &str = include_str!("../../templates/modal_app.py");

/// A file to be written.
#[derive(Debug)]
pub(super) struct File {
    /// In the folder, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    /// Whether it holds the key.
    pub(super) secret: bool,
}

/// Everything that `target` needs.
pub(super) fn files(target: Target, plan: &Plan) -> Result<Vec<File>, Error> {
    let mut files = Vec::new();
    let mut add = |path: &str, template: &str| -> Result<(), Error> {
        files.push(render(path, template, Value::from(Serde(plan)))?);
        Ok(())
    };
    match target {
        Target::Container => {
            add("Dockerfile", DOCKERFILE)?;
            add("compose.yaml", COMPOSE)?;
            add("compose.gpu.yaml", COMPOSE_GPU)?;
            add(".env", ENV)?;
            add(".gitignore", ".env\n")?;
        }
        Target::Kubernetes => {
            add("Dockerfile", DOCKERFILE)?;
            add("base/kustomization.yaml", BASE)?;
            add("base/secret.yaml", SECRET)?;
            add("gpu/kustomization.yaml", GPU)?;
            add(".gitignore", "base/secret.yaml\n")?;
            for service in &plan.services {
                let context = context! { service => Serde(service), ..Value::from(Serde(plan)) };
                files.push(render(
                    &format!("base/{}.yaml", service.word),
                    SERVICE,
                    context,
                )?);
            }
        }
        Target::Modal => add("songwright_modal.py", MODAL)?,
    }
    Ok(files)
}

fn render(path: &str, template: &str, context: Value) -> Result<File, Error> {
    let mut environment = Environment::new();
    // A name that nobody gives is a mistake in the template, never an empty text.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let mut text = environment
        .render_str(template, context)
        .map_err(|source| Error::Template {
            file: path.to_owned(),
            source,
        })?;
    // minijinja takes the last line's end for its own.
    text.truncate(text.trim_end().len());
    text.push('\n');
    Ok(File {
        path: path.to_owned(),
        text,
        secret: matches!(path, ".env" | "base/secret.yaml"),
    })
}
