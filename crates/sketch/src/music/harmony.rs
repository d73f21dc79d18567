//! Keys, chords from Roman numerals, and voicings.

use serde::{Deserialize, Serialize};

/// Major or natural minor.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Ionian.
    Major,
    /// Aeolian.
    Minor,
}

/// A key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Key {
    /// Pitch class of the tonic: 0 is C, 11 is B.
    pub tonic: u8,
    /// Its mode.
    pub mode: Mode,
}

impl Key {
    /// Semitones above the tonic of the seven degrees.
    #[must_use]
    pub const fn scale(self) -> [i32; 7] {
        match self.mode {
            Mode::Major => [0, 2, 4, 5, 7, 9, 11],
            Mode::Minor => [0, 2, 3, 5, 7, 8, 10],
        }
    }

    /// Semitones above the tonic of `degree`, which may be negative or above the octave.
    #[must_use]
    pub fn degree(self, degree: i32) -> i32 {
        self.scale()[degree.rem_euclid(7) as usize] + 12 * degree.div_euclid(7)
    }

    /// "A minor", "E♭ major": the usual spelling of the tonic.
    #[must_use]
    pub fn name(self) -> String {
        let names = match self.mode {
            Mode::Major => [
                "C", "D♭", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B",
            ],
            Mode::Minor => [
                "C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B",
            ],
        };
        let mode = match self.mode {
            Mode::Major => "major",
            Mode::Minor => "minor",
        };
        format!("{} {mode}", names[usize::from(self.tonic % 12)])
    }

    /// Sharps (positive) or flats (negative) of the key signature.
    #[must_use]
    pub fn signature(self) -> i8 {
        let major = match self.mode {
            Mode::Major => self.tonic,
            Mode::Minor => (self.tonic + 3) % 12,
        };
        [0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5][usize::from(major % 12)]
    }
}

/// A chord: its root and the intervals stacked on it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chord {
    /// Pitch class of the root.
    pub root: u8,
    /// Semitones above the root, rising, the first 0.
    pub intervals: Vec<u8>,
}

impl Chord {
    /// The chord that a Roman numeral names in `key`: "I", "vi7", "bVII", "V7/vi", "iim7b5".
    #[must_use]
    pub fn from_roman(numeral: &str, key: Key) -> Option<Self> {
        if let Some((dominant, target)) = numeral.split_once('/') {
            let target = Self::from_roman(target, key)?;
            let local = Key {
                tonic: target.root,
                mode: Mode::Major,
            };
            return Self::from_roman(dominant, local);
        }
        let (shift, rest) = match numeral.as_bytes().first()? {
            b'b' => (-1, &numeral[1..]),
            b'#' => (1, &numeral[1..]),
            _ => (0, numeral),
        };
        let length = rest
            .bytes()
            .take_while(|b| matches!(b, b'I' | b'V' | b'i' | b'v'))
            .count();
        let (roman, quality) = rest.split_at(length);
        let degree = ["i", "ii", "iii", "iv", "v", "vi", "vii"]
            .iter()
            .position(|r| *r == roman.to_lowercase())?;
        let minor = roman.bytes().next()?.is_ascii_lowercase();
        let third = if minor { 3 } else { 4 };
        let intervals = match quality {
            "" => vec![0, third, 7],
            "5" => vec![0, 7],
            "6" => vec![0, third, 7, 9],
            "7" => vec![0, third, 7, 10],
            "maj7" => vec![0, third, 7, 11],
            "9" => vec![0, third, 7, 10, 14],
            "maj9" => vec![0, third, 7, 11, 14],
            "add9" => vec![0, third, 7, 14],
            "sus4" => vec![0, 5, 7],
            "sus2" => vec![0, 2, 7],
            "7sus4" => vec![0, 5, 7, 10],
            "dim" => vec![0, 3, 6],
            "dim7" => vec![0, 3, 6, 9],
            "m7b5" => vec![0, 3, 6, 10],
            "aug" => vec![0, 4, 8],
            "7b9" => vec![0, 4, 7, 10, 13],
            "13" => vec![0, 4, 10, 14, 21],
            _ => return None,
        };
        let root = (i32::from(key.tonic) + key.scale()[degree] + shift).rem_euclid(12) as u8;
        Some(Self { root, intervals })
    }

