//! What an operation does, by its kind. The queue calls it for new requests and for those of an
//! earlier run alike.

use std::{sync::Arc, time::Instant};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use songwright_api as api;
use songwright_base::{
    Code, EngineInfo, Failure, LyricSheet, Observer as _, Operation, Progress, Stage,
};
use songwright_lyrics::{
    CategoriesParams, ImproveParams, LyricsParams, PromptParams, ReviseParams, RhymesParams,
    TagsPrompt, TitleParams, Written, rhyme,
};
use songwright_music::MusicParams;
use songwright_song::{Studio, cover_request};

use crate::bundles::PLAY_STEMS;

pub(crate) async fn run(studio: &Studio, operation: Operation) -> Result<Value, Failure> {
    let snapshot = operation.snapshot();
    let request = snapshot.request;
    match snapshot.kind.as_str() {
        "generate_lyrics" => lyrics(studio, &operation, read(request)?).await,
        "generate_prompt" => prompt(studio, &operation, read(request)?).await,
        "generate_categories" => categories(studio, &operation, read(request)?).await,
        "generate_title" => title(studio, &operation, read(request)?).await,
        "revise_lyrics" => revise(studio, &operation, read(request)?).await,
        "suggest_rhymes" => rhymes(studio, &operation, read(request)?).await,
        "improve_prompt" => improve(studio, &operation, read(request)?).await,
        "generate_music" | "generate_music_to_storage" | "generate_demo_music" => {
            music(studio, &operation, read(request)?).await
        }
        "retake" | "repaint" | "extend" | "edit" | "promote" => {
            answer(&studio.new_take(&operation, read(request)?).await?)
        }
        "new_cover" => answer(&studio.new_cover(&operation, read(request)?).await?),
        PLAY_STEMS => answer(&studio.play_stems(&operation, read(request)?).await?),
        "generate_cover_image" => cover(studio, &operation, read(request)?).await,
        kind @ ("generate_from_description"
        | "generate_with_lyrics"
        | "generate_with_described_lyrics") => {
            answer(&studio.make(&operation, kind, read(request)?).await?)
        }
        "generate" => answer(
            &studio
                .make(&operation, "generate_with_lyrics", read(request)?)
                .await?,
        ),
        other => Err(Failure::new(
            Code::BadRequest,
            format!("This version does not know operations of the kind \"{other}\"."),
        )),
    }
}

async fn lyrics(
    studio: &Studio,
    operation: &Operation,
    request: api::LyricsRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = LyricsParams::try_from(&request)?;
    let written = studio
        .lyrics
        .lyrics(params, Arc::new(operation.clone()))
        .await?;
    operation.end_stage(Stage::Lyrics, true);
    answer(&api::LyricsResponse {
        notes: written.notes,
        word_count: word_count(&written.value),
        structure_tags: written.value.structure_tags(),
        lyrics: written.value.to_string(),
        metadata: metadata(operation, &written.engine, begun),
    })
}

async fn prompt(
    studio: &Studio,
    operation: &Operation,
    request: api::PromptRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = PromptParams::try_from(&request)?;
    let written = studio
        .lyrics
        .prompt(params, Arc::new(operation.clone()))
        .await?;
    tags(operation, &written, begun)
}

async fn improve(
    studio: &Studio,
    operation: &Operation,
    request: api::ImprovePromptRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = ImproveParams::try_from(&request)?;
    let written = studio
        .lyrics
        .improve(params, Arc::new(operation.clone()))
        .await?;
    tags(operation, &written, begun)
}

fn tags(
    operation: &Operation,
    written: &Written<TagsPrompt>,
    begun: Instant,
) -> Result<Value, Failure> {
    operation.end_stage(Stage::Prompt, true);
    answer(&api::PromptResponse {
        prompt: written.value.line(),
        tag_count: written.value.tags.len() as u64,
        detected_genre: written.value.genre.clone(),
        metadata: metadata(operation, &written.engine, begun),
        notes: written.notes.clone(),
    })
}

async fn revise(
    studio: &Studio,
    operation: &Operation,
    request: api::ReviseRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = ReviseParams::try_from(&request)?;
    let caution = params.caution();
    let written = studio
        .lyrics
        .revise(params, Arc::new(operation.clone()))
        .await?;
    operation.end_stage(Stage::Lyrics, true);
    let sheet = LyricSheet::parse(&written.value);
    answer(&api::LyricsResponse {
        notes: caution.into_iter().chain(written.notes).collect(),
        word_count: word_count(&sheet),
        structure_tags: sheet.structure_tags(),
        lyrics: written.value,
        metadata: metadata(operation, &written.engine, begun),
    })
}

async fn rhymes(
    studio: &Studio,
    operation: &Operation,
    request: api::RhymesRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = RhymesParams::try_from(&request)?;
    let word = params.word.clone();
    let caution = rhyme::caution(&params);
    let found = studio
        .lyrics
        .rhymes(params, Arc::new(operation.clone()))
        .await?;
    operation.end_stage(Stage::Lyrics, true);
    answer(&api::RhymesResponse {
        notes: caution.into_iter().chain(found.notes).collect(),
        word,
        rhymes: found.value,
        metadata: metadata(operation, &found.engine, begun),
    })
}

