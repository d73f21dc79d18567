//! Setting the title and the artist: fonts, shaping, line breaks, and a ground that they can be
//! read on.

mod fonts;
mod ground;
mod layout;
mod line;

pub use fonts::{Fonts, Typeface};
pub use ground::Inks;
pub use layout::{Align, Anchor, Lettering, MARGIN, Setting, set};