    /// Whether `key_number` (MIDI) is a tone of the chord.
    #[must_use]
    pub fn contains(&self, key_number: i32) -> bool {
        let above = (key_number - i32::from(self.root)).rem_euclid(12);
        self.intervals.iter().any(|&i| i32::from(i % 12) == above)
    }

    /// The chord tone nearest to `key_number`; the lower of two equally near.
    #[must_use]
    pub fn nearest_tone(&self, key_number: i32) -> i32 {
        (0..7)
            .flat_map(|d| [key_number - d, key_number + d])
            .find(|&k| self.contains(k))
            .unwrap_or(key_number)
    }
}

/// How a chord's tones are spread.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Spread {
    /// Within an octave, nearest inversion.
    #[default]
    Close,
    /// The second voice from the top an octave lower.
    Open,
    /// Root, fifth, octave.
    Power,
}

/// The voicing of `chord` in `register` (lowest and highest MIDI key) that moves least from
/// `previous`; the one nearest to the register's middle when there is none.
#[must_use]
pub(super) fn voice(
    chord: &Chord,
    spread: Spread,
    register: [u8; 2],
    previous: &[i32],
) -> Vec<i32> {
    let (low, high) = (i32::from(register[0]), i32::from(register[1]));
    let middle = f64::from(low + high) / 2.0;
    if spread == Spread::Power {
        let root = low + (i32::from(chord.root) - low).rem_euclid(12);
        return vec![root, root + 7, root + 12];
    }
    // The bass has the root: of five tones the upper four are played.
    let classes: Vec<i32> = match chord.intervals.len() {
        5.. => &chord.intervals[1..5],
        _ => &chord.intervals[..],
    }
    .iter()
    .map(|&i| (i32::from(chord.root) + i32::from(i)).rem_euclid(12))
    .collect();
    let mut best: (f64, Vec<i32>) = (f64::MAX, Vec::new());
    for bottom in low..=high {
        if !classes.contains(&bottom.rem_euclid(12)) {
            continue;
        }
        let mut keys: Vec<i32> = classes
            .iter()
            .map(|&c| bottom + (c - bottom).rem_euclid(12))
            .collect();
        keys.sort_unstable();
        if spread == Spread::Open && keys.len() > 2 {
            let dropped = keys.len() - 2;
            keys[dropped] -= 12;
            keys.sort_unstable();
        }
        let centre = keys.iter().sum::<i32>() as f64 / keys.len() as f64;
        let outside = keys.iter().filter(|&&k| k < low || k > high).count() as f64;
        let moved: f64 = keys
            .iter()
            .filter_map(|k| previous.iter().map(|p| (p - k).abs()).min())
            .map(f64::from)
            .sum();
        let cost = moved + 0.35 * (centre - middle).abs() + 8.0 * outside;
        if cost < best.0 {
            best = (cost, keys);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    const A_MINOR: Key = Key {
        tonic: 9,
        mode: Mode::Minor,
    };
    const C_MAJOR: Key = Key {
        tonic: 0,
        mode: Mode::Major,
    };

    #[test]
    fn roman_numerals() {
        let root = |n, key| Chord::from_roman(n, key).map(|c| c.root);
        assert_eq!(root("VI", A_MINOR), Some(5));
        assert_eq!(root("bVII", C_MAJOR), Some(10));
        assert_eq!(root("V7/vi", C_MAJOR), Some(4));
        assert_eq!(root("VIII", C_MAJOR), None);
        assert_eq!(root("Hm", C_MAJOR), None);
        assert_eq!(
            Chord::from_roman("V7", A_MINOR).unwrap().intervals,
            [0, 4, 7, 10]
        );
    }

    #[test]
    fn voices_move_little() {
        let c = Chord::from_roman("I", C_MAJOR).unwrap();
        let f = Chord::from_roman("IV", C_MAJOR).unwrap();
        let first = voice(&c, Spread::Close, [52, 76], &[]);
        let second = voice(&f, Spread::Close, [52, 76], &first);
        let moved: i32 = first.iter().zip(&second).map(|(a, b)| (a - b).abs()).sum();
        assert!(moved <= 5, "{first:?} {second:?}");
    }

    #[test]
    fn spelled_as_musicians_do() {
        assert_eq!(A_MINOR.name(), "A minor");
        assert_eq!(A_MINOR.signature(), 0);
        let e_flat = Key {
            tonic: 3,
            mode: Mode::Major,
        };
        assert_eq!(
            (e_flat.name().as_str(), e_flat.signature()),
            ("E♭ major", -3)
        );
    }
}
