//! From a style in the client's own words to the nearest of the eight.

use songwright_cover::{CoverStyle, StylePreset};

use super::theme::first_mention;

const WORDS: &[(StylePreset, &str)] = &[
    (
        StylePreset::Vintage,
        "vintage retro old antique classic sixties seventies 60s 70s 1960s 1970s nostalgic soul jazz blues disco 复古 怀旧",
    ),
    (
        StylePreset::Modern,
        "modern minimal minimalist minimalism geometric geometry bauhaus swiss clean simple pop graphic 现代 极简 几何",
    ),
    (
        StylePreset::Abstract,
        "abstract fluid marble gradient texture ink surreal psychedelic watercolor watercolour oil impressionist ambient dreamy 抽象 水彩 油画",
    ),
    (
        StylePreset::Photorealistic,
        "photorealistic photo photograph photography realistic realism cinematic film camera 3d render 写实 照片 摄影 电影",
    ),
    (
        StylePreset::Illustration,
        "illustration cartoon anime comic drawn drawing flat vector manga storybook kawaii cute lofi 插画 卡通 动漫 漫画",
    ),
    (
        StylePreset::Grunge,
        "grunge punk metal rock dirty rough distressed torn gritty dark gothic horror street graffiti 朋克 摇滚 脏",
    ),
    (
        StylePreset::Electronic,
        "electronic neon synthwave vaporwave cyberpunk cyber techno edm futuristic futurism laser glitch scifi pixel 电子 赛博 霓虹 未来",
    ),
    (
        StylePreset::AlbumCoverArt,
        "album cover art professional painting elegant epic 专辑 封面",
    ),
];

/// The preset itself, or the one whose words `style` names first; album art where it names none.
pub(super) fn nearest(style: &CoverStyle) -> StylePreset {
    match style {
        CoverStyle::Preset(preset) => *preset,
        CoverStyle::Custom(text) => WORDS
            .iter()
            .filter_map(|&(preset, words)| first_mention(text, words).map(|at| (at, preset)))
            .min_by_key(|&(at, _)| at)
            .map_or(StylePreset::AlbumCoverArt, |(_, preset)| preset),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_words_find_the_nearest_preset() {
        let of = |text| nearest(&CoverStyle::from_text(text));
        assert_eq!(of("Grunge"), StylePreset::Grunge);
        assert_eq!(of("cyberpunk anime city"), StylePreset::Electronic);
        assert_eq!(of("90s anime"), StylePreset::Illustration);
        assert_eq!(of("复古海报"), StylePreset::Vintage);
        assert_eq!(of("whatever"), StylePreset::AlbumCoverArt);
    }
}
