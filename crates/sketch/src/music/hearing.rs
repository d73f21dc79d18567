//! What a prompt asks for: every tag is read, and what cannot be done is said.

use super::harmony::Mode;
use super::style::{Role, Style};

/// What was understood of a prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    pub(super) style: Option<&'static str>,
    pub(super) bpm: Option<f64>,
    /// Where in the style's tempo range: 0 slowest, 1 fastest.
    pub(super) pace: Option<f64>,
    /// Pitch class, if a key was named.
    pub(super) tonic: Option<u8>,
    pub(super) mode: Option<Mode>,
    /// −1 calm … 1 driving.
    pub(super) energy: f64,
    pub(super) instruments: Vec<Asked>,
    pub(super) without: Vec<Asked>,
    pub(super) no_drums: bool,
    pub(super) voice: bool,
    pub(super) instrumental: bool,
    pub(super) notes: Vec<String>,
}

/// An instrument that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Asked {
    pub(super) word: &'static str,
    pub(super) program: u8,
    pub(super) role: AskedRole,
}

/// The part that an asked instrument takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum AskedRole {
    #[default]
    Chords,
    Plucked,
    Pad,
    Lead,
    Bass,
}

impl AskedRole {
    pub(super) const fn fits(self, role: Role) -> bool {
        matches!(
            (self, role),
            (Self::Chords, Role::Comp)
                | (Self::Plucked, Role::Comp | Role::Arp)
                | (Self::Pad, Role::Pad)
                | (Self::Lead, Role::Lead)
                | (Self::Bass, Role::Bass)
        )
    }
}

/// Longer phrases first: the first match of a place wins.
const INSTRUMENTS: &[(&str, u8, AskedRole)] = &[
    ("electric piano", 4, AskedRole::Chords),
    ("fm piano", 5, AskedRole::Chords),
    ("rhodes", 4, AskedRole::Chords),
    ("wurlitzer", 4, AskedRole::Chords),
    ("piano", 0, AskedRole::Chords),
    ("钢琴", 0, AskedRole::Chords),
    ("nylon guitar", 24, AskedRole::Plucked),
    ("classical guitar", 24, AskedRole::Plucked),
    ("spanish guitar", 24, AskedRole::Plucked),
    ("acoustic guitar", 25, AskedRole::Plucked),
    ("steel guitar", 25, AskedRole::Plucked),
    ("fingerpicking", 25, AskedRole::Plucked),
    ("distorted guitar", 30, AskedRole::Plucked),
    ("distortion guitar", 30, AskedRole::Plucked),
    ("heavy guitar", 30, AskedRole::Plucked),
    ("overdriven guitar", 29, AskedRole::Plucked),
    ("electric guitar", 29, AskedRole::Plucked),
    ("clean guitar", 27, AskedRole::Plucked),
    ("guitar", 25, AskedRole::Plucked),
    ("吉他", 25, AskedRole::Plucked),
    ("synth strings", 50, AskedRole::Pad),
    ("strings", 48, AskedRole::Pad),
    ("orchestra", 48, AskedRole::Pad),
    ("弦乐", 48, AskedRole::Pad),
    ("choir", 52, AskedRole::Pad),
    ("warm pad", 89, AskedRole::Pad),
    ("synth pad", 89, AskedRole::Pad),
    ("pads", 89, AskedRole::Pad),
    ("brass", 61, AskedRole::Lead),
    ("horns", 61, AskedRole::Lead),
    ("trumpet", 61, AskedRole::Lead),
    ("synth bass", 38, AskedRole::Bass),
    ("808 bass", 38, AskedRole::Bass),
    ("sub bass", 38, AskedRole::Bass),
    ("bass guitar", 33, AskedRole::Bass),
    ("square lead", 80, AskedRole::Lead),
    ("chiptune", 80, AskedRole::Lead),
    ("synth lead", 81, AskedRole::Lead),
    ("lead synth", 81, AskedRole::Lead),
    ("synthesizer", 81, AskedRole::Lead),
    ("合成器", 81, AskedRole::Lead),
    ("synths", 81, AskedRole::Lead),
    ("synth", 81, AskedRole::Lead),
];

