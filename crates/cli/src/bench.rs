use std::time::Instant;

use serde::Serialize;
use songwright_api::{AudioGenerationBase, SongRequest, Whole};
use songwright_base::{
    Failure, Service, Stage, StageState,
    config::{Config, StorageConfig},
};
use songwright_server::{Host, Serving};
use songwright_storage::Scratch;

use crate::{
    Error,
    args::BenchArgs,
    print,
    progress::{self, Style},
};

const ENDPOINT: &str = "generate_from_description";
const DESCRIPTION: &str = "a bright indie pop song about the first warm evening of the year";

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    /// Seconds of audio of each song.
    audio_duration: f64,
    runs: u32,
    /// In the order in which they begin.
    stages: Vec<Row>,
    /// From the request to the song in the library.
    whole: Row,
}

/// A stage, as medians over the runs.
#[derive(Debug, Serialize)]
struct Row {
    stage: String,
    seconds: f64,
    /// Seconds of audio made in one second of work.
    real_time_factor: f64,
}

/// Makes songs in a library of its own and times their stages.
///
/// # Errors
/// What an engine says; [`Error::Interrupted`] after Ctrl-C.
pub(crate) async fn bench(config: &Config, args: &BenchArgs, json: bool) -> Result<(), Error> {
    let folder = Scratch::of(&config.data_dir)
        .folder()
        .map_err(Failure::from)?;
    let config = Config {
        data_dir: folder.path().to_owned(),
        // A bucket is for songs.
        storage: StorageConfig::Local,
        ..config.clone()
    };
    let host = Host::open(config, Serving::All).await?;
    let mut seen: Vec<(Stage, Vec<f64>)> = Vec::new();
    let mut whole = Vec::new();
    for seed in 1..=args.runs {
        let request = SongRequest {
            full_described_song: Some(DESCRIPTION.to_owned()),
            audio: AudioGenerationBase {
                audio_duration: Some(args.duration),
                seed: Some(Whole(i64::from(seed))),
                ..AudioGenerationBase::default()
            },
            ..SongRequest::default()
        };
        let request = request.settled().map_err(Failure::from)?;
        let value = serde_json::to_value(&request)
            .map_err(|e| Failure::internal("writing down the request", &e))?;
        print::aside(format!("Song {seed} of {}", args.runs));
        let begun = Instant::now();
        let operation = host.queue.submit(Service::Integrated, ENDPOINT, value)?;
        let end = progress::follow(&operation, Style::Plain).await?;
        whole.push(begun.elapsed().as_secs_f64());
        for status in end.stages.iter().filter(|s| s.state == StageState::Done) {
            let seconds = status.seconds.unwrap_or_default();
            match seen.iter_mut().find(|(stage, _)| *stage == status.stage) {
                Some((_, all)) => all.push(seconds),
                None => seen.push((status.stage, vec![seconds])),
            }
        }
    }
    let row = |stage: &str, seconds: Vec<f64>| {
        let seconds = median(seconds);
        Row {
            stage: stage.to_owned(),
            seconds,
            real_time_factor: args.duration / seconds.max(1e-6),
        }
    };
    report(
        &Report {
            audio_duration: args.duration,
            runs: args.runs,
            stages: seen
                .into_iter()
                .map(|(stage, seconds)| row(stage.word(), seconds))
                .collect(),
            whole: row("whole song", whole),
        },
        json,
    )
}

fn report(report: &Report, json: bool) -> Result<(), Error> {
    if json {
        return print::json(report);
    }
    print::line(format!(
        "Medians of {} songs of {} s. The factor is seconds of audio a second of work.\n",
        report.runs, report.audio_duration
    ))?;
    print::line(format!("{:<12} {:>9} {:>10}", "stage", "seconds", "factor"))?;
    for row in report.stages.iter().chain([&report.whole]) {
        let Row {
            stage,
            seconds,
            real_time_factor,
        } = row;
        print::line(format!(
            "{stage:<12} {seconds:>9.3} {real_time_factor:>9.1}×"
        ))?;
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(upper), 0) => f64::midpoint(values[middle - 1], *upper),
        (Some(value), _) => *value,
        (None, _) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
