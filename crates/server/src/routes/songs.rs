use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use songwright_api::{ImportResponse, Peaks, Song, SongChange, SongList};
use songwright_base::{Code, Failure, Service, length_between};
use songwright_cover::RELEASE_PIXELS;
use songwright_song::{ArtForm, ArtWish};
use songwright_storage::{
    self as storage, SongFilter,
    bundle::{BundleForm, ExtraFormat},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::Routes;
use crate::{
    Host,
    body::{read_bytes, read_json},
    error::ApiError,
    files,
    openapi::Refusals,
    query::Parameters,
};

const SERVICE: Service = Service::Integrated;
/// The largest bundle that is taken in.
const MOST_BUNDLE_BYTES: usize = 1 << 30;

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one, change, delete))
        .routes(routes!(audio))
        .routes(routes!(cover))
        .routes(routes!(release_art))
        .routes(routes!(peaks))
        .routes(routes!(bundle))
        .routes(routes!(import))
}

async fn find(host: &Host, id: &str) -> Result<storage::Song, ApiError> {
    let id = song_id(id)?;
    host.studio
        .library(move |library| library.song(id))
        .await
        .map_err(ApiError::of(SERVICE))
}

pub(super) fn song_id(text: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(text).map_err(|_| {
        ApiError::new(
            SERVICE,
            Failure::new(
                Code::NotFound,
                format!("There is no song \"{text}\" in the library."),
            ),
        )
    })
}

/// The take that `?take=` names, else the newest.
fn take<'a>(song: &'a storage::Song, uri: &Uri) -> Result<&'a storage::Take, ApiError> {
    let wanted = Parameters::of(SERVICE, uri)?;
    let found = match wanted.text("take") {
        None | Some("") => song.latest_take(),
        Some(text) => song
            .takes
            .iter()
            .find(|t| t.recording.id.to_string() == text),
    };
    found.ok_or_else(|| {
        ApiError::new(
            SERVICE,
            Failure::new(Code::NotFound, "This song has no such take."),
        )
    })
}

fn shown(song: &storage::Song) -> Result<Song, ApiError> {
    songwright_song::song(song).map_err(ApiError::of(SERVICE))
}

/// Songs of the library, newest first.
#[utoipa::path(get, path = "/songs", tag = "songs", operation_id = "list_songs",
    params(("q" = Option<String>, Query, description = "Words in title, description, tags, lyrics or categories"),
        ("favourite" = Option<bool>, Query, description = "Only favourites"),
        ("limit" = Option<u64>, Query, description = "At most so many; 50 where absent"),
        ("offset" = Option<u64>, Query, description = "How many to pass over")),
    responses((status = 200, description = "One page", body = SongList), Refusals))]
async fn list(State(host): State<Arc<Host>>, uri: Uri) -> Result<Json<SongList>, ApiError> {
    let parameters = Parameters::of(SERVICE, &uri)?;
    let limit = parameters.number("limit", 50, 500)?;
    let offset = parameters.number("offset", 0, 1_000_000)?;
    let filter = SongFilter {
        query: parameters
            .text("q")
            .unwrap_or_default()
            .chars()
            .take(200)
            .collect(),
        favourites_only: parameters.flag("favourite")?,
        after: None,
        offset: u32::try_from(offset).unwrap_or(u32::MAX),
        limit: u32::try_from(limit).unwrap_or(50),
    };
    let (songs, total) = host
        .studio
        .library(move |library| {
            let page = library.songs(&filter)?;
            let songs = page
                .songs
                .iter()
                .map(|s| library.song(s.id))
                .collect::<Result<Vec<_>, _>>()?;
            Ok((songs, page.total))
        })
        .await
        .map_err(ApiError::of(SERVICE))?;
    let songs = songs.iter().map(shown).collect::<Result<_, _>>()?;
    Ok(Json(SongList { songs, total }))
}

/// One song.
#[utoipa::path(get, path = "/songs/{id}", tag = "songs", operation_id = "get_song",
    params(("id" = String, Path, description = "The song")),
    responses((status = 200, description = "The song", body = Song), Refusals))]
async fn one(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Json<Song>, ApiError> {
    Ok(Json(shown(&find(&host, &id).await?)?))
}

/// Renames a song or marks it.
#[utoipa::path(patch, path = "/songs/{id}", tag = "songs", operation_id = "change_song", request_body = SongChange,
    params(("id" = String, Path, description = "The song")),
    responses((status = 200, description = "The song", body = Song), Refusals))]
