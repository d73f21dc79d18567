//! Japanese in Latin letters as far as a table goes: kana, not the readings of kanji.

/// Two kana that are one syllable, in hiragana.
const PAIRS: [(&str, &str); 36] = [
    ("きゃ", "kya"),
    ("きゅ", "kyu"),
    ("きょ", "kyo"),
    ("しゃ", "sha"),
    ("しゅ", "shu"),
    ("しょ", "sho"),
    ("ちゃ", "cha"),
    ("ちゅ", "chu"),
    ("ちょ", "cho"),
    ("にゃ", "nya"),
    ("にゅ", "nyu"),
    ("にょ", "nyo"),
    ("ひゃ", "hya"),
    ("ひゅ", "hyu"),
    ("ひょ", "hyo"),
    ("みゃ", "mya"),
    ("みゅ", "myu"),
    ("みょ", "myo"),
    ("りゃ", "rya"),
    ("りゅ", "ryu"),
    ("りょ", "ryo"),
    ("ぎゃ", "gya"),
    ("ぎゅ", "gyu"),
    ("ぎょ", "gyo"),
    ("じゃ", "ja"),
    ("じゅ", "ju"),
    ("じょ", "jo"),
    ("びゃ", "bya"),
    ("びゅ", "byu"),
    ("びょ", "byo"),
    ("ぴゃ", "pya"),
    ("ぴゅ", "pyu"),
    ("ぴょ", "pyo"),
    ("ふぁ", "fa"),
    ("ふぃ", "fi"),
    ("てぃ", "ti"),
];

/// From ぁ (U+3041) to ん (U+3093).
const SYLLABLES: [&str; 83] = [
    "a", "a", "i", "i", "u", "u", "e", "e", "o", "o", "ka", "ga", "ki", "gi", "ku", "gu", "ke",
    "ge", "ko", "go", "sa", "za", "shi", "ji", "su", "zu", "se", "ze", "so", "zo", "ta", "da",
    "chi", "ji", "tsu", "tsu", "zu", "te", "de", "to", "do", "na", "ni", "nu", "ne", "no", "ha",
    "ba", "pa", "hi", "bi", "pi", "fu", "bu", "pu", "he", "be", "pe", "ho", "bo", "po", "ma", "mi",
    "mu", "me", "mo", "ya", "ya", "yu", "yu", "yo", "yo", "ra", "ri", "ru", "re", "ro", "wa", "wa",
    "i", "e", "o", "n",
];

const SMALL_TSU: char = 'っ';

/// Kana in Hepburn letters, a space where a run of another script ends; the particle を is `wo`, as
/// the reference's dictionary has it. A character that needs a dictionary is `?`, the reference's
/// sign for one it does not know.
pub(super) fn romanised(text: &str) -> String {
    let text: Vec<char> = text.chars().map(hiragana).collect();
    let mut out = String::new();
    let mut at = 0;
    let mut doubled = false;
    let mut before = Script::Other;
    while at < text.len() {
        let c = text[at];
        let script = Script::of(c);
        if script != before
            && script != Script::Other
            && before != Script::Other
            && !out.ends_with(' ')
        {
            out.push(' ');
        }
        before = script;
        at += 1;
        let syllable = match c {
            SMALL_TSU => {
                doubled = true;
                continue;
            }
            'ー' => out
                .chars()
                .last()
                .filter(|c| "aiueo".contains(*c))
                .map(String::from),
            'を' => Some("wo".to_owned()),
            _ => text
                .get(at)
                .and_then(|&next| pair(c, next))
                .inspect(|_| at += 1)
                .or_else(|| single(c))
                .map(str::to_owned),
        };
        match syllable {
            Some(syllable) => {
                if doubled && let Some(first) = syllable.chars().next() {
                    out.push(if syllable.starts_with("ch") {
                        't'
                    } else {
                        first
                    });
                }
                out.push_str(&syllable);
            }
            None if script == Script::Latin || script == Script::Other => out.push(spelled(c)),
            None => out.push('?'),
        }
        doubled = false;
    }
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Script {
    Kana,
    Ideographs,
    Latin,
    Other,
}

impl Script {
    fn of(c: char) -> Self {
        match c {
            'ぁ'..='ゟ' | 'ー' => Self::Kana,
            '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '々' => Self::Ideographs,
            c if c.is_alphanumeric() => Self::Latin,
            _ => Self::Other,
        }
    }
}

fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

fn pair(first: char, second: char) -> Option<&'static str> {
    PAIRS.into_iter().find_map(|(kana, letters)| {
        let mut kana = kana.chars();
        (kana.next() == Some(first) && kana.next() == Some(second)).then_some(letters)
    })
}

fn single(c: char) -> Option<&'static str> {
    let place = u32::from(c).checked_sub(u32::from('ぁ'))?;
    SYLLABLES.get(usize::try_from(place).ok()?).copied()
}

/// Japanese punctuation in ASCII.
fn spelled(c: char) -> char {
    match c {
        '、' => ',',
        '。' => '.',
        '！' => '!',
        '？' => '?',
        '「' | '」' | '『' | '』' => '"',
        '（' => '(',
        '）' => ')',
        '\u{3000}' => ' ',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::romanised;

    #[test]
    fn kana_in_letters() {
        assert_eq!(romanised("ありがとう"), "arigatou");
        assert_eq!(romanised("きっと"), "kitto");
        assert_eq!(romanised("マッチャ"), "matcha");
        assert_eq!(romanised("スーパー"), "suupaa");
        assert_eq!(romanised("しんじゅくを"), "shinjukuwo");
        assert_eq!(romanised("んぁ"), "na");
    }
}
