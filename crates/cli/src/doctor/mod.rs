//! Looks at this machine and at the settings. One typed report, as text or as JSON.

mod machine;
mod network;
mod settings_report;
mod sound;
mod storage;

pub(crate) use network::loopback;
use serde::Serialize;

use crate::{Error, print, settings::Settings};
use settings_report::Setting;

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    /// Whether nothing is broken.
    ok: bool,
    version: &'static str,
    checks: Vec<Check>,
    /// The configuration in force.
    settings: Vec<Setting>,
    /// The file that was read.
    settings_file: Option<std::path::PathBuf>,
}

/// One look at one thing.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    name: &'static str,
    verdict: Verdict,
    /// What was found and, unless it is right, what to do.
    detail: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// As it should be.
    Ok,
    /// Songs can be made, with less comfort.
    Note,
    /// Songs cannot be made, or not served.
    Broken,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Verdict::Ok, detail.into())
    }

    fn note(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Verdict::Note, detail.into())
    }

    fn broken(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Verdict::Broken, detail.into())
    }

    fn new(name: &'static str, verdict: Verdict, detail: String) -> Self {
        Self {
            name,
            verdict,
            detail,
        }
    }
}

/// Reports; [`Error::ChecksFailed`] where something is broken.
pub(crate) async fn doctor(settings: &Settings, json: bool) -> Result<(), Error> {
    let config = &settings.config;
    let mut checks = machine::checks(config);
    checks.push(sound::check());
    checks.extend(storage::checks(config).await);
    checks.extend(network::checks(config).await);
    let broken = |checks: &[Check]| {
        checks
            .iter()
            .filter(|c| c.verdict == Verdict::Broken)
            .count()
    };
    let (found, of) = (broken(&checks), checks.len());
    let report = Report {
        ok: found == 0,
        version: env!("CARGO_PKG_VERSION"),
        checks,
        settings: settings_report::settings(settings),
        settings_file: settings.file.clone(),
    };
    if json {
        print::json(&report)?;
    } else {
        show(&report)?;
    }
    if found == 0 {
        Ok(())
    } else {
        Err(Error::ChecksFailed { found, of })
    }
}

fn show(report: &Report) -> Result<(), Error> {
    print::line(format!("Songwright {}\n", report.version))?;
    for check in &report.checks {
        let mark = match check.verdict {
            Verdict::Ok => "ok    ",
            Verdict::Note => "note  ",
            Verdict::Broken => "BROKEN",
        };
        print::line(format!("{mark}  {:<14} {}", check.name, check.detail))?;
    }
    let file = match &report.settings_file {
        Some(path) => path.display().to_string(),
        None => "no file".to_owned(),
    };
    print::line(format!("\nSettings in force ({file}):"))?;
    for Setting { key, value, source } in &report.settings {
        print::line(format!("  {key:<43} {value:<28} {}", source.word()))?;
    }
    Ok(())
}
