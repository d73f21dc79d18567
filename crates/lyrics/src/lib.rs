//! The lyrics service: lyrics, tags prompt, categories and title.

mod lyricist;
mod params;
<<<<<<< HEAD
mod service;

pub use lyricist::{Categories, Category, Lyricist, TagsPrompt};
pub use params::{CategoriesParams, LyricsParams, PromptParams, TitleParams};
pub use service::{LyricsService, Written};
=======
mod title;

pub use lyricist::{Categories, Category, Lyricist, TagsPrompt};
pub use params::{CategoriesParams, LyricsParams, PromptParams, TitleParams};
pub use title::{title_from_description, title_from_lyrics};
>>>>>>> cc2173d615b2b92a01619059bbe154a6a7a6d076
