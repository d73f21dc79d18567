//! The lyrics service: lyrics, tags prompt, categories and title, and tools for lyrics that are there.

mod form;
mod improve;
mod lyricist;
mod measure;
mod params;
pub mod qwen;
pub mod revise;
pub mod rhyme;
mod service;
mod tags;
mod title;
mod tongue;

pub use form::{Part, SECONDS_PER_LINE, form};
pub use lyricist::{Categories, Category, Lyricist, TagsPrompt};
pub use measure::Measure;
pub use params::{
    CategoriesParams, ImproveParams, LyricsParams, PromptParams, RhymesParams, SceneParams,
    TitleParams,
};
pub use revise::{ReviseParams, Revision};
pub use service::{LyricsService, Written};
pub use title::{title_from_description, title_from_lyrics};
pub use tongue::{Script, Tongue};
