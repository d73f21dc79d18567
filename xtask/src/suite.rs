//! `cargo xtask test`: every check there is, one after the other.

use std::{path::PathBuf, process::Command};

use anyhow::{Context as _, Result};

use crate::{
    command::{Ended, answer, must, shown, watched},
    counts::Runner,
    generated::{self, Mode},
    machine,
    object_server::{BUCKET, ObjectServer},
    report::{Outcome, Report},
    workspace::Workspace,
};

/// What a checkout may weigh, so that it travels to machines with an accelerator.
const MOST_TRACKED_BYTES: u64 = 48 << 20;

/// The window, with the page in the binary.
const WINDOW_FEATURES: &str = "songwright/desktop";

/// What no other check of the source sees.
const SHELL_FEATURES: &str = "songwright/desktop,songwright/mp3";

type Step = (&'static str, fn(&Workspace) -> Result<Outcome>);

/// In the order in which they need each other; the window is last, because its build lies where
/// the plain build lay.
const STEPS: &[Step] = &[
    ("machine", machine_step),
    ("fmt", fmt),
    ("size", size),
    ("page", page),
    ("clippy", clippy),
    ("deny", deny),
    ("advisories", advisories),
    ("build", build),
    ("generated", generated_step),
    ("rust", rust),
    ("llm", llm),
    ("disk", disk),
    ("docs", docs),
    ("s3", s3),
    ("mp3", mp3),
    ("contract", contract),
    ("schema", schema),
    ("deploy", deploy),
    ("browser", browser),
    ("window", window),
];

/// Runs the named steps, or all, and closes with `N passed, N failed`.
pub(crate) fn run(workspace: &Workspace, names: &[&str]) -> Result<()> {
    for name in names {
        anyhow::ensure!(
            STEPS.iter().any(|(step, _)| step == name),
            "There is no step {name}. There are: {}",
            STEPS
                .iter()
                .map(|(step, _)| *step)
                .collect::<Vec<_>>()
                .join(" ")
        );
    }
    let mut report = Report::default();
    for (name, work) in STEPS {
        if names.is_empty() || names.contains(name) {
            report.step(name, || work(workspace));
        }
    }
    report.close()
}

/// Takes the README's pictures: the browser's and the window's tests, told to keep theirs.
pub(crate) fn screens(workspace: &Workspace) -> Result<()> {
    machine::system_packages()?;
    generated::page(workspace)?;
    build(workspace)?;
    let folder = workspace.at("docs/screenshots");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let page = [workspace.at("tests/e2e/page.spec.mjs")];
    must(browser_tests(workspace, &page)?.env("SCREENSHOTS", &folder))?;
    must(window_tests(workspace)?.env("SCREENSHOTS", &folder))
}

fn machine_step(workspace: &Workspace) -> Result<Outcome> {
    machine::system_packages()?;
    machine::python(workspace)?;
    Ok(Outcome::Passed)
}

fn fmt(workspace: &Workspace) -> Result<Outcome> {
    one(&mut workspace.cargo(&["fmt", "--all", "--check"]))
}

fn size(workspace: &Workspace) -> Result<Outcome> {
    let files = answer(&mut workspace.command("git", &["ls-files", "-z"]))?;
    let bytes: u64 = files
        .split_terminator('\0')
        .filter_map(|file| std::fs::metadata(workspace.at(file)).ok())
        .map(|file| file.len())
        .sum();
    println!("{:.1} MiB are tracked.", bytes as f64 / (1 << 20) as f64);
    anyhow::ensure!(
        bytes <= MOST_TRACKED_BYTES,
        "{} MiB are tracked, more than {}",
        bytes >> 20,
        MOST_TRACKED_BYTES >> 20
    );
    Ok(Outcome::Passed)
}

fn page(workspace: &Workspace) -> Result<Outcome> {
    generated::page(workspace)?;
    must(&mut workspace.npm(&["run", "check"]))?;
    counted(Runner::Vitest, &mut workspace.npm(&["run", "test"]))
}

fn clippy(workspace: &Workspace) -> Result<Outcome> {
    const STRICT: [&str; 3] = ["--", "-D", "warnings"];
    let mut all = workspace.cargo(&["clippy", "--workspace", "--all-targets"]);
    must(all.args(STRICT))?;
    // The whole workspace again, since its packages would be checked anew for one of it alone.
    let mut shell = workspace.cargo(&["clippy", "--workspace", "--features", SHELL_FEATURES]);
    one(shell.args(STRICT))
}

fn deny(workspace: &Workspace) -> Result<Outcome> {
    let program = machine::cargo_deny(workspace)?;
    let args = [
        "--all-features",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ];
    one(&mut workspace.command(program, &args))
}

/// The advisories lie in a git repository on the internet; a machine that has none says so.
fn advisories(workspace: &Workspace) -> Result<Outcome> {
    let program = machine::cargo_deny(workspace)?;
    let fetched = watched(
        workspace
            .command(&program, &["--all-features", "fetch", "db"])
            .env("GIT_TERMINAL_PROMPT", "0"),
    )?;
    if !fetched.status.success() {
        return Ok(Outcome::NotHere(
            "the RustSec database cannot be reached from here".to_owned(),
        ));
    }
    one(&mut workspace.command(
        &program,
        &["--all-features", "check", "--disable-fetch", "advisories"],
    ))
}

fn build(workspace: &Workspace) -> Result<Outcome> {
    one(&mut workspace.program_build())
}

fn generated_step(workspace: &Workspace) -> Result<Outcome> {
    generated::openapi(workspace, Mode::Check)?;
    generated::types(workspace, Mode::Check)?;
    Ok(Outcome::Passed)
}

fn rust(workspace: &Workspace) -> Result<Outcome> {
    let nextest = Command::new("cargo-nextest")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    let (runner, mut command) = if nextest {
        let args = [
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--status-level=slow",
        ];
        (Runner::Nextest, workspace.cargo(&args))
    } else {
        let args = ["test", "--workspace", "--all-targets", "--no-fail-fast"];
        (Runner::CargoTest, workspace.cargo(&args))
    };
    counted(runner, in_tests(workspace, &mut command))
}

/// The tests of a language model that was trained.
fn llm(workspace: &Workspace) -> Result<Outcome> {
    let file = machine::small_language_model(workspace)?;
    let mut command = workspace.cargo(&["test", "--workspace", "--test", "language_model"]);
    let command = command
        .args(["--", "real::"])
        .env("SONGWRIGHT_SMOLLM2", file);
    counted(Runner::CargoTest, in_tests(workspace, command))
}

/// The tests that fill a small disk of their own.
fn disk(workspace: &Workspace) -> Result<Outcome> {
    if !machine::can_mount(workspace)? {
        return Ok(Outcome::NotHere(
            "only root on Linux may mount a small disk".to_owned(),
        ));
    }
    let mut command = workspace.cargo(&["test", "--workspace"]);
    for test in ["disk_full", "faults"] {
        command.args(["--test", test]);
    }
    let command = command.args(["--", "--ignored", "full_disk"]);
    counted(Runner::CargoTest, in_tests(workspace, command))
}

fn docs(workspace: &Workspace) -> Result<Outcome> {
    counted(
        Runner::CargoTest,
        &mut workspace.cargo(&["test", "--workspace", "--doc"]),
    )
}

fn s3(workspace: &Workspace) -> Result<Outcome> {
    machine::python(workspace)?;
    let server = ObjectServer::start(workspace)?;
    let mut command = workspace.cargo(&["test", "--workspace"]);
    for test in ["objects", "bundle", "library"] {
        command.args(["--test", test]);
    }
    command
        .env("SONGWRIGHT_TEST_S3_ENDPOINT", &server.endpoint)
        .env("SONGWRIGHT_TEST_S3_BUCKET", BUCKET)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    counted(Runner::CargoTest, &mut command)
}

/// What LAME is for; no other step has it compiled.
fn mp3(workspace: &Workspace) -> Result<Outcome> {
    let with = [
        "test",
        "--workspace",
        "--features",
        "songwright-storage/mp3",
    ];
    let mut command = workspace.cargo(&with);
    counted(
        Runner::CargoTest,
        command.args(["--test", "mp3", "--test", "bundle"]),
    )
}

fn contract(workspace: &Workspace) -> Result<Outcome> {
    pytest(
        workspace,
        &["tests/contract", "--ignore=tests/contract/test_schema.py"],
    )
}

fn schema(workspace: &Workspace) -> Result<Outcome> {
    pytest(workspace, &["tests/contract/test_schema.py"])
}

fn deploy(workspace: &Workspace) -> Result<Outcome> {
    pytest(workspace, &["crates/cli/tests/deploy_validate.py"])
}

fn pytest(workspace: &Workspace, args: &[&str]) -> Result<Outcome> {
    machine::python(workspace)?;
    let mut command = workspace.command(workspace.python_tool("pytest"), args);
    command.args(["-ra", "--durations=5"]);
    counted(Runner::Pytest, in_tests(workspace, &mut command))
}

fn browser(workspace: &Workspace) -> Result<Outcome> {
    let pictures = workspace.target.join("screenshots");
    std::fs::create_dir_all(&pictures).with_context(|| pictures.display().to_string())?;
    let writer = "synthetic_checkpoint";
    must(&mut workspace.cargo(&["build", "--workspace", "--example", writer]))?;
    counted(
        Runner::Node,
        browser_tests(workspace, &specs(workspace)?)?
            .env("SCREENSHOTS", pictures)
            .env("SYNTHETIC_CHECKPOINT", workspace.example(writer)),
    )
}

/// Every `*.spec.mjs` of `tests/e2e`, by name. (`node --test` takes patterns from Node 21 on.)
fn specs(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let folder = workspace.at("tests/e2e");
    let mut specs = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        if path.to_string_lossy().ends_with(".spec.mjs") {
            specs.push(path);
        }
    }
    specs.sort();
    anyhow::ensure!(!specs.is_empty(), "{} has no spec", folder.display());
    Ok(specs)
}

