use image::RgbImage;
use songwright_base::{EngineError, EngineInfo, Observer, Seed};

use crate::CoverParams;

/// A finished cover.
#[derive(Clone, Debug, PartialEq)]
pub struct Cover {
    /// `width` × `height`, 8-bit sRGB.
    pub image: RgbImage,
    /// How the picture was made, for people: "rendered scene", "SDXL-Turbo, 4 steps".
    pub label: String,
    /// Whether words are set on it.
    pub lettered: bool,
    /// Who made it.
    pub engine: EngineInfo,
    /// What it was made from, as [`CoverParams::told`].
    pub parameters: String,
    /// What its maker could not do, and what its licence asks to be said: sentences.
    pub notes: Vec<String>,
}

/// Draws covers. Blocking; called on an engine thread.
pub trait CoverArtist: Send {
    /// Who draws.
    fn info(&self) -> EngineInfo;

    /// A picture of exactly the asked size.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] within one step of the observer's saying so.
    fn draw(&mut self, params: &CoverParams, observer: &dyn Observer)
    -> Result<Cover, EngineError>;

    /// A picture for each of these seeds, the one that [`Self::draw`] makes of it.
    ///
    /// # Errors
    /// As there.
    fn draw_each(
        &mut self,
        params: &CoverParams,
        seeds: &[Seed],
        observer: &dyn Observer,
    ) -> Result<Vec<Cover>, EngineError> {
        let mut draw = |seed: &Seed| {
            let params = CoverParams {
                seed: *seed,
                ..params.clone()
            };
            self.draw(&params, observer)
        };
        seeds.iter().map(&mut draw).collect()
    }
}

/// The first of the pictures of [`CoverArtist::draw_each`], for artists to whom one is several.
///
/// # Errors
/// [`EngineError::Unsupported`] where there is none.
pub fn first(drawn: Vec<Cover>) -> Result<Cover, EngineError> {
    let none = || EngineError::Unsupported {
        what: "There is no picture to draw.".to_owned(),
    };
    drawn.into_iter().next().ok_or_else(none)
}
