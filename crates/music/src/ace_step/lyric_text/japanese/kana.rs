//! Kana in Hepburn letters.

/// From ぁ (U+3041) to ゔ (U+3094).
const SYLLABLES: [&str; 84] = [
    "a", "a", "i", "i", "u", "u", "e", "e", "o", "o", "ka", "ga", "ki", "gi", "ku", "gu", "ke",
    "ge", "ko", "go", "sa", "za", "shi", "ji", "su", "zu", "se", "ze", "so", "zo", "ta", "da",
    "chi", "ji", "tsu", "tsu", "zu", "te", "de", "to", "do", "na", "ni", "nu", "ne", "no", "ha",
    "ba", "pa", "hi", "bi", "pi", "fu", "bu", "pu", "he", "be", "pe", "ho", "bo", "po", "ma", "mi",
    "mu", "me", "mo", "ya", "ya", "yu", "yu", "yo", "yo", "ra", "ri", "ru", "re", "ro", "wa", "wa",
    "wi", "we", "wo", "n", "vu",
];

/// Before whom a consonant is doubled; where nothing follows it stays, for the next word to double.
pub(super) const SMALL_TSU: char = 'っ';

/// Kana of either script in letters, as `cutlet` spells them.
pub(super) fn letters(kana: &str) -> String {
    let kana: Vec<char> = kana.chars().map(hiragana).collect();
    let at = |i: usize| kana.get(i).copied();
    let mut out = String::new();
    for (i, &c) in kana.iter().enumerate() {
        let next = at(i + 1);
        let before = i.checked_sub(1).and_then(at);
        match c {
            'ー' => out.push(last_vowel(&out).unwrap_or('-')),
            SMALL_TSU => match next.and_then(syllable).and_then(|s| s.chars().next()) {
                _ if next.is_none() => out.push(SMALL_TSU),
                Some('c') => out.push('t'),
                Some(vowel) if is_vowel(vowel) => out.push('-'),
                Some(consonant) => out.push(consonant),
                None => (),
            },
            'ん' => out.push_str(match next {
                Some('あ' | 'い' | 'う' | 'え' | 'お' | 'や' | 'ゆ' | 'よ') => "n'",
                _ => "n",
            }),
            'ゝ' | 'ヽ' => out.push_str(before.and_then(syllable).unwrap_or_default()),
            // Said with the one before it.
            small if is_small(small) && before.is_some_and(|c| syllable(c).is_some()) => (),
            _ => {
                let whole = syllable(c).unwrap_or_default();
                match next.filter(|&next| is_small(next)).and_then(syllable) {
                    Some(small) => out.push_str(&with_small(whole, small)),
                    None => out.push_str(whole),
                }
            }
        }
    }
    out
}

/// き and ゃ are kya, し and ゃ sha.
fn with_small(whole: &str, small: &str) -> String {
    let consonants = whole.trim_end_matches(is_vowel);
    let has_y = ["sh", "ch", "j"].contains(&consonants) && whole.ends_with('i');
    let small = if has_y {
        small.trim_start_matches('y')
    } else {
        small
    };
    format!("{consonants}{small}")
}

fn last_vowel(text: &str) -> Option<char> {
    text.chars().last().filter(|&c| is_vowel(c))
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')
}

fn is_small(c: char) -> bool {
    matches!(c, 'ゃ' | 'ゅ' | 'ょ' | 'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ')
}

fn syllable(c: char) -> Option<&'static str> {
    match c {
        'ゕ' => return Some("ka"),
        'ゖ' => return Some("ga"),
        _ => (),
    }
    let place = u32::from(c).checked_sub(u32::from('ぁ'))?;
    SYLLABLES.get(usize::try_from(place).ok()?).copied()
}

/// Whether a character is a kana of either script, or lengthens one.
pub(super) fn is_kana(c: char) -> bool {
    matches!(c, 'ぁ'..='ゟ' | 'ァ'..='ヿ')
}

fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

/// The same in katakana.
pub(super) fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn kana_in_letters() {
        for (kana, written) in [
            ("ありがとう", "arigatou"),
            ("きっと", "kitto"),
            ("マッチャ", "matcha"),
            ("スーパー", "suupaa"),
            ("しんじゅくを", "shinjukuwo"),
            ("きょうしゅくじゃ", "kyoushukuja"),
            ("ファンティシェ", "fantishe"),
            ("しんや", "shin'ya"),
            ("いっ", "iっ"),
            ("ー", "-"),
        ] {
            assert_eq!(letters(kana), written, "{kana}");
        }
    }
}
