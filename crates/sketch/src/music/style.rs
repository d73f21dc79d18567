//! Styles as data: what `assets/styles/*.toml` may say, checked when it is read.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::error::ComposeError;
use super::harmony::{Chord, Key, Mode, Spread};
use super::soundfont::{self, PERCUSSION_BANK, Preset};

macro_rules! style_files {
    ($($name:literal),* $(,)?) => {
        const FILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../../assets/styles/", $name, ".toml")))),*
        ];
    };
}

style_files![
    "pop",
    "rock",
    "folk",
    "lofi",
    "synthwave",
    "house",
    "jazz",
    "ambient",
    "hiphop",
    "blues",
    "country",
    "metal",
    "punk",
    "rnb",
    "waltz",
];

/// The steps of a beat in every grid: sixteenths.
pub(super) const STEPS_PER_BEAT: usize = 4;

/// How a genre is played.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// File name and identifier.
    pub id: String,
    /// For people: "lo-fi hip hop".
    pub title: String,
    /// Words in a prompt that mean this style, lower case.
    pub words: Vec<String>,
    /// Slowest and fastest, in beats a minute.
    pub tempo: [f64; 2],
    /// Where the tempo lies when nothing is asked.
    pub usual_tempo: f64,
    /// How late the second of two sixteenths or eighths is, in steps of a sixteenth: 0 is
    /// straight, 0.67 a triplet swing.
    pub swing: f64,
    /// Which notes swing: those on odd eighths or odd sixteenths.
    #[serde(default)]
    pub swing_unit: SwingUnit,
    /// Mode when the prompt names none and no mood decides.
    pub mode: Mode,
    /// Beats in a bar: 3 or 4.
    pub beats: u8,
    /// Chords a bar in major.
    pub major: Progressions,
    /// Chords a bar in minor.
    pub minor: Progressions,
    /// The kit, if the style has drums.
    pub drums: Option<Drums>,
    /// Who plays, in the order of the stems.
    #[serde(rename = "part")]
    pub parts: Vec<PartStyle>,
}

/// What swings.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum SwingUnit {
    /// Odd eighths.
    #[default]
    Eighth,
    /// Odd sixteenths.
    Sixteenth,
}

/// Progressions by section; bars are separated by spaces, two chords of a bar by a comma.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progressions {
    /// One of them for the verses.
    pub verse: Vec<String>,
    /// One of them for the choruses.
    pub chorus: Vec<String>,
    /// One of them for the bridge.
    pub bridge: Vec<String>,
    /// The bar before the final tonic.
    pub cadence: String,
    /// The final chord.
    pub last: String,
}

/// A drum kit and its grids. A grid has one character a sixteenth: `.` rests, `1`–`9` is how hard.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drums {
    /// Percussion program.
    pub program: u8,
    /// Level and place.
    #[serde(flatten)]
    pub channel: Channel,
    /// Section energy from which the drums play, 0–1.
    pub enters: f64,
    /// Grids in verses.
    pub low: BTreeMap<Drum, String>,
    /// Grids in choruses.
    pub high: BTreeMap<Drum, String>,
    /// Grids of the bar before a new section; one is chosen each time.
    pub fills: Vec<BTreeMap<Drum, String>>,
    /// Whether a section opens with a crash cymbal.
    pub crash: bool,
}

/// A drum of the General MIDI kit.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub enum Drum {
    /// Bass drum.
    Kick,
    /// Side stick.
    Rim,
    /// Snare.
    Snare,
    /// Hand clap.
    Clap,
    /// Closed hi-hat.
    Hat,
    /// Hi-hat by the pedal.
    Pedal,
    /// Open hi-hat.
    OpenHat,
    /// Ride cymbal.
    Ride,
    /// Low tom.
    TomLow,
    /// Middle tom.
    TomMid,
    /// High tom.
    TomHigh,
    /// Crash cymbal.
    Crash,
    /// Tambourine.
    Tambourine,
    /// Maracas.
    Shaker,
}