/// Asked often and not in the SoundFont; with what comes nearest where something does.
const LACKING: &[(&str, &str)] = &[
    ("violin", "strings"),
    ("cello", "strings"),
    ("fiddle", "strings"),
    ("saxophone", ""),
    ("sax", ""),
    ("flute", ""),
    ("clarinet", ""),
    ("harmonica", ""),
    ("accordion", ""),
    ("organ", ""),
    ("harp", ""),
    ("banjo", "acoustic guitar"),
    ("ukulele", "nylon guitar"),
    ("mandolin", "acoustic guitar"),
    ("pedal steel", ""),
    ("sitar", ""),
    ("erhu", ""),
    ("guzheng", ""),
    ("koto", ""),
    ("bagpipes", ""),
    ("marimba", ""),
    ("vibraphone", ""),
    ("turntable", ""),
    ("vocoder", ""),
];

const VOICE: &[&str] = &[
    "vocal", "vocals", "singer", "singing", "voice", "rap", "rapper", "sung", "人声", "女声",
    "男声",
];

/// Words of mood: energy −1…1 and the mode that they lean to.
const MOODS: &[(&str, f64, Option<Mode>)] = &[
    ("sad", -0.5, Some(Mode::Minor)),
    ("melancholic", -0.4, Some(Mode::Minor)),
    ("melancholy", -0.4, Some(Mode::Minor)),
    ("dark", 0.0, Some(Mode::Minor)),
    ("moody", -0.2, Some(Mode::Minor)),
    ("heartbreak", -0.3, Some(Mode::Minor)),
    ("lonely", -0.5, Some(Mode::Minor)),
    ("mysterious", -0.2, Some(Mode::Minor)),
    ("nostalgic", -0.3, None),
    ("dreamy", -0.4, None),
    ("calm", -0.7, None),
    ("relaxing", -0.7, None),
    ("peaceful", -0.7, Some(Mode::Major)),
    ("gentle", -0.6, None),
    ("soft", -0.5, None),
    ("mellow", -0.5, None),
    ("chill", -0.5, None),
    ("romantic", -0.2, Some(Mode::Major)),
    ("warm", -0.2, Some(Mode::Major)),
    ("hopeful", 0.1, Some(Mode::Major)),
    ("happy", 0.4, Some(Mode::Major)),
    ("joyful", 0.5, Some(Mode::Major)),
    ("cheerful", 0.4, Some(Mode::Major)),
    ("bright", 0.3, Some(Mode::Major)),
    ("uplifting", 0.5, Some(Mode::Major)),
    ("sunny", 0.3, Some(Mode::Major)),
    ("energetic", 0.8, None),
    ("upbeat", 0.6, Some(Mode::Major)),
    ("driving", 0.7, None),
    ("epic", 0.7, None),
    ("anthemic", 0.7, None),
    ("aggressive", 0.9, Some(Mode::Minor)),
    ("angry", 0.8, Some(Mode::Minor)),
    ("intense", 0.7, None),
    ("party", 0.7, None),
    ("悲伤", -0.5, Some(Mode::Minor)),
    ("忧伤", -0.5, Some(Mode::Minor)),
    ("快乐", 0.4, Some(Mode::Major)),
    ("温柔", -0.5, None),
    ("安静", -0.6, None),
];

const PACES: &[(&str, f64)] = &[
    ("very slow", 0.0),
    ("slow", 0.15),
    ("downtempo", 0.2),
    ("laid-back", 0.25),
    ("mid-tempo", 0.5),
    ("midtempo", 0.5),
    ("medium tempo", 0.5),
    ("very fast", 1.0),
    ("fast", 0.9),
    ("uptempo", 0.8),
    ("up-tempo", 0.8),
    ("慢", 0.15),
    ("快节奏", 0.9),
];