/// One file after the other: each has a studio and a browser of its own, and waits for songs.
fn browser_tests(workspace: &Workspace, specs: &[PathBuf]) -> Result<Command> {
    generated::node_modules(workspace)?;
    let args = ["--test", "--test-reporter=spec", "--test-concurrency=1"];
    let mut command = workspace.command("node", &args);
    in_tests(workspace, command.args(specs));
    Ok(command)
}

fn window(workspace: &Workspace) -> Result<Outcome> {
    if !cfg!(target_os = "linux") {
        return Ok(Outcome::NotHere(
            "the window is driven through WebKitGTK's driver, on Linux".to_owned(),
        ));
    }
    counted(Runner::CargoTest, &mut window_tests(workspace)?)
}

fn window_tests(workspace: &Workspace) -> Result<Command> {
    // The test first: built after it, the window is not overwritten by a plain build.
    let test = ["test", "--workspace", "--test", "window"];
    must(workspace.cargo(&test).arg("--no-run"))?;
    must(
        workspace
            .program_build()
            .args(["--features", WINDOW_FEATURES]),
    )?;
    let mut command = workspace.cargo(&test);
    command
        .args(["--", "--ignored", "--nocapture"])
        .env("SONGWRIGHT_DESKTOP_BIN", workspace.program());
    Ok(command)
}

/// What every test of the running program is told.
fn in_tests<'a>(workspace: &Workspace, command: &'a mut Command) -> &'a mut Command {
    command.env("SONGWRIGHT_BIN", workspace.program());
    // Tests take the cores side by side. Threads of one product wait for each other by spinning, which
    // takes longer than the products of small models.
    command.env("CANDLE_NUM_THREADS", "1");
    let golden = workspace.at("../shared/golden");
    if std::env::var_os("SONGWRIGHT_GOLDEN_DIR").is_none() && golden.is_dir() {
        command.env("SONGWRIGHT_GOLDEN_DIR", golden);
    }
    command
}

fn one(command: &mut Command) -> Result<Outcome> {
    must(command)?;
    Ok(Outcome::Passed)
}

/// The runner's own count; a runner that failed without counting a failure is an error.
fn counted(runner: Runner, command: &mut Command) -> Result<Outcome> {
    let Ended { status, text } = watched(command)?;
    match runner.read(&text) {
        Some(counts) if status.success() || counts.failed > 0 => Ok(Outcome::Counted(counts)),
        _ => anyhow::bail!("{} ended with {status}", shown(command)),
    }
}