async fn change(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Song>, ApiError> {
    let body = read_json(request, host.config.max_body_bytes)
        .await
        .map_err(ApiError::of(SERVICE))?;
    let change: SongChange = body.into().map_err(ApiError::of(SERVICE))?;
    let title = change
        .title
        .map(|title| length_between("title", &title, 1..=200))
        .transpose()
        .map_err(ApiError::of(SERVICE))?;
    let id = song_id(&id)?;
    let changed = host.studio.library(move |library| {
        library.song(id)?;
        if let Some(title) = title {
            library.rename(id, &title)?;
        }
        if let Some(favourite) = change.favourite {
            library.set_favourite(id, favourite)?;
        }
        library.song(id)
    });
    Ok(Json(shown(&changed.await.map_err(ApiError::of(SERVICE))?)?))
}

/// Deletes a song and its files.
#[utoipa::path(delete, path = "/songs/{id}", tag = "songs", operation_id = "delete_song",
    params(("id" = String, Path, description = "The song")),
    responses((status = 204, description = "Gone"), Refusals))]
async fn delete(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = song_id(&id)?;
    host.studio
        .delete_song(id)
        .await
        .map_err(ApiError::of(SERVICE))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The audio of a take, with Range.
#[utoipa::path(get, path = "/songs/{id}/audio", tag = "songs", operation_id = "song_audio",
    params(("id" = String, Path, description = "The song"),
        ("take" = Option<String>, Query, description = "The take; the newest where absent")),
    responses((status = 200, description = "A WAV file", body = String, content_type = "audio/wav"),
        (status = 206, description = "The range", body = String, content_type = "audio/wav"), Refusals))]
async fn audio(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let song = find(&host, &id).await?;
    let key = &take(&song, &uri)?.recording.audio.key;
    files::send(&host.studio.objects, key, &headers, SERVICE).await
}

/// The cover.
#[utoipa::path(get, path = "/songs/{id}/cover", tag = "songs", operation_id = "song_cover",
    params(("id" = String, Path, description = "The song")),
    responses((status = 200, description = "A PNG file", body = String, content_type = "image/png"),
        (status = 206, description = "The range", body = String, content_type = "image/png"), Refusals))]
async fn cover(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let song = find(&host, &id).await?;
    let Some(cover) = song.latest_cover() else {
        return Err(ApiError::new(
            SERVICE,
            Failure::new(Code::NotFound, "This song has no cover."),
        ));
    };
    files::send(
        &host.studio.objects,
        &cover.artwork.image.key,
        &headers,
        SERVICE,
    )
    .await
}

/// The cover as shops take it: a square, tagged sRGB.
#[utoipa::path(get, path = "/songs/{id}/release-art", tag = "songs", operation_id = "song_release_art",
    params(("id" = String, Path, description = "The song"),
        ("pixels" = Option<u64>, Query, description = "Of a side: 1400 or 3000; 3000 where absent"),
        ("format" = Option<String>, Query, description = "`jpeg` or `png`; `jpeg` where absent"),
        ("typography" = Option<bool>, Query, description = "Set title and artist on it; a cover that carries them is a 409")),
    responses((status = 200, description = "The file", content(
        (String = "image/jpeg"), (String = "image/png"))), Refusals))]
async fn release_art(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let parameters = Parameters::of(SERVICE, &uri)?;
    let song = find(&host, &id).await?;
    let asked = parameters.text("pixels").filter(|text| !text.is_empty());
    let pixels = match asked.map(str::parse) {
        None => Some(RELEASE_PIXELS[1]),
        Some(asked) => asked.ok().filter(|pixels| RELEASE_PIXELS.contains(pixels)),
    };
    let pixels =
        pixels.ok_or_else(|| parameters.wrong("pixels must be 1400 or 3000.".to_owned()))?;
    let word = parameters.text("format").filter(|word| !word.is_empty());
    let form = ArtForm::from_word(word.unwrap_or("jpeg"))
        .ok_or_else(|| parameters.wrong("format must be jpeg or png.".to_owned()))?;
    let wish = ArtWish {
        pixels,
        form,
        typography: parameters.flag("typography")?,
    };
    let art = host.studio.release_art(&song, wish).await;
    let art = art.map_err(ApiError::of(SERVICE))?;
    let mut response = ([(CONTENT_TYPE, form.content_type())], art.bytes).into_response();
    files::save_as(&mut response, &art.name);
    Ok(response)
}

/// The waveform of a take.
#[utoipa::path(get, path = "/songs/{id}/peaks", tag = "songs", operation_id = "song_peaks",
    params(("id" = String, Path, description = "The song"),
        ("buckets" = Option<u64>, Query, description = "How many pieces, 1–2000; 400 where absent"),
        ("take" = Option<String>, Query, description = "The take; the newest where absent")),
    responses((status = 200, description = "The waveform", body = Peaks), Refusals))]
