//! Colours by mood: each mood has its palettes, the seed picks one and varies it a little.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::theme::{Theme, first_mention};
use songwright_canvas::Rgb;

/// How a song feels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mood {
    Sad,
    Happy,
    Angry,
    Calm,
    Romantic,
    Dark,
    Energetic,
}

const WORDS: &[(Mood, &str)] = &[
    (
        Mood::Sad,
        "sad lonely alone blue melancholy melancholic sorrow tears cry crying goodbye lost grief broken rain rainy nostalgic farewell 悲 伤 孤独 泪 哭 忧 别",
    ),
    (
        Mood::Happy,
        "happy joy joyful sunny fun cheerful bright smile summer party celebration uplifting playful children 快乐 欢 喜 笑 阳光 夏",
    ),
    (
        Mood::Angry,
        "angry anger rage fury war fight revolution metal punk hate aggressive riot rebel blood fire burn burning 愤 怒 战 火 血",
    ),
    (
        Mood::Calm,
        "calm peaceful soft gentle quiet sleep lullaby ambient meditation lofi chill relaxing dream dreamy serene acoustic folk 静 柔 安 睡 梦",
    ),
    (
        Mood::Romantic,
        "love romantic romance heart hearts kiss tender sweet rose lover valentine wedding 爱 恋 吻 情 玫瑰",
    ),
    (
        Mood::Dark,
        "dark night midnight mystery mysterious shadow ghost gothic noir haunted winter cold space 夜 黑 鬼 影 冬",
    ),
    (
        Mood::Energetic,
        "energetic dance electronic neon club party techno edm synthwave fast power disco funk driving 舞 电子 霓虹 动感",
    ),
];

/// The mood that `text` names first, if it names one.
pub(super) fn mood_of(text: &str) -> Option<Mood> {
    WORDS
        .iter()
        .filter_map(|&(mood, words)| first_mention(text, words).map(|at| (at, mood)))
        .min_by_key(|&(at, _)| at)
        .map(|(_, mood)| mood)
}

/// The colours of one cover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    /// Zenith, middle, horizon.
    pub(super) sky: [Rgb; 3],
    /// Sun, moon or lamp: the lightest colour.
    pub(super) light: Rgb,
    /// The nearest land: the darkest colour.
    pub(super) near: Rgb,
    /// Flat print colours that go together, the strongest first.
    pub(super) accents: [Rgb; 4],
    /// Uncoated paper.
    pub(super) paper: Rgb,
    /// Print black.
    pub(super) ink: Rgb,
}

/// `[zenith, middle, horizon, light, near, accents × 4, paper, ink]`.
type Code = [u32; 11];

const fn palette(c: Code) -> Palette {
    Palette {
        sky: [Rgb::hex(c[0]), Rgb::hex(c[1]), Rgb::hex(c[2])],
        light: Rgb::hex(c[3]),
        near: Rgb::hex(c[4]),
        accents: [
            Rgb::hex(c[5]),
            Rgb::hex(c[6]),
            Rgb::hex(c[7]),
            Rgb::hex(c[8]),
        ],
        paper: Rgb::hex(c[9]),
        ink: Rgb::hex(c[10]),
    }
}

