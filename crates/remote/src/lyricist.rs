use reqwest::StatusCode;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use songwright_api::{
    CategoriesRequest, LyricsRequest, PromptRequest, ReviseRequest, ReviseTask, RhymesRequest,
    TitleRequest, Whole,
};
use songwright_base::{
    EngineError, EngineInfo, LyricSheet, Observer, Progress, Seed, Stage, clean_text,
};
use songwright_lyrics::{
    Categories, CategoriesParams, Category, Lyricist, LyricsParams, PromptParams, ReviseParams,
    Revision, RhymesParams, TagsPrompt, TitleParams, title_from_description, title_from_lyrics,
};

use crate::{RemoteTarget, connection::Connection, error::CallError, identity, wire};

const LIMIT_BYTES: u64 = 4 << 20;
/// Given to a category that the service names without saying how sure it is.
const UNSAID_CONFIDENCE: f32 = 0.5;
const TITLE_CHARS: usize = 80;

/// A lyrics service elsewhere.
pub struct RemoteLyricist {
    connection: Connection,
    info: EngineInfo,
}

impl RemoteLyricist {
    /// Reads the URL and the key; nothing is sent yet.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] naming the variable that is wrong.
    pub fn new(target: RemoteTarget) -> Result<Self, EngineError> {
        let connection = Connection::open(&target)?;
        let info = identity::unknown("lyrics", connection.address());
        Ok(Self { connection, info })
    }

    fn ask<A: DeserializeOwned>(
        &self,
        endpoint: &str,
        question: &impl Serialize,
        observer: &dyn Observer,
    ) -> Result<A, CallError> {
        self.connection
            .post(endpoint, question, LIMIT_BYTES, observer)
    }

    /// As [`Self::explained`]; services of others do not have our tools.
    fn tool_failed(&self, endpoint: &str, error: CallError) -> EngineError {
        if !is_unknown(&error) {
            return self.explained(error);
        }
        EngineError::Unsupported {
            what: format!(
                "The lyrics service at {} has no {endpoint}. Take LYRICS_SERVICE_URL away to use a \
                 language model of this machine for it.",
                self.connection.address().shown()
            ),
        }
    }

    fn explained(&self, error: CallError) -> EngineError {
        error.into_engine_error(self.connection.address())
    }
}

impl Lyricist for RemoteLyricist {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn lyrics(
        &mut self,
        params: &LyricsParams,
        observer: &dyn Observer,
    ) -> Result<LyricSheet, EngineError> {
        observer.report(Progress::new(Stage::Lyrics, 0, 1));
        let question = LyricsRequest {
            description: params.description.clone(),
            style: params.style.clone(),
            language: params.language.clone(),
            mood: params.mood.clone(),
            audio_duration: params.duration_s,
            seed: whole(params.seed),
        };
        let (sheet, metadata) = self
            .ask("generate_lyrics", &question, observer)
            .and_then(sheet)
            .map_err(|e| self.explained(e))?;
        identity::learn(&mut self.info, metadata);
        observer.report(Progress::new(Stage::Lyrics, 1, 1));
        Ok(sheet)
    }

    fn prompt(
        &mut self,
        params: &PromptParams,
        observer: &dyn Observer,
    ) -> Result<TagsPrompt, EngineError> {
        observer.report(Progress::new(Stage::Prompt, 0, 1));
        let question = PromptRequest {
            description: params.description.clone(),
            genre: params.genre.clone(),
            instruments: (!params.instruments.is_empty()).then(|| params.instruments.clone()),
            tempo: params.tempo.clone(),
            instrumental: params.instrumental.then_some(true),
            seed: whole(params.seed),
        };
        let (tags, metadata) = self
            .ask("generate_prompt", &question, observer)
            .and_then(tags)
            .map_err(|e| self.explained(e))?;
        identity::learn(&mut self.info, metadata);
        observer.report(Progress::new(Stage::Prompt, 1, 1));
        Ok(tags)
    }

    fn categories(
        &mut self,
        params: &CategoriesParams,
        observer: &dyn Observer,
    ) -> Result<Categories, EngineError> {
        observer.report(Progress::new(Stage::Categories, 0, 1));
        let question = CategoriesRequest {
            description: params.description.clone(),
            max_categories: i64::try_from(params.max_categories).ok().map(Whole),
            include_subgenres: Some(params.include_subgenres),
        };
        let (categories, metadata) = self
            .ask("generate_categories", &question, observer)
            .and_then(|answer| categories(answer, params.max_categories))
            .map_err(|e| self.explained(e))?;
        identity::learn(&mut self.info, metadata);
        observer.report(Progress::new(Stage::Categories, 1, 1));
        Ok(categories)
    }

    /// Where the service has no titles, the title is taken from the song itself.
    fn title(
        &mut self,
        params: &TitleParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        observer.report(Progress::new(Stage::Title, 0, 1));
        let question = TitleRequest {
            description: Some(params.description.clone()),
            lyrics: params.lyrics.clone(),
            seed: whole(params.seed),
        };
        let title = match self
            .ask("generate_title", &question, observer)
            .and_then(title)
        {
            Ok((title, metadata)) => {
                identity::learn(&mut self.info, metadata);
                title
            }
            Err(error) if is_unknown(&error) => {
                let from_lyrics = params.lyrics.as_deref().and_then(title_from_lyrics);
                from_lyrics
                    .or_else(|| title_from_description(&params.description))
                    .ok_or_else(|| self.explained(error))?
            }
            Err(error) => return Err(self.explained(error)),
        };
        observer.report(Progress::new(Stage::Title, 1, 1));
        Ok(title)
    }

