//! Structure tags: `[verse]` is a token, `[Verse 1]` is letters.

use std::sync::LazyLock;

use regex::Captures;

use super::pattern::Pattern;

static BRACKETS: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"\[([^\[\]]*)\]"));

/// What people write for the twelve tags the vocabulary has, the longer before what they hold.
const NAMES: [(&str, &str); 33] = [
    ("pre chorus", "pre-chorus"),
    ("prechorus", "pre-chorus"),
    ("build up", "pre-chorus"),
    ("post chorus", "chorus"),
    ("instrumental", "inst"),
    ("interlude", "inst"),
    ("guitar solo", "solo"),
    ("piano solo", "solo"),
    ("drum solo", "solo"),
    ("introduction", "intro"),
    ("middle eight", "bridge"),
    ("middle 8", "bridge"),
    ("breakdown", "break"),
    ("start", "start"),
    ("intro", "intro"),
    ("verse", "verse"),
    ("chorus", "chorus"),
    ("refrain", "chorus"),
    ("bridge", "bridge"),
    ("outro", "outro"),
    ("ending", "end"),
    ("end", "end"),
    ("inst", "inst"),
    ("solo", "solo"),
    ("hook", "hook"),
    ("break", "break"),
    ("主歌", "verse"),
    ("副歌", "chorus"),
    ("前奏", "intro"),
    ("间奏", "inst"),
    ("間奏", "inst"),
    ("尾奏", "outro"),
    ("桥段", "bridge"),
];

/// A line whose brackets that name a part of a song (`[Verse 1]`, `[Chorus x2]`, `[Pre-Chorus:
/// Anna]`) are the tags the model knows; other brackets stay.
pub(super) fn known(line: &str) -> String {
    BRACKETS
        .replace_all(line, |found: &Captures<'_>| {
            part(&found[1]).map_or_else(|| found[0].to_owned(), |tag| format!("[{tag}]"))
        })
        .into_owned()
}

/// Lyrics without any bracket.
pub(super) fn without(lyrics: &str) -> String {
    BRACKETS.replace_all(lyrics, " ").into_owned()
}

/// The tag of a bracket's text.
fn part(text: &str) -> Option<&'static str> {
    // Who sings it, or how, is no part of the name.
    let name = text.split([':', ',', '(', '|', '–']).next()?;
    let words: Vec<String> = name
        .split(|c: char| c.is_whitespace() || c == '-' || c == '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let name = format!(" {} ", words.join(" "));
    NAMES.into_iter().find_map(|(written, tag)| {
        let whole = name.contains(&format!(" {written} "));
        // `[Verse1]`, `[副歌2]`.
        let numbered = name
            .trim()
            .strip_prefix(written)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(char::is_numeric));
        (whole || numbered).then_some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn parts_become_tags() {
        for (written, tag) in [
            ("[Verse 1]", "[verse]"),
            ("[Chorus x2]", "[chorus]"),
            ("[Pre-Chorus: Anna]", "[pre-chorus]"),
            ("[Final Chorus]", "[chorus]"),
            ("[Guitar Solo]", "[solo]"),
            ("[Instrumental Break]", "[inst]"),
            ("[verse2] hello", "[verse] hello"),
            ("[副歌]", "[chorus]"),
        ] {
            assert_eq!(known(written), tag);
        }
    }

    #[test]
    fn other_brackets_stay() {
        for line in [
            "[whispered]",
            "[Endless Love]",
            "[]",
            "no brackets",
            "[universe]",
        ] {
            assert_eq!(known(line), line);
        }
    }
}
