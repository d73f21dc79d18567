//! Covers of songs: the one that is made with the song, and others afterwards.

use std::sync::Arc;

use songwright_api::{self as api, CoverImageRequest, SongCoverJob, SongRequest, Whole};
use songwright_base::{Code, EngineError, Failure, LyricSheet, Operation, Seed, Stage};
use songwright_cover::{Cover, CoverParams, CoverStyle, CoverWords, Detail, imagery};
use songwright_lyrics::SceneParams;
use songwright_storage::{Artwork, Song, SongText};

use crate::{
    Studio, cover_request,
    keep::{artwork, put_cover},
    make::Draft,
    new_files::{NewFiles, delete, unless_cancelled},
    shelf,
    stages::{Extent, begin},
};

/// The style where none is asked for.
const USUAL_STYLE: &str = "album cover art";
/// Pixels of a side where none are asked for.
const USUAL_PIXELS: i64 = 512;
/// The most characters of a style that the cover service takes.
const STYLE_CHARS: usize = 100;
/// The most of a song's tags that are told, and of its things that can be drawn.
const MOST: (usize, usize) = (6, 3);
/// How fast a song is, in words.
const TEMPO_WORDS: [&str; 4] = ["slow", "mid-tempo", "fast", "up-tempo"];

/// What a cover is made from.
pub(crate) struct Subject<'a> {
    pub(crate) title: &'a str,
    pub(crate) prompt: &'a str,
    pub(crate) lyrics: Option<String>,
    /// What the song is about, where the user said it.
    pub(crate) about: &'a str,
    pub(crate) seed: Seed,
}

/// What a cover is to show, and what else it is told of.
pub(crate) struct Told {
    pub(crate) prompt: String,
    pub(crate) also: Vec<Detail>,
}

/// What a song's request says of the cover, checked before any work starts.
pub(crate) struct CoverWish {
    style: CoverStyle,
    pixels: u32,
}

impl CoverWish {
    pub(crate) fn of(request: &SongRequest) -> Result<Self, Failure> {
        let style = request.cover_style.as_deref().unwrap_or_default().trim();
        if style.chars().count() > STYLE_CHARS {
            return Err(Failure::new(
                Code::BadRequest,
                "cover_style must have at most 100 characters.",
            ));
        }
        let pixels = request
            .cover_size
            .unwrap_or(Whole(USUAL_PIXELS))
            .between("cover_size", 256..=1024)?;
        Ok(Self {
            style: CoverStyle::from_text(if style.is_empty() { USUAL_STYLE } else { style }),
            pixels: (u32::try_from(pixels).unwrap_or(512) + 32) / 64 * 64,
        })
    }

    pub(crate) fn params(
        &self,
        told: Told,
        (draft, request): (&Draft, &SongRequest),
    ) -> CoverParams {
        CoverParams {
            prompt: told.prompt,
            also: told.also,
            style: self.style.clone(),
            width: self.pixels,
            height: self.pixels,
            exact_size: false,
            num_inference_steps: 4,
            seed: draft.audio.seed,
            words: CoverWords {
                title: Some(draft.title.clone()),
                artist: request.artist.clone(),
            },
            typography: request.cover_typography,
            negative_prompt: None,
            guidance_scale: 0.0,
            redraw: None,
        }
    }
}

impl Told {
    /// The scene, or where there is none what the song is called; then its name, its sound and what it is about.
    fn of(scene: String, of: &Subject<'_>) -> Self {
        let details = [
            Detail::Title(of.title.trim().to_owned()),
            Detail::Sound(sound(of.prompt)),
            Detail::About(of.about.trim().to_owned()),
        ];
        let said = |detail: &Detail| !detail.text().is_empty();
        let mut also: Vec<Detail> = details.into_iter().filter(said).collect();
        let prompt = match scene.is_empty() && !also.is_empty() {
            true => also.remove(0).text().to_owned(),
            false => scene,
        };
        Self { prompt, also }
    }
}

/// The tags that are told. They come as genre, voice, instruments, mood, tempo and key: of too many, what tells
/// nothing to the eye goes first, then instruments, which stand in the middle, so that the mood stays.
fn sound(prompt: &str) -> String {
    let (most, _) = MOST;
    let mut tags: Vec<&str> = prompt.split(',').map(str::trim).collect();
    if tags.len() > most {
        tags.retain(|tag| !is_measure(tag));
    }
    let spare = tags.len().saturating_sub(most);
    let begin = most / 2;
    tags.drain(begin.min(tags.len())..(begin + spare).min(tags.len()));
    tags.join(", ")
}

