//! The sum of the stems, and the master made of it.

use songwright_audio::{Limiter, Pcm, frame_peaks, integrated_loudness, true_peak};
use songwright_base::{Observer, Progress, Stage};
use songwright_music::Stem;

use super::error::ComposeError;
use super::stems::SAMPLE_RATE;

/// Integrated loudness of every master, in LUFS.
pub const LOUDNESS_LUFS: f64 = -14.0;
/// The true peak that no master passes, in dBTP.
pub const TRUE_PEAK_DBTP: f64 = -1.0;
/// How near the loudness must come, in LU.
const CLOSE_ENOUGH_LU: f64 = 0.1;
const TRIES: u64 = 8;
/// Below this, in Hz, there is no music, only rumble.
const RUMBLE_HZ: f64 = 20.0;
/// Samples between two questions whether to go on: a second of stereo.
const BLOCK: usize = SAMPLE_RATE as usize * 2;

/// The stems' sum, `frames` long: the mix before mastering.
#[must_use]
pub fn sum(stems: &[Stem], frames: usize) -> Pcm {
    let mut samples = vec![0.0; frames * 2];
    for stem in stems {
        for (sample, x) in samples.iter_mut().zip(&stem.audio.samples) {
            *sample += x;
        }
    }
    Pcm {
        sample_rate: SAMPLE_RATE,
        channels: 2,
        samples,
    }
}

/// The master of a mix: rumble taken out, bus compression, −14 LUFS, at most −1 dBTP.
pub(super) fn master(mut clean: Pcm, observer: &dyn Observer) -> Result<Pcm, ComposeError> {
    let step = |done| {
        observer.report(Progress::new(Stage::Master, done, TRIES + 2));
        go_on(observer)
    };
    step(0)?;
    high_pass(&mut clean.samples, observer)?;
    let loudness = integrated_loudness(&clean, observer)?;
    if !loudness.is_finite() {
        return Ok(clean);
    }
    compress(&mut clean.samples, loudness, observer)?;
    step(1)?;
    let peaks = frame_peaks(&clean, observer).ok_or(ComposeError::Cancelled)?;
    let mut limiter = Limiter {
        ceiling_dbtp: TRUE_PEAK_DBTP as f32 - 0.15,
        look_ahead_s: 0.003,
        release_s: 0.09,
    };
    let mut gain_db = LOUDNESS_LUFS - integrated_loudness(&clean, observer)?;
    let mut limited = None;
    for done in 0..TRIES {
        step(2 + done)?;
        let gain = 10_f64.powf(gain_db / 20.0) as f32;
        // The one before goes first: a long song's samples are a quarter of a gigabyte.
        limited = None;
        let tried = limiter
            .apply(&clean, &peaks, gain, observer)
            .ok_or(ComposeError::Cancelled)?;
        let tried = limited.insert(tried);
        let error = LOUDNESS_LUFS - integrated_loudness(tried, observer)?;
        if error.abs() <= CLOSE_ENOUGH_LU {
            let over = true_peak(tried, observer)? - TRUE_PEAK_DBTP;
            if over <= 0.0 {
                break;
            }
            limiter.ceiling_dbtp -= over as f32 + 0.05;
            continue;
        }
        // The limiter eats a part of what is added, so a little more is.
        gain_db += error * if error > 0.0 { 1.25 } else { 1.0 };
    }
    observer.report(Progress::new(Stage::Master, TRIES + 2, TRIES + 2));
    Ok(limited.unwrap_or(clean))
}

fn go_on(observer: &dyn Observer) -> Result<(), ComposeError> {
    if observer.is_cancelled() {
        Err(ComposeError::Cancelled)
    } else {
        Ok(())
    }
}

