//! Where a line's numbers stand decides how they are read: a year by digits, an amount as a number.

use std::sync::LazyLock;

use regex::Captures;

use super::{
    super::pattern::Pattern,
    number::{by_digits, spoken},
};

/// A rule: what it looks for, whose first group it replaces, and by what.
struct Rule(Pattern, fn(&str) -> String);

const CURRENCY: &str = "(?:(?:亿|千万|百万|万|千|百)|(?:亿|千万|百万|万|千|百|)(?:元|块)|角|毛|分)";
const MEASURES: &str = "千克|毫克|微克|千米|分米|厘米|毫米|微米|[匹张座回场尾条个首阙阵网炮顶丘棵只支袭辆挑担颗壳窠曲墙群腔砣客贯扎捆刀令打手罗坡山岭江溪钟队单双对出口头脚板跳枝件贴针线管名位身堂课本页家户层丝毫厘分钱两斤铢石钧锱忽寸尺丈里寻常铺程撮勺合升斗盘碗碟叠桶笼盆盒杯斛锅簋篮罐瓶壶卮盏箩箱煲啖袋钵年月日季刻时周天秒旬纪岁世更夜春夏秋冬代伏辈丸泡粒幢堆根道面片块]";

static RULES: LazyLock<[Rule; 9]> = LazyLock::new(|| {
    [
        Rule(
            Pattern::new(r"\D+((?:(?:[089]\d|(?:19|20)\d{2})年)?(?:\d{1,2}月(?:\d{1,2}[日号])?)?)"),
            date,
        ),
        Rule(
            Pattern::new(&format!(
                r"\D+(\d+(?:\.\d+)?[多余几]?{CURRENCY}(?:\d{CURRENCY}?)?)"
            )),
            numbers_in,
        ),
        Rule(
            Pattern::new(r"\D((?:\+?86 ?)?1(?:[38]\d|5[0-35-9]|7[678]|9[89])\d{8})\D"),
            by_digits,
        ),
        Rule(
            Pattern::new(r"\D((?:0(?:10|2[1-3]|[3-9]\d{2})-?)?[1-9]\d{6,7})\D"),
            by_digits,
        ),
        Rule(Pattern::new(r"(\d+/\d+)"), fraction),
        Rule(Pattern::new(r"(\d+(?:\.\d+)?%)"), percentage),
        Rule(
            Pattern::new(&format!(r"(\d+(?:\.\d+)?)[多余几]?(?:{MEASURES})")),
            spoken,
        ),
        Rule(Pattern::new(r"(\d{4,32})"), by_digits),
        Rule(Pattern::new(r"(\d+(?:\.\d+)?)"), spoken),
    ]
});

static NUMBER: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"\d+(\.\d+)?"));
/// A two between letters, which is part of a name.
static NAME: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("([a-zA-Z]+)二([a-zA-Z]+)"));

/// A line with its numbers in Chinese words.
pub(super) fn numbers(line: &str) -> String {
    // The rules that look for what is no digit around a number find it at the ends too.
    let mut text = format!("^{line}$").replace('％', "%");
    for Rule(looks_for, words) in RULES.iter() {
        let found: Vec<String> = looks_for
            .captures_iter(&text)
            .map(|found| found[1].to_owned())
            .filter(|found| !found.is_empty())
            .collect();
        for found in found {
            // As the reference: the first place with such a text, which may be an earlier one.
            text = text.replacen(&found, &words(&found), 1);
        }
    }
    let text = NAME.replace_all(&text, |name: &Captures<'_>| {
        format!("{}2{}", &name[1], &name[2])
    });
    let text = text.strip_prefix('^').unwrap_or(&text);
    text.strip_suffix('$').unwrap_or(text).to_owned()
}

/// A date: the year by digits, the rest as numbers.
fn date(text: &str) -> String {
    match text.split_once('年') {
        Some((year, rest)) => format!("{}年{}", by_digits(year), numbers_in(rest)),
        None => numbers_in(text),
    }
}

fn numbers_in(text: &str) -> String {
    NUMBER
        .replace_all(text, |number: &Captures<'_>| spoken(&number[0]))
        .into_owned()
}

fn fraction(text: &str) -> String {
    let (above, below) = text.split_once('/').unwrap_or((text, ""));
    format!("{}分之{}", spoken(below), spoken(above))
}

fn percentage(text: &str) -> String {
    format!("百分之{}", spoken(text.trim_end_matches('%')))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn the_place_decides() {
        assert_eq!(
            numbers("今天是2024年8月24日"),
            "今天是二零二四年八月二十四日"
        );
        assert_eq!(numbers("2元5角"), "二元五角");
        assert_eq!(numbers("3/4"), "四分之三");
        assert_eq!(numbers("12345"), "一二三四五");
    }
}
