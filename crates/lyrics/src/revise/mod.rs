//! Lyrics that are there, changed: continued, one section rewritten, fitted to a length, translated.
//!
//! What stays and what is written is planned here, the same way for every engine; an engine writes the
//! lines of the plan's stanzas.

mod draft;
mod fit;
mod next;
mod params;
mod plan;
mod shape;

pub use draft::{Draft, Section};
pub use params::{ReviseParams, Revision};
pub use plan::{Piece, Plan};
pub use shape::{LineShape, Rhyme, Stanza};
