//! Syllables and stresses of a line of lyrics.

/// One syllable to be sung.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Syllable {
    /// Its letters; the last of a word ends with a space.
    pub(super) text: String,
    /// Whether it carries a stress.
    pub(super) stressed: bool,
}

/// Words that are rarely stressed in English.
const WEAK: &[&str] = &[
    "a", "an", "the", "and", "or", "but", "of", "to", "in", "on", "at", "for", "from", "with",
    "as", "is", "are", "was", "were", "be", "been", "am", "it", "its", "i", "i'm", "you", "he",
    "she", "we", "they", "me", "my", "your", "his", "her", "our", "their", "us", "them", "that",
    "this", "if", "so", "can", "will", "would", "could", "had", "has", "have", "do", "does",
];

/// Unstressed beginnings of English words.
const PREFIXES: &[&str] = &[
    "a", "be", "re", "de", "un", "to", "for", "ex", "en", "in", "im", "con", "com", "pro", "per",
    "dis", "mis",
];

/// The syllables of `line`: vowel groups in alphabetic scripts, one a character in Chinese,
/// Japanese and Korean. A line with letters has at least one.
#[must_use]
pub(super) fn syllables(line: &str) -> Vec<Syllable> {
    let mut found = Vec::new();
    for word in words(line) {
        if word.chars().any(is_syllabic_script) {
            for c in word.chars().filter(|c| c.is_alphanumeric()) {
                let stressed = found.len() % 2 == 0;
                found.push(Syllable {
                    text: c.to_string(),
                    stressed,
                });
            }
            continue;
        }
        let parts = split(&word);
        let stress = stressed_part(&word, parts.len());
        let last = parts.len().saturating_sub(1);
        for (i, part) in parts.into_iter().enumerate() {
            let text = if i == last { format!("{part} ") } else { part };
            found.push(Syllable {
                text,
                stressed: stress == Some(i),
            });
        }
    }
    found
}

fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut syllabic = false;
    for c in line.chars() {
        let c_syllabic = is_syllabic_script(c);
        let joins = c.is_alphanumeric() || matches!(c, '\'' | '’');
        if !joins || c_syllabic != syllabic {
            words.push(String::new());
        }
        syllabic = c_syllabic;
        if joins && let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|w| w.chars().any(char::is_alphanumeric));
    words
}

fn is_syllabic_script(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF)
}

fn is_vowel(c: char) -> bool {
    "aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœаеёиоуыэюяієїαεηιουωάέήίόύώ".contains(c)
}

/// Cuts a word into its syllables: a new one begins with the consonant before each further
/// vowel group that is heard.
fn split(word: &str) -> Vec<String> {
    let lower: Vec<char> = word.to_lowercase().chars().collect();
    let written: Vec<char> = word.chars().collect();
    if lower.len() != written.len() {
        return vec![word.to_owned()];
    }
    // A "y" that begins a word before a vowel is a consonant.
    let heard = |i: usize| {
        is_vowel(lower[i])
            && !(i == 0 && lower[0] == 'y' && lower.get(1).is_some_and(|&c| is_vowel(c)))
    };
    let mut starts: Vec<usize> = (0..lower.len())
        .filter(|&i| heard(i) && (i == 0 || !heard(i - 1)))
        .collect();
    if starts.len() > 1 && is_silent_ending(&lower) {
        starts.pop();
    }
    // "i-o", "i-a", "e-o" are two syllables, except in -tion, -sion, -cial.
    let mut hiatus: Vec<usize> = lower
        .windows(3)
        .enumerate()
        .filter(|(_, w)| matches!((w[1], w[2]), ('i' | 'e', 'o') | ('i', 'a')))
        .filter(|(_, w)| !matches!(w[0], 't' | 's' | 'c' | 'g' | 'p' | 'l') && !is_vowel(w[0]))
        .map(|(i, _)| i + 2)
        .filter(|i| starts.iter().any(|s| s + 1 == *i))
        .collect();
    starts.append(&mut hiatus);
    starts.sort_unstable();
    let mut cuts = vec![0];
    for &start in starts.iter().skip(1) {
        let consonant = start > 0 && !is_vowel(lower[start - 1]);
        cuts.push(if consonant { start - 1 } else { start });
    }
    cuts.push(written.len());
    cuts.dedup();
    cuts.windows(2)
        .map(|w| written[w[0]..w[1]].iter().collect())
        .collect()
}

/// Whether the last vowel group of an English word is not heard: "love", "walked", "times".
fn is_silent_ending(word: &[char]) -> bool {
    let n = word.len();
    let at = |back: usize| n.checked_sub(back).map_or(' ', |i| word[i]);
    match (at(2), at(1)) {
        // "-le" after a consonant sounds: "little".
        (c, 'e') if !is_vowel(c) => c != 'l' || is_vowel(at(3)),
        ('e', 'd') => !matches!(at(3), 't' | 'd') && !is_vowel(at(3)),
        ('e', 's') => {
            let hissing = matches!(
                (at(4), at(3)),
                (_, 's' | 'z' | 'x' | 'c' | 'g') | ('s' | 'c', 'h')
            );
            !hissing && !is_vowel(at(3))
        }
        _ => false,
    }
}

fn stressed_part(word: &str, parts: usize) -> Option<usize> {
    let word = word.to_lowercase().replace('’', "'");
    match parts {
        0 => None,
        1 => (!WEAK.contains(&word.as_str())).then_some(0),
        2 => {
            let prefixed = PREFIXES.iter().any(|p| {
                let rest = word.strip_prefix(p).unwrap_or_default();
                rest.len() >= 3 && !rest.starts_with(is_vowel) && p.len() <= word.len() / 2
            });
            // Trochees are the rule; only the safest prefixes make an iamb.
            let sure = ["a", "be", "re", "de", "to", "un", "ex"];
            let iamb = prefixed && sure.iter().any(|p| word.starts_with(p));
            let weak_end = ["y", "er", "ing", "le", "en", "ow", "es", "ed"];
            Some(usize::from(
                iamb && !weak_end.iter().any(|e| word.ends_with(e)),
            ))
        }
        _ => {
            let penultimate = ["tion", "sion", "ic", "ing", "ious", "ian"];
            let heavy = penultimate.iter().any(|e| word.ends_with(e));
            Some(if heavy {
                parts - 2
            } else {
                usize::from(parts > 3)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(line: &str) -> usize {
        syllables(line).len()
    }

    #[test]
    fn syllables_of_common_words() {
        for (word, expected) in [
            ("love", 1),
            ("walked", 1),
            ("wanted", 2),
            ("little", 2),
            ("fire", 1),
            ("again", 2),
            ("nation", 2),
            ("radio", 3),
            ("times", 1),
            ("roses", 2),
            ("wishes", 2),
            ("you", 1),
            ("beautiful", 3),
            ("yesterday", 3),
            ("rhythm", 1),
            ("over", 2),
            ("midnight", 2),
        ] {
            assert_eq!(count(word), expected, "{word}: {:?}", syllables(word));
        }
        assert_eq!(count("The city lights are calling me home tonight"), 11);
        assert_eq!(count("月亮代表我的心"), 7);
        assert_eq!(count("Привет, мой друг"), 4);
        assert_eq!(count("…!"), 0);
    }

    #[test]
    fn letters_and_stresses() {
        let line = syllables("Calling you again");
        let text: String = line.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(text.trim(), "Calling you again");
        let stressed: Vec<bool> = line.iter().map(|s| s.stressed).collect();
        assert_eq!(stressed, [true, false, false, false, true]);
    }
}
