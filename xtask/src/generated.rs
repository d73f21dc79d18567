//! What is made from something else and kept in the repository, so that a reader and a build
//! without the maker have it.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{
    command::{answer, must},
    workspace::Workspace,
};

/// Whether the file is written, or only compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// Builds the page into `ui/dist`.
pub(crate) fn page(workspace: &Workspace) -> Result<()> {
    node_modules(workspace)?;
    must(&mut workspace.npm(&["run", "build"]))
}

/// Installs the page's packages as its lock file says; does nothing when they are there.
pub(crate) fn node_modules(workspace: &Workspace) -> Result<()> {
    let lock = fs::read(workspace.at("ui/package-lock.json")).context("ui/package-lock.json")?;
    let stamp = workspace.at("ui/node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    must(&mut workspace.npm(&["ci", "--no-audit", "--no-fund"]))
        .context("Node.js 20.19 or newer with npm is needed")?;
    fs::write(&stamp, lock).with_context(|| stamp.display().to_string())
}

/// `openapi.json`, from the program's own words.
pub(crate) fn openapi(workspace: &Workspace, mode: Mode) -> Result<()> {
    must(&mut workspace.program_build())?;
    let text = answer(&mut workspace.command(workspace.program(), &["openapi"]))?;
    // Printed again, so that the file is the same whatever the program's spacing.
    let document: serde_json::Value =
        serde_json::from_str(&text).context("`songwright openapi` printed no JSON")?;
    let text = format!("{document:#}\n");
    settle(&workspace.at("openapi.json"), &text, (mode, "openapi"))
}

/// The page's TypeScript types, from `openapi.json`.
pub(crate) fn types(workspace: &Workspace, mode: Mode) -> Result<()> {
    node_modules(workspace)?;
    let path = workspace.at("ui/src/lib/api/schema.d.ts");
    let before = fs::read_to_string(&path).unwrap_or_default();
    must(&mut workspace.npm(&["run", "types"]))?;
    if mode == Mode::Write {
        return Ok(());
    }
    let made = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    fs::write(&path, &before).with_context(|| path.display().to_string())?;
    settle(&path, &made, (mode, "types"))
}

fn settle(path: &Path, made: &str, (mode, chore): (Mode, &str)) -> Result<()> {
    if mode == Mode::Write {
        return fs::write(path, made).with_context(|| path.display().to_string());
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    let first = kept
        .lines()
        .zip(made.lines())
        .position(|(a, b)| a != b)
        .unwrap_or_else(|| kept.lines().count().min(made.lines().count()));
    anyhow::ensure!(
        kept == made,
        "{} is stale from line {} on: run `cargo xtask {chore}`",
        path.display(),
        first + 1
    );
    Ok(())
}
