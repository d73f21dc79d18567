use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

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
    for word in lyrics.split(|c: char| !c.is_alphabetic()) {
        let Some(shown) = THINGS.get(&word.to_lowercase()) else {
            continue;
        };
        match seen.iter_mut().find(|(other, _)| other == shown) {
            Some((_, count)) => *count += 1,
            None => seen.push((shown, 1)),
        }
    }
    seen.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    seen.into_iter()
        .take(most)
        .map(|(shown, _)| shown)
        .collect()
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
}
