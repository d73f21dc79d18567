use std::sync::LazyLock;

use serde::Deserialize;

/// The eight styles of the contract.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StylePreset {
    /// `album cover art`
    AlbumCoverArt,
    /// `vintage`
    Vintage,
    /// `modern`
    Modern,
    /// `abstract`
    Abstract,
    /// `photorealistic`
    Photorealistic,
    /// `illustration`
    Illustration,
    /// `grunge`
    Grunge,
    /// `electronic`
    Electronic,
}

impl StylePreset {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 8] = [
        Self::AlbumCoverArt,
        Self::Vintage,
        Self::Modern,
        Self::Abstract,
        Self::Photorealistic,
        Self::Illustration,
        Self::Grunge,
        Self::Electronic,
    ];

    /// The contract's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlbumCoverArt => "album cover art",
            Self::Vintage => "vintage",
            Self::Modern => "modern",
            Self::Abstract => "abstract",
            Self::Photorealistic => "photorealistic",
            Self::Illustration => "illustration",
            Self::Grunge => "grunge",
            Self::Electronic => "electronic",
        }
    }

    /// What it looks like, which music it suits, and what an image model is told of it.
    #[must_use]
    pub fn text(self) -> &'static StyleText {
        let place = Self::ALL.iter().position(|preset| *preset == self);
        &TEXTS[place.unwrap_or_default()]
    }
}

/// What is said of a style: `assets/prompts/cover/*.toml`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct StyleText {
    /// The contract's name.
    pub name: String,
    /// What it looks like, for people.
    pub description: String,
    /// The music it suits, for people.
    pub best_for: String,
    /// What it looks like, for an image model: phrases, the weightiest first.
    pub prompt: String,
    /// What it does not look like, for an image model that is guided.
    pub negative: String,
}

impl StyleText {
    /// The first phrases of the prompt: what is left of a style when it is mixed with another.
    #[must_use]
    pub fn essence(&self) -> String {
        let phrases: Vec<&str> = self.prompt.split(", ").take(3).collect();
        phrases.join(", ")
    }
}

macro_rules! texts {
    ($($file:literal),*) => {
        [$(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/prompts/cover/", $file))),*]
    };
}

/// In the order of [`StylePreset::ALL`]; the tests hold that each file can be read.
static TEXTS: LazyLock<[StyleText; 8]> = LazyLock::new(|| {
    texts![
        "album-cover-art.toml",
        "vintage.toml",
        "modern.toml",
        "abstract.toml",
        "photorealistic.toml",
        "illustration.toml",
        "grunge.toml",
        "electronic.toml"
    ]
    .map(|text| toml::from_str(text).unwrap_or_default())
});

/// A preset, or the client's own words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CoverStyle {
    /// One of the eight.
    Preset(StylePreset),
    /// Any other text, at most 100 characters.
    Custom(String),
}

impl CoverStyle {
    /// The preset of that name (any case, trimmed), else the text itself.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let wanted = text.trim().to_lowercase();
        StylePreset::ALL
            .into_iter()
            .find(|p| p.name() == wanted)
            .map_or_else(|| Self::Custom(text.trim().to_owned()), Self::Preset)
    }

    /// The name or the words.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Preset(preset) => preset.name(),
            Self::Custom(text) => text,
        }
    }

    /// The styles that are mixed in it: words with `+`, `,`, `/` or `&` between them, of which at least one
    /// is a preset's name. One alone is a mixture of itself.
    #[must_use]
    pub fn mixed(&self) -> Vec<Self> {
        let Self::Custom(text) = self else {
            return vec![self.clone()];
        };
        let parts = text.split(['+', ',', '/', '&']).map(str::trim);
        let parts: Vec<Self> = parts
            .filter(|part| !part.is_empty())
            .map(Self::from_text)
            .collect();
        if parts.iter().any(|part| matches!(part, Self::Preset(_))) {
            parts
        } else {
            vec![self.clone()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_its_text() {
        for preset in StylePreset::ALL {
            let text = preset.text();
            assert_eq!(text.name, preset.name());
            for words in [
                &text.description,
                &text.best_for,
                &text.prompt,
                &text.negative,
            ] {
                assert!(words.len() >= 9, "{preset:?}: {words:?}");
            }
            // Beside a prompt there are 75 tokens in all.
            assert!(text.prompt.split_whitespace().count() <= 24, "{preset:?}");
            assert!(text.prompt.starts_with(&text.essence()) && text.essence() != text.prompt);
        }
    }

    #[test]
    fn styles_are_mixed() {
        let mixed = |text: &str| CoverStyle::from_text(text).mixed();
        assert_eq!(
            mixed("Vintage + electronic"),
            [StylePreset::Vintage, StylePreset::Electronic].map(CoverStyle::Preset)
        );
        assert_eq!(mixed("grunge, oil on wood")[1].text(), "oil on wood");
        assert_eq!(mixed("watercolour, soft").len(), 1);
        assert_eq!(mixed("modern"), [CoverStyle::Preset(StylePreset::Modern)]);
    }
}
