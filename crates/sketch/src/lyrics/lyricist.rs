use songwright_base::{EngineError, EngineInfo, EngineKind, LyricSheet, Observer, Progress, Stage};
use songwright_lyrics::{
    Categories, CategoriesParams, Lyricist, LyricsParams, PromptParams, ReviseParams, RhymesParams,
    TagsPrompt, TitleParams,
};

use super::bank::{Bank, BankError};
use super::hearing::{Listened, listen};
use super::language::Language;
use super::songwriter::{Brief, write};
use super::vocabulary::Vocabulary;
use super::{categories, tags, themes, title, tools};

/// The built-in lyric writer: authored line halves, joined by theme, rhyme and length.
///
/// It knows English and Chinese, keeps no state between calls, and gives the same words for the
/// same request and seed.
#[derive(Clone, Debug, Default)]
pub struct SketchLyricist {
    /// Why it stands in for a model.
    note: Option<String>,
}

impl SketchLyricist {
    /// A writer; its banks are read on the first call.
    #[must_use]
    pub const fn new() -> Self {
        Self { note: None }
    }

    /// One that may stand in for a model: a note says why, and its name, which every result has,
    /// repeats it.
    #[must_use]
    pub const fn in_place_of(note: Option<String>) -> Self {
        Self { note }
    }
}

impl Lyricist for SketchLyricist {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            kind: EngineKind::Sketch,
            name: match &self.note {
                Some(note) => format!("Built-in sketch ({note})"),
                None => "Built-in sketch".to_owned(),
            },
            version: "1.0".to_owned(),
            model_id: "songwright/sketch-lyricist-1".to_owned(),
            device: "cpu".to_owned(),
            licence: "MIT OR Apache-2.0".to_owned(),
        }
    }

    fn note(&self) -> Option<String> {
        self.note.clone()
    }

    fn lyrics(
        &mut self,
        params: &LyricsParams,
        observer: &dyn Observer,
    ) -> Result<LyricSheet, EngineError> {
        let language = Language::choose(params.language.as_deref(), &params.description)?;
        let brief = brief(params, language).map_err(unreadable)?;
        write(&brief, observer)
    }

    fn prompt(
        &mut self,
        params: &PromptParams,
        observer: &dyn Observer,
    ) -> Result<TagsPrompt, EngineError> {
        at_once(Stage::Prompt, observer, || tags::prompt(params))
    }

    fn categories(
        &mut self,
        params: &CategoriesParams,
        observer: &dyn Observer,
    ) -> Result<Categories, EngineError> {
        at_once(Stage::Categories, observer, || {
            categories::categories(params)
        })
    }

    fn title(
        &mut self,
        params: &TitleParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        at_once(Stage::Title, observer, || title::title(params))
    }

    fn revise(
        &mut self,
        params: &ReviseParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        tools::revise(params, observer)
    }

    fn rhymes(
        &mut self,
        params: &RhymesParams,
        observer: &dyn Observer,
    ) -> Result<Vec<String>, EngineError> {
        tools::rhymes(params, observer)
    }
}

fn brief(params: &LyricsParams, language: Language) -> Result<Brief, &'static BankError> {
    let listened = listen(&params.description)?;
    let colours: Vec<Listened> = [&params.mood, &params.style]
        .into_iter()
        .flatten()
        .map(|text| listen(text))
        .collect::<Result<_, _>>()?;
    let weights = themes::choose(&listened, &colours, Vocabulary::get()?, params.seed);
    // A noun is woven into a song of its own language only.
    let nouns = listened
        .nouns
        .into_iter()
        .filter(|n| n.language() == language)
        .collect();
    Ok(Brief {
        bank: Bank::of(language)?,
        weights,
        nouns,
        duration_s: params.duration_s,
        seed: params.seed,
        description: params.description.clone(),
    })
}

/// Work of one step, done too fast to be cancelled in the middle.
fn at_once<T>(
    stage: Stage,
    observer: &dyn Observer,
    work: impl FnOnce() -> Result<T, &'static BankError>,
) -> Result<T, EngineError> {
    if observer.is_cancelled() {
        return Err(EngineError::Cancelled);
    }
    let made = work().map_err(unreadable)?;
    observer.report(Progress::new(stage, 1, 1));
    Ok(made)
}

fn unreadable(error: &'static BankError) -> EngineError {
    EngineError::failed("reading the built-in lyric writer's banks")(error)
}
