use std::sync::Arc;

use songwright_api::{SongKind, SongRequest};
use songwright_base::{EngineError, Failure, LyricSheet, Operation, Stage};
use songwright_lyrics::{CategoriesParams, LyricsParams, PromptParams, TitleParams};

use crate::{Studio, make::Draft, stages::begin};

/// The most characters of a style, as lyrics services take them.
const STYLE_CHARS: usize = 100;
/// What stands for a category when none was found.
const UNKNOWN: &str = "Unknown";

impl Studio {
    /// The tags prompt; where it fails, the description itself.
    pub(crate) async fn write_prompt(
        &self,
        operation: &Operation,
        kind: &SongKind,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        let description = match kind {
            SongKind::FromDescription { description } => description,
            SongKind::WithLyrics { prompt, .. } | SongKind::WithDescribedLyrics { prompt, .. } => {
                draft.prompt.clone_from(prompt);
                draft.status.prompt = true;
                return Ok(());
            }
        };
        begin(operation, Stage::Prompt);
        let params = PromptParams {
            description: description.clone(),
            genre: None,
            instruments: Vec::new(),
            tempo: None,
            instrumental: draft.audio.instrumental,
            seed: draft.audio.seed,
        };
        match self
            .lyrics
            .prompt(params, Arc::new(operation.clone()))
            .await
        {
            Ok(written) => {
                draft.prompt = written.value.line();
                draft.engines.prompt = Some(written.engine);
                draft.status.prompt = true;
                operation.end_stage(Stage::Prompt, true);
            }
            Err(error) => {
                draft.go_on(
                    operation,
                    Stage::Prompt,
                    "The tags could not be written, so the description itself is the prompt",
                    error,
                )?;
                draft.prompt = description.chars().take(500).collect();
            }
        }
        Ok(())
    }

    /// The lyrics; where they fail, none: the song is an instrumental.
    pub(crate) async fn write_lyrics(
        &self,
        operation: &Operation,
        kind: &SongKind,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        if draft.audio.instrumental {
            return Ok(());
        }
        let described = matches!(kind, SongKind::FromDescription { .. });
        if described
            && draft
                .prompt
                .split(',')
                .any(|tag| tag.trim() == "instrumental")
        {
            // "Instrumental lo-fi for rainy days" asks for no words, whatever the field says.
            operation.skip_stage(Stage::Lyrics);
            return Ok(());
        }
        let description = match kind {
            SongKind::FromDescription { description } => description,
            SongKind::WithDescribedLyrics {
                described_lyrics, ..
            } => described_lyrics,
            SongKind::WithLyrics {
                lyrics,
                sent_as_described,
                ..
            } => {
                let sheet = LyricSheet::parse(lyrics);
                draft.sheet = (!sheet.is_instrumental()).then_some(sheet);
                draft.status.lyrics = draft.sheet.is_some();
                if *sent_as_described {
                    draft.errors.push(
                        "The request had lyrics but no described_lyrics: the lyrics were sung as they are.".to_owned(),
                    );
                }
                return Ok(());
            }
        };
        begin(operation, Stage::Lyrics);
        let params = LyricsParams {
            description: description.clone(),
            style: style(&draft.prompt),
            language: draft.language.clone(),
            mood: None,
            duration_s: Some(draft.audio.duration_s),
            seed: draft.audio.seed,
        };
        match self
            .lyrics
            .lyrics(params, Arc::new(operation.clone()))
            .await
        {
            Ok(written) => {
                draft.sheet = Some(written.value);
                draft.engines.lyrics = Some(written.engine);
                draft.status.lyrics = true;
                operation.end_stage(Stage::Lyrics, true);
                Ok(())
            }
            Err(error) => draft.go_on(
                operation,
                Stage::Lyrics,
                "The lyrics could not be written, so the song is an instrumental",
                error,
            ),
        }
    }

