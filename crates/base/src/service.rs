use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The four services of the contract.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema,
)]
pub enum Service {
    /// Lyrics, tags prompt, categories, title.
    #[serde(rename = "lyrics-generator")]
    Lyrics,
    /// Audio.
    #[serde(rename = "music-generator")]
    Music,
    /// Covers.
    #[serde(rename = "cover-image-generator")]
    Image,
    /// The service that joins the other three.
    #[serde(rename = "integrated-music-generator")]
    Integrated,
}

impl Service {
    /// All four, in dependency order.
    pub const ALL: [Self; 4] = [Self::Lyrics, Self::Music, Self::Image, Self::Integrated];

    /// The contract's `service_name`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lyrics => "lyrics-generator",
            Self::Music => "music-generator",
            Self::Image => "cover-image-generator",
            Self::Integrated => "integrated-music-generator",
        }
    }

    /// The word that `run NAME`, the URL prefix and the configuration use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lyrics => "lyrics",
            Self::Music => "music",
            Self::Image => "image",
            Self::Integrated => "integrated",
        }
    }

    /// The service that [`Service::word`] names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Position in [`Service::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
