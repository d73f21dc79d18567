//! Waveforms small enough to send.

use serde::{Deserialize, Serialize};

use crate::Pcm;

/// The lowest and highest sample of each of a number of equal spans of a song, all channels
/// together, in steps of 1/127: 8 bits are finer than the pixels that a waveform is drawn with.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Peaks {
    /// `[lowest, highest]` of each span in order, −127..127.
    pub spans: Vec<[i8; 2]>,
}

impl Peaks {
    /// Enough spans for a waveform across a large window.
    pub const DEFAULT_SPANS: usize = 1_000;

    /// `spans` spans of `pcm`, fewer where it has fewer frames; none of empty audio.
    #[must_use]
    pub fn of(pcm: &Pcm, spans: usize) -> Self {
        let channels = usize::from(pcm.channels.max(1));
        let frames = pcm.frames();
        let spans = spans.min(frames);
        let bounds = |i: usize| i * frames / spans * channels;
        let spans = (0..spans)
            .map(|i| {
                let (low, high) = pcm.samples[bounds(i)..bounds(i + 1)]
                    .iter()
                    .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), s| {
                        (low.min(*s), high.max(*s))
                    });
                [(low * 127.0).floor() as i8, (high * 127.0).ceil() as i8]
                    .map(|step| step.max(-127))
            })
            .collect();
        Self { spans }
    }

    /// The spans as pairs of bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.spans
            .iter()
            .flat_map(|span| span.map(i8::cast_unsigned))
            .collect()
    }

    /// What [`Peaks::to_bytes`] wrote; an odd last byte is left out.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let (pairs, _) = bytes.as_chunks::<2>();
        Self {
            spans: pairs.iter().map(|pair| pair.map(u8::cast_signed)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_is_in_its_span_and_nowhere_else() {
        let mut pcm = Pcm {
            sample_rate: 1_000,
            channels: 2,
            samples: vec![0.0; 2_000],
        };
        pcm.samples[2 * 505] = -0.5;
        pcm.samples[2 * 505 + 1] = 1.0;
        let peaks = Peaks::of(&pcm, 100);
        assert_eq!(peaks.spans.len(), 100);
        for (i, span) in peaks.spans.iter().enumerate() {
            let want = if i == 50 { [-64, 127] } else { [0, 0] };
            assert_eq!(*span, want, "span {i}");
        }
        assert_eq!(Peaks::from_bytes(&peaks.to_bytes()), peaks);
    }

    #[test]
    fn every_frame_is_in_one_span() {
        let pcm = Pcm {
            sample_rate: 10,
            channels: 1,
            samples: (0..7).map(|i| i as f32 / 6.0).collect(),
        };
        assert_eq!(Peaks::of(&pcm, 3).spans, [[0, 22], [42, 64], [84, 127]]);
        assert_eq!(Peaks::of(&pcm, 100).spans.len(), 7);
        let empty = Pcm {
            samples: Vec::new(),
            ..pcm
        };
        assert_eq!(Peaks::of(&empty, 10), Peaks::default());
    }
}
