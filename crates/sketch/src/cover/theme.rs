//! What a prompt is about, by its words.

/// Something that a scene can show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Theme {
    Sea,
    City,
    Mountains,
    Forest,
    Road,
    Space,
    Hearts,
    Rain,
    Night,
    Desert,
    Winter,
    Fire,
    Flowers,
    Sun,
}

const WORDS: &[(Theme, &str)] = &[
    (
        Theme::Sea,
        "sea ocean wave tide harbour harbor beach shore coast sail boat ship ferry island river lake water lighthouse surf 海 洋 浪 港 岸 船 岛 河 湖",
    ),
    (
        Theme::City,
        "city town street downtown urban skyline neon subway club rooftop avenue apartment skyscraper 城 街 都市 霓虹 地铁",
    ),
    (
        Theme::Mountains,
        "mountain hill peak summit alps valley ridge cliff highland canyon 山 峰 岭 谷",
    ),
    (
        Theme::Forest,
        "forest wood woods tree trees jungle pine leaf leaves autumn garden 林 树 叶 秋",
    ),
    (
        Theme::Road,
        "road highway drive driving car truck ride travel journey route train railway motorcycle miles 路 公路 车 旅 远方",
    ),
    (
        Theme::Space,
        "space star stars planet galaxy cosmic cosmos universe orbit moon lunar astronaut rocket nebula alien 宇宙 星 太空 月 银河",
    ),
    (
        Theme::Hearts,
        "heart hearts love lover kiss romance romantic valentine darling 爱 心 恋 情 吻",
    ),
    (
        Theme::Rain,
        "rain rainy storm thunder umbrella drizzle tears 雨 雷 伞 泪",
    ),
    (
        Theme::Night,
        "night midnight dark evening dusk twilight nocturne 夜 晚 黑",
    ),
    (
        Theme::Desert,
        "desert dune sand sahara cactus western cowboy mesa 沙漠 沙 荒",
    ),
    (
        Theme::Winter,
        "winter snow ice frost frozen cold christmas aurora 冬 雪 冰 寒",
    ),
    (
        Theme::Fire,
        "fire flame burn burning ember volcano 火 焰 燃",
    ),
    (
        Theme::Flowers,
        "flower flowers rose blossom bloom spring petal meadow 花 玫瑰 春 草",
    ),
    (
        Theme::Sun,
        "sun sunny sunrise sunset summer dawn morning golden 阳 日 夏 晨",
    ),
];

impl Theme {
    /// Whether it says when or in what weather rather than where.
    const fn is_circumstance(self) -> bool {
        matches!(self, Self::Night | Self::Rain | Self::Winter | Self::Sun)
    }

    /// A word that names it and nothing else.
    #[cfg(test)]
    pub(super) fn word(self) -> &'static str {
        let (_, words) = WORDS.iter().find(|(theme, _)| *theme == self).unwrap();
        let word = words.split(' ').next().unwrap();
        assert_eq!(themes_of(word), [self]);
        word
    }
}

/// The themes that `text` names, places before times and weather, else in the order of their
/// first mention.
pub(super) fn themes_of(text: &str) -> Vec<Theme> {
    let mut found: Vec<(usize, Theme)> = WORDS
        .iter()
        .filter_map(|&(theme, words)| first_mention(text, words).map(|at| (at, theme)))
        .collect();
    found.sort_by_key(|&(at, theme)| (theme.is_circumstance(), at));
    found.into_iter().map(|(_, theme)| theme).collect()
}

/// Where `text` first holds one of the space-separated `words`, as the number of the word or, for
/// scripts without spaces, of the character; plural and other endings of up to two letters count.
pub(super) fn first_mention(text: &str, words: &str) -> Option<usize> {
    let text = text.to_lowercase();
    words
        .split(' ')
        .filter_map(|word| {
            if !word.is_ascii() {
                return text.find(word).map(|at| text[..at].chars().count());
            }
            text.split(|c: char| !c.is_alphanumeric())
                .position(|token| {
                    token
                        .strip_prefix(word)
                        .is_some_and(|end| end.is_empty() || (word.len() > 3 && end.len() < 3))
                })
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_in_order_of_mention() {
        assert_eq!(
            themes_of("Driving through the city on a rainy night"),
            [Theme::Road, Theme::City, Theme::Rain, Theme::Night]
        );
        assert_eq!(themes_of("夜晚的海边"), [Theme::Sea, Theme::Night]);
    }

    #[test]
    fn no_theme_inside_another_word() {
        assert_eq!(themes_of("a research of icecream seasons"), []);
    }
}
