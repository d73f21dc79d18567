//! Songs of the library in the contract's words.

use songwright_api as api;
use songwright_base::Failure;
use songwright_cover::CoverWords;
use songwright_storage::{Song, SongCover, Take, TakeWords};
use uuid::Uuid;

use crate::Provenance;

/// URLs of a song on this server.
#[must_use]
pub fn links(id: Uuid, has_cover: bool) -> api::PackageLinks {
    api::PackageLinks {
        audio: format!("/songs/{id}/audio"),
        cover: has_cover.then(|| format!("/songs/{id}/cover")),
        bundle: format!("/songs/{id}/bundle"),
        song: format!("/songs/{id}"),
        peaks: format!("/songs/{id}/peaks"),
    }
}

/// How a take came to be, as far as its record says: a bundle from elsewhere may have another one.
pub(crate) fn provenance(take: &Take) -> Provenance {
    serde_json::from_value(take.recording.params.clone()).unwrap_or_default()
}

/// The title, and the artist that was asked for.
pub(crate) fn cover_words(song: &Song) -> CoverWords {
    let take = song.latest_take();
    CoverWords {
        title: Some(song.text.title.clone()),
        artist: take.and_then(|take| provenance(take).request.artist),
    }
}

/// A finished song as the integrated service answers it.
///
/// # Errors
/// 500 where the library's record cannot be read.
pub fn package(song: &Song, storage_mode: &str) -> Result<api::Package, Failure> {
    let take = first_take(song)?;
    let recording = &take.recording;
    let made = provenance(take);
    let cover_key = song
        .latest_cover()
        .map(|c| c.artwork.image.key.as_str().to_owned());
    let audio_key = recording.audio.key.as_str().to_owned();
    Ok(api::Package {
        s3_key: audio_key.clone(),
        cover_image_s3_key: cover_key.clone(),
        categories: song.text.categories.clone(),
        audio_file_path: audio_key,
        cover_image_file_path: cover_key,
        storage_mode: storage_mode.to_owned(),
        generation_metadata: api::GenerationMetadata {
            generation_time: made.generation_time,
            model_info: recording.engine.model_id.clone(),
            gpu_type: recording.engine.device.clone(),
            estimated_cost: None,
            operation_id: made.operation_id,
        },
        service_status: made.service_status,
        errors: (!made.errors.is_empty()).then_some(made.errors),
        correlation_id: made.operation_id,
        operation_id: made.operation_id,
        song_id: song.id,
        title: song.text.title.clone(),
        prompt: recording.words.prompt.clone(),
        lyrics: sung(&recording.words),
        seed: recording.seed.0,
        audio_duration: recording.duration_s,
        engines: made.engines,
        links: links(song.id, song.latest_cover().is_some()),
        notes: notes(song, take),
        timed_lines: timed_lines(take),
        audio_data: None,
        cover_image_data: None,
    })
}

/// A song of the library.
///
/// # Errors
/// 500 where the library's record cannot be read.
pub fn song(song: &Song) -> Result<api::Song, Failure> {
    let latest = song.latest_take().map_or_else(|| first_take(song), Ok)?;
    let made = provenance(latest);
    let words = &latest.recording.words;
    let request = serde_json::to_value(&made.request)
        .map_err(|e| Failure::internal("showing a request", &e))?;
    Ok(api::Song {
        song_id: song.id,
        title: song.text.title.clone(),
        artist: made.request.artist.clone(),
        description: song.text.description.clone(),
        prompt: words.prompt.clone(),
        lyrics: sung(words),
        instrumental: words.is_instrumental(),
        categories: song.text.categories.clone(),
        favourite: song.favourite,
        created_at: timestamp(song.created_at_ms),
        audio_duration: latest.recording.duration_s,
        seed: latest.recording.seed.0,
        bpm: latest.recording.facts.bpm,
        key: latest.recording.facts.key.clone(),
        engines: made.engines,
        notes: notes(song, latest),
        errors: made.errors,
        cover_label: song.latest_cover().map(|c| c.artwork.label.clone()),
        covers: song.covers.iter().rev().map(cover).collect(),
        takes: song.takes.iter().map(|t| take(song.id, t)).collect(),
        request,
        links: links(song.id, song.latest_cover().is_some()),
    })
}

fn cover(cover: &SongCover) -> api::SongCover {
    let artwork = &cover.artwork;
    api::SongCover {
        file_path: artwork.image.key.as_str().to_owned(),
        image_dimensions: [artwork.width, artwork.height],
        style: artwork.style.clone(),
        seed: artwork.seed.0,
        label: artwork.label.clone(),
        lettered: artwork.lettered,
        created_at: timestamp(cover.created_at_ms),
    }
}

fn take(song_id: Uuid, take: &Take) -> api::Take {
    let recording = &take.recording;
    let id = recording.id;
    api::Take {
        take_id: id,
        number: take.number,
        parent_take_id: recording.lineage.as_ref().and_then(|l| l.parent_take_id),
        relation: recording.lineage.as_ref().map(|l| l.relation.clone()),
        draft: recording.draft,
        prompt: recording.words.prompt.clone(),
        lyrics: sung(&recording.words),
        instrumental: recording.words.is_instrumental(),
        audio_duration: recording.duration_s,
        seed: recording.seed.0,
        retake_seed: provenance(take).retake_seed,
        engine: recording.engine.clone(),
        bpm: recording.facts.bpm,
        key: recording.facts.key.clone(),
        instruments: recording.facts.instruments.clone(),
        stems: recording.stems.iter().map(|s| s.name.clone()).collect(),
        has_midi: recording.midi.is_some(),
        created_at: timestamp(take.created_at_ms),
        timed_lines: timed_lines(take),
        links: api::TakeLinks {
            audio: format!("/songs/{song_id}/audio?take={id}"),
            peaks: format!("/songs/{song_id}/peaks?take={id}"),
        },
    }
}

/// What is to be said of a take and of the newest cover.
fn notes(song: &Song, take: &Take) -> Vec<String> {
    let of_cover = song.latest_cover().map(|cover| &cover.artwork.notes);
    let all = take.recording.facts.notes.iter();
    all.chain(of_cover.into_iter().flatten()).cloned().collect()
}

fn timed_lines(take: &Take) -> Vec<api::TimedLine> {
    take.recording
        .timed_lines
        .iter()
        .map(|l| api::TimedLine {
            start_s: l.start_s,
            end_s: l.end_s,
            text: l.text.clone(),
            section: l.section.clone(),
        })
        .collect()
}

/// What an instrumental's lyrics are called.
pub(crate) const INSTRUMENTAL: &str = "[instrumental]";

/// The lyrics of a take as requests take them.
pub(crate) fn sung(words: &TakeWords) -> String {
    if words.is_instrumental() {
        INSTRUMENTAL.to_owned()
    } else {
        words.lyrics.clone()
    }
}

fn first_take(song: &Song) -> Result<&Take, Failure> {
    song.takes.first().ok_or_else(|| {
        Failure::new(
            songwright_base::Code::NotFound,
            "This song has no take left. Make a new one from its lyrics.",
        )
    })
}

fn timestamp(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .unwrap_or_default()
        .to_string()
}