/// Reads `prompt`.
pub(super) fn listen(prompt: &str, styles: &'static [Style]) -> Heard {
    let text = prompt.to_lowercase().replace('_', " ");
    let (tonic, mode) = key(&text);
    let mut heard = Heard {
        style: best_style(&text, styles),
        bpm: bpm(&text),
        pace: PACES.iter().find(|p| says(&text, p.0)).map(|p| p.1),
        tonic,
        mode,
        ..Heard::default()
    };
    let mut moods = 0.0;
    for (word, energy, mode) in MOODS {
        if says(&text, word) {
            heard.energy += energy;
            moods += 1.0;
            heard.mode = heard.mode.or(*mode);
        }
    }
    heard.energy /= f64::max(moods, 1.0);
    let negated = |word: &str| {
        ["no ", "without ", "no-"]
            .iter()
            .any(|no| says(&text, &format!("{no}{word}")))
    };
    heard.no_drums = negated("drums") || negated("percussion") || negated("drum");
    heard.instrumental = says(&text, "instrumental") || negated("vocals") || negated("vocal");
    heard.voice = !heard.instrumental && VOICE.iter().any(|w| says(&text, w));
    listen_for_instruments(&text, negated, &mut heard);
    heard
}

fn listen_for_instruments(text: &str, negated: impl Fn(&str) -> bool, heard: &mut Heard) {
    // A longer phrase uses up its words: "electric piano" asks for no grand piano.
    let mut rest = text.to_owned();
    for &(word, program, role) in INSTRUMENTS {
        if !says(&rest, word) {
            continue;
        }
        let asked = Asked {
            word,
            program,
            role,
        };
        let list = if negated(word) {
            &mut heard.without
        } else {
            &mut heard.instruments
        };
        if list.iter().all(|a| a.program != program) {
            list.push(asked);
        }
        rest = rest.replace(word, "|");
    }
    for &(word, nearest) in LACKING {
        if says(&rest, word) && !negated(word) {
            heard.notes.push(match nearest {
                "" => format!("The built-in sketch has no {word}; other instruments play."),
                _ => format!("The built-in sketch has no {word}: the nearest is {nearest}."),
            });
            if let Some(&(word, program, role)) = INSTRUMENTS.iter().find(|i| i.0 == nearest)
                && heard.instruments.iter().all(|a| a.program != program)
            {
                heard.instruments.push(Asked {
                    word,
                    program,
                    role,
                });
            }
        }
    }
    for meter in ["6/8", "5/4", "7/8", "12/8", "9/8"] {
        if text.contains(meter) {
            heard.notes.push(format!(
                "The built-in sketch plays 4/4 and 3/4, so {meter} became the nearest of them."
            ));
        }
    }
}

/// Whether `text` has `phrase` between word boundaries; scripts without spaces have none.
fn says(text: &str, phrase: &str) -> bool {
    if !phrase.is_ascii() {
        return text.contains(phrase);
    }
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !word(before) && !word(after)
    })
}

