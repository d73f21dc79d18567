//! Setting the title and the artist: fonts, shaping, line breaks, and a ground that they can be
//! read on.

mod fonts;
mod ground;
mod layout;
mod line;

pub(super) use fonts::{Fonts, Typeface};
pub(super) use layout::{Align, Anchor, Lettering, set};
