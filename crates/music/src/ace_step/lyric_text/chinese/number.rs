//! Chinese number words.

const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// The units and the powers of ten they stand for.
const UNITS: [(usize, char); 14] = [
    (44, '载'),
    (40, '正'),
    (36, '涧'),
    (32, '沟'),
    (28, '穰'),
    (24, '秭'),
    (20, '垓'),
    (16, '京'),
    (12, '兆'),
    (8, '亿'),
    (4, '万'),
    (3, '千'),
    (2, '百'),
    (1, '十'),
];

/// The digits of a text one by one; all else is dropped.
pub(super) fn by_digits(text: &str) -> String {
    text.chars().filter_map(digit).collect()
}

/// A number with or without a fraction: `12.5` is 十二点五.
pub(super) fn spoken(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: Vec<char> = whole.chars().filter_map(digit).collect();
    let mut words = match digits.as_slice() {
        [single] => single.to_string(),
        digits => with_two_before_units(&value(digits)),
    };
    if !fraction.is_empty() {
        words.push('点');
        words.push_str(&by_digits(fraction));
    }
    if words.starts_with('点') {
        words.insert(0, '零');
    }
    match words.strip_prefix('一') {
        Some(rest) if rest.starts_with('十') => rest.to_owned(),
        _ => words,
    }
}

fn digit(c: char) -> Option<char> {
    DIGITS.get(usize::try_from(c.to_digit(10)?).ok()?).copied()
}

/// The words of digits; zeros before the first other digit are one 零.
fn value(digits: &[char]) -> String {
    let stripped = digits
        .iter()
        .take_while(|digit| **digit == DIGITS[0])
        .count();
    let rest = &digits[stripped..];
    match rest {
        [] => String::new(),
        [single] if stripped > 0 => format!("{}{single}", DIGITS[0]),
        [single] => single.to_string(),
        _ => UNITS
            .into_iter()
            .find(|(power, _)| *power < rest.len())
            .map_or_else(String::new, |(power, unit)| {
                let high = value(&digits[..digits.len() - power]);
                let low = value(&rest[rest.len() - power..]);
                format!("{high}{unit}{low}")
            }),
    }
}

/// 二 as 两 before a unit other than 十, unless something else than such a unit stands before it.
fn with_two_before_units(words: &str) -> String {
    let words: Vec<char> = words.chars().collect();
    let large = |c: &char| *c != '十' && UNITS.iter().any(|(_, unit)| unit == c);
    (0..words.len())
        .map(|at| {
            let before = at.checked_sub(1).and_then(|at| words.get(at));
            let two = words[at] == '二'
                && words.get(at + 1).is_some_and(large)
                && before.is_none_or(large);
            if two { '两' } else { words[at] }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::spoken;

    #[test]
    fn numbers_are_spoken() {
        for (number, words) in [
            ("0", "零"),
            ("10", "十"),
            ("12.5", "十二点五"),
            ("08", "零八"),
            ("2024", "两千零二十四"),
            ("22000", "两万两千"),
            ("120000", "十二万"),
            ("100000005", "一亿零五"),
            ("0.25", "零点二五"),
        ] {
            assert_eq!(spoken(number), words);
        }
    }
}
