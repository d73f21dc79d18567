//! The built-in cover artist.

use songwright_base::{EngineError, EngineInfo, EngineKind, Observer};
use songwright_cover::{Cover, CoverArtist, CoverParams, StylePreset};

use super::preset_choice::nearest;
use super::studio::Studio;
use super::styles;
use songwright_canvas::{Fonts, set};

/// Draws covers with vector shapes, noise and lettering: no model, no network.
///
/// The same parameters give the same pixels, save for titles in scripts that the embedded fonts
/// lack (such as Chinese): those are set with the machine's fonts, or left out where it has none.
pub struct SketchArtist {
    fonts: Fonts,
}

impl SketchArtist {
    /// Parses the embedded fonts; takes well under a millisecond.
    #[must_use]
    pub fn new() -> Self {
        Self {
            fonts: Fonts::new(),
        }
    }

    /// The picture before and after inking the title, with the boxes of its lines.
    #[cfg(test)]
    pub(super) fn draw_in_two_steps(
        &self,
        params: &CoverParams,
    ) -> (
        image::RgbImage,
        image::RgbImage,
        Vec<songwright_canvas::Area>,
    ) {
        let observer = &songwright_base::Silent;
        let mut studio = Studio::new(params, observer).unwrap();
        let lettering = styles::paint(nearest(&params.style), &mut studio).unwrap();
        let mut canvas = studio.canvas;
        let size = (canvas.w, canvas.h);
        let Some(setting) = set(&self.fonts, lettering, size, words_of(params)) else {
            let image = canvas.finish().unwrap();
            return (image.clone(), image, Vec::new());
        };
        let inks = setting.prepare(&mut canvas).unwrap();
        let ground = canvas.picture().unwrap();
        setting.ink(&mut canvas, inks);
        (ground, canvas.finish().unwrap(), setting.boxes())
    }
}

impl Default for SketchArtist {
    fn default() -> Self {
        Self::new()
    }
}

impl CoverArtist for SketchArtist {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            kind: EngineKind::Sketch,
            name: "Built-in sketch".to_owned(),
            version: "1.0".to_owned(),
            model_id: "songwright/sketch-artist-1".to_owned(),
            device: "cpu".to_owned(),
            licence: "MIT OR Apache-2.0 (fonts OFL-1.1, Apache-2.0)".to_owned(),
        }
    }

    fn draw(
        &mut self,
        params: &CoverParams,
        observer: &dyn Observer,
    ) -> Result<Cover, EngineError> {
        let preset = nearest(&params.style);
        let mut studio = Studio::new(params, observer)?;
        let lettering = styles::paint(preset, &mut studio)?;
        let mut canvas = studio.canvas;
        let size = (canvas.w, canvas.h);
        let setting = set(&self.fonts, lettering, size, words_of(params));
        if let Some(setting) = &setting {
            let inks = setting.prepare(&mut canvas)?;
            setting.ink(&mut canvas, inks);
        }
        Ok(Cover {
            lettered: setting.is_some(),
            image: canvas.finish()?,
            label: label(preset),
            parameters: params.told(&self.info(), None),
            engine: self.info(),
            notes: notes(params),
        })
    }
}

/// Title and artist, which are set unless they are not wanted.
fn words_of(params: &CoverParams) -> (Option<&str>, Option<&str>) {
    match params.lettering(true) {
        Some(words) => (words.title.as_deref(), words.artist.as_deref()),
        None => (None, None),
    }
}

/// What only a model can do.
fn notes(params: &CoverParams) -> Vec<String> {
    let mut notes = Vec::new();
    if params.redraw.is_some() {
        notes.push(
            "The built-in sketch cannot draw over a picture: this one is new. An image model can."
                .to_owned(),
        );
    }
    notes
}

/// What a cover of `preset` is called: nobody is to think that a photo model made it.
fn label(preset: StylePreset) -> String {
    match preset {
        StylePreset::Photorealistic => "rendered scene".to_owned(),
        other => format!("drawn: {}", other.name()),
    }
}
