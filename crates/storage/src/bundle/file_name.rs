/// The longest name in bytes, so that with a suffix such as " - electric piano.wav" it fits into
/// the 255 bytes that file systems take.
const MAX_BYTES: usize = 120;

/// What Windows keeps for devices, with whatever extension.
const RESERVED: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// `title` as a file's name (without an extension) on every system: characters that Windows
/// forbids become `_`; control characters, invisible marks that turn the reading direction,
/// leading dots and trailing dots and spaces go; emoji and every script stay. Never empty.
#[must_use]
pub fn safe_file_name(title: &str) -> String {
    let mapped: String = title
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .map(|c| match c {
            '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => '_',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    let words: Vec<&str> = mapped.split(' ').filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    let mut name = shorten(trim(&joined)).to_owned();
    if name.is_empty() {
        return "Untitled".to_owned();
    }
    if is_reserved(&name) {
        name.insert(0, '_');
    }
    name
}

/// What cannot be seen and changes how the rest of a name is read. Joiners (U+200C, U+200D) stay:
/// scripts and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
}

fn trim(name: &str) -> &str {
    name.trim_start_matches(['.', ' '])
        .trim_end_matches(['.', ' '])
}

/// At most [`MAX_BYTES`], cut where a character and what joins to it ends.
fn shorten(name: &str) -> &str {
    if name.len() <= MAX_BYTES {
        return name;
    }
    let end = unicode_segmentation::UnicodeSegmentation::grapheme_indices(name, true)
        .map(|(start, grapheme)| start + grapheme.len())
        .take_while(|end| *end <= MAX_BYTES)
        .last()
        .unwrap_or_else(|| name.floor_char_boundary(MAX_BYTES));
    trim(&name[..end])
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let upper = stem.to_uppercase();
    let numbered = ["COM", "LPT"].iter().any(|port| {
        upper.strip_prefix(port).is_some_and(|number| {
            matches!(
                number,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    });
    numbered || RESERVED.contains(&upper.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_everywhere_and_stay_readable() {
        for (title, want) in [
            ("Night Ferry", "Night Ferry"),
            ("  Night   Ferry  ", "Night Ferry"),
            ("夜航船", "夜航船"),
            ("שיר לילה", "שיר לילה"),
            ("Party 🎉👨‍👩‍👧", "Party 🎉👨‍👩‍👧"),
            ("AC/DC: \"Who?\"", "AC_DC_ _Who__"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\Windows", "C__Windows"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("Com1", "_Com1"),
            ("COM¹", "_COM¹"),
            ("Concert", "Concert"),
            ("Wait...", "Wait"),
            ("Wait. . ", "Wait"),
            (".hidden", "hidden"),
            ("", "Untitled"),
            (" ... ", "Untitled"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("a\u{0}b\u{200b}c\u{7f}", "abc"),
        ] {
            assert_eq!(safe_file_name(title), want, "{title:?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let cut = safe_file_name(&"夜".repeat(100));
        assert_eq!(cut, "夜".repeat(40));
        let cut = safe_file_name(&"👨‍👩‍👧".repeat(30));
        assert_eq!(cut, "👨‍👩‍👧".repeat(6), "{} bytes", cut.len());
        let cut = safe_file_name(&format!("{} tail", "a".repeat(119)));
        assert_eq!(cut, "a".repeat(119), "no space at the end");
        let one = format!("e{}", "\u{301}".repeat(200));
        assert!(!safe_file_name(&one).is_empty() && safe_file_name(&one).len() <= 120);
    }
}
