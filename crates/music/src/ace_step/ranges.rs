//! Ranges of a song in the model's frames.

use std::ops::Range;

use super::{
    codec::SAMPLES_PER_FRAME,
    diffusion::{FRAMES_PER_S, frames},
};

/// What is below this is silence, or the dither of a file of 16 bits.
const SILENCE: f32 = 3.0 / 32_768.0;

/// The part of a song of `length_s` seconds that a range in seconds names, in frames of which there are `all`. What
/// lies beyond the song is left out; a range that comes to its end goes to the end of its last frame, which is only partly
/// filled.
pub(super) fn repainted(range_s: &Range<f64>, length_s: f64, all: i64) -> Range<i64> {
    let end = if frames(range_s.end) >= frames(length_s) {
        all
    } else {
        frames(range_s.end)
    };
    frames(range_s.start.max(0.0))..end
}

/// What is said of a range that is not all of it in the song; less than a frame is nobody's concern.
pub(super) fn beyond(range_s: &Range<f64>, length_s: f64) -> Option<String> {
    let frame_s = FRAMES_PER_S.recip();
    let is_beyond = range_s.start < -frame_s || range_s.end > length_s + frame_s;
    is_beyond.then(|| {
        format!(
            "The range from {} to {} s goes beyond the song of {length_s:.1} s, whose part of it was made anew. \
             Extend the song to make it longer.",
            range_s.start, range_s.end
        )
    })
}

/// A song in the longer one that it becomes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Extension {
    /// Frames of the song that are held.
    pub(super) held: usize,
    /// Frames that are made before them.
    pub(super) before: usize,
    /// Frames that are made after them.
    pub(super) after: usize,
}

impl Extension {
    /// Of a song at the codec's rate, of which both channels are given, that gets so many seconds more on either side.
    ///
    /// What follows the song begins where it stops to sound: its last frame is only partly filled, by silence for the rest,
    /// and held with it there would be a hole between old and new.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "durations are checked"
    )]
    pub(super) fn of(
        channels: &[Vec<f32>; 2],
        length_s: f64,
        (before_s, after_s): (f64, f64),
    ) -> Self {
        let of_seconds = |seconds: f64| (seconds * FRAMES_PER_S).ceil() as usize;
        let before = of_seconds(before_s);
        let held = if after_s > 0.0 {
            sounding(channels) / SAMPLES_PER_FRAME
        } else {
            channels[0].len().div_ceil(SAMPLES_PER_FRAME)
        };
        let all = before + of_seconds(length_s + after_s);
        Self {
            held,
            before,
            after: all.saturating_sub(before + held),
        }
    }

    /// The range that is made anew, around what is held.
    pub(super) fn range(self) -> Range<i64> {
        let count = |frames: usize| i64::try_from(frames).unwrap_or(i64::MAX);
        -count(self.before)..count(self.held + self.after)
    }

    /// By how much the frames before are longer than what was asked for, in seconds.
    #[expect(clippy::cast_precision_loss, reason = "some thousand frames")]
    pub(super) fn surplus_s(self, before_s: f64) -> f64 {
        self.before as f64 / FRAMES_PER_S - before_s
    }
}

/// Samples before the silence at the end; of that no more than a frame is left out, because more of it is meant.
fn sounding(channels: &[Vec<f32>; 2]) -> usize {
    let end = |channel: &Vec<f32>| {
        let last = channel.iter().rposition(|sample| sample.abs() > SILENCE);
        last.map_or(0, |last| last + 1)
    };
    let all = channels[0].len();
    let sounding = end(&channels[0]).max(end(&channels[1]));
    sounding.max(all.saturating_sub(SAMPLES_PER_FRAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn song(sounding: usize, silent: usize) -> [Vec<f32>; 2] {
        let mut left = vec![0.1; sounding];
        left.resize(sounding + silent, 0.0);
        [left.clone(), left]
    }

    #[test]
    fn a_range_ends_with_its_song() {
        // 107.67 frames.
        let of = |range: Range<f64>| repainted(&range, 10.0, 108);
        assert_eq!(of(5.0..9.0), 53..96);
        assert_eq!(of(5.0..9.9), 53..106);
        for end in [9.97, 10.0, 10.1, 12.0, 600.0] {
            assert_eq!(of(5.0..end), 53..108, "{end}");
        }
        assert_eq!(of(-3.0..5.0), 0..53);
        let said = |range: Range<f64>| beyond(&range, 10.0).is_some();
        assert!(!said(0.0..10.09) && said(0.0..10.1) && said(-0.1..5.0) && !said(-0.09..5.0));
    }

    #[test]
    fn what_is_held_sounds_to_its_end() {
        const FRAME: usize = SAMPLES_PER_FRAME;
        let held = |sounding, silent| {
            let channels = song(sounding, silent);
            let length_s = channels[0].len() as f64 / 44_100.0;
            let of = Extension::of(&channels, length_s, (0.0, 5.0));
            let all = (length_s + 5.0) * FRAMES_PER_S;
            assert_eq!(of.held + of.after, all.ceil() as usize);
            of.held
        };
        assert_eq!(held(20 * FRAME, 0), 20);
        assert_eq!(held(20 * FRAME + FRAME - 1, 0), 20);
        assert_eq!(held(20 * FRAME, FRAME - 1), 20);
        // Silence within the last whole frame too.
        assert_eq!(held(19 * FRAME + FRAME / 2, FRAME - 1), 19);
        // A song that ends quietly.
        assert_eq!(held(10 * FRAME, 10 * FRAME), 19);
        assert_eq!(held(0, 20 * FRAME), 19);
    }

    #[test]
    fn the_end_of_a_song_that_begins_earlier_is_kept() {
        let of = Extension::of(&song(438_272, 2_728), 10.0, (2.0, 0.0));
        let before = 22;
        assert_eq!(
            of,
            Extension {
                held: 108,
                before,
                after: 0
            }
        );
        assert_eq!(of.range(), -22..108);
        // 22 frames are 2.043 s.
        assert!((of.surplus_s(2.0) - 0.0434).abs() < 1e-3);
    }
}
