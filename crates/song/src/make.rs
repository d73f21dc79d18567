use std::{sync::Arc, time::Instant};

use serde_json::json;
use songwright_api::{
    AudioGeneration, Diffusion, EnginesUsed, Package, ServiceStatus, SongKind, SongRequest,
};
use songwright_base::{Failure, LyricSheet, Operation, Part, Stage};
use songwright_cover::Cover;
use songwright_music::MusicParams;
use uuid::Uuid;

use crate::{
    Studio,
    cover::CoverWish,
    shelf,
    stages::{self, Extent, begin},
};

/// A song while it is made.
pub(crate) struct Draft {
    pub(crate) song_id: Uuid,
    pub(crate) audio: AudioGeneration,
    /// The language that was asked for.
    pub(crate) language: Option<String>,
    pub(crate) title: String,
    pub(crate) prompt: String,
    pub(crate) sheet: Option<LyricSheet>,
    pub(crate) categories: Vec<String>,
    pub(crate) engines: EnginesUsed,
    pub(crate) status: ServiceStatus,
    pub(crate) errors: Vec<String>,
}

impl Studio {
    /// Makes a song and puts it in the library.
    ///
    /// # Errors
    /// 400 for a request out of its limits; what the music service or the storage says; 409 or 408
    /// where the operation was cancelled or its time passed. What was made before is kept in the
    /// operation's result.
    pub async fn make(
        &self,
        operation: &Operation,
        endpoint: &str,
        request: SongRequest,
    ) -> Result<Package, Failure> {
        let begun = Instant::now();
        let request = request.settled()?;
        let kind = request.kind(endpoint)?;
        let audio = AudioGeneration::try_from(&request.audio)?;
        let diffusion = Diffusion::try_from(&request.diffusion)?;
        let cover_wish = CoverWish::of(&request)?;
        let takes = request.takes()?;
        // What is wrong with the audio it is to be like is said before anything is written.
        let task = self.task_of(&diffusion).await?;
        let mut draft = Draft {
            song_id: Uuid::new_v4(),
            audio,
            language: request.language.clone(),
            title: String::new(),
            prompt: String::new(),
            sheet: None,
            categories: Vec::new(),
            engines: EnginesUsed::default(),
            status: ServiceStatus::default(),
            errors: Vec::new(),
        };
        // Whose time is foreseen is who will take it.
        self.renew_engines().await;
        let foreseen = MusicParams {
            task: task.clone(),
            ..MusicParams::new(String::new(), LyricSheet::default(), audio)
                .with_diffusion(diffusion.clone())
        };
        // Before the words are written, which would be lost.
        self.music.check(foreseen.clone()).await?;
        let extent = Extent::of(&foreseen, takes);
        let stages = stages::of_song(&kind, audio.instrumental);
        self.foresee(operation, stages, extent).await;
        self.write_prompt(operation, &kind, &mut draft).await?;
        self.write_lyrics(operation, &kind, &mut draft).await?;
        let about = match &kind {
            SongKind::FromDescription { description } => description.clone(),
            SongKind::WithLyrics { prompt, .. } | SongKind::WithDescribedLyrics { prompt, .. } => {
                prompt.clone()
            }
        };
        self.write_title(operation, &request, &about, &mut draft)
            .await?;
        operation.keep(partial(&draft, None));

        let instrumental = draft.sheet.is_none();
        let music = MusicParams::new(
            draft.prompt.clone(),
            draft.sheet.clone().unwrap_or_default(),
            AudioGeneration {
                instrumental,
                ..audio
            },
        )
        .with_diffusion(diffusion);
        let music = MusicParams { task, ..music };
        // Before the music, for which the lyricist may have to leave.
        let subject = self.subject_of(operation, (&draft, &request)).await;
        let cover = cover_wish.params(subject, (&draft, &request));
        let (composition, cover) = tokio::join!(
            self.music
                .compose(music.clone(), Arc::new(Part::new(operation, 0, takes))),
            self.draw_cover(operation, cover),
        );
        let cover = match cover {
            Ok(cover) => {
                draft.engines.cover = Some(cover.engine.clone());
                draft.status.cover_image = true;
                Some(cover)
            }
            Err(error) => {
                draft.go_on(
                    operation,
                    Stage::Cover,
                    "The cover could not be drawn, so the song has none",
                    error,
                )?;
                None
            }
        };
        let composition = match composition {
            Ok(composition) => composition,
            Err(error) => {
                operation.check()?;
                let failure = Failure::from(error);
                let kept = match &cover {
                    // The cause is what the client is told, also where this fails.
                    Some(cover) => self.keep_loose_cover(operation, cover).await.ok(),
                    None => None,
                };
                let kept = kept.map(|file| file.key.as_str().to_owned());
                operation.keep(partial(&draft, kept));
                return Err(Failure {
                    detail: format!("The music could not be made: {}", failure.detail),
                    ..failure
                });
            }
        };
        draft.engines.music = Some(composition.engine.clone());
        draft.status.music = true;
        let mut compositions = vec![(0, composition)];
        for n in 1..takes {
            let again = MusicParams {
                seed: audio.seed.after(n),
                ..music.clone()
            };
            let part = Arc::new(Part::new(operation, n, takes));
            match self.music.compose(again, part).await {
                Ok(composition) => compositions.push((n, composition)),
                Err(error) => draft.go_on(
                    operation,
                    Stage::Render,
                    "Not all takes could be made",
                    error,
                )?,
            }
        }
        self.choose_categories(operation, &about, &mut draft)
            .await?;
        operation.check()?;

        begin(operation, Stage::Save);
        let made = Made {
            request,
            endpoint,
            about: &about,
            compositions,
            cover,
            begun,
        };
        let song = self.keep_song(operation, draft, made).await?;
        operation.set_song(song.id);
        operation.end_stage(Stage::Save, true);
        self.learn(&operation.snapshot(), extent).await;
        shelf::package(&song, self.objects.mode().name())
    }
}

/// What is made and to be kept.
pub(crate) struct Made<'a> {
    pub(crate) request: SongRequest,
    pub(crate) endpoint: &'a str,
    pub(crate) about: &'a str,
    /// By the number of their seeds after the song's own.
    pub(crate) compositions: Vec<(u32, songwright_music::Composition)>,
    pub(crate) cover: Option<Cover>,
    pub(crate) begun: Instant,
}

/// What an operation that fails has made.
fn partial(draft: &Draft, cover_key: Option<String>) -> serde_json::Value {
    json!({
        "title": draft.title,
        "prompt": draft.prompt,
        "lyrics": draft.sheet.as_ref().map(LyricSheet::to_string),
        "cover_image_s3_key": cover_key,
        "service_status": draft.status,
        "engines": draft.engines,
        "errors": draft.errors,
        "seed": draft.audio.seed,
    })
}
