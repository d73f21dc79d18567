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
            "kubectl apply -k base    # or gpu: its head says which image it needs besides".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args::GlobalArgs, settings::Settings};

    fn args(target: Target, to: PathBuf, source: PathBuf) -> DeployAllArgs {
        DeployAllArgs {
            to,
            target,
            source,
            image: "songwright:test".to_owned(),
            force: false,
        }
    }

    #[test]
    fn each_target_of_each_service_is_written_whole() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("Cargo.toml"), "name = \"songwright\"").unwrap();
        let flags = GlobalArgs {
            data_dir: Some("x".into()),
            ..GlobalArgs::default()
        };
        let config = Settings::load(&flags, |_| None).unwrap().config;
        let ones = Service::ALL.map(|one| vec![one]);
        for services in ones.iter().chain([&Service::ALL.to_vec()]) {
            for target in [Target::Container, Target::Kubernetes, Target::Modal] {
                let to = dir.path().join(format!("{target:?}-{services:?}"));
                let args = args(target, to.clone(), dir.path().to_owned());
                deploy(services, &args, &config, false).unwrap();
                let plan = Plan::new(services, &args, &config).unwrap();
                for file in files(target, &plan).unwrap() {
                    let text = std::fs::read_to_string(to.join(&file.path)).unwrap();
                    assert!(!text.contains("{%") && !text.contains("{{"), "{text}");
                    assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text}");
                    let has_key = file.path == ".env" || text.contains("stringData");
                    assert_eq!(file.secret, has_key, "{}", file.path);
                }
                let again = deploy(services, &args, &config, false).unwrap_err();
                assert!(matches!(again, Error::WouldOverwrite { .. }), "{again}");
            }
        }
    }

    #[test]
    fn commands_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("/srv/songwright-1.0"), "/srv/songwright-1.0");
        assert_eq!(quoted("my songs"), "'my songs'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
