use std::time::Instant;

use anyhow::Result;

use crate::counts::Counts;

/// What a step came to.
pub(crate) enum Outcome {
    /// It counted its checks.
    Counted(Counts),
    /// It is one check, and it passed.
    Passed,
    /// It is one check that this machine cannot make, and why.
    NotHere(String),
}

/// What was checked so far.
#[derive(Default)]
pub(crate) struct Report {
    counts: Counts,
    /// Name, what it came to, seconds.
    lines: Vec<(String, String, f64)>,
}

impl Report {
    /// Announces a step, does it, and takes note; a failure never stops the others.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) {
        println!("\n━━ {name}");
        let start = Instant::now();
        let (counts, words) = match work() {
            Ok(Outcome::Counted(counts)) => (
                counts,
                format!("{} passed, {} failed", counts.passed, counts.failed),
            ),
            Ok(Outcome::Passed) => (
                Counts {
                    passed: 1,
                    failed: 0,
                },
                "passed".to_owned(),
            ),
            Ok(Outcome::NotHere(why)) => (Counts::default(), format!("not run: {why}")),
            Err(error) => (
                Counts {
                    passed: 0,
                    failed: 1,
                },
                format!("FAILED: {error:#}"),
            ),
        };
        let seconds = start.elapsed().as_secs_f64();
        println!("━━ {name}: {words} ({seconds:.1} s)");
        self.counts.passed += counts.passed;
        self.counts.failed += counts.failed;
        self.lines.push((name.to_owned(), words, seconds));
    }

    /// Prints the table and the closing line; an error where something failed.
    pub(crate) fn close(self) -> Result<()> {
        println!("\n━━ All steps");
        for (name, words, seconds) in &self.lines {
            println!("{name:<16}{seconds:>8.1} s  {words}");
        }
        let Counts { passed, failed } = self.counts;
        println!("\n{passed} passed, {failed} failed");
        anyhow::ensure!(failed == 0, "Some checks failed.");
        Ok(())
    }
}
