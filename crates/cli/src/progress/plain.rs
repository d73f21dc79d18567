use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use songwright_base::{Snapshot, Stage, StageState, StageStatus};
use songwright_hub::ByteCount;

/// A stage that takes long says how far it is so often.
const EVERY: Duration = Duration::from_secs(3);

/// One line when a stage ends, and some while it takes long.
#[derive(Debug, Default)]
pub(super) struct Plain {
    waited: Option<String>,
    warned: bool,
    stages: HashMap<Stage, Seen>,
}

#[derive(Debug)]
enum Seen {
    Running { said_at: Instant },
    Ended,
}

impl Plain {
    /// What is new since the last call.
    pub(super) fn lines(&mut self, snapshot: &Snapshot, now: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        // The next one begins at once, as a rule.
        let waits = snapshot.queue_position.is_some_and(|before| before > 0);
        if waits && self.waited.as_ref() != Some(&snapshot.message) {
            lines.push(snapshot.message.clone());
            self.waited = Some(snapshot.message.clone());
        }
        if let Some(warning) = &snapshot.warning
            && !std::mem::replace(&mut self.warned, true)
        {
            lines.push(warning.clone());
        }
        for status in &snapshot.stages {
            lines.extend(self.line(status, snapshot.eta_s, now));
        }
        lines
    }

    fn line(&mut self, status: &StageStatus, eta_s: Option<f64>, now: Instant) -> Option<String> {
        let name = status.stage.sentence();
        let seen = self.stages.get_mut(&status.stage);
        match (status.state, seen) {
            (StageState::Pending | StageState::Skipped, _) | (_, Some(Seen::Ended)) => None,
            (StageState::Running, None) => {
                self.stages
                    .insert(status.stage, Seen::Running { said_at: now });
                None
            }
            (StageState::Running, Some(Seen::Running { said_at })) => {
                if now.duration_since(*said_at) < EVERY {
                    return None;
                }
                *said_at = now;
                let left = eta_s.map_or_else(String::new, |s| format!(", about {s:.0} s left"));
                Some(match status.total {
                    0 | 1 => format!("{name} …{left}"),
                    total if status.stage.is_in_bytes() => {
                        format!("{name}: {} of {}", ByteCount(status.done), ByteCount(total))
                    }
                    total => format!("{name}: {} of {total}{left}", status.done),
                })
            }
            (StageState::Done, _) => {
                self.stages.insert(status.stage, Seen::Ended);
                let seconds = status.seconds.unwrap_or_default();
                Some(format!("{name}: done in {seconds:.1} s"))
            }
            (StageState::Failed, _) => {
                self.stages.insert(status.stage, Seen::Ended);
                Some(format!("{name}: failed"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use songwright_base::{NoJournal, Observer as _, Operations, Progress, Service};

    use super::*;

    #[test]
    fn a_line_when_a_stage_ends_and_some_while_it_is_long() {
        let operations = Operations::new(Arc::new(NoJournal));
        let operation = operations
            .start(Service::Integrated, "k", serde_json::Value::Null)
            .unwrap();
        let mut plain = Plain::default();
        let begin = Instant::now();
        let mut at = |s: u64| plain.lines(&operation.snapshot(), begin + Duration::from_secs(s));

        operation.set_queue_position(0);
        assert!(at(0).is_empty());
        operation.set_queue_position(1);
        assert_eq!(at(0), ["1 song before this one"]);
        assert!(at(0).is_empty(), "said once");
        operation.start(Duration::from_secs(60));
        operation.report(Progress::new(Stage::Render, 10, 120));
        assert!(at(0).is_empty());
        assert!(at(2).is_empty());
        operation.report(Progress::new(Stage::Render, 30, 120));
        assert_eq!(at(3), ["Playing the parts: 30 of 120"]);
        operation.report(Progress::new(Stage::Download, 1_500_000, 8_000_000_000));
        assert!(at(3).is_empty());
        assert_eq!(
            at(6),
            [
                "Playing the parts: 30 of 120",
                "Downloading the model: 1.5 MB of 8.0 GB"
            ]
        );
        operation.end_stage(Stage::Download, true);
        operation.report(Progress::new(Stage::Cover, 0, 1));
        operation.end_stage(Stage::Cover, false);
        operation.end_stage(Stage::Render, true);
        assert_eq!(
            at(4),
            [
                "Playing the parts: done in 0.0 s",
                "Downloading the model: done in 0.0 s",
                "Drawing the cover: failed"
            ]
        );
        assert!(at(60).is_empty());
    }
}
