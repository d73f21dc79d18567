//! The plan of a song: what was heard in the request, and what will be played.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use songwright_base::Seed;
use songwright_music::{MusicFacts, MusicParams};

use super::error::ComposeError;
use super::form::{FormSection, form};
use super::harmony::{Key, Mode};
use super::hearing::{Asked, AskedRole, Heard, listen};
use super::soundfont::{PERCUSSION_BANK, Preset};
use super::style::{self, Channel, Drums, PartStyle, Role, Style};

/// What will be played.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The style it is played in.
    pub style: &'static Style,
    /// Beats a minute, constant through the song.
    pub bpm: f64,
    /// The key.
    pub key: Key,
    /// The form up to the final chord.
    pub sections: Vec<FormSection>,
    /// Bars before the final chord.
    pub bars: u32,
    /// How long the final chord rings, in seconds.
    pub hold_s: f64,
    /// The length of the song, in seconds.
    pub duration_s: f64,
    /// −1 calm … 1 driving.
    pub energy: f64,
    /// The kit, if there are drums.
    pub drums: Option<&'static Drums>,
    /// Who else plays.
    pub parts: Vec<PartStyle>,
    /// What could not be done, a sentence each.
    pub notes: Vec<String>,
    /// Makes the song repeatable.
    pub seed: Seed,
}

impl Plan {
    /// The length of a beat, in seconds.
    #[must_use]
    pub fn beat_s(&self) -> f64 {
        60.0 / self.bpm
    }

    /// The length of a bar, in seconds.
    #[must_use]
    pub fn bar_s(&self) -> f64 {
        self.beat_s() * f64::from(self.style.beats)
    }

    /// What is known of the song, for the page and the file's tags.
    #[must_use]
    pub fn facts(&self) -> MusicFacts {
        let kit = self.drums.map(|drums| Preset {
            bank: PERCUSSION_BANK,
            program: drums.program,
        });
        let parts = self.parts.iter().map(|part| Preset {
            bank: 0,
            program: part.program,
        });
        let mut instruments: Vec<String> = Vec::new();
        for name in kit.into_iter().chain(parts).map(Preset::name) {
            if !instruments.iter().any(|i| i == name) {
                instruments.push(name.to_owned());
            }
        }
        MusicFacts {
            bpm: Some(self.bpm),
            key: Some(self.key.name()),
            meter: Some(format!("{}/4", self.style.beats)),
            style: Some(self.style.title.clone()),
            instruments,
            notes: self.notes.clone(),
        }
    }
}

/// A random stream of its own for every topic, so that a change of one leaves the others.
pub(super) fn stream(seed: Seed, topic: &str) -> ChaCha8Rng {
    // FNV-1a: stable over versions of Rust, unlike the standard hasher.
    let hash = topic.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
    });
    ChaCha8Rng::seed_from_u64(seed.0 ^ hash)
}

/// Plans the song that `params` ask for. Cheap: no audio is touched.
///
/// # Errors
/// [`ComposeError`] if an embedded style is broken.
pub fn plan(params: &MusicParams) -> Result<Plan, ComposeError> {
    let styles = style::all()?;
    let mut heard = listen(&params.prompt, styles);
    let mut notes = std::mem::take(&mut heard.notes);
    let mut random = stream(params.seed, "plan");
    let style = choose_style(&heard, styles, &mut notes);
    let key = choose_key(&heard, style, &mut random);
    let (bpm, exact) = choose_tempo(&heard, style, &mut random, &mut notes);
    let fitted = fit(params.duration_s, bpm, exact, style);
    let bar_s = 60.0 / fitted.bpm * f64::from(style.beats);
    let (sections, cut) = form(params.lyrics.as_ref(), fitted.bars, bar_s);
    notes.extend(cut);
    let (parts, drums) = choose_parts(&heard, style, &mut notes);
    let sung = params.lyrics.as_ref().is_some_and(|l| !l.is_instrumental());
    if sung || heard.voice {
        let lead = parts.iter().find(|p| p.role == Role::Lead);
        let lead = lead.map_or("no one", |p| {
            let program = p.program;
            Preset { bank: 0, program }.name()
        });
        notes.push(format!(
            "The built-in sketch has no singing voice yet: the melody is played by the {lead}."
        ));
    }
    Ok(Plan {
        style,
        bpm: fitted.bpm,
        key,
        sections,
        bars: fitted.bars,
        hold_s: fitted.hold_s,
        duration_s: params.duration_s,
        energy: heard.energy,
        drums,
        parts,
        notes,
        seed: params.seed,
    })
}

