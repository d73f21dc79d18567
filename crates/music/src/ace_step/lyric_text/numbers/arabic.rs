use super::entry;

const ONES: [&str; 20] = [
    "",
    "واحد",
    "اثنان",
    "ثلاثة",
    "أربعة",
    "خمسة",
    "ستة",
    "سبعة",
    "ثمانية",
    "تسعة",
    "عشرة",
    "أحد عشر",
    "اثنا عشر",
    "ثلاثة عشر",
    "أربعة عشر",
    "خمسة عشر",
    "ستة عشر",
    "سبعة عشر",
    "ثمانية عشر",
    "تسعة عشر",
];
const FEMININE: [&str; 20] = [
    "",
    "إحدى",
    "اثنتان",
    "ثلاث",
    "أربع",
    "خمس",
    "ست",
    "سبع",
    "ثمان",
    "تسع",
    "عشر",
    "إحدى عشرة",
    "اثنتا عشرة",
    "ثلاث عشرة",
    "أربع عشرة",
    "خمس عشرة",
    "ست عشرة",
    "سبع عشرة",
    "ثماني عشرة",
    "تسع عشرة",
];
const ORDINALS: [&str; 20] = [
    "",
    "اول",
    "ثاني",
    "ثالث",
    "رابع",
    "خامس",
    "سادس",
    "سابع",
    "ثامن",
    "تاسع",
    "عاشر",
    "حادي عشر",
    "ثاني عشر",
    "ثالث عشر",
    "رابع عشر",
    "خامس عشر",
    "سادس عشر",
    "سابع عشر",
    "ثامن عشر",
    "تاسع عشر",
];
const TENS: [&str; 10] = [
    "",
    "",
    "عشرون",
    "ثلاثون",
    "أربعون",
    "خمسون",
    "ستون",
    "سبعون",
    "ثمانون",
    "تسعون",
];
const HUNDREDS: [&str; 10] = [
    "",
    "مائة",
    "مئتان",
    "ثلاثمائة",
    "أربعمائة",
    "خمسمائة",
    "ستمائة",
    "سبعمائة",
    "ثمانمائة",
    "تسعمائة",
];
/// Of each power of a thousand: one, two, two alone, three to ten, and more before something else.
const SCALES: [[&str; 5]; 4] = [
    ["ألف", "ألفان", "ألفا", "آلاف", "ألفاً"],
    ["مليون", "مليونان", "مليونا", "ملايين", "مليوناً"],
    ["مليار", "ملياران", "مليارا", "مليارات", "ملياراً"],
    ["تريليون", "تريليونان", "تريليونا", "تريليونات", "تريليوناً"],
];
const AND: &str = " و ";

pub(super) fn cardinal(number: u64) -> String {
    if number == 0 {
        return "صفر".to_owned();
    }
    let mut words = match number % 1000 {
        0 => String::new(),
        rest => below_thousand(rest, &ONES),
    };
    let mut high = number / 1000;
    for [one, two, two_alone, few, more] in SCALES {
        let count = high % 1000;
        high /= 1000;
        let group = match count {
            0 => continue,
            1 => one.to_owned(),
            2 if words.is_empty() && high == 0 => two_alone.to_owned(),
            2 => two.to_owned(),
            3..=10 => format!("{} {few}", below_thousand(count, &ONES)),
            _ if count % 100 == 1 || words.is_empty() => {
                format!("{} {one}", below_thousand(count, &ONES))
            }
            _ => format!("{} {more}", below_thousand(count, &ONES)),
        };
        words = if words.is_empty() {
            group
        } else {
            format!("{group}{AND}{words}")
        };
    }
    words
}

fn below_thousand(number: u64, ones: &[&str]) -> String {
    let rest = number % 100;
    let mut parts = Vec::new();
    match (number / 100, rest) {
        (0, _) => (),
        (2, 0) => parts.push("مئتا"),
        (hundreds, _) => parts.push(entry(&HUNDREDS, hundreds)),
    }
    match rest {
        0 => (),
        1..20 => parts.push(entry(ones, rest)),
        _ => {
            if !rest.is_multiple_of(10) {
                parts.push(entry(ones, rest % 10));
            }
            parts.push(entry(&TENS, rest / 10));
        }
    }
    parts.join(AND)
}

pub(super) fn ordinal(number: u64) -> String {
    match number {
        0..20 => entry(&ORDINALS, number).to_owned(),
        20..100 => below_thousand(number, &FEMININE),
        _ => cardinal(number),
    }
}

/// A decimal to two places.
pub(super) fn decimal(whole: u64, fraction: &str) -> Option<String> {
    let hundredths: u64 = format!("{fraction:0<2}").get(..2)?.parse().ok()?;
    let whole_words = match whole {
        0 if hundredths > 0 => String::new(),
        whole => cardinal(whole),
    };
    Some(match hundredths {
        0 => whole_words,
        hundredths => format!("{whole_words} , {}", below_thousand(hundredths, &FEMININE)),
    })
}

/// An amount of any currency, which the reference takes for riyals.
pub(super) fn amount(whole: u64, cents: u64) -> String {
    let mut words = match whole {
        0 if cents == 0 => return cardinal(0),
        0 => String::new(),
        whole => {
            let unit = match whole % 100 {
                2 if whole == 2 => "ريالان",
                0..=2 => "ريال",
                3..=10 => "ريالات",
                _ => "ريالاً",
            };
            format!("{} {unit}", cardinal(whole))
        }
    };
    if cents > 0 {
        let unit = match cents {
            2 => "هللتان",
            3..=10 => "هللات",
            _ => "هللة",
        };
        words += &format!("{AND}{} {unit}", below_thousand(cents, &FEMININE));
    }
    words
}
