//! Readings of Chinese: the longest phrase of pypinyin's dictionary first, else the character's
//! usual one, with the tone as a digit.

use std::{collections::HashMap, sync::LazyLock};

static READINGS: LazyLock<Readings> = LazyLock::new(Readings::new);

/// pypinyin's dictionaries; `assets/pinyin/SOURCE.md` says how they are written down.
struct Readings {
    characters: HashMap<char, &'static str>,
    /// Phrases in the order of their bytes, with their readings where not those of the characters.
    phrases: Vec<(&'static str, Option<&'static str>)>,
}

impl Readings {
    fn new() -> Self {
        let characters = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../assets/pinyin/characters.txt"
        ));
        let phrases = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../assets/pinyin/phrases.txt"
        ));
        Self {
            characters: characters
                .lines()
                .filter_map(|line| line.split_once(' '))
                .flat_map(|(reading, characters)| characters.chars().map(move |c| (c, reading)))
                .collect(),
            phrases: phrases
                .lines()
                .map(|line| match line.split_once(' ') {
                    Some((phrase, reading)) => (phrase, Some(reading)),
                    None => (line, None),
                })
                .collect(),
        }
    }

    /// The phrase at or after a text in the dictionary's order.
    fn from(&self, text: &str) -> Option<(&'static str, Option<&'static str>)> {
        let at = self.phrases.partition_point(|(phrase, _)| *phrase < text);
        self.phrases.get(at).copied()
    }

    fn character(&self, c: char, out: &mut String) {
        match self.characters.get(&c) {
            Some(reading) => out.push_str(reading),
            None => out.push(c),
        }
    }

    /// The readings of a run of characters that all have one. As in pypinyin, the longest head that
    /// starts a phrase is either one itself, or nothing shorter is looked for at that place.
    fn run(&self, mut run: &str, out: &mut String) {
        while let Some(first) = run.chars().next() {
            let head = self.longest_start(run);
            let phrase = self.from(head).filter(|(phrase, _)| *phrase == head);
            let taken = match phrase {
                Some(_) => head,
                // Nor is a rest that only starts a phrase looked into.
                None if head == run => run,
                None => &run[..first.len_utf8()],
            };
            match phrase {
                Some((_, Some(reading))) => out.extend(reading.split(' ')),
                _ => taken.chars().for_each(|c| self.character(c, out)),
            }
            run = &run[taken.len()..];
        }
    }

    /// The longest head of a text that starts a phrase; empty where none does.
    fn longest_start<'a>(&self, text: &'a str) -> &'a str {
        text.char_indices()
            .map(|(at, c)| &text[..at + c.len_utf8()])
            .take_while(|head| {
                self.from(head)
                    .is_some_and(|(phrase, _)| phrase.starts_with(head))
            })
            .last()
            .unwrap_or_default()
    }
}

/// Every Chinese character in letters with a digit for the tone (5 is the neutral one), without
/// spaces between syllables; all else as it is.
pub(in super::super) fn romanised(text: &str) -> String {
    let readings = &*READINGS;
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let known = |c: char| readings.characters.contains_key(&c);
        let end = rest
            .find(|other| known(other) != known(c))
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if known(c) {
            readings.run(run, &mut out);
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::romanised;

    #[test]
    fn phrases_decide_readings() {
        assert_eq!(romanised("我爱你"), "wo3ai4ni3");
        assert_eq!(romanised("重庆, ok"), "chong2qing4, ok");
        // 银行行 starts 银行行员 only, so 银 stands alone, and 行行 is a phrase.
        assert_eq!(romanised("银行行长"), "yin2xing2xing2zhang3");
        // 一丁点 only starts a phrase, so 丁点 is not looked for.
        assert_eq!(romanised("一丁点"), "yi1ding1dian3");
    }
}