fn choose_style(
    heard: &Heard,
    styles: &'static [Style],
    notes: &mut Vec<String>,
) -> &'static Style {
    let by_id = |id: &str| styles.iter().find(|s| s.id == id);
    if let Some(style) = heard.style.and_then(by_id) {
        return style;
    }
    let id = match heard.energy {
        e if e <= -0.6 => "ambient",
        e if e <= -0.3 => "folk",
        e if e >= 0.75 => "rock",
        _ => "pop",
    };
    let style = by_id(id).unwrap_or(&styles[0]);
    notes.push(format!(
        "No genre of the built-in sketch was named, so it plays {}.",
        style.title
    ));
    style
}

fn choose_key(heard: &Heard, style: &Style, random: &mut ChaCha8Rng) -> Key {
    let mode = heard.mode.unwrap_or(style.mode);
    // Keys that lie well on a guitar and a keyboard.
    let usual: &[u8] = match mode {
        Mode::Major => &[0, 2, 4, 5, 7, 9, 10],
        Mode::Minor => &[9, 4, 2, 11, 0, 7, 6],
    };
    let drawn = usual[random.random_range(0..usual.len())];
    Key {
        tonic: heard.tonic.unwrap_or(drawn),
        mode,
    }
}

fn choose_tempo(
    heard: &Heard,
    style: &Style,
    random: &mut ChaCha8Rng,
    notes: &mut Vec<String>,
) -> (f64, bool) {
    let [slow, fast] = style.tempo;
    let drawn: f64 = random.random_range(-4.0..4.0);
    if let Some(bpm) = heard.bpm {
        let played = bpm.clamp(40.0, 220.0);
        if (played - bpm).abs() > f64::EPSILON {
            notes.push(format!(
                "{bpm:.0} BPM is out of reach: the song plays at {played:.0} BPM."
            ));
        }
        return (played, true);
    }
    let wanted = match heard.pace {
        Some(pace) => slow + pace * (fast - slow),
        None => style.usual_tempo + heard.energy * 0.25 * (fast - slow),
    };
    ((wanted + drawn).clamp(slow, fast).round(), false)
}

struct Fitted {
    bpm: f64,
    bars: u32,
    hold_s: f64,
}

/// Bars and tempo so that the final chord begins on a bar line and rings to the end.
fn fit(duration_s: f64, bpm: f64, exact: bool, style: &Style) -> Fitted {
    let beats = f64::from(style.beats);
    let shortest_hold_s = if duration_s < 20.0 { 1.8 } else { 2.6 };
    let at = |bpm: f64| {
        let bar_s = beats * 60.0 / bpm;
        let bars = ((duration_s - shortest_hold_s) / bar_s).floor().max(1.0);
        Fitted {
            bpm,
            bars: bars as u32,
            hold_s: duration_s - bars * bar_s,
        }
    };
    if exact {
        return at(bpm);
    }
    // Whole tempi near the wanted one: the shortest final chord wins, nearness breaks ties; an
    // even number of bars is worth a second.
    let cost = |f: &Fitted| {
        f.hold_s + 0.12 * (f.bpm - bpm).abs() + if f.bars.is_multiple_of(2) { 0.0 } else { 1.0 }
    };
    (-4..=4)
        .map(|d| bpm + f64::from(d))
        .filter(|b| (style.tempo[0]..=style.tempo[1]).contains(b))
        .map(at)
        .min_by(|a, b| cost(a).total_cmp(&cost(b)))
        .unwrap_or_else(|| at(bpm))
}

