use super::entry;

const DIGITS: [&str; 10] = ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"];
const NATIVE: [&str; 10] = [
    "", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉",
];
const NATIVE_TENS: [&str; 10] = [
    "", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔",
];
const SCALES: [(u64, &str); 3] = [
    (1_000_000_000_000, "조"),
    (100_000_000, "억"),
    (10_000, "만"),
];

pub(super) fn cardinal(number: u64) -> String {
    for (scale, name) in SCALES {
        if number >= scale {
            let high = match number / scale {
                // Ten thousand has no one.
                1 if scale == 10_000 => name.to_owned(),
                count => cardinal(count) + name,
            };
            return match number % scale {
                0 => high,
                rest => format!("{high} {}", cardinal(rest)),
            };
        }
    }
    for (unit, name) in [(1000, "천"), (100, "백"), (10, "십")] {
        if number >= unit {
            let count = match number / unit {
                1 => "",
                count => entry(&DIGITS, count),
            };
            let rest = match number % unit {
                0 => String::new(),
                rest => cardinal(rest),
            };
            return format!("{count}{name}{rest}");
        }
    }
    entry(&DIGITS, number).to_owned()
}

/// The native words below a hundred, after the hundreds; `None` where the reference's dictionary
/// has none: a round number, or thousands without hundreds.
pub(super) fn ordinal(number: u64) -> Option<String> {
    if number == 1 {
        return Some("첫 번째".to_owned());
    }
    let (tens, ones) = (number / 10 % 10, number % 10);
    if tens == 0 && ones == 0 {
        return None;
    }
    let native = format!("{}{} 번째", entry(&NATIVE_TENS, tens), entry(&NATIVE, ones));
    match (number - number % 100, number % 10_000 / 100) {
        (0, _) => Some(native),
        // Ten thousands alone end a word; so do hundreds.
        (high, 0) => Some(format!("{} {native}", cardinal(high))),
        (_, hundreds) if hundreds % 10 == 0 => None,
        (high, _) => Some(format!("{} {native}", cardinal(high))),
    }
}
