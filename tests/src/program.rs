use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Where the program to be tested lies: `SONGWRIGHT_BIN`, else a build that this makes.
///
/// # Panics
/// Where it cannot be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match env::var_os("SONGWRIGHT_BIN") {
        Some(path) => path.into(),
        None => build(),
    })
}

/// A call of the program, with nothing configured by the environment.
#[must_use]
pub fn command() -> Command {
    let mut command = Command::new(program());
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let configures = ["SONGWRIGHT_", "S3_", "HF_"];
        if configures.iter().any(|start| name.starts_with(start)) || name.ends_with("_SERVICE_URL")
        {
            command.env_remove(name);
        }
    }
    command
}

fn build() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            // As the tests are built: alone, its packages would have other features.
            "--workspace",
            "--bin",
            "songwright",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo starts");
    assert!(built.success(), "the program does not build");
    // This test lies in target/debug/deps, the program two steps up.
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).expect("a target folder");
    folder.join(format!("songwright{}", env::consts::EXE_SUFFIX))
}
