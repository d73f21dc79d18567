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

fn build() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            "songwright",
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
