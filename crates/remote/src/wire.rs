//! Answers as other services give them. What is needed is strict; what is extra may be missing,
//! null or of another type.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use songwright_api::TimedLine;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) model_info: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) gpu_type: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Lyrics {
    pub(crate) lyrics: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Prompt {
    pub(crate) prompt: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) detected_genre: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Categories {
    pub(crate) categories: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) confidence_scores: BTreeMap<String, Value>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Title {
    pub(crate) title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Rhymes {
    pub(crate) rhymes: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Music {
    #[serde(default)]
    pub(crate) audio_data: Option<String>,
    #[serde(default)]
    pub(crate) file_path: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) bpm: Option<f64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) instruments: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) notes: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) timed_lines: Vec<TimedLine>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Uploaded {
    pub(crate) file_path: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CoverImage {
    #[serde(default)]
    pub(crate) file_path: Option<String>,
    /// The picture itself, from services that were told to store nothing.
    #[serde(default, alias = "image_data")]
    pub(crate) file_data: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) label: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) lettered: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) notes: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub(crate) struct UploadedImage {
    pub(crate) file_path: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct DownloadedImage {
    #[serde(alias = "file_data")]
    pub(crate) image_data: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Health {
    pub(crate) status: String,
}

fn or_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(input)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}