    /// The title; where it fails, the first words of what was asked.
    pub(crate) async fn write_title(
        &self,
        operation: &Operation,
        request: &SongRequest,
        about: &str,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        if let Some(title) = request.title.as_deref().map(songwright_base::clean_text)
            && !title.is_empty()
        {
            draft.title = title;
            operation.skip_stage(Stage::Title);
            return Ok(());
        }
        begin(operation, Stage::Title);
        let params = TitleParams {
            description: about.to_owned(),
            lyrics: draft.sheet.as_ref().map(LyricSheet::to_string),
            seed: draft.audio.seed,
        };
        match self.lyrics.title(params, Arc::new(operation.clone())).await {
            Ok(written) => {
                draft.title = written.value;
                operation.end_stage(Stage::Title, true);
            }
            Err(error) => {
                draft.go_on(
                    operation,
                    Stage::Title,
                    "No title could be made, so the song is named by its first words",
                    error,
                )?;
                draft.title = about
                    .split_whitespace()
                    .take(5)
                    .collect::<Vec<_>>()
                    .join(" ");
            }
        }
        Ok(())
    }

    /// The categories; where they fail, `["Unknown"]`.
    pub(crate) async fn choose_categories(
        &self,
        operation: &Operation,
        about: &str,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        begin(operation, Stage::Categories);
        let params = CategoriesParams {
            description: about.to_owned(),
            max_categories: 5,
            include_subgenres: true,
        };
        let chosen = self
            .lyrics
            .categories(params, Arc::new(operation.clone()))
            .await;
        match chosen {
            Ok(written) if !written.value.categories.is_empty() => {
                draft.categories = written
                    .value
                    .categories
                    .into_iter()
                    .map(|c| c.name)
                    .collect();
                draft.engines.categories = Some(written.engine);
                draft.status.categories = true;
                operation.end_stage(Stage::Categories, true);
                return Ok(());
            }
            Ok(_) => operation.end_stage(Stage::Categories, false),
            Err(error) => {
                draft.go_on(
                    operation,
                    Stage::Categories,
                    "No categories could be chosen",
                    error,
                )?;
            }
        }
        draft.categories = vec![UNKNOWN.to_owned()];
        Ok(())
    }
}

/// What the tags prompt says of the writing, above all its tempo, in as many characters as a style may have.
fn style(prompt: &str) -> Option<String> {
    let (mut tempo, mut others) = (Vec::new(), Vec::new());
    for tag in prompt.split([',', '，', '、', '\n']).map(str::trim) {
        if tag.to_lowercase().contains("bpm") {
            tempo.push(tag);
        } else if !tag.is_empty() {
            others.push(tag);
        }
    }
    tempo.append(&mut others);
    let mut style = String::new();
    for tag in tempo {
        let parting = if style.is_empty() { "" } else { ", " };
        if style.chars().count() + parting.len() + tag.chars().count() <= STYLE_CHARS {
            style = style + parting + tag;
        }
    }
    (!style.is_empty()).then_some(style)
}

impl Draft {
    /// Notes a failure that the song survives; a cancelled or overdue operation does not.
    pub(crate) fn go_on(
        &mut self,
        operation: &Operation,
        stage: Stage,
        what: &str,
        error: EngineError,
    ) -> Result<(), Failure> {
        operation.check()?;
        let failure = Failure::from(error);
        tracing::warn!("[{}] {what}: {failure}", operation.id());
        operation.end_stage(stage, false);
        self.errors.push(format!("{what}: {failure}"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{STYLE_CHARS, style};

    #[test]
    fn the_tempo_comes_first_and_tags_are_kept_whole() {
        assert_eq!(
            style("pop, warm,, 92 BPM, C major").as_deref(),
            Some("92 BPM, pop, warm, C major")
        );
        assert_eq!(style(" , "), None);
        let exactly = "s".repeat(STYLE_CHARS);
        assert_eq!(style(&exactly), Some(exactly));
        let long = format!("{}, soul", "s".repeat(STYLE_CHARS + 1));
        assert_eq!(style(&long).as_deref(), Some("soul"));
    }
}
