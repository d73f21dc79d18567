//! What a scene is painted with: the canvas, the dice, the noise, the colours, the subject.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use songwright_base::{EngineError, Observer};
use songwright_cover::CoverParams;

use super::noise::Noise;
use super::palette::{self, Palette};
use super::theme::{Theme, themes_of};
use songwright_canvas::Canvas;
use songwright_canvas::Lettering;
use songwright_canvas::grain;

/// A painted scene: how its title is to be set.
pub(super) type Painted = Result<Lettering, EngineError>;

/// A scene of a style.
pub(super) type Scene = fn(&mut Studio<'_>) -> Painted;

/// Everything that a scene is painted with.
pub(super) struct Studio<'o> {
    pub(super) canvas: Canvas<'o>,
    pub(super) rng: ChaCha8Rng,
    pub(super) noise: Noise,
    pub(super) palette: Palette,
    pub(super) themes: Vec<Theme>,
}

impl<'o> Studio<'o> {
    /// A blank canvas for `params`, everything else drawn from its seed and words.
    ///
    /// # Errors
    /// A size that no canvas has.
    pub(super) fn new(
        params: &CoverParams,
        observer: &'o dyn Observer,
    ) -> Result<Self, EngineError> {
        let mut rng = ChaCha8Rng::seed_from_u64(params.seed.0);
        let words = format!(
            "{} {} {}",
            params.subject(),
            params.words.title.as_deref().unwrap_or_default(),
            params.style.text()
        );
        let themes = themes_of(&words);
        let noise = Noise::new(&mut rng);
        let palette = palette::choose(palette::mood_of(&words), &themes, &mut rng);
        Ok(Self {
            canvas: Canvas::new((params.width, params.height), observer)?,
            rng,
            noise,
            palette,
            themes,
        })
    }

    pub(super) fn about(&self, theme: Theme) -> bool {
        self.themes.contains(&theme)
    }

    /// The scene for the first theme that `scenes` knows, else one of all by the seed.
    pub(super) fn choose(&mut self, scenes: &[(Scene, &[Theme])]) -> Scene {
        let pick = self.rng.random_range(0..scenes.len());
        for theme in &self.themes {
            let fitting: Vec<Scene> = scenes
                .iter()
                .filter(|(_, themes)| themes.contains(theme))
                .map(|&(scene, _)| scene)
                .collect();
            if !fitting.is_empty() {
                return fitting[pick % fitting.len()];
            }
        }
        scenes[pick].0
    }

    /// A number between `from` and `to`.
    pub(super) fn roll(&mut self, from: f32, to: f32) -> f32 {
        self.rng.random_range(from..to)
    }

    /// True `share` of the time.
    pub(super) fn chance(&mut self, share: f32) -> bool {
        self.rng.random::<f32>() < share
    }

    /// Film grain of `amount` and corners darker by `vignette`: the last pass of most scenes.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub(super) fn develop(&mut self, amount: f32, vignette: f32) -> Result<(), EngineError> {
        let (cx, cy) = self.canvas.centre();
        let (w, h) = (self.canvas.w, self.canvas.h);
        self.canvas.shade(|(x, y), c| {
            let corner = ((x - cx) / w).powi(2) + ((y - cy) / h).powi(2);
            // Grain cells of 1/700 look the same at every size.
            let g = grain((x * 700.0) as u32, (y * 700.0) as u32, 77) * amount;
            c.scale(1.0 - vignette * corner).lift(g)
        })
    }
}
