//! A hub on this machine with one repository, for trying `songwright models` without the real one:
//!
//! ```sh
//! cargo run -p songwright-hub --example serve_repository -- FOLDER OWNER/NAME
//! HF_ENDPOINT=http://127.0.0.1:PORT songwright models install …
//! ```
//! It says its address. Every revision that is asked for has to be the one that the tests use.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a fixture of the tests with a command line"
)]
#![allow(dead_code, reason = "the tests use more of it")]

#[path = "../tests/hub/fake_hub.rs"]
mod fake_hub;

use std::path::Path;

use fake_hub::{COMMIT, FakeHub};

/// Larger files are those that the real hub keeps elsewhere.
const SMALL_BYTES: u64 = 1 << 20;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("the folder");
    let repository = args.next().expect("OWNER/NAME");
    let hub = FakeHub::start().await;
    publish(&hub, &repository, Path::new(&folder), "");
    println!("{repository} at {COMMIT}");
    println!("HF_ENDPOINT={}", hub.endpoint);
    std::future::pending::<()>().await;
}

fn publish(hub: &FakeHub, repository: &str, folder: &Path, below: &str) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            publish(hub, repository, &path, &format!("{name}/"));
        } else if path.metadata().unwrap().len() > SMALL_BYTES {
            hub.publish_file(repository, &name, &path);
        } else {
            hub.publish(repository, &name, &std::fs::read(&path).unwrap(), false);
        }
    }
}