const SAD: [Code; 3] = [
    [
        0x14213D, 0x3F5B7D, 0xA9B8C4, 0xEDEFEA, 0x0C1524, 0x2F4B6E, 0x7D9BB5, 0xC98F6B, 0x1B2B40,
        0xE6E4DC, 0x131B27,
    ],
    [
        0x1D1B38, 0x4A4A78, 0xB59CB0, 0xF3E3D8, 0x100F22, 0x4A4A78, 0x8E86B5, 0xD8A7A0, 0x25244A,
        0xE9E3E1, 0x17152B,
    ],
    [
        0x10282E, 0x37606A, 0x9DB7B0, 0xF0EBDD, 0x081619, 0x2C5C66, 0x86AAA6, 0xD4A24E, 0x173A42,
        0xE8E6DA, 0x0E1F23,
    ],
];
const HAPPY: [Code; 3] = [
    [
        0x2F7FC1, 0x8CC9E0, 0xFDE6B0, 0xFFF6D8, 0x14506B, 0xF2542D, 0xF5B82E, 0x0E9594, 0x1D3557,
        0xFFF4E0, 0x1B2430,
    ],
    [
        0xF26B4E, 0xF9A15B, 0xFFDF8E, 0xFFF7DA, 0x6B1E45, 0xE63E62, 0xFFB627, 0x2A9D8F, 0x5A2A6E,
        0xFFF3E2, 0x2B1B2E,
    ],
    [
        0x3AA6A0, 0x9FD8C4, 0xFFE9A8, 0xFFFBE6, 0x17494D, 0xFF6B5E, 0xFFC94D, 0x2E86AB, 0x1F4E5F,
        0xFDF6E3, 0x183038,
    ],
];
const ANGRY: [Code; 3] = [
    [
        0x120406, 0x5A0F14, 0xE2402A, 0xFFD9A0, 0x070203, 0xD7261E, 0x1A1416, 0xF08A24, 0x7A0C12,
        0xE9DFD2, 0x120C0D,
    ],
    [
        0x0D0A12, 0x4A1030, 0xF0503C, 0xFFE2B8, 0x060408, 0xE5322D, 0x231A26, 0xF6A12B, 0x5C1033,
        0xE4DACF, 0x130E14,
    ],
    [
        0x15110E, 0x6B2A12, 0xF27B2A, 0xFFE7AE, 0x080604, 0xC9301B, 0x201A17, 0xF2B134, 0x70220F,
        0xE8DDC9, 0x16110D,
    ],
];
const CALM: [Code; 4] = [
    [
        0x54799A, 0xA9C3CF, 0xF6E3D0, 0xFFF8EC, 0x24414F, 0x6F9AA8, 0xE8B298, 0xF2D7B6, 0x35576A,
        0xF5F0E6, 0x22333C,
    ],
    [
        0x6B6A9E, 0xC2A9C6, 0xFAD9C8, 0xFFF5E9, 0x30305A, 0x8C7FB5, 0xE7A6A1, 0xF5D6B0, 0x4A4780,
        0xF6EFEA, 0x2A2846,
    ],
    [
        0x3F6B5C, 0x9CBFA4, 0xF1E9C9, 0xFFFBEA, 0x193A30, 0x5E8F73, 0xD9B16A, 0xE9D9AE, 0x2C5546,
        0xF4F0E1, 0x1C2F27,
    ],
    [
        0x2B4C5E, 0x87A9A9, 0xF3CFAE, 0xFFF1DC, 0x142B38, 0x4F7F8A, 0xE79F74, 0xF0D3A6, 0x24475A,
        0xF3ECDF, 0x1A2A33,
    ],
];
const ROMANTIC: [Code; 3] = [
    [
        0x3B1845, 0xA23B72, 0xF7A08C, 0xFFE9D6, 0x1C0A26, 0xD1335B, 0xF3A0A0, 0xF6C8A2, 0x5B1E4F,
        0xFBEDE6, 0x2C1126,
    ],
    [
        0x54213F, 0xC0556A, 0xFCC2A0, 0xFFF1DE, 0x260D20, 0xB8304F, 0xEE8E86, 0xF4C6A8, 0x6E2344,
        0xFAEBE0, 0x301320,
    ],
    [
        0x2A1E52, 0x8A4C9E, 0xF4A6B8, 0xFFEDE8, 0x140E2B, 0xC23B7A, 0x8A5BB0, 0xF8BBA8, 0x3D2770,
        0xF8ECF0, 0x1E163A,
    ],
];
const DARK: [Code; 4] = [
    [
        0x060B1A, 0x14264A, 0x40619A, 0xE8EEF8, 0x03060F, 0x3C5FA8, 0x7AA2E3, 0xE8C872, 0x15244A,
        0xDDE2EA, 0x070C18,
    ],
    [
        0x0A0814, 0x2A1B4A, 0x704A9A, 0xF3E6F7, 0x050409, 0x6A45B0, 0xB68AE0, 0xF0B95A, 0x22163F,
        0xE4DEEA, 0x0D0917,
    ],
    [
        0x04120F, 0x0E3833, 0x3F8374, 0xE4F4E6, 0x020907, 0x1F7A68, 0x7CC2A4, 0xE9BE5E, 0x0C3029,
        0xDFE7DF, 0x06140F,
    ],
    [
        0x0D1018, 0x28303F, 0x8A6F63, 0xF7E4C4, 0x07090D, 0x566178, 0xC9A26B, 0xE7D2A6, 0x1F2633,
        0xE5E0D6, 0x0E1116,
    ],
];
const ENERGETIC: [Code; 4] = [
    [
        0x14063A, 0x5A1291, 0xF5408D, 0xFFE07A, 0x0A0320, 0xFF2E88, 0x00D1E0, 0xFFC53A, 0x4318A0,
        0xF5F0FA, 0x120726,
    ],
    [
        0x041B3B, 0x0A5BB5, 0x2EE6D6, 0xF7FFD8, 0x020B1C, 0x00C2FF, 0xFF4D6D, 0xF9F871, 0x123C9C,
        0xEEF6F8, 0x061226,
    ],
    [
        0x2A0845, 0xB0216E, 0xFF8A3C, 0xFFF0A8, 0x140322, 0xFF4E50, 0xFC9D2B, 0x23C9C0, 0x6A1B7A,
        0xFFF3E6, 0x1D0A2A,
    ],
    [
        0x06140A, 0x0D5A3C, 0x9BE84A, 0xFBFFD0, 0x030A05, 0x36E36B, 0x12B5A6, 0xF6E53C, 0x0A4A38,
        0xF1F6E8, 0x07160C,
    ],
];

