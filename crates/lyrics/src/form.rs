//! The form of a song by its length.

use songwright_base::SectionKind;

/// What one sung line takes at a usual tempo.
pub const SECONDS_PER_LINE: f64 = 4.125;
/// What an intro without words takes.
pub(crate) const INTRO_S: f64 = 8.0;
/// What a part without words takes.
pub(crate) const SOLO_S: f64 = 16.0;
/// A song of usual length.
const USUAL_S: f64 = 180.0;
/// Above this many lines a longer song plays on without words.
pub(crate) const MOST_LINES: usize = 76;

/// A section and how many lines it has.
pub type Part = (SectionKind, usize);

/// The sections of a song of `duration_s` seconds; `None` is a song of usual length.
#[must_use]
pub fn form(duration_s: Option<f64>) -> Vec<Part> {
    use SectionKind::{Bridge, Chorus, Instrumental, Intro, Outro, PreChorus, Verse};
    let duration_s = duration_s.filter(|d| d.is_finite()).unwrap_or(USUAL_S);
    let short: &[Part] = match duration_s {
        d if d < 14.0 => &[(Chorus, 2)],
        d if d < 24.0 => &[(Chorus, 4)],
        d if d < 40.0 => &[(Verse, 4), (Chorus, 4)],
        d if d < 52.0 => &[(Verse, 4), (PreChorus, 2), (Chorus, 4)],
        d if d < 66.0 => &[(Verse, 4), (Chorus, 4), (Bridge, 2), (Chorus, 4)],
        d if d < 84.0 => &[(Intro, 0), (Verse, 4), (Chorus, 4), (Verse, 4), (Chorus, 4)],
        d if d < 100.0 => &[
            (Intro, 0),
            (Verse, 4),
            (PreChorus, 2),
            (Chorus, 4),
            (Verse, 4),
            (Chorus, 4),
            (Outro, 2),
        ],
        d if d < 140.0 => &[
            (Intro, 0),
            (Verse, 4),
            (PreChorus, 2),
            (Chorus, 4),
            (Verse, 4),
            (PreChorus, 2),
            (Chorus, 4),
            (Bridge, 4),
            (Chorus, 4),
        ],
        _ => &[],
    };
    if !short.is_empty() {
        return short.to_vec();
    }
    let opening = [(Intro, 0), (Verse, 8), (PreChorus, 2), (Chorus, 4)];
    let second = [
        (Verse, if duration_s < 160.0 { 4 } else { 8 }),
        (PreChorus, 2),
        (Chorus, 4),
    ];
    let ending = [(Bridge, 4), (Chorus, 4), (Outro, 2)];
    let round = [(Verse, 4), (PreChorus, 2), (Chorus, 4)];
    let mut parts = [&opening[..], &second[..]].concat();
    let fits = |parts: &[Part], more: &[Part]| {
        length_s(parts) + length_s(more) + length_s(&ending) <= duration_s * 1.03
    };
    let solo = [(Instrumental, 0)];
    let with_solo = [&solo[..], &round[..]].concat();
    loop {
        let lines: usize = parts.iter().map(|(_, n)| n).sum();
        let sings = lines + 20 <= MOST_LINES && parts.last() != Some(&solo[0]);
        if sings && fits(&parts, &with_solo) {
            parts.extend(&with_solo);
        } else if sings && fits(&parts, &round) {
            parts.extend(&round);
        } else {
            break;
        }
    }
    if fits(&parts, &solo) {
        parts.extend(solo);
    }
    parts.extend(ending);
    parts
}

/// How long sections are at a usual tempo.
fn length_s(parts: &[Part]) -> f64 {
    parts
        .iter()
        .map(|(kind, lines)| match kind {
            SectionKind::Intro => INTRO_S,
            SectionKind::Instrumental => SOLO_S,
            _ => *lines as f64 * SECONDS_PER_LINE,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_songs_are_one_section() {
        for d in [10.0, 14.0, 20.0] {
            assert_eq!(form(Some(d)).len(), 1, "{d} s");
        }
    }

    #[test]
    fn the_form_fills_the_song() {
        for d in [30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 240.0, 300.0] {
            let s = length_s(&form(Some(d)));
            assert!((s / d - 1.0).abs() < 0.16, "{d} s has a form of {s} s");
        }
        assert_eq!(form(None), form(Some(180.0)));
        let lines: usize = form(Some(600.0)).iter().map(|(_, n)| n).sum();
        assert!((60..=MOST_LINES).contains(&lines), "{lines}");
    }
}
