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

    /// What it looks like, for `/get_available_styles`.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::AlbumCoverArt => {
                "Professional album artwork with one clear motif and room for the title"
            }
            Self::Vintage => {
                "Retro print with warm inks, worn paper and the shapes of the sixties and seventies"
            }
            Self::Modern => "Clean geometry, few colours, plenty of space",
            Self::Abstract => "Flowing colour and form without objects",
            Self::Photorealistic => "A lifelike scene with natural light",
            Self::Illustration => "A hand-drawn scene in flat colours",
            Self::Grunge => "Torn paper, rough ink and distressed type",
            Self::Electronic => "Neon light, grids and glow",
        }
    }

    /// The music it suits, for `/get_available_styles`.
    #[must_use]
    pub const fn best_for(self) -> &'static str {
        match self {
            Self::AlbumCoverArt => "any genre",
            Self::Vintage => "soul, jazz, blues, folk, classic rock",
            Self::Modern => "pop, house, indie, minimal",
            Self::Abstract => "ambient, experimental, electronic, jazz",
            Self::Photorealistic => "singer-songwriter, country, cinematic, ballads",
            Self::Illustration => "indie, children's songs, lo-fi, folk",
            Self::Grunge => "rock, punk, metal, alternative",
            Self::Electronic => "synthwave, EDM, techno, hip hop",
        }
    }
}

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
}