impl Drum {
    /// Every drum that a style may play.
    pub const ALL: [Self; 14] = [
        Self::Kick,
        Self::Rim,
        Self::Snare,
        Self::Clap,
        Self::Hat,
        Self::Pedal,
        Self::OpenHat,
        Self::Ride,
        Self::TomLow,
        Self::TomMid,
        Self::TomHigh,
        Self::Crash,
        Self::Tambourine,
        Self::Shaker,
    ];

    /// The General MIDI key.
    #[must_use]
    pub const fn key(self) -> u8 {
        match self {
            Self::Kick => 36,
            Self::Rim => 37,
            Self::Snare => 38,
            Self::Clap => 39,
            Self::TomLow => 41,
            Self::Hat => 42,
            Self::Pedal => 44,
            Self::OpenHat => 46,
            Self::TomMid => 47,
            Self::Crash => 49,
            Self::TomHigh => 50,
            Self::Ride => 51,
            Self::Tambourine => 54,
            Self::Shaker => 70,
        }
    }
}

/// A part's channel on the mixing desk.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct Channel {
    /// Fader, in dB.
    pub gain_db: f32,
    /// −1 left … 1 right.
    #[serde(default)]
    pub pan: f32,
    /// Reverb send, 0–1.
    #[serde(default)]
    pub reverb: f32,
    /// Chorus send, 0–1.
    #[serde(default)]
    pub chorus: f32,
}

/// What a part does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Roots below everything. Grid: `R` root, `3`, `5`, `7`, `8` (octave) of the chord, `a` a
    /// step into the next root, `-` holds, `.` rests.
    Bass,
    /// Whole chords. Grid: `1`–`9` strikes that hard, `-` holds, `.` rests.
    Comp,
    /// Broken chords. Grid: `1`–`6` the chord's tones from below, `-` holds, `.` rests.
    Arp,
    /// Chords held for their whole length.
    Pad,
    /// The melody.
    Lead,
}

/// How one part plays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartStyle {
    /// The stem's name.
    pub name: String,
    /// What it does.
    pub role: Role,
    /// Its sound, a program of bank 0.
    pub program: u8,
    /// Level and place.
    #[serde(flatten)]
    pub channel: Channel,
    /// Lowest and highest MIDI key.
    pub register: [u8; 2],
    /// Section energy from which the part plays, 0–1.
    #[serde(default)]
    pub enters: f64,
    /// How chords are spread.
    #[serde(default)]
    pub spread: Spread,
    /// Grid in verses.
    #[serde(default)]
    pub low: String,
    /// Grid in choruses.
    #[serde(default)]
    pub high: String,
}

impl Style {
    /// Steps of a bar's grid.
    #[must_use]
    pub fn steps(&self) -> usize {
        usize::from(self.beats) * STEPS_PER_BEAT
    }

    /// The progressions of `mode`.
    #[must_use]
    pub fn progressions(&self, mode: Mode) -> &Progressions {
        match mode {
            Mode::Major => &self.major,
            Mode::Minor => &self.minor,
        }
    }

    fn invalid(&self, field: impl Into<String>, problem: &'static str) -> ComposeError {
        ComposeError::StyleValue {
            style: self.id.clone(),
            field: field.into(),
            problem,
        }
    }

    fn check(&self) -> Result<(), ComposeError> {
        let [slow, fast] = self.tempo;
        if !(40.0..=220.0).contains(&slow) || fast < slow || fast > 220.0 {
            return Err(self.invalid("tempo", "must rise within 40–220"));
        }
        if !(slow..=fast).contains(&self.usual_tempo) {
            return Err(self.invalid("usual_tempo", "lies outside tempo"));
        }
        if !(0.0..=0.75).contains(&self.swing) || !matches!(self.beats, 3 | 4) {
            return Err(self.invalid("swing or beats", "is out of range"));
        }
        for mode in [Mode::Major, Mode::Minor] {
            let key = Key { tonic: 0, mode };
            let p = self.progressions(mode);
            let lists = [&p.verse, &p.chorus, &p.bridge];
            if lists.iter().any(|list| list.is_empty()) {
                return Err(self.invalid("progressions", "has an empty list"));
            }
            let all = lists.into_iter().flatten().chain([&p.cadence, &p.last]);
            for numeral in all.flat_map(|p| p.split([' ', ','])) {
                if Chord::from_roman(numeral, key).is_none() {
                    return Err(self.invalid(format!("progressions: {numeral:?}"), "is no chord"));
                }
            }
        }
        self.check_drums()?;
        for part in &self.parts {
            self.check_part(part)?;
        }
        for role in [Role::Bass, Role::Lead] {
            if self.parts.iter().filter(|p| p.role == role).count() != 1 {
                return Err(self.invalid("part", "needs exactly one bass and one lead"));
            }
        }
        Ok(())
    }

