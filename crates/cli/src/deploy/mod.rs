//! Writes what an existing engine needs to run the services. Nothing is deployed here.

mod files;
mod plan;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;
use songwright_base::{Service, config::Config};

use crate::{
    Error,
    args::{DeployAllArgs, Target},
    print,
};
use files::{File, files};
use plan::Plan;

/// What was written and what runs it.
#[derive(Debug, Serialize)]
struct Written {
    folder: PathBuf,
    files: Vec<PathBuf>,
    /// Commands for a shell, in order.
    run: Vec<String>,
}

/// Writes the files of `services` and says what command runs them.
pub(crate) fn deploy(
    services: &[Service],
    args: &DeployAllArgs,
    config: &Config,
    json: bool,
) -> Result<(), Error> {
    let plan = Plan::new(services, args, config)?;
    let files = files(args.target, &plan)?;
    let written = write(&files, args)?;
    if json {
        return print::json(&written);
    }
    for path in &written.files {
        print::line(written.folder.join(path).display())?;
    }
    print::line(format!(
        "\nNothing is deployed yet. This does it:\n\n    {}",
        written.run.join("\n    ")
    ))
}

fn write(files: &[File], args: &DeployAllArgs) -> Result<Written, Error> {
    let folder = &args.to;
    if !args.force
        && let Some(there) = files
            .iter()
            .map(|f| folder.join(&f.path))
            .find(|p| p.exists())
    {
        return Err(Error::WouldOverwrite { path: there });
    }
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(Error::file(parent, "made"))?;
        }
        write_one(&path, file).map_err(Error::file(&path, "written"))?;
    }
    Ok(Written {
        folder: folder.clone(),
        files: files.iter().map(|f| PathBuf::from(&f.path)).collect(),
        run: commands(args),
    })
}

/// A file with a key in it is its owner's alone from the first byte on.
fn write_one(path: &Path, file: &File) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if file.secret {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        options.mode(0o600);
        if path.exists() {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        }
    }
    options.open(path)?.write_all(file.text.as_bytes())
}

fn commands(args: &DeployAllArgs) -> Vec<String> {
    let enter = format!("cd {}", quoted(&args.to.to_string_lossy()));
    let source = std::path::absolute(&args.source).unwrap_or_else(|_| args.source.clone());
    match args.target {
        Target::Container => vec![enter, "docker compose up --build --detach".to_owned()],
        Target::Kubernetes => vec![
            enter,
            format!(
                "docker build --build-context source={} -t {} .",
                quoted(&source.to_string_lossy()),
                quoted(&args.image)
            ),
            format!("docker push {}", quoted(&args.image)),
            "kubectl apply -k base    # or gpu: one NVIDIA GPU for each service that computes"
                .to_owned(),
        ],
        Target::Modal => vec![
            enter,
            "modal secret create songwright SONGWRIGHT_API_KEY=$(head -c 32 /dev/urandom | base64 | tr -d '+/=')"
                .to_owned(),
            "modal deploy songwright_modal.py".to_owned(),
        ],
    }
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
