use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{CoverImageRequest, Drawing, Whole};

/// `POST /songs/{id}/cover`: another cover for a song, drawn anew or over the one it has.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SongCoverRequest {
    /// What it shows; made from the song where absent. What a model does not read of a long one is told in `notes`.
    #[schema(min_length = 5, max_length = 10000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// One of the eight styles, or any words; that of the song's newest cover where absent.
    #[schema(max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Of a side in pixels, rounded to a multiple of 64; that of the newest cover where absent.
    #[schema(value_type = Option<i64>, minimum = 256, maximum = 1024)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover_size: Option<Whole>,
    /// Where given, the newest cover is drawn over, and so much of it goes. Needs an image model.
    #[schema(minimum = 0.05, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<f64>,
    /// How it is drawn.
    #[serde(flatten)]
    pub drawing: Drawing,
    /// How many covers are drawn, each with the next seed; all are kept, and the first is the song's newest. 1 where
    /// absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_images: Option<Whole>,
}

impl SongCoverRequest {
    /// As the cover service is asked, with what it shows and in which style where this does not say so.
    #[must_use]
    pub fn image(&self, prompt: String, style: String, side: i64) -> CoverImageRequest {
        let side = self.cover_size.unwrap_or(Whole(side));
        CoverImageRequest {
            prompt: self.prompt.clone().unwrap_or(prompt),
            style: Some(self.style.clone().unwrap_or(style)),
            width: Some(side),
            height: Some(side),
            strength: self.strength,
            drawing: self.drawing.clone(),
            num_images: self.num_images,
            ..CoverImageRequest::default()
        }
    }
}

/// Another cover, as it is queued: its limits checked, its seed drawn.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SongCoverJob {
    /// The song.
    pub song_id: Uuid,
    /// What is wanted.
    pub request: SongCoverRequest,
}