/// The style whose words say most: the longest phrase wins, the earlier of two equals.
fn best_style(text: &str, styles: &'static [Style]) -> Option<&'static str> {
    let mut best: Option<(usize, usize, &str)> = None;
    for style in styles {
        for word in style.words.iter().filter(|w| says(text, w)) {
            let at = text.find(word.as_str()).unwrap_or(text.len());
            // "pop" and "ballad" also colour other genres, so they weigh less.
            let weight = if style.id == "pop" {
                1
            } else {
                word.chars().count()
            };
            if best.is_none_or(|(w, a, _)| weight > w || (weight == w && at < a)) {
                best = Some((weight, at, &style.id));
            }
        }
    }
    best.map(|(_, _, id)| id)
}

/// "104 bpm", "bpm: 104", "104bpm".
fn bpm(text: &str) -> Option<f64> {
    let at = text.find("bpm")?;
    let before = text[..at].trim_end();
    let digits = |c: &char| c.is_ascii_digit() || *c == '.';
    let number: String = before.chars().rev().take_while(digits).collect();
    let number: String = number.chars().rev().collect();
    let after: String = text[at + 3..]
        .trim_start_matches([' ', ':', '='])
        .chars()
        .take_while(digits)
        .collect();
    let value: f64 = number.parse().or_else(|_| after.parse()).ok()?;
    (30.0..=300.0).contains(&value).then_some(value)
}

/// "a minor", "key of f# major", "c# min", "e♭ major", "am".
fn key(text: &str) -> (Option<u8>, Option<Mode>) {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.' | '(' | ')' | ':'))
        .filter(|w| !w.is_empty())
        .collect();
    let mode_of = |word: &str| match word {
        "minor" | "min" => Some(Mode::Minor),
        "major" | "maj" => Some(Mode::Major),
        _ => None,
    };
    for pair in words.windows(2) {
        if let (Some(tonic), Some(mode)) = (pitch_class(pair[0]), mode_of(pair[1])) {
            return (Some(tonic), Some(mode));
        }
    }
    for three in words.windows(3) {
        let accidental = match three[1] {
            "sharp" => 1,
            "flat" => 11,
            _ => continue,
        };
        if let (Some(tonic), Some(mode)) = (pitch_class(three[0]), mode_of(three[2])) {
            return (Some((tonic + accidental) % 12), Some(mode));
        }
    }
    if let Some(at) = text.find("key of ") {
        let tonic = text[at + 7..].split([' ', ',', ';']).next();
        return (tonic.and_then(pitch_class), None);
    }
    let mode = words
        .iter()
        .find_map(|w| matches!(*w, "minor" | "major").then(|| mode_of(w)));
    (None, mode.flatten())
}

fn pitch_class(name: &str) -> Option<u8> {
    let mut chars = name.chars();
    let natural = match chars.next()? {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return None,
    };
    let accidental = match chars.as_str() {
        "" => 0,
        "#" | "♯" | "-sharp" => 1,
        "b" | "♭" | "-flat" => 11,
        _ => return None,
    };
    Some((natural + accidental) % 12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::style;

    fn hear(prompt: &str) -> Heard {
        listen(prompt, style::all().unwrap())
    }

    #[test]
    fn tempo_key_and_style() {
        let heard = hear("Synthwave, driving, 104 BPM, A minor, saw lead, no drums");
        assert_eq!(heard.style, Some("synthwave"));
        assert_eq!((heard.bpm, heard.tonic), (Some(104.0), Some(9)));
        assert_eq!(heard.mode, Some(Mode::Minor));
        assert!(heard.no_drums);
        assert_eq!(
            hear("key of f# minor").tonic,
            hear("g flat minor, pop").tonic
        );
        assert_eq!(hear("bpm: 92.5").bpm, Some(92.5));
        assert_eq!(hear("sad piano ballad").mode, Some(Mode::Minor));
        assert_eq!(hear("流行, 钢琴, 悲伤").instruments[0].program, 0);
    }

    #[test]
    fn electric_piano_is_no_grand_and_missing_ones_are_named() {
        let heard = hear("jazz, electric piano, saxophone, female vocals");
        let programs: Vec<u8> = heard.instruments.iter().map(|a| a.program).collect();
        assert_eq!(programs, [4]);
        assert!(heard.voice);
        assert!(heard.notes.iter().any(|n| n.contains("saxophone")));
        assert_eq!(hear("folk, no guitar").without[0].program, 25);
    }

    #[test]
    fn words_inside_words_are_not_heard() {
        let heard = hear("popcorn, saddle, breakfast");
        assert_eq!((heard.style, heard.mode, heard.pace), (None, None, None));
    }
}