async fn peaks(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Peaks>, ApiError> {
    let parameters = Parameters::of(SERVICE, &uri)?;
    let wanted = usize::try_from(parameters.number("buckets", 400, 2000)?).unwrap_or(400);
    if wanted == 0 {
        return Err(parameters
            .wrong("buckets must be a whole number from 1 to 2000, not \"0\".".to_owned()));
    }
    let song = find(&host, &id).await?;
    let recording = &take(&song, &uri)?.recording;
    let spans = &recording.peaks.spans;
    let wanted = wanted.min(spans.len().max(1));
    let piece = |i: usize| &spans[i * spans.len() / wanted..(i + 1) * spans.len() / wanted];
    let share = |step: Option<i8>| f32::from(step.unwrap_or(0)) / 127.0;
    Ok(Json(Peaks {
        min: (0..wanted)
            .map(|i| share(piece(i).iter().map(|p| p[0]).min()))
            .collect(),
        max: (0..wanted)
            .map(|i| share(piece(i).iter().map(|p| p[1]).max()))
            .collect(),
        audio_duration: recording.duration_s,
    }))
}

/// The bundle of a song as a zip.
#[utoipa::path(get, path = "/songs/{id}/bundle", tag = "songs", operation_id = "song_bundle",
    params(("id" = String, Path, description = "The song"),
        ("take" = Option<String>, Query, description = "The take; the newest where absent"),
        ("stems" = Option<bool>, Query, description = "With a WAV for each part"),
        ("midi" = Option<bool>, Query, description = "With the MIDI file"),
        ("flac" = Option<bool>, Query, description = "With a FLAC file"),
        ("mp3" = Option<bool>, Query, description = "With an MP3 file; refused by a program that was built without the feature `mp3`"),
        ("wav" = Option<String>, Query, description = "`16`, `24` or `float`; 24 where absent")),
    responses((status = 200, description = "A zip file", body = String, content_type = "application/zip"), Refusals))]
async fn bundle(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let parameters = Parameters::of(SERVICE, &uri)?;
    let song = find(&host, &id).await?;
    let take_id = take(&song, &uri)?.recording.id;
    let wav = match parameters.text("wav") {
        None | Some("" | "24") => songwright_audio::wav::WavFormat::Int24,
        Some("16") => songwright_audio::wav::WavFormat::Int16,
        Some("float") => songwright_audio::wav::WavFormat::Float32,
        Some(other) => {
            return Err(parameters.wrong(format!("wav must be 16, 24 or float, not \"{other}\".")));
        }
    };
    let wish = songwright_song::BundleWish {
        take_id,
        form: BundleForm::Zip,
        wav,
        extra: extra(&parameters)?,
        stems: parameters.flag("stems")?,
        midi: parameters.flag("midi")?,
    };
    let file = host
        .bundle_zip(&song, wish)
        .await
        .map_err(ApiError::of(SERVICE))?;
    files::send_once(file).await.map_err(ApiError::of(SERVICE))
}

/// The forms of the mix that the query asks for beside the WAV.
fn extra(parameters: &Parameters) -> Result<Vec<ExtraFormat>, ApiError> {
    let mut extra = Vec::new();
    if parameters.flag("flac")? {
        extra.push(ExtraFormat::Flac);
    }
    if parameters.flag("mp3")? {
        extra.push(mp3(parameters)?);
    }
    Ok(extra)
}

#[cfg(feature = "mp3")]
fn mp3(_: &Parameters) -> Result<ExtraFormat, ApiError> {
    Ok(ExtraFormat::Mp3)
}

#[cfg(not(feature = "mp3"))]
fn mp3(parameters: &Parameters) -> Result<ExtraFormat, ApiError> {
    Err(parameters.wrong(
        "mp3 cannot be true: this Songwright was built without MP3. Build it with \
         `cargo build --release --features mp3`."
            .to_owned(),
    ))
}

/// Takes a zipped bundle into the library.
#[utoipa::path(post, path = "/songs/import", tag = "songs", operation_id = "import_song",
    request_body(content = String, content_type = "application/zip"),
    responses((status = 201, description = "The song", body = ImportResponse), Refusals))]
async fn import(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<(StatusCode, Json<ImportResponse>), ApiError> {
    let zip = read_bytes(request, MOST_BUNDLE_BYTES)
        .await
        .map_err(ApiError::of(SERVICE))?;
    let song = host
        .studio
        .import_zip(zip)
        .await
        .map_err(ApiError::of(SERVICE))?;
    Ok((
        StatusCode::CREATED,
        Json(ImportResponse {
            song: shown(&song)?,
        }),
    ))
}
