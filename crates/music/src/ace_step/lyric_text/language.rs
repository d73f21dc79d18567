/// A language the lyric vocabulary has a token for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is a language's English name")]
pub enum Language {
    Arabic,
    Chinese,
    Czech,
    Dutch,
    English,
    French,
    German,
    Hindi,
    Hungarian,
    Italian,
    Japanese,
    Korean,
    Polish,
    Portuguese,
    Russian,
    Spanish,
    Turkish,
}

impl Language {
    /// All of them, by their codes.
    pub const ALL: [Self; 17] = [
        Self::Arabic,
        Self::Czech,
        Self::German,
        Self::English,
        Self::Spanish,
        Self::French,
        Self::Hindi,
        Self::Hungarian,
        Self::Italian,
        Self::Japanese,
        Self::Korean,
        Self::Dutch,
        Self::Polish,
        Self::Portuguese,
        Self::Russian,
        Self::Turkish,
        Self::Chinese,
    ];

    /// The ISO 639-1 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Arabic => "ar",
            Self::Chinese => "zh",
            Self::Czech => "cs",
            Self::Dutch => "nl",
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Hindi => "hi",
            Self::Hungarian => "hu",
            Self::Italian => "it",
            Self::Japanese => "ja",
            Self::Korean => "ko",
            Self::Polish => "pl",
            Self::Portuguese => "pt",
            Self::Russian => "ru",
            Self::Spanish => "es",
            Self::Turkish => "tr",
        }
    }

    /// The language of a code; what follows a `-` or `_`, a script or a country, is not looked at.
    /// `None` for a language the vocabulary has no token for.
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.split(['-', '_']).next()?.trim().to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|language| language.code() == primary)
    }

    /// The token before a line.
    pub(super) const fn token(self) -> &'static str {
        match self {
            Self::Arabic => "[ar]",
            Self::Chinese => "[zh-cn]",
            Self::Czech => "[cs]",
            Self::Dutch => "[nl]",
            Self::English => "[en]",
            Self::French => "[fr]",
            Self::German => "[de]",
            Self::Hindi => "[hi]",
            Self::Hungarian => "[hu]",
            Self::Italian => "[it]",
            Self::Japanese => "[ja]",
            Self::Korean => "[ko]",
            Self::Polish => "[pl]",
            Self::Portuguese => "[pt]",
            Self::Russian => "[ru]",
            Self::Spanish => "[es]",
            Self::Turkish => "[tr]",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back() {
        for language in Language::ALL {
            assert_eq!(Language::from_code(language.code()), Some(language));
        }
        assert_eq!(Language::from_code("zh-CN"), Some(Language::Chinese));
        assert_eq!(Language::from_code("pt_BR"), Some(Language::Portuguese));
        assert_eq!(Language::from_code("sv"), None);
    }
}
