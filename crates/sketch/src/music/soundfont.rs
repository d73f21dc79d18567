//! The embedded SoundFont: FluidR3, 22 presets. A preset is decoded when a song first needs it
//! and then shared by the whole process.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustysynth::SoundFont;
use serde::Deserialize;

use super::error::ComposeError;
use super::sf3::Sf3;
use super::style::Drum;

static SF3: &[u8] = include_bytes!("../../../../assets/soundfont/fluidr3-22-presets.sf3");

/// The bank of drum kits.
pub(super) const PERCUSSION_BANK: u8 = 128;

/// A sound of the SoundFont.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq)]
pub struct Preset {
    /// MIDI bank; 128 is percussion.
    pub bank: u8,
    /// MIDI program, from 0.
    pub program: u8,
}

impl Preset {
    /// The preset's name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.bank, self.program) {
            (PERCUSSION_BANK, 8) => "room drum kit",
            (PERCUSSION_BANK, 25) => "TR-808 drum machine",
            (PERCUSSION_BANK, _) => "drum kit",
            (_, 0) => "grand piano",
            (_, 4) => "Rhodes electric piano",
            (_, 5) => "FM electric piano",
            (_, 24) => "nylon-string guitar",
            (_, 25) => "steel-string guitar",
            (_, 27) => "clean electric guitar",
            (_, 29) => "overdriven guitar",
            (_, 30) => "distortion guitar",
            (_, 33) => "fingered bass",
            (_, 34) => "picked bass",
            (_, 38) => "synth bass",
            (_, 48) => "strings",
            (_, 50) => "synth strings",
            (_, 52) => "choir",
            (_, 61) => "brass section",
            (_, 80) => "square lead",
            (_, 81) => "saw lead",
            (_, 88) => "fantasia pad",
            (_, 89) => "warm pad",
            _ => "instrument",
        }
    }
}

/// Whether the SoundFont has `preset`.
pub(super) fn has(preset: Preset) -> bool {
    Sf3::open(SF3).is_ok_and(|sf3| sf3.presets().contains(&(preset.bank, preset.program)))
}

type Slot = Arc<OnceLock<Arc<SoundFont>>>;

/// A SoundFont that plays `preset`, decoded once in this process.
pub(super) fn load(preset: Preset) -> Result<Arc<SoundFont>, ComposeError> {
    static DECODED: OnceLock<Mutex<HashMap<Preset, Slot>>> = OnceLock::new();
    let slot: Slot = {
        let mut decoded = DECODED
            .get_or_init(Mutex::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(decoded.entry(preset).or_default())
    };
    if let Some(font) = slot.get() {
        return Ok(Arc::clone(font));
    }
    let font = Arc::new(decode(preset)?);
    Ok(Arc::clone(slot.get_or_init(|| font)))
}

fn decode(preset: Preset) -> Result<SoundFont, ComposeError> {
    let Preset { bank, program } = preset;
    let sf3 = Sf3::open(SF3)?;
    let index = sf3
        .presets()
        .iter()
        .position(|&p| p == (bank, program))
        .ok_or(ComposeError::NoPreset { bank, program })?;
    // A kit has dozens of drums that no style plays.
    let keys: Vec<u8> = match bank {
        PERCUSSION_BANK => Drum::ALL.map(Drum::key).to_vec(),
        _ => (0..128).collect(),
    };
    let sf2 = sf3.preset_as_sf2(index, &keys)?;
    Ok(SoundFont::new(&mut Cursor::new(sf2))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_decodes_to_sound() {
        for (bank, program) in Sf3::open(SF3).unwrap().presets() {
            let font = load(Preset { bank, program }).unwrap();
            let loudest = font.get_wave_data().iter().map(|s| s.unsigned_abs()).max();
            assert!(loudest > Some(3000), "{bank}:{program} {loudest:?}");
        }
    }

    #[test]
    fn an_absent_preset_is_an_error() {
        let preset = Preset {
            bank: 0,
            program: 127,
        };
        assert!(!has(preset));
        assert!(matches!(
            load(preset),
            Err(ComposeError::NoPreset { program: 127, .. })
        ));
    }
}
