//! The eight styles, a file each; every scene says how its title is to be set.

mod abstraction;
mod album;
mod electronic;
mod grunge;
mod illustration;
mod modern;
mod rendered;
mod vintage;

use songwright_base::EngineError;
use songwright_cover::StylePreset;

use super::studio::{Painted, Scene, Studio};
use super::theme::Theme;
use songwright_canvas::Area;
use songwright_canvas::{Align, Anchor, Lettering, Typeface};

/// The last passes of a style, over any of its scenes.
pub(super) type Finish = fn(&mut Studio<'_>) -> Result<(), EngineError>;

/// Paints a scene of `preset`.
///
/// # Errors
/// [`EngineError::Cancelled`].
pub(super) fn paint(preset: StylePreset, studio: &mut Studio<'_>) -> Painted {
    let (scenes, finish) = style(preset);
    let scene = studio.choose(scenes);
    let lettering = scene(studio)?;
    finish(studio)?;
    Ok(lettering)
}

/// The scenes of `preset`, each with what it suits, and their last passes.
pub(super) fn style(preset: StylePreset) -> (&'static [(Scene, &'static [Theme])], Finish) {
    match preset {
        StylePreset::AlbumCoverArt => (album::SCENES, album::finish),
        StylePreset::Vintage => (vintage::SCENES, vintage::finish),
        StylePreset::Modern => (modern::SCENES, modern::finish),
        StylePreset::Abstract => (abstraction::SCENES, abstraction::finish),
        StylePreset::Photorealistic => (rendered::SCENES, rendered::finish),
        StylePreset::Illustration => (illustration::SCENES, illustration::finish),
        StylePreset::Grunge => (grunge::SCENES, grunge::finish),
        StylePreset::Electronic => (electronic::SCENES, electronic::finish),
    }
}

/// Lettering in the middle of `area`, in light ink, dark on light grounds.
fn lettering(studio: &Studio<'_>, face: Typeface, area: Area) -> Lettering {
    Lettering {
        face,
        artist_face: Typeface::Grotesk,
        capitals: false,
        tracking: 0.0,
        area,
        align: Align::Centre,
        anchor: Anchor::Middle,
        largest: 0.15,
        inks: [
            studio.palette.light.varied(0.0, 0.06, 0.6),
            studio.palette.ink,
        ],
        accent: None,
        glow: None,
    }
}