    fn check_grid(&self, field: &str, grid: &str, allowed: &str) -> Result<(), ComposeError> {
        if grid.is_empty() || !grid.len().is_multiple_of(self.steps()) {
            return Err(self.invalid(field, "is no whole number of bars long"));
        }
        if !grid.chars().all(|c| allowed.contains(c)) {
            return Err(self.invalid(field, "holds a character of no meaning"));
        }
        Ok(())
    }

    fn check_drums(&self) -> Result<(), ComposeError> {
        let Some(drums) = &self.drums else {
            return Ok(());
        };
        let preset = Preset {
            bank: PERCUSSION_BANK,
            program: drums.program,
        };
        if !soundfont::has(preset) {
            return Err(self.invalid("drums.program", "is not in the SoundFont"));
        }
        if drums.fills.is_empty() {
            return Err(self.invalid("drums.fills", "is empty"));
        }
        let grids = [&drums.low, &drums.high];
        for (drum, grid) in grids.into_iter().chain(&drums.fills).flatten() {
            self.check_grid(&format!("drums {drum:?}"), grid, ".123456789")?;
        }
        Ok(())
    }

    fn check_part(&self, part: &PartStyle) -> Result<(), ComposeError> {
        let field = |name: &str| format!("part {}: {name}", part.name);
        let preset = Preset {
            bank: 0,
            program: part.program,
        };
        if !soundfont::has(preset) {
            return Err(self.invalid(field("program"), "is not in the SoundFont"));
        }
        if part.register[1] < part.register[0] + 11 {
            return Err(self.invalid(field("register"), "is narrower than an octave"));
        }
        let allowed = match part.role {
            Role::Bass => "R3578a-.",
            Role::Comp => "123456789-.",
            Role::Arp => "123456-.",
            Role::Pad | Role::Lead => return Ok(()),
        };
        self.check_grid(&field("low"), &part.low, allowed)?;
        self.check_grid(&field("high"), &part.high, allowed)
    }
}

/// Every style, read and checked once in this process.
pub(super) fn all() -> Result<&'static [Style], ComposeError> {
    static STYLES: OnceLock<Vec<Style>> = OnceLock::new();
    if let Some(styles) = STYLES.get() {
        return Ok(styles);
    }
    let styles = FILES
        .iter()
        .map(|&(id, text)| read(id, text))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(STYLES.get_or_init(|| styles))
}

fn read(id: &'static str, text: &str) -> Result<Style, ComposeError> {
    let style: Style = toml::from_str(text).map_err(|source| ComposeError::StyleSyntax {
        style: id,
        source: Box::new(source),
    })?;
    style.check()?;
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_styles_are_valid() {
        let styles = all().unwrap_or_else(|e| {
            let source = std::error::Error::source(&e).map(ToString::to_string);
            panic!("{e}: {source:?}")
        });
        assert!(styles.len() >= 15);
        for (style, (file, _)) in styles.iter().zip(FILES) {
            assert_eq!(style.id, *file);
        }
    }

    #[test]
    fn a_wrong_chord_and_a_short_grid_are_found() {
        let (_, pop) = FILES[0];
        let error = |text: &str| read("pop", text).unwrap_err().to_string();
        let wrong = pop.replacen("cadence = \"", "cadence = \"Q", 1);
        assert!(error(&wrong).contains("is no chord"), "{}", error(&wrong));
        let short = pop.replacen("low  = \"", "low  = \".", 1);
        assert!(error(&short).contains("whole number of bars"));
    }
}