async fn categories(
    studio: &Studio,
    operation: &Operation,
    request: api::CategoriesRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = CategoriesParams::try_from(&request)?;
    let chosen = studio
        .lyrics
        .categories(params, Arc::new(operation.clone()))
        .await?;
    operation.end_stage(Stage::Categories, true);
    let categories = &chosen.value.categories;
    let score = |c: &songwright_lyrics::Category| {
        // Two decimals are more than an estimate has.
        (
            c.name.clone(),
            Value::from((f64::from(c.confidence) * 100.0).round() / 100.0),
        )
    };
    answer(&api::CategoriesResponse {
        primary_genre: categories.first().map(|c| c.name.clone()),
        confidence_scores: categories.iter().map(score).collect::<Map<_, _>>(),
        categories: categories.iter().map(|c| c.name.clone()).collect(),
        metadata: metadata(operation, &chosen.engine, begun),
        notes: chosen.notes,
    })
}

async fn title(
    studio: &Studio,
    operation: &Operation,
    request: api::TitleRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = TitleParams::try_from(&request)?;
    let written = studio
        .lyrics
        .title(params, Arc::new(operation.clone()))
        .await?;
    operation.end_stage(Stage::Title, true);
    answer(&api::TitleResponse {
        title: written.value,
        metadata: metadata(operation, &written.engine, begun),
        notes: written.notes,
    })
}

async fn music(
    studio: &Studio,
    operation: &Operation,
    request: api::MusicRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = MusicParams::try_from(&request)?;
    let seed = params.seed.0;
    let made = studio.compose(operation, params).await?;
    operation.check()?;
    operation.report(Progress::new(Stage::Save, 0, 1));
    let audio_duration = made.mix.duration_s();
    let kept = studio.keep_loose_audio(operation, made.mix).await?;
    operation.end_stage(Stage::Save, true);
    let metadata = metadata(operation, &made.engine, begun);
    let file_path = kept.file.key.as_str().to_owned();
    if operation.snapshot().kind == "generate_music_to_storage" {
        return answer(&api::MusicToStorageResponse {
            file_path,
            generation_time: metadata.generation_time,
            file_size_mb: kept.file.bytes as f64 / 1e6,
            audio_duration,
            metadata,
        });
    }
    answer(&api::MusicResponse {
        audio_data: None,
        generation_time: metadata.generation_time,
        audio_duration,
        metadata,
        file_path,
        seed,
        bpm: made.facts.bpm,
        key: made.facts.key,
        instruments: made.facts.instruments,
        notes: made.facts.notes,
        timed_lines: made
            .timed_lines
            .into_iter()
            .map(|l| api::TimedLine {
                start_s: l.start_s,
                end_s: l.end_s,
                text: l.text,
                section: l.section,
            })
            .collect(),
    })
}

async fn cover(
    studio: &Studio,
    operation: &Operation,
    request: api::CoverImageRequest,
) -> Result<Value, Failure> {
    let begun = Instant::now();
    let params = studio.cover_params(&request).await?;
    let seeds = cover_request::seeds(&request, params.seed)?;
    let observer = Arc::new(operation.clone());
    let covers = studio.cover.draw_each(params, seeds.clone(), observer);
    let mut images = Vec::new();
    let mut kept = None;
    for (cover, seed) in covers.await?.into_iter().zip(seeds) {
        operation.check()?;
        let file = studio.keep_loose_cover(operation, &cover).await?;
        images.push(api::CoverImage {
            file_path: file.key.as_str().to_owned(),
            seed: seed.0,
        });
        kept.get_or_insert((cover, file, seed.0));
    }
    operation.end_stage(Stage::Cover, true);
    let Some((cover, file, seed)) = kept else {
        return Err(Failure::new(
            Code::BadRequest,
            "num_images must be at least 1.",
        ));
    };
    answer(&api::CoverImageResponse {
        file_path: file.key.as_str().to_owned(),
        image_dimensions: [cover.image.width(), cover.image.height()],
        file_size_mb: file.bytes as f64 / 1e6,
        metadata: metadata(operation, &cover.engine, begun),
        label: Some(cover.label),
        lettered: cover.lettered,
        seed: Some(seed),
        notes: cover.notes,
        images,
    })
}

fn metadata(operation: &Operation, engine: &EngineInfo, begun: Instant) -> api::GenerationMetadata {
    api::GenerationMetadata {
        generation_time: begun.elapsed().as_secs_f64(),
        model_info: engine.model_id.clone(),
        gpu_type: engine.device.clone(),
        estimated_cost: None,
        operation_id: operation.id(),
    }
}

/// Words that are sung; a Chinese, Japanese or Korean character counts as one.
fn word_count(sheet: &LyricSheet) -> u64 {
    let is_cjk = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
    sheet
        .lines()
        .map(|line| {
            let single = line.chars().filter(|c| is_cjk(*c)).count();
            let words = line
                .split(|c: char| c.is_whitespace() || is_cjk(c))
                .filter(|w| w.chars().any(char::is_alphanumeric))
                .count();
            (single + words) as u64
        })
        .sum()
}

fn read<T: DeserializeOwned>(request: Value) -> Result<T, Failure> {
    api::Body::from_value(request)?.into()
}

fn answer<T: Serialize>(value: &T) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|e| Failure::internal("writing the answer", &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_both_scripts() {
        let count = |text: &str| word_count(&LyricSheet::parse(text));
        assert_eq!(count("[verse]\nDon't stop — not now\n[chorus]\nla la"), 6);
        assert_eq!(count("我在 coding 的夜里"), 6);
    }
}
