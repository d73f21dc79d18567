//! A card as it is written, before anything is checked.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCard {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) family: String,
    pub(super) service: String,
    pub(super) repository: String,
    pub(super) revision: String,
    pub(super) bytes: Option<u64>,
    pub(super) licence: RawLicence,
    #[serde(default)]
    pub(super) file: Vec<RawFile>,
    #[serde(default)]
    pub(super) part: Vec<RawPart>,
    #[serde(default)]
    pub(super) memory: Vec<RawMemory>,
    #[serde(default)]
    pub(super) variant: Vec<RawVariant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLicence {
    pub(super) id: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) must_accept: bool,
    pub(super) summary: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    pub(super) path: String,
    pub(super) repository: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) bytes: Option<u64>,
    pub(super) sha256: Option<String>,
    pub(super) dtype: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPart {
    pub(super) name: String,
    pub(super) parameters: u64,
    pub(super) dtype: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMemory {
    pub(super) precision: String,
    pub(super) weights_bytes: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVariant {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) repository: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) bytes: Option<u64>,
    #[serde(default)]
    pub(super) file: Vec<RawFile>,
    #[serde(default)]
    pub(super) memory: Vec<RawMemory>,
}
