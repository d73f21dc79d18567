use std::sync::{Mutex, PoisonError};

use super::Operation;
use crate::{Observer, Preview, Progress, Stage};

/// One of several like things that an operation makes one after the other, such as takes.
///
/// It is the [`Observer`] of the engine that makes it: what is done of a stage is that share of the whole stage, and
/// a stage's clock rests while the others of this thing run.
pub struct Part {
    operation: Operation,
    nth: u32,
    of: u32,
    last: Mutex<Option<Stage>>,
}

impl Part {
    /// The thing `nth`, from 0, `of` so many.
    #[must_use]
    pub fn new(operation: &Operation, nth: u32, of: u32) -> Self {
        Self {
            operation: operation.clone(),
            nth,
            of: of.max(1),
            last: Mutex::default(),
        }
    }
}

impl Observer for Part {
    fn report(&self, progress: Progress) {
        let Progress { stage, done, total } = progress;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = last.replace(stage).filter(|before| *before != stage) {
            self.operation.rest(before);
        }
        // What is loaded is loaded for all of them.
        let (nth, of) = match stage {
            Stage::Load => (0, 1),
            _ => (u64::from(self.nth), u64::from(self.of)),
        };
        let whole = total.saturating_mul(of);
        let before = total.saturating_mul(nth);
        let done = done.min(total);
        self.operation
            .report(Progress::new(stage, before.saturating_add(done), whole));
        if done >= total {
            self.operation.rest(stage);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.operation.is_cancelled()
    }

    fn is_given_up(&self) -> bool {
        self.operation.is_given_up()
    }

    fn note(&self, text: &str) {
        self.operation.note(text);
    }

    fn preview(&self, preview: &Preview) {
        self.operation.preview(preview);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{NoJournal, Operations, Service, StageState, StageStatus};

    fn operation() -> Operation {
        let operations = Operations::new(Arc::new(NoJournal));
        let started = operations.start(Service::Music, "retake", serde_json::Value::Null);
        let operation = started.unwrap();
        operation.expect_stages(vec![
            StageStatus::pending(Stage::Render, Some(8.0)),
            StageStatus::pending(Stage::Master, Some(2.0)),
        ]);
        operation.start(Duration::from_secs(60));
        operation
    }

    #[test]
    fn each_of_several_takes_is_its_share_of_the_whole() {
        let operation = operation();
        let mut seen = Vec::new();
        for nth in 0..4 {
            let take = Part::new(&operation, nth, 4);
            for (stage, done) in [(Stage::Render, 5), (Stage::Render, 10), (Stage::Master, 10)] {
                take.report(Progress::new(stage, done, 10));
                seen.push(operation.snapshot().progress);
            }
        }
        let want: Vec<f64> = (0..4)
            .flat_map(|n| [0.1, 0.2, 0.25].map(|share| f64::from(n) / 4.0 + share))
            .collect();
        for (seen, want) in seen.iter().zip(&want) {
            assert!((seen - want).abs() < 1e-9, "{seen} {want}");
        }
        let stages = operation.snapshot().stages;
        assert!(stages.iter().all(|stage| stage.state == StageState::Done));
    }

    #[test]
    fn a_stage_rests_while_another_of_the_same_take_runs() {
        let operation = operation();
        let seconds = |stage: usize| operation.snapshot().stages[stage].seconds.unwrap();
        for nth in 0..2 {
            let take = Part::new(&operation, nth, 2);
            take.report(Progress::new(Stage::Render, 0, 2));
            // It ends without saying so, as one that was given up and tried again in another way.
            take.report(Progress::new(Stage::Render, 1, 2));
            take.report(Progress::new(Stage::Master, 0, 2));
            std::thread::sleep(Duration::from_millis(60));
            take.report(Progress::new(Stage::Master, 2, 2));
        }
        assert!(seconds(1) >= 0.12, "{}", seconds(1));
        assert!(
            seconds(0) < seconds(1) / 2.0,
            "{} {}",
            seconds(0),
            seconds(1)
        );
    }
}
