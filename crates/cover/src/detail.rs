/// Something of a song that its cover is told of beside what it shows, as far as there is room.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Detail {
    /// What the song is called.
    Title(String),
    /// How it sounds: tags.
    Sound(String),
    /// What it is about.
    About(String),
}

impl Detail {
    /// Its words.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Title(text) | Self::Sound(text) | Self::About(text) => text,
        }
    }

    /// What people call it, where some of it is left out.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Title(_) => "the title",
            Self::Sound(_) => "the tags",
            Self::About(_) => "the song's description",
        }
    }
}