/// Whether a tag tells the tempo or the key.
fn is_measure(tag: &str) -> bool {
    let small = tag.to_lowercase();
    let is_key = small.ends_with(" major") || small.ends_with(" minor");
    is_key || small.contains("bpm") || TEMPO_WORDS.contains(&small.as_str())
}

impl Studio {
    /// What the cover of a song is to show: in the lyricist's words where it has any, else the things that its
    /// lyrics name; then what it is called, how it sounds and what it is about.
    pub(crate) async fn subject(&self, operation: &Operation, of: Subject<'_>) -> Told {
        let params = SceneParams {
            title: of.title.to_owned(),
            prompt: of.prompt.to_owned(),
            lyrics: of.lyrics.clone(),
            seed: of.seed,
        };
        let thought = self.lyrics.scene(params, Arc::new(operation.clone())).await;
        let scene = match thought {
            Ok(written) => written.value,
            Err(error) => {
                tracing::warn!("[{}] No scene for the cover: {error}", operation.id());
                None
            }
        };
        // What is sung can be drawn; a sound cannot.
        let (_, things) = MOST;
        let scene = scene.unwrap_or_else(|| {
            imagery(of.lyrics.as_deref().unwrap_or_default(), things).join(", ")
        });
        Told::of(scene, &of)
    }

    /// The same of a song that is being made.
    pub(crate) async fn subject_of(
        &self,
        operation: &Operation,
        (draft, request): (&Draft, &SongRequest),
    ) -> Told {
        let subject = Subject {
            title: &draft.title,
            prompt: &draft.prompt,
            lyrics: draft.sheet.as_ref().map(LyricSheet::to_string),
            about: request.full_described_song.as_deref().unwrap_or_default(),
            seed: draft.audio.seed,
        };
        self.subject(operation, subject).await
    }

    /// The cover of a song that is being made.
    pub(crate) async fn draw_cover(
        &self,
        operation: &Operation,
        params: CoverParams,
    ) -> Result<Cover, EngineError> {
        let cover = self.cover.draw(params, Arc::new(operation.clone())).await?;
        operation.end_stage(Stage::Cover, true);
        Ok(cover)
    }

    /// Draws another cover for a song, which becomes its newest, or several, of which the first does. The older ones
    /// stay.
    ///
    /// # Errors
    /// 404 for an unknown song, and for one without a cover where that is to be drawn over; 409 where the cover
    /// carries its title; what the cover service or the storage says.
    pub async fn new_cover(
        &self,
        operation: &Operation,
        job: SongCoverJob,
    ) -> Result<api::Song, Failure> {
        let SongCoverJob { song_id, request } = job;
        let song = self.library(move |library| library.song(song_id)).await?;
        let redraw_key = match request.strength {
            Some(_) => Some(to_draw_over(
                song.latest_cover().map(|cover| &cover.artwork),
            )?),
            None => None,
        };
        self.cover.chosen().await;
        let extent = Extent {
            duration_s: 0.0,
            evaluations: 0.0,
        };
        let stages = vec![Stage::Cover, Stage::Save];
        self.foresee(operation, stages, extent).await;
        let image = CoverImageRequest {
            redraw_key,
            ..image_request(&song, &request)
        };
        let mut params = self.song_cover_params(&image).await?;
        if request.prompt.is_none() {
            let seed = request.drawing.seed;
            let seed = seed.map_or(Seed(0), |seed| Seed(seed.0.unsigned_abs()));
            // Of the newest take, which may sing other words.
            let latest = song.latest_take().map(|take| song.text_of(take));
            let text = latest.as_ref().unwrap_or(&song.text);
            let told = self.subject(operation, subject_of_song(text, seed)).await;
            (params.prompt, params.also) = (told.prompt, told.also);
        }
        params.words = shelf::cover_words(&song);
        let style = params.style.text().to_owned();
        let seeds = cover_request::seeds(&image, params.seed)?;
        let (observer, count) = (Arc::new(operation.clone()), seeds.len());
        let covers = self.cover.draw_each(params, seeds.clone(), observer);
        let covers = covers.await?;
        operation.end_stage(Stage::Cover, true);
        operation.check()?;
        begin(operation, Stage::Save);
        let mut files = NewFiles::new(&self.objects);
        let mut artworks = Vec::with_capacity(covers.len());
        // The first is to be the newest.
        for (cover, seed) in covers.iter().zip(seeds).rev() {
            let file = unless_cancelled(operation, put_cover(&mut files, cover)).await?;
            artworks.push(artwork(cover, file, style.clone(), seed));
        }
        operation.check()?;
        let keys = files.release();
        let added = self
            .library(move |library| library.add_covers(song_id, &artworks))
            .await;
        if let Err(failure) = added {
            delete(&self.objects, keys).await;
            return Err(failure);
        }
        operation.end_stage(Stage::Save, true);
        operation.set_song(song_id);
        if count == 1 {
            // What several take together says little of one.
            self.learn(&operation.snapshot(), extent).await;
        }
        let song = self.library(move |library| library.song(song_id)).await?;
        shelf::song(&song)
    }
}

