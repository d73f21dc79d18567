use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use songwright_tests::{Server, command};

/// No folder.
pub(crate) const NOWHERE: &str = "/nowhere/at/all";

/// A folder with a data folder in it.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Where commands are typed.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(crate) fn serve(&self, env: &[(&str, &str)]) -> Server {
        Server::start(&self.data_dir(), env)
    }

    /// A call of the program on the data folder.
    pub(crate) fn call(&self, words: &[&str]) -> Command {
        let mut call = command();
        call.current_dir(self.path())
            .env("SONGWRIGHT_DATA_DIR", self.data_dir())
            // Nothing is written elsewhere.
            .env("TMPDIR", NOWHERE)
            .args(words);
        call
    }

    /// What it prints where it succeeds.
    pub(crate) fn printed(&self, words: &[&str]) -> String {
        printed(&mut self.call(words))
    }

    /// What it prints with `--json`.
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let printed = self.printed(&[words, &["--json"]].concat());
        serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{e}: {printed}"))
    }
}

pub(crate) fn printed(call: &mut Command) -> String {
    let output = call.output().unwrap();
    assert!(output.status.success(), "{call:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// All that a run of the program said.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stderr) + &text(&output.stdout)
}

/// An S3 server that is not there: a bucket on it cannot be written.
pub(crate) const NO_BUCKET: [(&str, &str); 4] = [
    ("S3_BUCKET_NAME", "songs"),
    ("S3_ENDPOINT_URL", "http://127.0.0.1:9"),
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
];
