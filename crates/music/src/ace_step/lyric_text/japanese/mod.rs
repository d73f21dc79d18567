//! Japanese in Latin letters, as `cutlet` writes it for the reference: each word by its reading, loanwords in
//! their own spelling, a space between words but not before what belongs to the one before it.

mod dictionary;
mod kana;
mod lattice;

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

use dictionary::{Dictionary, Kind};
use kana::{SMALL_TSU, is_kana, letters};
use lattice::{Word, words};

static DICTIONARY: LazyLock<Option<Dictionary>> = LazyLock::new(Dictionary::read);

/// Words that `cutlet` spells as they are known abroad.
const KNOWN_ABROAD: [(&str, &str); 8] = [
    ("ホッピー", "hoppy"),
    ("東京", "tokyo"),
    ("大阪", "osaka"),
    ("京都", "kyoto"),
    ("柔道", "judo"),
    ("弁当", "bento"),
    ("ヒルズ", "hills"),
    ("カービィ", "kirby"),
];

/// What IPADIC takes as one particle and UniDic, which the reference reads with, as two.
const TWO_PARTICLES: [(&str, &str); 9] = [
    ("でも", "de mo"),
    ("かな", "ka na"),
    ("かも", "ka mo"),
    ("とは", "to wa"),
    ("では", "de wa"),
    ("には", "ni wa"),
    ("のに", "no ni"),
    ("ので", "no de"),
    ("とも", "to mo"),
];

/// A word in letters.
struct Token {
    text: String,
    has_space: bool,
}

/// A line in Hepburn letters. A character that no dictionary has is `?`, as the reference writes one it does
/// not know.
pub(super) fn romanised(line: &str) -> String {
    let line: String = line.nfkc().collect();
    let Some(dictionary) = DICTIONARY.as_ref() else {
        return line.split_whitespace().map(letters).collect();
    };
    let words = words(dictionary, &line);
    let mut tokens: Vec<Token> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1);
        let text = spelled(dictionary, word);
        let before = tokens.last_mut();
        if let Some(before) = before {
            // The word before ends in a doubled consonant: 行っ|た.
            if before.text.ends_with(SMALL_TSU)
                && let Some(first) = text.chars().next()
            {
                before.text.pop();
                before.text.push(first);
            }
            if opens(word.surface) {
                before.has_space = true;
            }
        }
        let has_space = next.is_some_and(|next| has_space_before(next, word, &text));
        tokens.push(Token { text, has_space });
    }
    let mut out = String::new();
    for token in tokens {
        out.push_str(&token.text.replace(SMALL_TSU, ""));
        if token.has_space {
            out.push(' ');
        }
    }
    out.trim().to_owned()
}

/// Whether there is a space between a word, and what it became in letters, and the next.
fn has_space_before(next: &Word<'_>, word: &Word<'_>, text: &str) -> bool {
    if opens(word.surface) || text == "/" {
        return false;
    }
    if word.surface.is_ascii() && next.surface.is_ascii() {
        return next.start > word.start + word.surface.len();
    }
    let is_held = match next.entry.kind {
        // 今日、 is kyou, and 図書館 toshokan.
        Kind::Mark | Kind::Suffix => true,
        // 思えば is omoeba; what became two words here is none of these.
        Kind::Conjunctive => two_particles(next).is_none(),
        // そうでした is sou deshita.
        Kind::Auxiliary => is_inflected(word.entry.kind) && stays_with(next.surface, word),
        _ => false,
    };
    // お酒 is osake.
    word.entry.kind != Kind::Prefix && !is_held
}

fn is_inflected(kind: Kind) -> bool {
    matches!(kind, Kind::Verb | Kind::Adjective | Kind::Auxiliary)
}

/// Whether an auxiliary belongs to the word before it: です does not, nor ない to an adjective, of which it is one
/// itself.
fn stays_with(auxiliary: &str, word: &Word<'_>) -> bool {
    let is_nai = ["ない", "なかっ", "なく", "なけれ"].contains(&auxiliary);
    auxiliary != "です" && !(is_nai && word.entry.kind == Kind::Adjective)
}

fn opens(surface: &str) -> bool {
    matches!(surface, "「" | "『" | "(" | "[")
}