fn choose_parts(
    heard: &Heard,
    style: &'static Style,
    notes: &mut Vec<String>,
) -> (Vec<PartStyle>, Option<&'static Drums>) {
    let mut parts = style.parts.clone();
    let mut taken = vec![false; parts.len()];
    for asked in &heard.instruments {
        if let Some(i) = parts.iter().position(|p| p.program == asked.program) {
            taken[i] = true;
            parts[i].enters = parts[i].enters.min(0.4);
        }
    }
    for asked in &heard.instruments {
        if parts.iter().any(|p| p.program == asked.program) {
            continue;
        }
        let free = (0..parts.len()).find(|&i| !taken[i] && asked.role.fits(parts[i].role));
        match free {
            Some(i) => {
                taken[i] = true;
                parts[i].program = asked.program;
                parts[i].enters = parts[i].enters.min(0.4);
            }
            None => match added(*asked, style, &parts) {
                Some(part) => {
                    parts.push(part);
                    taken.push(true);
                }
                None => notes.push(format!(
                    "The {} found no place beside the other instruments asked for.",
                    asked.word
                )),
            },
        }
    }
    for unwanted in &heard.without {
        parts.retain(|p| p.program != unwanted.program || p.role == Role::Lead);
    }
    let drums = style.drums.as_ref().filter(|_| !heard.no_drums);
    (parts, drums)
}

/// A further part for an instrument whose role the style lacks or has already given away.
fn added(asked: Asked, style: &Style, parts: &[PartStyle]) -> Option<PartStyle> {
    let (name, role, grid) = match asked.role {
        AskedRole::Pad => ("pad", Role::Pad, ""),
        AskedRole::Plucked => ("guitar", Role::Arp, "1-3-2-3-4-3-2-3-"),
        AskedRole::Chords => ("keys", Role::Comp, "6---....5---4---"),
        AskedRole::Lead | AskedRole::Bass => return None,
    };
    if parts.iter().any(|p| p.name == name) {
        return None;
    }
    let grid: String = grid.chars().take(style.steps()).collect();
    Some(PartStyle {
        name: name.to_owned(),
        role,
        program: asked.program,
        channel: Channel {
            gain_db: -6.0,
            pan: 0.3,
            reverb: 0.3,
            chorus: 0.1,
        },
        register: [50, 74],
        enters: 0.4,
        spread: super::harmony::Spread::Close,
        low: grid.clone(),
        high: grid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(prompt: &str, duration_s: f64) -> MusicParams {
        MusicParams {
            prompt: prompt.to_owned(),
            lyrics: None,
            duration_s,
            seed: Seed(7),
            guidance_scale: 15.0,
            infer_step: 60,
            diffusion: songwright_api::Diffusion::default(),
            task: songwright_music::MusicTask::Text2Music,
        }
    }

    #[test]
    fn an_asked_tempo_is_kept_exactly() {
        for duration_s in [10.0, 37.3, 60.0, 599.9] {
            let plan = plan(&params("rock, 131 bpm", duration_s)).unwrap();
            assert!((plan.bpm - 131.0).abs() < f64::EPSILON);
            let end = f64::from(plan.bars) * plan.bar_s() + plan.hold_s;
            assert!((end - duration_s).abs() < 1e-9);
            assert!(plan.hold_s >= 1.7 && plan.hold_s < 2.7 + plan.bar_s());
        }
    }

    #[test]
    fn asked_instruments_play_and_the_voice_is_explained() {
        let plan = plan(&params("pop, steel guitar, female vocals, no drums", 30.0)).unwrap();
        let facts = plan.facts();
        assert!(
            facts.instruments.iter().any(|i| i.contains("steel")),
            "{facts:?}"
        );
        assert!(facts.notes.iter().any(|n| n.contains("no singing voice")));
        assert!(plan.drums.is_none());
    }
}
