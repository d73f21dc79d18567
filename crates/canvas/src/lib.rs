//! Pictures by vectors: a surface in units, colours as they are seen, and lettering that can be read on
//! whatever lies below it.
//!
//! The built-in artist paints on it; a title is set with it on a cover of any artist.

mod colour;
mod grain;
mod lettering;
mod surface;

pub use colour::{Ramp, Rgb, contrast, smoothstep};
pub use grain::grain;
pub use lettering::{Align, Anchor, Fonts, Inks, Lettering, MARGIN, Setting, Typeface, set};
pub use surface::{Area, Canvas, Ink, Point, Snapshot, outline};
