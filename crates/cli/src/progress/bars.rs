use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use songwright_base::{Snapshot, Stage, StageState, StageStatus};

/// Redraws of a spinner.
const TICK: Duration = Duration::from_millis(100);

/// One line a stage, below them what is being made and how long it still takes.
pub(super) struct Bars {
    all: MultiProgress,
    stages: Vec<(Stage, ProgressBar)>,
    last: ProgressBar,
    looks: Looks,
}

struct Looks {
    spinner: ProgressStyle,
    bar: ProgressStyle,
    bytes: ProgressStyle,
    ended: ProgressStyle,
    last: ProgressStyle,
}

impl Bars {
    pub(super) fn new() -> Self {
        let looks = Looks::new();
        let all = MultiProgress::new();
        let last = all.add(ProgressBar::new_spinner().with_style(looks.last.clone()));
        Self {
            all,
            stages: Vec::new(),
            last,
            looks,
        }
    }

    pub(super) fn show(&mut self, snapshot: &Snapshot) {
        for status in &snapshot.stages {
            if !matches!(status.state, StageState::Pending | StageState::Skipped) {
                self.show_stage(status);
            }
        }
        self.last.set_message(last_line(snapshot));
        self.last.tick();
    }

    /// Takes the line that only made sense meanwhile away; the stages stay.
    pub(super) fn clear(&self) {
        for (_, bar) in &self.stages {
            if !bar.is_finished() {
                bar.abandon();
            }
        }
        self.last.finish_and_clear();
    }

    fn show_stage(&mut self, status: &StageStatus) {
        let bar = match self.stages.iter().find(|(stage, _)| *stage == status.stage) {
            Some((_, bar)) => bar.clone(),
            None => {
                let bar = ProgressBar::new_spinner().with_style(self.looks.spinner.clone());
                let bar = self.all.insert_before(&self.last, bar);
                bar.set_message(status.stage.sentence());
                bar.enable_steady_tick(TICK);
                self.stages.push((status.stage, bar.clone()));
                bar
            }
        };
        if bar.is_finished() {
            return;
        }
        match status.state {
            StageState::Done => {
                bar.set_style(self.looks.ended.clone());
                bar.set_prefix("✓");
                let seconds = status.seconds.unwrap_or_default();
                bar.finish_with_message(format!("{:<30} {seconds:.1} s", status.stage.sentence()));
            }
            StageState::Failed => {
                bar.set_style(self.looks.ended.clone());
                bar.set_prefix("✗");
                bar.finish_with_message(format!("{:<30} failed", status.stage.sentence()));
            }
            // A single step has no parts to show.
            _ if status.total > 1 => {
                bar.set_style(if status.stage.is_in_bytes() {
                    self.looks.bytes.clone()
                } else {
                    self.looks.bar.clone()
                });
                bar.set_length(status.total);
                bar.set_position(status.done);
            }
            _ => {}
        }
    }
}

impl Looks {
    fn new() -> Self {
        // A template that does not parse falls back to indicatif's own; a test looks at ours.
        let style = |template: &str| {
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
        };
        Self {
            spinner: style("{spinner:.cyan} {msg:<30}"),
            bar: style("{spinner:.cyan} {msg:<30} {bar:28.cyan/dim} {pos}/{len}")
                .progress_chars("━━╌"),
            bytes: style(
                "{spinner:.cyan} {msg:<30} {bar:28.cyan/dim} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec:.dim} {eta:.dim}",
            )
            .progress_chars("━━╌"),
            ended: style("{prefix:.green} {msg}"),
            last: style("  {wide_msg:.dim}"),
        }
    }
}

fn last_line(snapshot: &Snapshot) -> String {
    let left = snapshot.eta_s.map(|s| match s.ceil() {
        s if s < 1.0 => "nearly done".to_owned(),
        s if s < 90.0 => format!("about {s:.0} s left"),
        s => format!("about {:.0} min left", s / 60.0),
    });
    let waiting = snapshot
        .queue_position
        .is_some()
        .then(|| snapshot.message.clone());
    let note = snapshot.note.as_ref().map(|line| format!("“{line}”"));
    [waiting, left, snapshot.warning.clone(), note]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indicatif::{InMemoryTerm, ProgressDrawTarget};
    use songwright_base::{NoJournal, Observer as _, Operations, Progress, Service};

    use super::*;

    #[test]
    fn one_line_a_stage_with_true_figures() {
        let operations = Operations::new(Arc::new(NoJournal));
        let operation = operations
            .start(Service::Integrated, "k", serde_json::Value::Null)
            .unwrap();
        operation.start(Duration::from_secs(60));
        operation.report(Progress::new(Stage::Lyrics, 0, 1));
        operation.end_stage(Stage::Lyrics, true);
        operation.report(Progress::new(Stage::Render, 30, 120));
        operation.note("rain on the tin roof");

        let screen = InMemoryTerm::new(20, 100);
        let mut bars = Bars::new();
        bars.all
            .set_draw_target(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        bars.show(&operation.snapshot());
        // The true figures are there with the next tick, however late a busy machine makes it.
        let patience = std::time::Instant::now() + Duration::from_secs(20);
        while !screen.contents().contains("30/120") && std::time::Instant::now() < patience {
            std::thread::sleep(TICK);
        }
        let shown = screen.contents();
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{shown}");
        assert!(
            lines[0].starts_with("✓ Writing the words") && lines[0].ends_with("0.0 s"),
            "{shown}"
        );
        assert!(
            lines[1].contains("Playing the parts") && lines[1].ends_with("30/120"),
            "{shown}"
        );
        assert_eq!(lines[2].trim(), "“rain on the tin roof”");

        operation.report(Progress::new(Stage::Download, 1_500_000, 8_000_000));
        bars.show(&operation.snapshot());
        while !screen.contents().contains("1.50 MB/8.00 MB") && std::time::Instant::now() < patience
        {
            std::thread::sleep(TICK);
        }
        let shown = screen.contents();
        assert!(shown.contains("1.50 MB/8.00 MB"), "{shown}");
        operation.end_stage(Stage::Download, true);

        operation.end_stage(Stage::Render, false);
        bars.show(&operation.snapshot());
        bars.clear();
        let shown = screen.contents();
        assert!(
            shown.lines().count() == 3 && shown.contains("✗ Playing the parts"),
            "{shown}"
        );
    }
}
