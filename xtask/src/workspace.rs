use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

/// Where things lie.
pub(crate) struct Workspace {
    /// The folder of the workspace's Cargo.toml.
    pub(crate) root: PathBuf,
    /// Cargo's target folder; what the chores install lies in `tools/` in it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// The workspace of the current folder, as Cargo sees it.
    pub(crate) fn find() -> Result<Self> {
        let output = Command::new(cargo())
            .args(["metadata", "--format-version=1", "--no-deps"])
            .output()
            .context("cargo metadata")?;
        anyhow::ensure!(
            output.status.success(),
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: serde_json::Value =
            serde_json::from_slice(&output.stdout).context("cargo metadata's answer")?;
        let path = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("cargo metadata says no {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
        })
    }

    /// The debug build of the program.
    pub(crate) fn program(&self) -> PathBuf {
        let name = format!("songwright{}", env::consts::EXE_SUFFIX);
        self.target.join("debug").join(name)
    }

    /// Where an example of the tests is built.
    pub(crate) fn example(&self, name: &str) -> PathBuf {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        self.target.join("debug/examples").join(name)
    }

    /// A program of the Python environment that the chores made.
    pub(crate) fn python_tool(&self, name: &str) -> PathBuf {
        self.python_env().join("bin").join(name)
    }

    /// The folder of that environment.
    pub(crate) fn python_env(&self) -> PathBuf {
        self.target.join("tools/python")
    }

    /// A path from the workspace's root.
    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// A cargo command in the workspace.
    pub(crate) fn cargo(&self, args: &[&str]) -> Command {
        self.command(cargo(), args)
    }

    /// Builds [`Self::program`] with the whole workspace in view, as the tests are built: with
    /// another view its packages would have other features and be compiled again.
    pub(crate) fn program_build(&self) -> Command {
        self.cargo(&["build", "--workspace", "--bin", "songwright"])
    }

    /// A command in the workspace's root.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(&self.root)
            .env("CARGO_TERM_COLOR", "never")
            .env("NO_COLOR", "1");
        command
    }

    /// An npm command in the page's folder.
    pub(crate) fn npm(&self, args: &[&str]) -> Command {
        let mut command = self.command("npm", args);
        command.current_dir(self.at("ui"));
        command
    }
}

fn cargo() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
