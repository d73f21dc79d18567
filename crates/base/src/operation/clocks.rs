use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::Stage;

/// How long each stage has been at work: a stage may rest while others go on, and begin again.
#[derive(Default)]
pub(super) struct Clocks(Mutex<Vec<Clock>>);

struct Clock {
    stage: Stage,
    /// Before it rested last.
    before: Duration,
    /// Since when it runs.
    since: Option<Instant>,
}

impl Clocks {
    /// Lets a stage's clock run, if it does not; the seconds so far.
    pub(super) fn run(&self, stage: Stage) -> f64 {
        self.with(stage, |clock| {
            clock.since.get_or_insert_with(Instant::now);
            clock.time()
        })
    }

    /// Stops a stage's clock, if it runs; the seconds so far.
    pub(super) fn stop(&self, stage: Stage) -> f64 {
        self.with(stage, |clock| {
            clock.before = clock.time();
            clock.since = None;
            clock.before
        })
    }

    fn with(&self, stage: Stage, change: impl FnOnce(&mut Clock) -> Duration) -> f64 {
        let mut clocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = clocks.iter().position(|clock| clock.stage == stage);
        let index = index.unwrap_or_else(|| {
            clocks.push(Clock {
                stage,
                before: Duration::ZERO,
                since: None,
            });
            clocks.len() - 1
        });
        change(&mut clocks[index]).as_secs_f64()
    }
}

impl Clock {
    fn time(&self) -> Duration {
        let now = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        self.before + now
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    #[test]
    fn a_stage_that_rests_takes_no_time() {
        const WHILE: Duration = Duration::from_millis(30);
        let clocks = Clocks::default();
        assert!(clocks.run(Stage::Render) < 0.03);
        sleep(WHILE);
        let first = clocks.stop(Stage::Render);
        assert!(first >= 0.03, "{first}");
        sleep(WHILE);
        // Neither what stops twice nor what begins again has worked meanwhile.
        assert_eq!(clocks.stop(Stage::Render), first);
        clocks.run(Stage::Render);
        sleep(WHILE);
        let both = clocks.stop(Stage::Render);
        assert!(both >= first + 0.03, "{both}");
        assert_eq!(clocks.stop(Stage::Master), 0.0);
    }
}
