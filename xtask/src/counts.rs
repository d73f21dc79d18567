/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

/// Whose summary a text holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Runner {
    /// `Summary [ 1.2s] 5 tests run: 4 passed, 1 failed, 2 skipped`
    Nextest,
    /// `test result: ok. 4 passed; 0 failed; …`, once a target
    CargoTest,
    /// `Tests  1 failed | 4 passed (5)`
    Vitest,
    /// `=== 1 failed, 4 passed, 1 error in 2.3s ===`
    Pytest,
    /// `ℹ pass 4` and `ℹ fail 1`, each on a line of its own
    Node,
}

impl Runner {
    /// Sums the runner's summary lines; `None` where it never came to one.
    pub(crate) fn read(self, text: &str) -> Option<Counts> {
        let mut summaries = text.lines().filter(|line| self.is_summary(line)).peekable();
        summaries.peek()?;
        Some(summaries.fold(Counts::default(), |sum, line| Counts {
            passed: sum.passed + before(line, "passed") + after(line, "ℹ pass "),
            failed: sum.failed
                + after(line, "ℹ fail ")
                + before(line, "failed")
                + before(line, "error")
                + before(line, "errors")
                + before(line, "timed out"),
        }))
    }

    fn is_summary(self, line: &str) -> bool {
        let line = line.trim();
        match self {
            Self::Nextest => line.starts_with("Summary ["),
            Self::CargoTest => line.starts_with("test result:"),
            Self::Vitest => line.starts_with("Tests  "),
            Self::Pytest => {
                line.contains(" in ")
                    && ["passed", "failed", "error"]
                        .iter()
                        .any(|w| line.contains(w))
                    && line.starts_with(|c: char| c == '=' || c.is_ascii_digit())
            }
            Self::Node => line.starts_with("ℹ pass ") || line.starts_with("ℹ fail "),
        }
    }
}

/// The number before a word: 4 in "4 passed," for "passed".
fn before(line: &str, word: &str) -> u64 {
    line.match_indices(word)
        .filter(|(at, _)| {
            line[at + word.len()..]
                .chars()
                .next()
                .is_none_or(|c| !c.is_alphanumeric())
        })
        .filter_map(|(at, _)| {
            line[..at]
                .strip_suffix(' ')?
                .rsplit(|c: char| !c.is_ascii_digit())
                .next()?
                .parse::<u64>()
                .ok()
        })
        .sum()
}

/// The number that a line ends with after `start`.
fn after(line: &str, start: &str) -> u64 {
    line.trim()
        .strip_prefix(start)
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runner_s_summary_is_read() {
        for (runner, text, passed, failed) in [
            (
                Runner::Nextest,
                "x\n     Summary [   1.2s] 8 tests run: 4 passed (1 slow), 3 failed, 1 timed out, 2 skipped",
                4,
                4,
            ),
            (
                Runner::CargoTest,
                "test result: ok. 4 passed; 0 failed; 1 ignored\ntest result: FAILED. 2 passed; 1 failed; 0 ignored",
                6,
                1,
            ),
            (Runner::Vitest, " Tests  1 failed | 4 passed (5)", 4, 1),
            (
                Runner::Pytest,
                "== 1 failed, 4 passed, 2 skipped, 2 errors in 2.30s ==",
                4,
                3,
            ),
            (Runner::Pytest, "12 passed in 0.1s", 12, 0),
            (
                Runner::Node,
                "ℹ tests 11\nℹ pass 9\nℹ fail 2\nℹ skipped 0",
                9,
                2,
            ),
        ] {
            assert_eq!(runner.read(text), Some(Counts { passed, failed }), "{text}");
        }
        assert_eq!(Runner::Nextest.read("error: could not compile"), None);
    }
}