/// The request as the cover service's own, with what it does not say taken from the song.
fn image_request(song: &Song, request: &api::SongCoverRequest) -> CoverImageRequest {
    let old = song.latest_cover().map(|cover| &cover.artwork);
    // A bundle from elsewhere may have brought a longer one.
    let style = old.map_or(USUAL_STYLE, |old| &old.style);
    let style = style.chars().take(STYLE_CHARS).collect();
    let side = old.map_or(USUAL_PIXELS, |old| i64::from(old.width.clamp(256, 1024)));
    request.image(cover_request::OWN_PROMPT.to_owned(), style, side)
}

fn subject_of_song(text: &SongText, seed: Seed) -> Subject<'_> {
    Subject {
        title: &text.title,
        prompt: &text.prompt,
        lyrics: (!text.instrumental).then(|| text.lyrics.clone()),
        about: match text.description == text.prompt {
            true => "",
            false => &text.description,
        },
        seed,
    }
}

/// The key of a cover that is to be drawn over.
fn to_draw_over(cover: Option<&Artwork>) -> Result<String, Failure> {
    let Some(cover) = cover else {
        return Err(Failure::new(
            Code::NotFound,
            "This song has no cover that could be drawn over. Leave strength away for a new one.",
        ));
    };
    if cover.lettered {
        return Err(Failure::new(
            Code::Conflict,
            "This cover carries its title, which would be smeared. Leave strength away for a new one, with \
             typography off where it is to be drawn over later.",
        ));
    }
    Ok(cover.image.key.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(scene: &str, title: &str, prompt: &str, about: &str) -> Told {
        let of = Subject {
            title,
            prompt,
            lyrics: None,
            about,
            seed: Seed(1),
        };
        Told::of(scene.to_owned(), &of)
    }

    #[test]
    fn a_scene_comes_first_and_the_description_last() {
        let whole = told(
            "a boat, mist",
            " Night Ferry ",
            "folk, 90 bpm, a, b, c, d, e",
            "a ferry",
        );
        assert_eq!(whole.prompt, "a boat, mist");
        let also: Vec<&str> = whole.also.iter().map(Detail::text).collect();
        assert_eq!(also, ["Night Ferry", "folk, a, b, c, d, e", "a ferry"]);
        // Without one the title is what there is to draw.
        let named = told("", "Night Ferry", "folk", "");
        assert_eq!(named.prompt, "Night Ferry");
        assert_eq!(named.also, [Detail::Sound("folk".to_owned())]);
        assert_eq!(told("", "", "folk", "").prompt, "folk");
    }

    #[test]
    fn instruments_give_way_to_the_mood() {
        let four = "indie folk, female voice, guitar, piano, violin, cello, melancholic, slow, 76 BPM, A minor";
        assert_eq!(
            sound(four),
            "indie folk, female voice, guitar, violin, cello, melancholic"
        );
        let six = "pop, male voice, i1, i2, i3, i4, i5, i6, tender, hopeful, 90 BPM, C major";
        assert_eq!(sound(six), "pop, male voice, i1, i6, tender, hopeful");
        // What there is room for is told as it is.
        let few = "rock, drums, energetic, fast, 140 BPM, E minor";
        assert_eq!(sound(few), few);
        assert_eq!(sound(""), "");
    }
}
