//! The table of crates in ARCHITECTURE.md is what the manifests say.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

type Crates = BTreeMap<String, BTreeSet<String>>;

/// A crate by the name that the table calls it.
fn called(package: &str) -> &str {
    match package {
        "songwright-tests" => package,
        other => other.strip_prefix("songwright-").unwrap_or(other),
    }
}

/// What of ours each crate depends on; for tests alone only where all of it is tests.
fn in_manifests() -> Crates {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let names: Vec<String> = packages.iter().map(name).collect();
    let crates = packages.iter().map(|package| {
        let all = package["dependencies"].as_array().unwrap();
        let ours = all.iter().filter(|dependency| {
            let counts = dependency["kind"] != "dev" || name(package) == "songwright-tests";
            counts && names.contains(&name(dependency))
        });
        let ours = ours.map(|dependency| called(&name(dependency)).to_owned());
        (called(&name(package)).to_owned(), ours.collect())
    });
    crates.collect()
}

/// What the table says that each depends on.
fn in_the_table() -> Crates {
    let text = include_str!("../../ARCHITECTURE.md");
    let table = text.split_once("## Crates").unwrap().1;
    let table = table.split_once("\n## ").unwrap().0;
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .collect();
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    let mut crates = Crates::new();
    for (at, (name, cells)) in rows.iter().enumerate() {
        let depends_on = cells.trim_end_matches(" |").rsplit("| ").next().unwrap();
        let mut words: Vec<&str> = depends_on.split(|c: char| !c.is_alphanumeric()).collect();
        if depends_on == "all above" {
            words = names[..at].to_vec();
        }
        let ours = words.into_iter().filter(|word| names.contains(word));
        crates.insert((*name).to_owned(), ours.map(str::to_owned).collect());
    }
    crates
}

#[test]
fn crates_depend_on_what_the_table_says() {
    let (manifests, mut table) = (in_manifests(), in_the_table());
    // It may use all that is below it, and need not.
    let server = &manifests["server"];
    assert!(table["server"].is_superset(server), "{server:?}");
    table.insert("server".to_owned(), server.clone());
    assert_eq!(manifests, table);
}