/// The palette of a cover: by `mood` where the words give one, else by the seed.
pub(super) fn choose(mood: Option<Mood>, themes: &[Theme], rng: &mut ChaCha8Rng) -> Palette {
    let night = themes
        .iter()
        .any(|t| matches!(t, Theme::Night | Theme::Space));
    let of = |mood: Mood| -> &[Code] {
        match mood {
            Mood::Sad => &SAD,
            Mood::Happy => &HAPPY,
            Mood::Angry => &ANGRY,
            Mood::Calm => &CALM,
            Mood::Romantic => &ROMANTIC,
            Mood::Dark => &DARK,
            Mood::Energetic => &ENERGETIC,
        }
    };
    let any = if night {
        [Mood::Dark, Mood::Energetic, Mood::Sad, Mood::Romantic]
    } else {
        [Mood::Calm, Mood::Happy, Mood::Romantic, Mood::Energetic]
    };
    // Drawn even where not used, so that a mood word does not move the rest of the picture.
    let fallback = any[rng.random_range(0..any.len())];
    let codes = of(mood.unwrap_or(fallback));
    let base = palette(codes[rng.random_range(0..codes.len())]);
    let (turn, chroma) = (rng.random_range(-7.0..7.0), rng.random_range(0.94..1.08));
    let vary = |c: Rgb| c.varied(turn, 0.0, chroma);
    Palette {
        sky: base.sky.map(vary),
        light: vary(base.light),
        near: vary(base.near),
        accents: base.accents.map(vary),
        paper: base.paper,
        ink: base.ink,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moods_of_words() {
        assert_eq!(mood_of("a sad song about rain"), Some(Mood::Sad));
        assert_eq!(mood_of("furious punk, happy end"), Some(Mood::Angry));
        assert_eq!(mood_of("快乐的歌"), Some(Mood::Happy));
        assert_eq!(mood_of("a table"), None);
    }

    #[test]
    fn sad_is_cooler_than_happy() {
        use rand::SeedableRng as _;
        let warmth = |mood| {
            let mut rng = ChaCha8Rng::seed_from_u64(5);
            let p = choose(Some(mood), &[], &mut rng);
            p.light.luminance() * (1.0 + p.sky[2].r - p.sky[2].b)
        };
        assert!(warmth(Mood::Happy) > warmth(Mood::Sad));
    }
}
