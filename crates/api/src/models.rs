use serde::{Deserialize, Serialize};
use songwright_base::Service;
use utoipa::ToSchema;

/// The models that there are cards of.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ModelList {
    /// One a card.
    pub models: Vec<Model>,
    /// Why cards of the user's own are left out.
    pub problems: Vec<String>,
}

/// What is to be installed, and on which terms.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ModelInstall {
    /// Which; the path of the request says it.
    #[serde(default)]
    #[schema(ignore)]
    pub id: String,
    /// One of its variants; the first where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// That the licence was read and is agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_licence: Option<bool>,
}

/// A model that an engine can use.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Model {
    /// What endpoints and commands call it.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The architecture.
    pub family: String,
    /// Whose engine it is.
    pub service: Service,
    /// Under which terms it may be used.
    pub licence: ModelLicence,
    /// The forms it can be had in, the usual one first.
    pub variants: Vec<ModelVariant>,
}

/// The terms of a model.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ModelLicence {
    /// An SPDX expression, or `LicenseRef-…`.
    pub id: String,
    /// Where its text is.
    pub url: String,
    /// Whether somebody has to agree to it before the model is installed.
    pub must_accept: bool,
    /// What it means for songs that are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// A form in which a model can be had.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ModelVariant {
    /// What endpoints and commands call it.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// All its files together; 0 where its card does not know and it is not here.
    pub bytes: u64,
    /// Whether it is on this machine.
    pub state: ModelState,
    /// What is wrong and what to do, where something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What its weights take in memory.
    pub memory: Vec<ModelMemory>,
    /// Its files.
    pub files: Vec<ModelFile>,
}

/// Whether a model is on this machine.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// It is not.
    NotInstalled,
    /// Its files are there and look right.
    Installed,
    /// Its files are there, and every byte was compared with its digest.
    Verified,
    /// Files are missing or wrong, or its licence was not accepted.
    Unusable,
}

impl ModelState {
    /// It, as people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotInstalled => "not installed",
            Self::Installed => "installed",
            Self::Verified => "installed, verified",
            Self::Unusable => "cannot be used",
        }
    }
}

/// What weights alone take; activations come on top.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ModelMemory {
    /// For people: "bf16".
    pub precision: String,
    /// In bytes.
    pub weights_bytes: u64,
}

/// A file of a model.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ModelFile {
    /// `owner/name` on the hub.
    pub repository: String,
    /// The state of the repository.
    pub revision: String,
    /// Its path there.
    pub path: String,
    /// Its size, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its SHA-256, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// How its numbers are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
}
