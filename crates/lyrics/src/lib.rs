//! The lyrics service: lyrics, tags prompt, categories and title.

mod lyricist;
mod params;
mod service;

pub use lyricist::{Categories, Category, Lyricist, TagsPrompt};
pub use params::{CategoriesParams, LyricsParams, PromptParams, TitleParams};
pub use service::{LyricsService, Written};
