//! Plays each part of the score with a synthesizer of its own, on threads.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustysynth::{Synthesizer, SynthesizerSettings};
use songwright_audio::Pcm;
use songwright_base::{Observer, Progress, Stage};
use songwright_music::Stem;

use super::error::ComposeError;
use super::score::{Part, Score};
use super::soundfont;

/// Frames a second of everything the sketch renders.
pub const SAMPLE_RATE: u32 = 48_000;
/// How often progress is told and cancelling is asked for: 0.25 s of audio.
const SLICE: usize = SAMPLE_RATE as usize / 4;
/// The synthesizer's General MIDI controllers.
const CONTROL_CHANGE: i32 = 0xB0;
const PROGRAM_CHANGE: i32 = 0xC0;
const PAN: i32 = 10;
const REVERB_SEND: i32 = 91;
const CHORUS_SEND: i32 = 93;
/// Sends up to this are inaudible, and effects are a quarter of the work.
const DRY: f32 = 0.05;
/// The last part of the final chord's ring, as a share of it, in which the song fades.
const FADE_SHARE: f64 = 0.72;
/// The last moment of the song rises no more: it falls to zero, in seconds.
const CLOSE_S: f64 = 0.05;

/// All stems of `score`, `frames` long, in the score's order.
pub(super) fn render(
    score: &Score,
    frames: usize,
    observer: &dyn Observer,
) -> Result<Vec<Stem>, ComposeError> {
    let count = score.parts.len();
    let next = AtomicUsize::new(0);
    let slices = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results: Mutex<Vec<Option<Result<Stem, ComposeError>>>> =
        Mutex::new((0..count).map(|_| None).collect());
    let total = (count * frames).div_ceil(SAMPLE_RATE as usize).max(1) as u64;
    observer.report(Progress::new(Stage::Render, 0, total));
    let tick = || {
        let done = slices.fetch_add(1, Ordering::Relaxed) + 1;
        let done_s = (done * SLICE / SAMPLE_RATE as usize) as u64;
        observer.report(Progress::new(Stage::Render, done_s.min(total), total));
        !observer.is_cancelled() && !failed.load(Ordering::Relaxed)
    };
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = score.parts.get(i) else {
                break;
            };
            let stem = play(score, part, frames, &tick);
            if stem.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(PoisonError::into_inner)[i] = Some(stem);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            scope.spawn(work);
        }
    });
    if observer.is_cancelled() {
        return Err(ComposeError::Cancelled);
    }
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut stems = Vec::with_capacity(count);
    let mut stopped = None;
    for result in results {
        match result {
            Some(Ok(stem)) => stems.push(stem),
            // The other stems stop when one fails: the failure itself is what to tell.
            Some(Err(ComposeError::Cancelled)) => stopped = Some(ComposeError::Cancelled),
            Some(Err(error)) => return Err(error),
            None => stopped = Some(ComposeError::StemThread),
        }
    }
    stopped.map_or(Ok(stems), Err)
}

fn play(
    score: &Score,
    part: &Part,
    frames: usize,
    go_on: &dyn Fn() -> bool,
) -> Result<Stem, ComposeError> {
    let font = soundfont::load(part.preset)?;
    let mut settings = SynthesizerSettings::new(SAMPLE_RATE as i32);
    settings.enable_reverb_and_chorus = part.channel.reverb > DRY || part.channel.chorus > DRY;
    let mut synth = Synthesizer::new(&font, &settings)?;
    let channel = i32::from(part.midi_channel);
    let percent = |x: f32| (x * 127.0).clamp(0.0, 127.0) as i32;
    synth.process_midi_message(channel, PROGRAM_CHANGE, part.preset.program.into(), 0);
    let pan = (64.0 + 63.0 * part.channel.pan).clamp(0.0, 127.0) as i32;
    for (controller, value) in [
        (PAN, pan),
        (REVERB_SEND, percent(part.channel.reverb)),
        (CHORUS_SEND, percent(part.channel.chorus)),
    ] {
        synth.process_midi_message(channel, CONTROL_CHANGE, controller, value);
    }
    let frame = |tick: u32| (score.seconds(tick) * f64::from(SAMPLE_RATE)).round() as usize;
    // Of one frame, releases come before strokes.
    let mut events: Vec<(usize, bool, u8, u8)> = part
        .notes
        .iter()
        .flat_map(|n| {
            let off = (frame(n.start + n.length), false, n.key, 0);
            [off, (frame(n.start), true, n.key, n.velocity)]
        })
        .collect();
    events.sort_unstable();
    let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
    let mut events = events.into_iter().peekable();
    let (mut at, mut slice_end, mut struck) = (0, 0, false);
    while at < frames {
        if at >= slice_end {
            if !go_on() {
                return Err(ComposeError::Cancelled);
            }
            slice_end = at + SLICE;
        }
        while let Some((_, on, key, velocity)) = events.next_if(|e| e.0 <= at) {
            struck = true;
            if on {
                synth.note_on(channel, key.into(), velocity.into());
            } else {
                synth.note_off(channel, key.into());
            }
        }
        let next = events.peek().map_or(frames, |e| e.0);
        let until = next.min(slice_end).min(frames);
        // Nothing sounds before the first note, and its silence need not be computed.
        if struck {
            synth.render(&mut left[at..until], &mut right[at..until]);
        }
        at = until;
    }
    let gain = 10_f32.powf(part.channel.gain_db / 20.0);
    let fade = Fade::of(score, frames);
    let mut samples = vec![0.0; frames * 2];
    let pairs = left.iter().zip(&right);
    for (i, (frame, (l, r))) in samples.chunks_exact_mut(2).zip(pairs).enumerate() {
        let g = gain * fade.at(i);
        frame[0] = l * g;
        frame[1] = r * g;
    }
    Ok(Stem {
        name: part.name.clone(),
        audio: Pcm {
            sample_rate: SAMPLE_RATE,
            channels: 2,
            samples,
        },
    })
}

/// The gain with which every stem leaves: 1 until the final chord has sounded, then down to 0.
struct Fade {
    start: usize,
    close: usize,
    end: usize,
}

impl Fade {
    fn of(score: &Score, frames: usize) -> Self {
        let rate = f64::from(SAMPLE_RATE);
        let ring = frames as f64 - score.seconds(score.final_chord) * rate;
        Self {
            start: frames.saturating_sub((ring * FADE_SHARE).max(0.0) as usize),
            close: frames.saturating_sub((CLOSE_S * rate) as usize),
            end: frames,
        }
    }

    fn at(&self, frame: usize) -> f32 {
        if frame < self.start {
            return 1.0;
        }
        let share = |from: usize| (self.end - frame - 1) as f32 / (self.end - from).max(1) as f32;
        // A straight line in dB sounds even; the cube comes near it and reaches zero.
        let ring = share(self.start).powi(3);
        if frame < self.close {
            ring
        } else {
            ring * share(self.close)
        }
    }
}
