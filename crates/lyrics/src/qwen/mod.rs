//! Qwen as a lyricist: a language model on this machine, whose answers keep to grammars.

mod checkpoint;
mod error;
mod grammar;
mod lines;
mod lyricist;
mod metre;
mod model;
mod plan;
mod prompts;
mod sampler;
mod template;
mod tokenizer;
mod write_categories;
mod write_lyrics;
mod write_revision;
mod write_rhymes;
mod write_scene;
mod write_tags;
mod write_title;

pub use checkpoint::Checkpoint;
pub use error::Error;
pub use grammar::Grammars;
pub use lyricist::QwenLyricist;
pub use model::{Form, LanguageModel, Passage, Session};
pub use plan::Plan;
pub use prompts::{Prompt, Task, Told};
pub use sampler::{Drawn, Sampler, Sampling};
pub use template::{ChatTemplate, Message};
pub use tokenizer::Tokenizer;
pub use write_lyrics::section_grammar;
