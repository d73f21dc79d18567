//! Whether lyrics can be sung in a duration, told by syllables a second.

use songwright_api::{FitVerdict, LyricFit};
use songwright_base::{
    LyricSheet,
    syllables::{Spelling, syllables},
};

use crate::ace_step::lyric_text::{Language, guess_language};

/// The share of a song that is sung: the rest is played alone, before, between and after.
const SUNG: f64 = 0.8;
/// Syllables a second of most songs, and of fast ones, where no tempo is named.
const USUAL: (f64, f64) = (3.5, 6.5);
/// What bounds them where one is: two syllables a beat are usual, and four fast.
const USUAL_BOUNDS: (f64, f64) = (2.0, 4.5);
const FAST_BOUNDS: (f64, f64) = (4.0, 8.0);

/// Holds lyrics against a duration in seconds, and the tempo that a tags prompt names.
#[must_use]
pub fn fit(prompt: &str, lyrics: &LyricSheet, duration_s: f64) -> LyricFit {
    let language = guess_language(&lyrics.to_string());
    let lines = lyrics.lines().filter(|line| !line.trim().is_empty());
    let (mut count, mut all) = (0_u32, 0_usize);
    for line in lines {
        count += 1;
        all += syllables(line, spelling(language));
    }
    let bpm = tempo(prompt);
    let (usual, fast) = match bpm {
        None => USUAL,
        Some(bpm) => (
            (2.0 * bpm / 60.0).clamp(USUAL_BOUNDS.0, USUAL_BOUNDS.1),
            (4.0 * bpm / 60.0).clamp(FAST_BOUNDS.0, FAST_BOUNDS.1),
        ),
    };
    let sung = all as f64;
    let rate = sung / (SUNG * duration_s).max(1e-3);
    let suggested = (sung / (SUNG * usual) / 5.0).ceil() * 5.0;
    let rounded = (rate * 10.0).round() / 10.0;
    let (verdict, advice) = if rate <= usual {
        (
            FitVerdict::Fits,
            format!("{rounded} syllables a second can be sung."),
        )
    } else if rate <= fast {
        (
            FitVerdict::Crowded,
            format!(
                "{rounded} syllables a second have to be sung fast, and words may be lost. Ask for \
                 {suggested:.0} s, or leave lines out."
            ),
        )
    } else {
        let lines = f64::from(count) * fast / rate;
        (
            FitVerdict::TooMany,
            format!(
                "{rounded} syllables a second cannot be sung: there is time for some {:.0} of the \
                 {count} lines. Ask for {suggested:.0} s, or leave lines out.",
                lines.floor()
            ),
        )
    };
    LyricFit {
        lines: count.into(),
        syllables: all as u64,
        syllables_per_second: rounded,
        bpm,
        verdict,
        advice,
        suggested_duration: suggested.max(5.0),
    }
}

/// The number before "bpm" in a tags prompt.
fn tempo(prompt: &str) -> Option<f64> {
    let small = prompt.to_lowercase();
    let before = &small[..small.find("bpm")?];
    let digits = before
        .trim_end()
        .rsplit(|c: char| !c.is_ascii_digit() && c != '.');
    let bpm: f64 = digits.into_iter().next()?.parse().ok()?;
    (20.0..=400.0).contains(&bpm).then_some(bpm)
}

fn spelling(language: Language) -> Spelling {
    match language {
        Language::English => Spelling::English,
        Language::French => Spelling::French,
        _ => Spelling::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_in_every_script() {
        for (line, language, count) in [
            ("The lamp is low, the night is long", Language::English, 8),
            ("hmm, I don't care", Language::English, 4),
            ("Wir fahren heute Nacht", Language::German, 6),
            ("je regrette", Language::French, 3),
            ("я иду домой", Language::Russian, 5),
            ("我走过街道", Language::Chinese, 5),
            ("きょうは", Language::Japanese, 3),
            ("사랑해", Language::Korean, 3),
            ("नमस्ते", Language::Hindi, 3),
            ("مرحبا", Language::Arabic, 3),
            ("", Language::English, 0),
        ] {
            assert_eq!(syllables(line, spelling(language)), count, "{line}");
        }
    }

    #[test]
    fn the_verdict_falls_as_the_time_does() {
        let sheet = LyricSheet::parse(&"[verse]\nThe lamp is low, the night is long\n".repeat(10));
        let of = |prompt, seconds| fit(prompt, &sheet, seconds);
        assert_eq!(of("folk", 60.0).syllables, 80);
        assert_eq!(of("folk", 60.0).verdict, FitVerdict::Fits);
        assert_eq!(of("folk", 20.0).verdict, FitVerdict::Crowded);
        let many = of("folk", 10.0);
        assert_eq!(many.verdict, FitVerdict::TooMany);
        assert!(
            many.advice.contains("some 6 of the 10 lines"),
            "{}",
            many.advice
        );
        assert_eq!(
            of("folk", many.suggested_duration).verdict,
            FitVerdict::Fits
        );
        // A slow song has time for fewer.
        assert_eq!(of("folk, 60 bpm", 34.0).verdict, FitVerdict::Crowded);
        assert_eq!(of("folk, 130 BPM", 34.0).verdict, FitVerdict::Fits);
        assert_eq!(of("folk, 130 BPM", 34.0).bpm, Some(130.0));
    }

    #[test]
    fn a_tempo_is_a_number_before_bpm() {
        assert_eq!(tempo("pop, 92bpm, piano"), Some(92.0));
        assert_eq!(tempo("pop, 9 bpm"), None);
        assert_eq!(tempo("bpm"), None);
        assert_eq!(tempo("rock 120"), None);
    }
}
