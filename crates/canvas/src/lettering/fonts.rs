//! The embedded fonts and, for scripts that they lack, the machine's own.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use skrifa::Font;

/// A display face of the covers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Typeface {
    /// Playfair Display Black.
    Serif,
    /// Space Grotesk Bold.
    Grotesk,
    /// Righteous.
    Round,
    /// Anton.
    Condensed,
    /// Permanent Marker.
    Marker,
    /// Orbitron ExtraBold.
    Wide,
}

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(include_bytes!(concat!("../../../../assets/fonts/", $name, ".ttf"))),*]
    };
}

/// Noto Sans Bold: what the display faces fall back to.
const WIDE_COVERAGE: &[&[u8]] = embedded![
    "noto-sans-latin-700",
    "noto-sans-latin-ext-700",
    "noto-sans-cyrillic-700",
    "noto-sans-cyrillic-ext-700",
    "noto-sans-greek-700",
    "noto-sans-hebrew-hebrew-700",
];

impl Typeface {
    fn files(self) -> &'static [&'static [u8]] {
        match self {
            Self::Serif => embedded![
                "playfair-display-latin-900",
                "playfair-display-latin-ext-900",
                "playfair-display-cyrillic-900",
            ],
            Self::Grotesk => embedded!["space-grotesk-latin-700", "space-grotesk-latin-ext-700"],
            Self::Round => embedded!["righteous-latin-400", "righteous-latin-ext-400"],
            Self::Condensed => embedded![
                "anton-latin-400",
                "anton-latin-ext-400",
                "oswald-cyrillic-700",
            ],
            Self::Marker => embedded!["permanent-marker-latin-400"],
            Self::Wide => embedded!["orbitron-latin-800"],
        }
    }
}

/// Families that hold large scripts, as the systems ship them, the best-looking first.
const SYSTEM_FAMILIES: &[&str] = &[
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "Hiragino Sans",
    "Yu Gothic",
    "Noto Sans CJK JP",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
    "WenQuanYi Micro Hei",
    "Noto Sans Arabic",
    "Geeza Pro",
    "Segoe UI",
    "Noto Sans Devanagari",
    "Kohinoor Devanagari",
    "Nirmala UI",
    "Noto Sans Thai",
    "Thonburi",
    "Leelawadee UI",
    "DejaVu Sans",
];

/// All fonts that lettering may use. Embedded ones are parsed when made; the machine's are
/// searched the first time that a character needs them.
pub struct Fonts {
    embedded: HashMap<Typeface, Vec<Font>>,
    system: OnceLock<fontdb::Database>,
}

impl Default for Fonts {
    fn default() -> Self {
        Self::new()
    }
}

impl Fonts {
    /// Parses the embedded ones; takes well under a millisecond.
    #[must_use]
    pub fn new() -> Self {
        let parsed = |files: &[&'static [u8]]| -> Vec<Font> {
            files.iter().filter_map(|&f| Font::new(f, 0)).collect()
        };
        let fallback = parsed(WIDE_COVERAGE);
        let embedded = [
            Typeface::Serif,
            Typeface::Grotesk,
            Typeface::Round,
            Typeface::Condensed,
            Typeface::Marker,
            Typeface::Wide,
        ]
        .into_iter()
        .map(|face| {
            let mut chain = parsed(face.files());
            chain.extend(fallback.iter().cloned());
            (face, chain)
        })
        .collect();
        Self {
            embedded,
            system: OnceLock::new(),
        }
    }

    /// The fonts to set `text` with, in order of preference: the face, its fallbacks, then as
    /// many of the machine's fonts as its other characters need.
    pub(super) fn chain(&self, face: Typeface, text: &str) -> Vec<Font> {
        let mut chain = self.embedded.get(&face).cloned().unwrap_or_default();
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            if !chain.iter().any(|font| covers(font, c)) {
                chain.extend(self.system_font_for(c));
            }
        }
        chain
    }

    fn system_font_for(&self, c: char) -> Option<Font> {
        let system = self.system.get_or_init(|| {
            let mut database = fontdb::Database::new();
            database.load_system_fonts();
            database
        });
        let preferred = SYSTEM_FAMILIES.iter().filter_map(|name| {
            system.query(&fontdb::Query {
                families: &[fontdb::Family::Name(name)],
                weight: fontdb::Weight::BOLD,
                ..fontdb::Query::default()
            })
        });
        let upright = |face: &&fontdb::FaceInfo| face.style == fontdb::Style::Normal;
        let others = system.faces().filter(upright).map(|face| face.id);
        preferred.chain(others).find_map(|id| {
            let data = system.with_face_data(id, |data, index| {
                let font = Font::new(Arc::<Bytes>::new(Bytes(data.to_vec())) as Shared, index)?;
                covers(&font, c).then_some(font)
            });
            data.flatten()
        })
    }
}

type Shared = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A font file that several sizes of one face share.
struct Bytes(Vec<u8>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Whether `font` has a glyph for `c`.
pub(super) fn covers(font: &Font, c: char) -> bool {
    font.charmap()
        .map_unicode(c)
        .is_some_and(|glyph| glyph.to_u32() != 0)
}