    fn revise(
        &mut self,
        params: &ReviseParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        observer.report(Progress::new(Stage::Lyrics, 0, 1));
        let (text, metadata) = self
            .ask("revise_lyrics", &revision(params), observer)
            .and_then(text)
            .map_err(|e| self.tool_failed("revise_lyrics", e))?;
        identity::learn(&mut self.info, metadata);
        observer.report(Progress::new(Stage::Lyrics, 1, 1));
        Ok(text)
    }

    fn rhymes(
        &mut self,
        params: &RhymesParams,
        observer: &dyn Observer,
    ) -> Result<Vec<String>, EngineError> {
        observer.report(Progress::new(Stage::Lyrics, 0, 1));
        let question = RhymesRequest {
            word: params.word.clone(),
            language: Some(params.tongue.name.clone()),
            description: params.description.clone(),
            max_rhymes: i64::try_from(params.most).ok().map(Whole),
            seed: whole(params.seed),
        };
        let (words, metadata) = self
            .ask("suggest_rhymes", &question, observer)
            .and_then(|answer| rhymes(answer, params.most))
            .map_err(|e| self.tool_failed("suggest_rhymes", e))?;
        identity::learn(&mut self.info, metadata);
        observer.report(Progress::new(Stage::Lyrics, 1, 1));
        Ok(words)
    }
}

/// Whether the service has no such endpoint.
fn is_unknown(error: &CallError) -> bool {
    matches!(
        error.status(),
        Some(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
    )
}

fn revision(params: &ReviseParams) -> ReviseRequest {
    let plain = ReviseRequest {
        lyrics: params.lyrics.clone(),
        language: Some(params.tongue.name.clone()),
        description: params.description.clone(),
        seed: whole(params.seed),
        ..ReviseRequest::default()
    };
    match &params.revision {
        Revision::Continue { sections } => ReviseRequest {
            task: ReviseTask::Continue,
            sections: i64::try_from(*sections).ok().map(Whole),
            ..plain
        },
        Revision::Rewrite { section } => ReviseRequest {
            task: ReviseTask::Rewrite,
            section: Some((section + 1).to_string()),
            ..plain
        },
        Revision::Fit { duration_ms } => ReviseRequest {
            task: ReviseTask::Fit,
            audio_duration: Some(*duration_ms as f64 / 1000.0),
            ..plain
        },
        Revision::Translate { tongue } => ReviseRequest {
            task: ReviseTask::Translate,
            language: Some(tongue.name.clone()),
            ..plain
        },
    }
}

fn text(answer: wire::Lyrics) -> Result<(String, wire::Metadata), CallError> {
    let text = clean_text(&answer.lyrics);
    if LyricSheet::parse(&text).is_instrumental() {
        return Err(CallError::unusable(
            "its lyrics have no line that can be sung.",
        ));
    }
    Ok((text, answer.metadata))
}

fn rhymes(answer: wire::Rhymes, most: usize) -> Result<(Vec<String>, wire::Metadata), CallError> {
    let mut words: Vec<String> = Vec::new();
    for word in &answer.rhymes {
        let word = clean_text(word);
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() {
        return Err(CallError::unusable("it named no rhyme."));
    }
    words.truncate(most);
    Ok((words, answer.metadata))
}

fn whole(seed: Seed) -> Option<Whole> {
    i64::try_from(seed.0).ok().map(Whole)
}

fn sheet(answer: wire::Lyrics) -> Result<(LyricSheet, wire::Metadata), CallError> {
    let sheet = LyricSheet::parse(&clean_text(&answer.lyrics));
    if sheet.is_instrumental() {
        return Err(CallError::unusable(
            "its lyrics have no line that can be sung.",
        ));
    }
    Ok((sheet, answer.metadata))
}

fn tags(answer: wire::Prompt) -> Result<(TagsPrompt, wire::Metadata), CallError> {
    let mut tags: Vec<String> = Vec::new();
    for tag in answer.prompt.split([',', '，', '、', '\n']) {
        let tag = clean_text(tag).to_lowercase();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.is_empty() {
        return Err(CallError::unusable("its prompt has no tags."));
    }
    let genre = answer
        .detected_genre
        .map(|genre| clean_text(&genre))
        .filter(|genre| !genre.is_empty());
    Ok((TagsPrompt { tags, genre }, answer.metadata))
}

fn categories(
    answer: wire::Categories,
    most: usize,
) -> Result<(Categories, wire::Metadata), CallError> {
    let mut found: Vec<Category> = Vec::new();
    for name in &answer.categories {
        let name = clean_text(name);
        if name.is_empty() || found.iter().any(|c| c.name == name) {
            continue;
        }
        let said = answer.confidence_scores.get(&name).and_then(Value::as_f64);
        found.push(Category {
            confidence: said.map_or(UNSAID_CONFIDENCE, |c| c.clamp(0.0, 1.0) as f32),
            name,
        });
    }
    if found.is_empty() {
        return Err(CallError::unusable("it named no category."));
    }
    // Stable: where nothing is said, the service's order stands.
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found.truncate(most.max(1));
    Ok((Categories { categories: found }, answer.metadata))
}

fn title(answer: wire::Title) -> Result<(String, wire::Metadata), CallError> {
    let text = clean_text(&answer.title);
    let line = text.lines().next().unwrap_or_default();
    let title: String = line
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '“' | '”'))
        .chars()
        .take(TITLE_CHARS)
        .collect();
    if title.is_empty() {
        return Err(CallError::unusable("its title is empty."));
    }
    Ok((title, answer.metadata))
}