fn two_particles(word: &Word<'_>) -> Option<&'static str> {
    let is_particle = matches!(word.entry.kind, Kind::Particle | Kind::Conjunctive);
    let mut known = TWO_PARTICLES.into_iter().filter(|_| is_particle);
    known.find_map(|(surface, text)| (surface == word.surface).then_some(text))
}

/// A word in letters.
fn spelled(dictionary: &Dictionary, word: &Word<'_>) -> String {
    let surface = word.surface;
    let mut known = KNOWN_ABROAD.into_iter();
    if let Some((_, text)) = known.find(|(known, _)| *known == surface) {
        return text.to_owned();
    }
    if surface.is_ascii() {
        return surface.to_owned();
    }
    if let Some(spelling) = dictionary.loanword(surface) {
        return spelling.to_owned();
    }
    if word.entry.kind == Kind::Noun
        && surface.chars().all(is_kana)
        && let Some(parts) = parts(dictionary, surface)
    {
        return parts.join(" ");
    }
    let own = dictionary.own_reading(surface).map(str::to_owned);
    let known = || word.index.map(|index| dictionary.reading(index));
    let Some(reading) = own.or_else(known) else {
        return unknown(surface);
    };
    match (word.entry.kind, surface) {
        (Kind::Mark, _) => surface.chars().filter_map(mark).collect(),
        (Kind::Particle, "は") => "wa".to_owned(),
        (Kind::Particle, "へ") => "e".to_owned(),
        (Kind::Particle | Kind::Conjunctive, _) if two_particles(word).is_some() => {
            two_particles(word).unwrap_or_default().to_owned()
        }
        (Kind::Phrase, _) if !surface.starts_with(SMALL_TSU) => {
            // について: a particle, and a verb.
            let (particle, verb) =
                reading.split_at(reading.chars().next().map_or(0, char::len_utf8));
            format!("{} {}", letters(particle), letters(verb))
        }
        _ => letters(&reading),
    }
}

/// What is not in the dictionary: kana as they are said, and signs that nobody can read.
fn unknown(surface: &str) -> String {
    if surface.chars().all(is_kana) {
        letters(surface)
    } else {
        "?".repeat(surface.chars().count())
    }
}

/// The fewest loanwords that a run of katakana is made of, two at least.
fn parts(dictionary: &Dictionary, run: &str) -> Option<Vec<String>> {
    // By the place where they end.
    let mut best: Vec<Option<Vec<String>>> = vec![None; run.len() + 1];
    best[0] = Some(Vec::new());
    for (end, _) in run.char_indices().skip(1).chain([(run.len(), ' ')]) {
        // Of as many the last part is the shortest: アイス and クリーム, not アイ and スクリーム.
        let found = run.char_indices().rev().filter_map(|(start, _)| {
            let before = best.get(start).filter(|_| start < end)?.as_ref()?;
            let spelling = dictionary.loanword(run.get(start..end)?)?;
            let spelling = std::iter::once(spelling.to_owned());
            Some(before.iter().cloned().chain(spelling).collect::<Vec<_>>())
        });
        best[end] = found.min_by_key(Vec::len);
    }
    best.pop()?
}

/// Japanese punctuation in ASCII; `None` for what is not said.
fn mark(c: char) -> Option<char> {
    Some(match c {
        '。' => '.',
        '、' => ',',
        '？' => '?',
        '！' => '!',
        '：' => ':',
        '「' | '」' | '『' | '』' => '"',
        '（' | '《' => '(',
        '）' | '》' => ')',
        '【' => '[',
        '】' => ']',
        '・' => '/',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::romanised;

    #[test]
    fn words_are_read_and_parted() {
        for (line, written) in [
            ("夜の街を歩いて行く", "yoru no machi wo aruite iku"),
            (
                "君がいない部屋に朝が来る",
                "kimi ga inai heya ni asa ga kuru",
            ),
            (
                "手を繋いで走った帰り道",
                "te wo tsunaide hashitta kaerimichi",
            ),
            ("未来へは行けないけど", "mirai e wa ikenaikedo"),
            ("寂しくない、そうでした", "sabishiku nai, sou deshita"),
            ("ラブソングが聞こえる", "love song ga kikoeru"),
            ("ドリームをつかめ", "dream wo tsukame"),
            ("アイスクリームが溶ける", "ice cream ga tokeru"),
            ("キラキラ光る", "kirakira hikaru"),
            ("二人の夜空", "futari no yozora"),
            ("お母さんについて", "okaasan ni tsuite"),
            ("行っちゃった", "icchatta"),
            ("僕は2024年に生まれた", "boku wa 2024 nen ni umareta"),
            ("愛してるI love you", "aishiteru I love you"),
            ("「ただいま」と言う", "\"tadaima\" to iu"),
            ("<ja>佐々木</ja> is here", "<ja> sasaki</ja> is here"),
            (" 夢　(ゆめ) ", "yume (yume)"),
            ("", ""),
            ("  ", ""),
        ] {
            assert_eq!(romanised(line), written, "{line}");
        }
    }

    #[test]
    fn what_nobody_can_read_is_a_question_mark() {
        assert_eq!(romanised("안녕"), "??");
        assert_eq!(romanised("\u{20000}"), "?");
    }
}
