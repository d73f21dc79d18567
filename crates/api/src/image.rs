use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{GenerationMetadata, Whole};

/// How a picture is drawn, alone or for a song.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Drawing {
    /// Steps of a neural artist; 4 where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 10)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_inference_steps: Option<Whole>,
    /// Absent is random.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4294967295_i64)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Whole>,
    /// What a neural artist keeps away from; without effect unless `guidance_scale` is above 1.
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative_prompt: Option<String>,
    /// How far a neural artist keeps away from `negative_prompt`, at twice the time; 0 where absent.
    #[schema(minimum = 0, maximum = 20)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_scale: Option<f64>,
    /// Whether title and artist are set on the picture. Absent: the built-in artist sets them, a model does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typography: Option<bool>,
    /// Whether a neural artist draws the asked size itself, and not near the size that it was trained on and scaled; where
    /// absent it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_size: Option<bool>,
}

/// `POST /image/generate_cover_image`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct CoverImageRequest {
    /// What it shows.
    #[schema(min_length = 5, max_length = 500)]
    pub prompt: String,
    /// One of the eight styles, or any words; `album cover art` where absent.
    #[schema(max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Pixels, rounded to a multiple of 64; 512 where absent.
    #[schema(value_type = Option<i64>, minimum = 256, maximum = 1024)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<Whole>,
    /// Pixels, rounded to a multiple of 64; 512 where absent.
    #[schema(value_type = Option<i64>, minimum = 256, maximum = 1024)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<Whole>,
    /// How it is drawn.
    #[serde(flatten)]
    pub drawing: Drawing,
    /// How many pictures are drawn, each with the next seed; 1 where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_images: Option<Whole>,
    /// The key of a picture in the store that a neural artist draws over, as `upload_image` and this endpoint answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redraw_key: Option<String>,
    /// How much of that picture goes; 0.6 where absent.
    #[schema(minimum = 0.05, maximum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<f64>,
    /// What `typography` sets on the cover.
    #[schema(max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Set below the title.
    #[schema(max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
}

/// What `/image/generate_cover_image` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct CoverImageResponse {
    /// The key of the PNG in the store.
    pub file_path: String,
    /// Width and height in pixels.
    #[schema(value_type = Vec<u32>, min_items = 2, max_items = 2)]
    pub image_dimensions: [u32; 2],
    /// Size of the PNG as stored, in MB (10⁶ bytes).
    pub file_size_mb: f64,
    /// Who drew it.
    pub metadata: GenerationMetadata,
    /// How it was made: "rendered scene", …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether words are set on it.
    #[serde(default)]
    pub lettered: bool,
    /// The seed that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What its maker could not do, and what its licence asks to be said.
    #[serde(default)]
    pub notes: Vec<String>,
    /// All pictures, the one above first.
    #[serde(default)]
    pub images: Vec<CoverImage>,
}

/// One of several pictures.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct CoverImage {
    /// The key of the PNG in the store.
    pub file_path: String,
    /// The seed that was used.
    pub seed: u64,
}

/// A style's description.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct StyleText {
    /// What it looks like.
    pub description: String,
    /// The music it suits.
    pub best_for: String,
}

/// What `/image/get_available_styles` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct AvailableStyles {
    /// By name.
    pub available_styles: BTreeMap<String, StyleText>,
    /// Whether other words may be sent.
    pub custom_style_supported: bool,
    /// Whether words may be added to a style's name.
    pub style_mixing_supported: bool,
}

/// What `/image/upload_image` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct UploadedImage {
    /// What requests call it, as in `redraw_key`.
    pub file_path: String,
    /// Width and height in pixels.
    #[schema(value_type = Vec<u32>, min_items = 2, max_items = 2)]
    pub image_dimensions: [u32; 2],
}

/// What `/image/download_image` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct DownloadedImage {
    /// The file in base64.
    pub image_data: String,
    /// Bytes.
    pub file_size: u64,
    /// Its name.
    pub filename: String,
    /// `PNG`.
    pub format: String,
}
