//! A card as it is written: before anything is checked, and where one is made.

use serde::{Deserialize, Serialize};

use super::Licence;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCard {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) family: String,
    pub(crate) service: String,
    pub(crate) repository: String,
    pub(crate) revision: String,
    pub(crate) bytes: Option<u64>,
    pub(crate) native_pixels: Option<u32>,
    pub(crate) licence: RawLicence,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) file: Vec<RawFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) part: Vec<RawPart>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) memory: Vec<RawMemory>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) variant: Vec<RawVariant>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLicence {
    pub(crate) id: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) must_accept: bool,
    pub(crate) summary: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFile {
    pub(crate) path: String,
    pub(crate) repository: Option<String>,
    pub(crate) revision: Option<String>,
    pub(crate) bytes: Option<u64>,
    pub(crate) sha256: Option<String>,
    pub(crate) dtype: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPart {
    pub(crate) name: String,
    pub(crate) parameters: u64,
    pub(crate) dtype: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMemory {
    pub(crate) precision: String,
    pub(crate) weights_bytes: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawVariant {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) repository: Option<String>,
    pub(crate) revision: Option<String>,
    pub(crate) bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) file: Vec<RawFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) memory: Vec<RawMemory>,
}

impl From<&Licence> for RawLicence {
    fn from(licence: &Licence) -> Self {
        Self {
            id: licence.id.clone(),
            url: licence.url.clone(),
            must_accept: licence.must_accept,
            summary: licence.summary.clone(),
        }
    }
}
