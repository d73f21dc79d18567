use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

/// Signs of the longest name without spaces.
const LONGEST: usize = 3;

#[derive(Default, Deserialize)]
struct Things {
    things: Vec<String>,
}

static THINGS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let text = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../assets/prompts/cover/imagery.toml"
    ));
    let all: Things = toml::from_str(text).unwrap_or_default();
    let pairs = all.things.iter().filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(word, shown)| (word.to_owned(), shown.to_owned()))
        .collect()
});

/// The things in a song's words that can be drawn, the most frequent first, at most `most` of them; those that
/// are named alike in the order in which they are sung.
#[must_use]
pub fn imagery(lyrics: &str, most: usize) -> Vec<&'static str> {
    let mut seen: Vec<(&'static str, usize)> = Vec::new();
    let mut see = |shown: &'static str| match seen.iter_mut().find(|(other, _)| *other == shown) {
        Some((_, count)) => *count += 1,
        None => seen.push((shown, 1)),
    };
    for word in lyrics.split(|c: char| !c.is_alphabetic()) {
        match THINGS.get(&word.to_lowercase()) {
            Some(shown) => see(shown),
            None => unspaced(word, &mut see),
        }
    }
    seen.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    seen.into_iter()
        .take(most)
        .map(|(shown, _)| shown)
        .collect()
}

/// The things in a line that is written without spaces, the longest name that fits at each place.
fn unspaced(line: &str, see: &mut impl FnMut(&'static str)) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let name = (1..=LONGEST).rev().find_map(|length| {
            let end = rest
                .char_indices()
                .nth(length)
                .map_or(rest.len(), |(at, _)| at);
            let (name, behind) = rest.split_at(end);
            let shown = THINGS.get(name).filter(|_| !first.is_ascii())?;
            Some((shown, behind))
        });
        rest = match name {
            Some((shown, behind)) => {
                see(shown);
                behind
            }
            None => rest.get(first.len_utf8()..).unwrap_or_default(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::imagery;

    #[test]
    fn what_is_sung_most_comes_first() {
        let words =
            "The river runs below the moon\nand every river takes me home\nLove, love, love";
        assert_eq!(imagery(words, 5), ["river", "moon", "house"]);
        assert_eq!(imagery(words, 1), ["river"]);
        assert!(imagery("la la la", 3).is_empty());
    }

    #[test]
    fn chinese_lines_have_no_spaces() {
        let words = "[verse]\n月亮照着大海\n海浪带我回家，海边的风";
        assert_eq!(
            imagery(words, 9),
            ["moon", "sea", "waves", "house", "beach", "wind-blown grass"]
        );
        assert_eq!(imagery("月亮和月光，河边的灯", 2), ["moon", "riverbank"]);
        assert!(imagery("我爱你", 3).is_empty());
    }
}
