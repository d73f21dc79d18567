//! Numbers and keys in a description: "92 bpm", "in F# minor", "C大调".

/// Beats a minute, 30–300; `None` where no number stands before "bpm".
pub(super) fn bpm_in(text: &str) -> Option<u16> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices("bpm").find_map(|(at, word)| {
        let before = lower[..at].trim_end_matches([' ', '-']);
        let after = lower[at + word.len()..].trim_start_matches([' ', ':', '=']);
        number_at_end(before).or_else(|| number_at_start(after))
    })
}

fn number_at_end(text: &str) -> Option<u16> {
    let digits = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    in_range(&text[text.len() - digits..])
}

fn number_at_start(text: &str) -> Option<u16> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    in_range(&text[..text.len() - rest.len()])
}

fn in_range(digits: &str) -> Option<u16> {
    digits.parse().ok().filter(|n| (30..=300).contains(n))
}

/// "A minor", "F# major"; `None` where no key is named.
pub(super) fn key_in(text: &str) -> Option<String> {
    key_in_chinese(text).or_else(|| key_in_english(text))
}

fn key_in_english(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.' | '(' | ')'))
        .filter(|w| !w.is_empty())
        .collect();
    for (i, word) in words.iter().enumerate() {
        // "a minor worry" is no key: a lower-case letter counts only after "in" or "key of".
        let asked =
            i > 0 && ["in", "of", "key", "key:"].contains(&words[i - 1].to_lowercase().as_str());
        let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
        let mut rest = words[i + 1..].iter().copied();
        let mut next = rest.next().unwrap_or("").to_lowercase();
        let mut note = tonic(word);
        let sign = match next.as_str() {
            "sharp" => Some('#'),
            "flat" => Some('b'),
            _ => None,
        };
        if let (Some(note), Some(sign)) = (note.as_mut(), sign) {
            note.push(sign);
            next = rest.next().unwrap_or("").to_lowercase();
        }
        let mode = match next.as_str() {
            "minor" | "min" => Some("minor"),
            "major" | "maj" => Some("major"),
            _ => None,
        };
        if let (Some(note), Some(mode)) = (&note, mode)
            && (capital || asked)
        {
            return Some(format!("{note} {mode}"));
        }
        if asked
            && capital
            && let Some(note) = word.strip_suffix('m').and_then(tonic)
        {
            return Some(format!("{note} minor"));
        }
    }
    None
}

fn key_in_chinese(text: &str) -> Option<String> {
    for (sign, mode) in [("小调", "minor"), ("大调", "major")] {
        for (at, _) in text.match_indices(sign) {
            let before = text[..at].trim_end();
            let flat = before.chars().rev().nth(1) == Some('降');
            let sharp = before.chars().rev().nth(1) == Some('升');
            if let Some(mut note) = before
                .chars()
                .next_back()
                .and_then(|c| tonic(&c.to_string()))
            {
                if flat {
                    note.push('b');
                } else if sharp {
                    note.push('#');
                }
                return Some(format!("{note} {mode}"));
            }
        }
    }
    None
}

/// "f#", "B♭" as "F#", "Bb".
fn tonic(word: &str) -> Option<String> {
    let mut chars = word.chars();
    let letter = chars.next()?.to_ascii_uppercase();
    let sign = match chars.next() {
        None => "",
        Some('#' | '♯') => "#",
        Some('b' | '♭') => "b",
        Some(_) => return None,
    };
    (('A'..='G').contains(&letter) && chars.next().is_none()).then(|| format!("{letter}{sign}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_people_write_them() {
        for (text, key) in [
            ("a tune in A minor, slow", Some("A minor")),
            ("in the key of F# major", Some("F# major")),
            ("in b flat minor", Some("Bb minor")),
            ("in Em", Some("E minor")),
            ("降B大调 钢琴", Some("Bb major")),
            ("a minor worry", None),
            ("nothing", None),
        ] {
            assert_eq!(key_in(text).as_deref(), key, "{text}");
        }
    }

    #[test]
    fn tempo_as_people_write_it() {
        assert_eq!(bpm_in("at 92bpm"), Some(92));
        assert_eq!(bpm_in("92 BPM"), Some(92));
        assert_eq!(bpm_in("BPM: 120"), Some(120));
        assert_eq!(bpm_in("9999 bpm"), None);
        assert_eq!(bpm_in("bpm"), None);
    }
}
