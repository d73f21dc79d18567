//! The lyrics service: lyrics, tags prompt, categories and title.

mod form;
mod lyricist;
mod params;
pub mod qwen;
mod service;
mod title;

pub use form::{Part, SECONDS_PER_LINE, form};
pub use lyricist::{Categories, Category, Lyricist, TagsPrompt};
pub use params::{CategoriesParams, LyricsParams, PromptParams, TitleParams};
pub use service::{LyricsService, Written};
pub use title::{title_from_description, title_from_lyrics};
