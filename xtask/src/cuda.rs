//! The program for NVIDIA's cards, built on a machine that need not have one: docs/adr/0010.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{
    command::{answer, must},
    machine,
    workspace::Workspace,
};

/// How candle links CUDA's libraries, and how our copy of it does.
const LINKED: &str = "\"dynamic-linking\"";
const LOADED: &str = "\"fallback-dynamic-loading\"";

/// What is asked of Cargo.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Goal {
    Check,
    Build,
}

/// Checks or builds the program with the feature `cuda`.
pub(crate) fn run(workspace: &Workspace, goal: Goal) -> Result<()> {
    let toolkit = Toolkit::find(workspace)?;
    let candle = loading_candle(workspace)?;
    let lock = Kept::of(workspace.at("Cargo.lock"))?;
    let mut cargo = match goal {
        Goal::Check => workspace.cargo(&["check"]),
        Goal::Build => workspace.cargo(&["build", "--release"]),
    };
    let patch = format!("patch.crates-io.candle-core.path={:?}", candle.display());
    cargo
        .args([
            "--bin",
            "songwright",
            "--features",
            "cuda",
            "--config",
            &patch,
        ])
        .arg("--target-dir")
        .arg(workspace.target.join("cuda"));
    toolkit.offer(&mut cargo)?;
    let done = must(&mut cargo);
    lock.restore()?;
    done
}

/// A file that Cargo writes in and that is to stay as it was: the copy has no checksum in it.
struct Kept {
    path: PathBuf,
    text: String,
}

impl Kept {
    fn of(path: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path, text })
    }

    fn restore(self) -> Result<()> {
        fs::write(&self.path, self.text).with_context(|| self.path.display().to_string())
    }
}

/// A copy of candle-core as the registry has it, which opens CUDA's libraries when they are first needed
/// instead of not starting without them.
fn loading_candle(workspace: &Workspace) -> Result<PathBuf> {
    let metadata = answer(&mut workspace.cargo(&["metadata", "--format-version=1", "--locked"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).context("cargo metadata's answer")?;
    let packages = metadata["packages"].as_array();
    let candle = packages
        .into_iter()
        .flatten()
        .find(|package| package["name"] == "candle-core")
        .context("the workspace has no candle-core")?;
    let manifest = candle["manifest_path"].as_str().map(Path::new);
    let source = manifest
        .and_then(Path::parent)
        .context("cargo metadata does not say where candle-core lies")?;
    let version = candle["version"].as_str().unwrap_or_default();
    let copy = workspace
        .target
        .join("tools")
        .join(format!("candle-core-{version}"));
    let made = loading(&fs::read_to_string(source.join("Cargo.toml"))?)?;
    if fs::read_to_string(copy.join("Cargo.toml")).is_ok_and(|there| there == made) {
        return Ok(copy);
    }
    copy_folder(source, &copy)?;
    fs::write(copy.join("Cargo.toml"), made)?;
    Ok(copy)
}

/// The manifest with the one word changed.
fn loading(manifest: &str) -> Result<String> {
    let (before, cudarc) = manifest
        .split_once("[dependencies.cudarc]")
        .context("candle-core's manifest names no cudarc")?;
    let end = cudarc.find("\n[").unwrap_or(cudarc.len());
    let (cudarc, after) = cudarc.split_at(end);
    anyhow::ensure!(
        cudarc.matches(LINKED).count() == 1,
        "candle-core does not link CUDA as it did: read docs/adr/0010 anew"
    );
    let cudarc = cudarc.replace(LINKED, LOADED);
    Ok(format!("{before}[dependencies.cudarc]{cudarc}{after}"))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// NVIDIA's compiler and headers.
enum Toolkit {
    /// The machine's own.
    Installed,
    /// What PyPI has of it, in a folder laid out as the toolkit's own.
    Wheels(PathBuf),
}

impl Toolkit {
    fn find(workspace: &Workspace) -> Result<Self> {
        let has_own = env::var_os("CUDA_HOME").is_some()
            || Command::new("nvcc").arg("--version").output().is_ok();
        if has_own {
            return Ok(Self::Installed);
        }
        anyhow::ensure!(
            cfg!(target_os = "linux"),
            "no CUDA toolkit here: install NVIDIA's, or set CUDA_HOME to where it lies"
        );
        Self::from_wheels(workspace)
    }

    fn from_wheels(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.target.join("tools/cuda");
        let list = workspace.at("xtask/cuda-toolkit.txt");
        let (stamp, wanted) = (folder.join("toolkit.txt"), fs::read_to_string(&list)?);
        let toolkit = folder.join("toolkit");
        if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
            return Ok(Self::Wheels(toolkit));
        }
        machine::python_with(&folder, &list)?;
        lay_out(&wheels(&folder.join("lib"))?, &toolkit)?;
        fs::write(stamp, wanted)?;
        Ok(Self::Wheels(toolkit))
    }

    /// Sets the variables by which candle's build scripts find it.
    fn offer(&self, cargo: &mut Command) -> Result<()> {
        if env::var_os("CUDA_COMPUTE_CAP").is_none() {
            // What is compiled for Ampere runs on what came after.
            cargo.env("CUDA_COMPUTE_CAP", "80");
        }
        let Self::Wheels(toolkit) = self else {
            return Ok(());
        };
        let mut path = OsString::from(toolkit.join("bin"));
        if let Some(rest) = env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        let linked = format!("-L native={}", toolkit.join("static").display());
        cargo
            .env("PATH", path)
            .env("CUDA_HOME", toolkit)
            .env("CUDA_PATH", toolkit)
            .env("RUSTFLAGS", linked);
        Ok(())
    }
}

/// Where the wheels lie below an environment's `lib`.
fn wheels(lib: &Path) -> Result<PathBuf> {
    for python in fs::read_dir(lib)? {
        let nvidia = python?.path().join("site-packages/nvidia/cu13");
        if nvidia.is_dir() {
            return Ok(nvidia);
        }
    }
    anyhow::bail!("pip installed no CUDA below {}", lib.display())
}

/// As the toolkit's own installer lays it out; the run-time library is linked in under the name that candle's
/// kernels ask for.
#[cfg(unix)]
fn lay_out(wheels: &Path, toolkit: &Path) -> Result<()> {
    fs::create_dir_all(toolkit.join("static"))?;
    let links = [
        ("bin", "bin"),
        ("include", "include"),
        ("nvvm", "nvvm"),
        ("lib", "lib"),
        ("lib", "lib64"),
        ("lib/libcudart_static.a", "static/libcudart.a"),
    ];
    for (from, to) in links {
        std::os::unix::fs::symlink(wheels.join(from), toolkit.join(to))
            .with_context(|| format!("{to} of the toolkit"))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn lay_out(_: &Path, toolkit: &Path) -> Result<()> {
    anyhow::bail!("{} needs links", toolkit.display())
}

#[cfg(test)]
mod tests {
    use super::loading;

    #[test]
    fn one_word_of_the_manifest_changes() {
        let manifest = "[dependencies.cudarc]\nfeatures = [\n  \"f16\",\n  \"dynamic-linking\",\n]\n\n[dependencies.x]\n";
        let wanted = manifest.replace("dynamic-linking", "fallback-dynamic-loading");
        assert_eq!(loading(manifest).unwrap(), wanted);
        for other in [
            "[dependencies.x]\nfeatures = [\"dynamic-linking\"]\n",
            "[dependencies.cudarc]\nfeatures = []\n\n[dependencies.x]\nfeatures = [\"dynamic-linking\"]\n",
        ] {
            assert!(loading(other).is_err());
        }
    }
}
