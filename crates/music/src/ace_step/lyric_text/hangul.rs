//! Korean in Latin letters: the academic transliteration, letter by letter.

const FIRST: u32 = 0xAC00;
const LAST: u32 = 0xD7A3;
const VOWEL_COUNT: u32 = 21;
const FINAL_COUNT: u32 = 28;
/// The initial that is not heard.
const SILENT: usize = 11;

const INITIALS: [&str; 19] = [
    "g", "kk", "n", "d", "tt", "l", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p",
    "h",
];
const VOWELS: [&str; 21] = [
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we",
    "wi", "yu", "eu", "ui", "i",
];
const FINALS: [&str; 28] = [
    "", "g", "kk", "gs", "n", "nj", "nh", "d", "l", "lg", "lm", "lb", "ls", "lt", "lp", "lh", "m",
    "b", "bs", "s", "ss", "ng", "j", "ch", "k", "t", "p", "h",
];

/// Every Hangul syllable in Latin letters, all else as it is. A hyphen parts two syllables whose
/// boundary the letters alone would not tell.
pub(super) fn romanised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // The final of the syllable just written.
    let mut before: Option<usize> = None;
    for c in text.chars() {
        let code = u32::from(c);
        if !(FIRST..=LAST).contains(&code) {
            out.push(c);
            before = None;
            continue;
        }
        let place = code - FIRST;
        let initial = (place / (VOWEL_COUNT * FINAL_COUNT)) as usize;
        let vowel = (place / FINAL_COUNT % VOWEL_COUNT) as usize;
        let last = (place % FINAL_COUNT) as usize;
        if before.is_some_and(|before| initial == SILENT || ambiguous(before, initial)) {
            out.push('-');
        }
        out.push_str(INITIALS[initial]);
        out.push_str(VOWELS[vowel]);
        out.push_str(FINALS[last]);
        before = Some(last);
    }
    out
}

/// Whether the letters of a final and an initial can be cut into such a pair in another way.
fn ambiguous(last: usize, initial: usize) -> bool {
    let letters = format!("{}{}", FINALS[last], INITIALS[initial]);
    (0..letters.len())
        .filter(|&cut| {
            let (head, tail) = letters.split_at(cut);
            FINALS.contains(&head) && INITIALS.contains(&tail)
        })
        .count()
        > 1
}

#[cfg(test)]
mod tests {
    use super::romanised;

    #[test]
    fn boundaries_are_marked_where_letters_do_not_tell() {
        assert_eq!(romanised("처음"), "cheo-eum");
        assert_eq!(romanised("번째"), "beon-jjae");
        assert_eq!(romanised("사랑해 love"), "salanghae love");
    }
}
