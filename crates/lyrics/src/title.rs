use std::collections::HashMap;

use songwright_base::{LyricSheet, SectionKind};

const MOST_WORDS: usize = 6;
const MOST_CHARS: usize = 40;
/// For scripts without spaces.
const UNSPACED_CHARS: usize = 12;
/// Where Chinese and Japanese begin in Unicode.
const UNSPACED_FROM: char = '\u{2e80}';

/// A title of at most six words: the line that is sung most often; of several, the first that
/// a chorus has. `None` where nothing is sung.
#[must_use]
pub fn title_from_lyrics(lyrics: &str) -> Option<String> {
    struct Seen {
        times: usize,
        in_chorus: bool,
        order: usize,
        title: String,
    }
    let sheet = LyricSheet::parse(lyrics);
    let mut seen: HashMap<String, Seen> = HashMap::new();
    for section in &sheet.sections {
        let in_chorus = section.kind == SectionKind::Chorus;
        for line in &section.lines {
            let Some(title) = phrase(line) else { continue };
            let order = seen.len();
            let entry = seen.entry(title.to_lowercase()).or_insert(Seen {
                times: 0,
                in_chorus,
                order,
                title,
            });
            entry.times += 1;
            entry.in_chorus |= in_chorus;
        }
    }
    seen.into_values()
        .max_by_key(|line| (line.times, line.in_chorus, std::cmp::Reverse(line.order)))
        .map(|line| capitalised(&line.title))
}

/// A title of at most six words: how the description begins. `None` where it has no words.
#[must_use]
pub fn title_from_description(description: &str) -> Option<String> {
    let clause = description
        .split([',', '.', ';', ':', '\n', '，', '。', '；'])
        .find(|clause| clause.chars().any(char::is_alphanumeric))?;
    phrase(clause).map(|title| capitalised(&title))
}

/// The words of a line that fit into a title, without the punctuation around them.
fn phrase(line: &str) -> Option<String> {
    let bare = |text: &str| text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let mut title = String::new();
    for word in bare(line).split_whitespace().take(MOST_WORDS) {
        let longer = title.chars().count() + 1 + word.chars().count();
        if !title.is_empty() && longer > MOST_CHARS {
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
    }
    let unspaced = |c: char| c >= UNSPACED_FROM;
    let most = if title.contains(unspaced) && !title.contains(' ') {
        // Punctuation rather than spaces parts the words: the first clause is the phrase.
        if let Some(end) = title.find(['，', '。', '、', '！', '？', '；']) {
            title.truncate(end);
        }
        UNSPACED_CHARS
    } else {
        MOST_CHARS
    };
    let title: String = title.chars().take(most).collect();
    let title = bare(&title);
    (!title.is_empty()).then_some(title)
}

fn capitalised(title: &str) -> String {
    let mut chars = title.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_sung_most_often_names_the_song() {
        let lyrics = "[verse]\nRain on the window\nI don't sleep\n[chorus]\nTake me home tonight,\n\
                      Under the lights\n[verse]\nRain on the glass\n[chorus]\nTake me home tonight!\nUnder the lights";
        assert_eq!(
            title_from_lyrics(lyrics).as_deref(),
            Some("Take me home tonight")
        );
        // Sung once each: the chorus wins.
        assert_eq!(
            title_from_lyrics("[verse]\na first line\n[chorus]\n\"hold on\"").as_deref(),
            Some("Hold on")
        );
        assert_eq!(title_from_lyrics("[intro]\n[solo]\n…"), None);
    }

    #[test]
    fn long_lines_and_lines_without_spaces_are_cut() {
        assert_eq!(
            title_from_lyrics("one two three four five six seven").as_deref(),
            Some("One two three four five six")
        );
        assert_eq!(
            title_from_lyrics("[副歌]\n夜空中最亮的星，请指引我前行\n[主歌]\n我在想").as_deref(),
            Some("夜空中最亮的星")
        );
        let endless = "x".repeat(500);
        assert_eq!(title_from_lyrics(&endless).unwrap().chars().count(), 40);
        assert_eq!(
            title_from_lyrics("Überraschungsmomente").as_deref(),
            Some("Überraschungsmomente")
        );
        let unspaced = "星".repeat(30);
        assert_eq!(title_from_lyrics(&unspaced).unwrap().chars().count(), 12);
    }

    #[test]
    fn an_instrumental_is_named_by_its_description() {
        assert_eq!(
            title_from_description(", slow blues about a train, harmonica").as_deref(),
            Some("Slow blues about a train")
        );
        assert_eq!(title_from_description("?!"), None);
    }
}
