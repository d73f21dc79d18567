//! What a listener would measure: tempo, key, silence, the ending.

use realfft::RealFftPlanner;
use songwright_audio::Pcm;

fn mono(pcm: &Pcm) -> Vec<f32> {
    pcm.samples
        .chunks_exact(2)
        .map(|f| 0.5 * (f[0] + f[1]))
        .collect()
}

/// The tempo whose beats' multiples the onsets repeat best, searched from 4/5 to 5/4 of `near`.
pub(crate) fn tempo(pcm: &Pcm, near: f64) -> f64 {
    const HOP: usize = 240;
    let rate = f64::from(pcm.sample_rate) / HOP as f64;
    // High-passed by differencing, so that attacks count more than held notes.
    let mono = mono(pcm);
    let energy: Vec<f64> = mono
        .windows(2)
        .map(|w| f64::from(w[1] - w[0]).powi(2))
        .collect::<Vec<_>>()
        .chunks(HOP)
        .map(|c| (1e-7 + c.iter().sum::<f64>()).ln())
        .collect();
    let onsets: Vec<f64> = energy.windows(3).map(|w| (w[2] - w[0]).max(0.0)).collect();
    let mean = onsets.iter().sum::<f64>() / onsets.len() as f64;
    let at = |lag: f64| {
        let (whole, part) = (lag.floor() as usize, lag.fract());
        let product = |lag: usize| -> f64 {
            let pairs = onsets.iter().zip(&onsets[lag.min(onsets.len())..]);
            pairs.map(|(a, b)| (a - mean) * (b - mean)).sum()
        };
        (1.0 - part) * product(whole) + part * product(whole + 1)
    };
    let candidates = (0..).map(|i| near * 0.8 + 0.2 * f64::from(i));
    candidates
        .take_while(|bpm| *bpm <= near * 1.25)
        .map(|bpm| {
            let beat = rate * 60.0 / bpm;
            let score: f64 = (1..=16).map(|k| at(beat * f64::from(k))).sum();
            (bpm, score)
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap()
        .0
}

/// The energy of the twelve pitch classes, from C, between 60 Hz and 1.2 kHz.
pub(crate) fn chroma(pcm: &Pcm) -> [f64; 12] {
    const SIZE: usize = 16_384;
    let mono = mono(pcm);
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
    let mut spectrum = fft.make_output_vec();
    let mut chroma = [0.0; 12];
    for block in mono.chunks_exact(SIZE) {
        let mut windowed: Vec<f32> = block
            .iter()
            .enumerate()
            .map(|(i, x)| {
                x * (std::f32::consts::PI * i as f32 / SIZE as f32)
                    .sin()
                    .powi(2)
            })
            .collect();
        fft.process(&mut windowed, &mut spectrum).unwrap();
        for (bin, value) in spectrum.iter().enumerate() {
            let hz = bin as f64 * f64::from(pcm.sample_rate) / SIZE as f64;
            if (60.0..1200.0).contains(&hz) {
                let key = (69.0 + 12.0 * (hz / 440.0).log2()).round() as i32;
                chroma[key.rem_euclid(12) as usize] += f64::from(value.norm()).sqrt();
            }
        }
    }
    chroma
}

/// The correlation of `chroma` with the Krumhansl–Kessler profile of a key.
pub(crate) fn key_fit(chroma: &[f64; 12], tonic: usize, minor: bool) -> f64 {
    let profile: [f64; 12] = if minor {
        [
            6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17,
        ]
    } else {
        [
            6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88,
        ]
    };
    let mean = |x: &[f64; 12]| x.iter().sum::<f64>() / 12.0;
    let (mc, mp) = (mean(chroma), mean(&profile));
    let (mut both, mut cc, mut pp) = (0.0, 0.0, 0.0);
    for i in 0..12 {
        let c = chroma[(i + tonic) % 12] - mc;
        let p = profile[i] - mp;
        both += c * p;
        cc += c * c;
        pp += p * p;
    }
    both / (cc * pp).sqrt()
}

/// The longest stretch under −50 dBFS before `until_s`, in seconds, measured in 50 ms blocks.
pub(crate) fn longest_silence_s(pcm: &Pcm, until_s: f64) -> f64 {
    let block = pcm.sample_rate as usize / 10;
    let blocks = (until_s * 20.0) as usize;
    let (mut longest, mut run) = (0, 0);
    for b in pcm.samples.chunks(block).take(blocks) {
        let rms = (b.iter().map(|x| x * x).sum::<f32>() / b.len() as f32).sqrt();
        run = if rms < 0.003_16 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    f64::from(longest) / 20.0
}

/// The level of the last 200 ms against the whole, in dB; the very last frame must be 0.
pub(crate) fn fade_end_db(pcm: &Pcm) -> f64 {
    let rms = |x: &[f32]| {
        let sum: f64 = x.iter().map(|x| f64::from(*x).powi(2)).sum();
        (sum / x.len() as f64).sqrt()
    };
    let n = pcm.samples.len();
    assert!(pcm.samples[n - 2..].iter().all(|x| x.abs() < 1e-4));
    let tail = &pcm.samples[n - 2 * pcm.sample_rate as usize / 5..];
    20.0 * (rms(tail) / rms(&pcm.samples)).max(1e-9).log10()
}