/// A Butterworth high-pass of the second order.
fn high_pass(samples: &mut [f32], observer: &dyn Observer) -> Result<(), ComposeError> {
    let w = std::f64::consts::TAU * RUMBLE_HZ / f64::from(SAMPLE_RATE);
    let alpha = w.sin() / std::f64::consts::SQRT_2;
    let a0 = 1.0 + alpha;
    let b = [(1.0 + w.cos()) / 2.0 / a0, -(1.0 + w.cos()) / a0];
    let a = [-2.0 * w.cos() / a0, (1.0 - alpha) / a0];
    let mut state = [[0.0_f64; 2]; 2];
    for block in samples.chunks_mut(BLOCK) {
        go_on(observer)?;
        for frame in block.chunks_exact_mut(2) {
            for (x, s) in frame.iter_mut().zip(&mut state) {
                let input = f64::from(*x);
                let output = b[0] * input + s[0];
                s[0] = b[1] * input - a[0] * output + s[1];
                s[1] = b[0] * input - a[1] * output;
                *x = output as f32;
            }
        }
    }
    Ok(())
}

/// Gentle glue: 2:1 above 4 dB over the song's own loudness, so that quiet songs get as much.
fn compress(
    samples: &mut [f32],
    loudness_lufs: f64,
    observer: &dyn Observer,
) -> Result<(), ComposeError> {
    const RATIO: f32 = 2.0;
    let coefficient = |seconds: f32| 1.0 - (-1.0 / (seconds * SAMPLE_RATE as f32)).exp();
    let (attack, release) = (coefficient(0.015), coefficient(0.16));
    let threshold = 10_f32.powf((loudness_lufs as f32 + 4.0) / 20.0);
    let mut level = 0.0_f32;
    for block in samples.chunks_mut(BLOCK) {
        go_on(observer)?;
        for frame in block.chunks_exact_mut(2) {
            let loud = 0.5 * (frame[0] * frame[0] + frame[1] * frame[1]);
            level += (loud - level) * if loud > level { attack } else { release };
            let over = level.sqrt() / threshold;
            if over > 1.0 {
                let gain = over.powf(1.0 / RATIO - 1.0);
                frame[0] *= gain;
                frame[1] *= gain;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const SECONDS: usize = 30;

    /// A tone that swells and drops.
    fn mix() -> Pcm {
        let frames = SAMPLE_RATE as usize * SECONDS;
        let samples = (0..frames * 2).map(|i| {
            let swell = (i % 400_000) as f32 / 400_000.0;
            swell * ((i / 2 % 109) as f32 / 54.5 - 1.0)
        });
        Pcm {
            sample_rate: SAMPLE_RATE,
            channels: 2,
            samples: samples.collect(),
        }
    }

    /// Counts how often it is asked whether to go on, and says no from the `until`th time on.
    struct Asked {
        times: AtomicUsize,
        until: usize,
    }

    fn mastered(until: usize) -> (Result<Pcm, ComposeError>, usize) {
        let asked = Asked {
            times: AtomicUsize::new(0),
            until,
        };
        let result = master(mix(), &asked);
        (result, asked.times.into_inner())
    }

    impl Observer for Asked {
        fn report(&self, _: Progress) {}
        fn is_cancelled(&self) -> bool {
            self.times.fetch_add(1, Ordering::Relaxed) + 1 >= self.until
        }
    }

    #[test]
    fn every_pass_asks_after_each_second_or_so_and_stops_at_the_first_no() {
        let (master, asked) = mastered(usize::MAX);
        assert!(master.is_ok());
        // Two filters, two measurements, the peaks of two channels, and at least one try: three
        // loops of the limiter, their application, loudness and true peak. A block has 1.4 s.
        let passes = 2 + 2 + 2 + 6;
        let least = passes * (SECONDS * 10 / 14);
        assert!(asked >= least, "asked {asked} times, not {least}");
        for until in (1..asked).step_by(7) {
            let (stopped, asked) = mastered(until);
            assert!(matches!(stopped, Err(ComposeError::Cancelled)), "{until}");
            assert_eq!(asked, until, "it went on after it was told to stop");
        }
    }
}
