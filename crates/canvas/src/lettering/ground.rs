//! What lies under the lettering: measured, shaded where the letters could not be read, inked.

use songwright_base::EngineError;
use tiny_skia::PathBuilder;

use super::layout::{Anchor, Setting};
use crate::colour::{Rgb, contrast, smoothstep};
use crate::surface::{Area, Canvas, Ink};

/// What WCAG 2 asks of text, with a little to spare for rounding.
const LEAST_CONTRAST: f32 = 4.7;

/// The colours that a setting is inked with.
#[derive(Clone, Copy, Debug)]
pub struct Inks {
    title: Rgb,
    artist: Rgb,
}

impl Setting {
    /// Makes the ground under the lettering such that it can be read, with as little change as
    /// possible: first by the choice of ink, then by a soft shade.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub fn prepare(&self, canvas: &mut Canvas<'_>) -> Result<Inks, EngineError> {
        if let Some(glow) = self.lettering.glow {
            self.light(canvas, glow)?;
        }
        let ground = Ground::under(self, canvas);
        let [wanted, other] = self.lettering.inks;
        let legible = |ink: Rgb, ground: &Ground| ground.contrast_with(ink) >= LEAST_CONTRAST;
        let title = if legible(wanted, &ground) {
            wanted
        } else if legible(other, &ground)
            || ground.contrast_with(other) > 1.3 * ground.contrast_with(wanted)
        {
            other
        } else {
            wanted
        };
        let target = if title.luminance() > 0.18 {
            Rgb::BLACK
        } else {
            Rgb::WHITE
        };
        let strength = (0..=19)
            .map(|step| step as f32 / 20.0)
            .find(|&s| legible(title, &ground.shaded(target, s)))
            .unwrap_or(0.95);
        if strength > 0.0 {
            self.shade(canvas, (target, strength))?;
        }
        let ground = ground.shaded(target, strength);
        let accent = self.lettering.accent.filter(|&a| legible(a, &ground));
        Ok(Inks {
            title,
            artist: accent.unwrap_or(title),
        })
    }

    /// Inks the letters.
    pub fn ink(&self, canvas: &mut Canvas<'_>, inks: Inks) {
        for path in &self.title {
            canvas.fill(path, inks.title);
        }
        if let Some(path) = &self.artist {
            canvas.fill(path, inks.artist);
        }
    }

    fn block(&self) -> Option<Area> {
        self.boxes().into_iter().reduce(|a, b| {
            let (x, y) = (a.x.min(b.x), a.y.min(b.y));
            let right = (a.x + a.w).max(b.x + b.w);
            let bottom = (a.y + a.h).max(b.y + b.h);
            Area::new(x, y, right - x, bottom - y)
        })
    }

    fn shade(
        &self,
        canvas: &mut Canvas<'_>,
        (target, strength): (Rgb, f32),
    ) -> Result<(), EngineError> {
        let Some(block) = self.block() else {
            return Ok(());
        };
        // At the head or foot of the picture the shade runs out over three edges, as a scrim.
        let (top, bottom) = (block.y - 0.02, block.y + block.h + 0.02);
        let full = match self.lettering.anchor {
            Anchor::Top => Area::new(-1.0, -1.0, 4.0 + canvas.w, bottom + 1.0),
            Anchor::Bottom => Area::new(-1.0, top, 4.0 + canvas.w, canvas.h + 1.0 - top),
            Anchor::Middle => Area::new(block.x - 0.02, top, block.w + 0.04, bottom - top),
        };
        canvas.shade(|at, under| {
            let outside = full.distance(at, 0.0);
            let k = 1.0 - smoothstep(0.0, 0.24, outside);
            under.mix(target, strength * k)
        })
    }

    /// A halo, as around a neon tube: wide strokes over each other, thin ones last.
    fn light(&self, canvas: &mut Canvas<'_>, glow: Rgb) -> Result<(), EngineError> {
        let mut all = PathBuilder::new();
        for path in self.paths() {
            all.push_path(path);
        }
        let Some(all) = all.finish() else {
            return Ok(());
        };
        for i in 0..10 {
            let width = 0.05 * (1.0 - i as f32 / 10.0);
            canvas.stroke(&all, width, Ink(glow, 0.035));
        }
        canvas.check()
    }
}

/// The luminances under a setting's lines.
struct Ground {
    colours: Vec<Rgb>,
}

impl Ground {
    fn under(setting: &Setting, canvas: &Canvas<'_>) -> Self {
        let picture = canvas.snapshot();
        let pad = 0.008;
        let colours: Vec<Rgb> = setting
            .boxes()
            .into_iter()
            .map(|b| Area::new(b.x - pad, b.y - pad, b.w + 2.0 * pad, b.h + 2.0 * pad))
            .flat_map(|b| picture.pixels_in(b).map(|(_, c)| c).collect::<Vec<_>>())
            .collect();
        let every = (colours.len() / 6000).max(1);
        Self {
            colours: colours.into_iter().step_by(every).collect(),
        }
    }

    fn shaded(&self, target: Rgb, strength: f32) -> Self {
        Self {
            colours: self
                .colours
                .iter()
                .map(|c| c.mix(target, strength))
                .collect(),
        }
    }

    /// The ratio that all but one in fifty of the pixels reach.
    fn contrast_with(&self, ink: Rgb) -> f32 {
        let ink = ink.luminance();
        let mut ratios: Vec<f32> = self
            .colours
            .iter()
            .map(|c| contrast(c.luminance(), ink))
            .collect();
        ratios.sort_by(f32::total_cmp);
        ratios.get(ratios.len() / 50).copied().unwrap_or(21.0)
    }
}
