//! The language of a line as ACE-Step's own program guesses it: the line is cut where scripts change
//! (`LangSegment` 0.3.5), each piece is asked for its language, and the one with most characters wins.

use std::{cmp::Reverse, collections::HashMap};

use songwright_language::LangId;

use super::pattern::Pattern;
use crate::ace_step::Error;

const ZH: &str = "zh";
const JA: &str = "ja";
const EN: &str = "en";

/// Stands for a part that was put out of the way: a letter to what follows, so that no run goes over it.
const SIGN: char = '⑥';

/// Cuts lines by language.
#[derive(Clone, Debug)]
pub(super) struct Segments {
    model: &'static LangId,
    /// What is put out of the way before the rest is looked at, in this order.
    rules: Vec<(Kind, Pattern)>,
    signs: Pattern,
    sentence: Pattern,
    not_word: Pattern,
    punctuation: Pattern,
    word: Pattern,
    /// Letters, and numbers that are no digits.
    letter: Pattern,
    digits: Pattern,
}

/// What a part that was put out of the way is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// `<ja>…</ja>`.
    Tag,
    /// Of a script that tells the language.
    Script(&'static str),
    Number,
    Latin,
    Quotation,
}

/// A part that was put out of the way.
#[derive(Clone, Debug)]
struct Part {
    kind: Kind,
    whole: String,
    /// A tag's.
    name: String,
    /// What a tag or a pair of quotation marks holds.
    inside: String,
}

/// A piece of one language.
#[derive(Clone, Debug)]
struct Word {
    language: String,
    text: String,
    is_tagged: bool,
}

/// A line while it is cut.
#[derive(Default)]
struct Cut {
    parts: HashMap<String, Part>,
    words: Vec<Word>,
    waiting: Option<Word>,
    /// Characters by language, in the order in which they were met first.
    counts: Vec<(String, usize)>,
}

impl Segments {
    pub(super) fn new() -> Result<Self, Error> {
        const LATIN: &str = "a-zA-Zàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿđơưăạảắằẳẵặấầẩẫậẻẽẹếềểễệỉĩịỏọốồổỗộớờởỡợủũụứừửữựỷỹ";
        // Python's: a combining mark is none of them.
        let pattern = |text: &str| {
            let text = text
                .replace(r"\W", r"[^\p{L}\p{N}_]")
                .replace(r"\w", r"\p{L}\p{N}_");
            Pattern::new(&text.replace(r"\d", r"\p{Nd}"))
        };
        let script = |class: &str| pattern(&format!("(?:[【《（(“‘\"']*[{class}]+\\W*)+"));
        let marks = "【《（(“‘’”)）》】";
        Ok(Self {
            model: LangId::shared()?,
            rules: vec![
                (
                    Kind::Tag,
                    pattern("<(?<name>[a-zA-Z|-]*)>(?<inside>.*?)</*[a-zA-Z|-]*>"),
                ),
                (Kind::Script("ko"), script(r"\x{AC00}-\x{D7A3}")),
                (Kind::Script("th"), script(r"\x{0E00}-\x{0E7F}")),
                (Kind::Script("ru"), script("А-Яа-яЁё")),
                (Kind::Number, pattern(r"\W*\d+\W+\d*\W*\d*")),
                (Kind::Latin, script(LATIN)),
                (
                    Kind::Quotation,
                    pattern("\"(?<inside>[^\"]*)\"|'(?<single>[^']*)'"),
                ),
                (
                    Kind::Quotation,
                    pattern(&format!(
                        "[【《（(“‘](?<inside>[^{marks}]{{3,}})[’”)）》】]\\W*"
                    )),
                ),
            ],
            signs: pattern(r"⑥\$*\d{7,}⑥"),
            sentence: pattern(".*?[。.?？!！]+"),
            not_word: pattern(r"\W+"),
            punctuation: pattern(r"[^\w\s]+"),
            word: pattern(r"[\w]"),
            letter: pattern(r"[[\w]--[\d]]"),
            digits: pattern(r"\d+"),
        })
    }

    /// The code of a line's language; one that the vocabulary has no token for is possible.
    pub(super) fn language(&self, line: &str) -> String {
        let counts = self.counts(line);
        let mut languages = counts.into_iter().map(|(language, _)| language);
        match (languages.next(), languages.next()) {
            (Some(first), Some(second)) if first == EN => second,
            (Some(first), _) => first,
            (None, _) => ZH.to_owned(),
        }
    }

    /// Characters by language, most first.
    pub(super) fn counts(&self, line: &str) -> Vec<(String, usize)> {
        let mut cut = Cut::default();
        let rest = self.put_away(line.trim(), &mut cut);
        self.walk(&rest, &mut cut, None);
        cut.counts.sort_by_key(|(_, count)| Reverse(*count));
        cut.counts
    }

    /// The line with signs in place of its parts.
    fn put_away(&self, line: &str, cut: &mut Cut) -> String {
        let mut text = line.to_owned();
        for (number, (kind, pattern)) in self.rules.iter().enumerate() {
            let found: Vec<(std::ops::Range<usize>, Part)> = pattern
                .captures_iter(&text)
                .filter_map(|found| {
                    let whole = found.get(0)?;
                    let group = |name: &str| found.name(name).map_or("", |group| group.as_str());
                    let part = Part {
                        kind: *kind,
                        whole: whole.as_str().to_owned(),
                        name: group("name").to_owned(),
                        inside: group("inside").to_owned() + group("single"),
                    };
                    Some((whole.range(), part))
                })
                .collect();
            let is_plain = matches!(kind, Kind::Number | Kind::Quotation);
            // A line that is all number, or all one quotation, stays.
            if is_plain && matches!(&found[..], [(_, part)] if part.whole == text) {
                continue;
            }
            let mark = match kind {
                Kind::Number => "00".to_owned(),
                _ => format!("${number}"),
            };
            let mut rest = String::new();
            let mut from = 0;
            for (i, (range, part)) in found.into_iter().enumerate() {
                let sign = format!("{SIGN}{mark}{i:06}{SIGN}");
                rest.push_str(&text[from..range.start]);
                rest.push_str(&sign);
                from = range.end;
                cut.parts.insert(sign, part);
            }
            rest.push_str(&text[from..]);
            text = rest;
        }
        text
    }

    /// Goes through a text with signs; `last` says whether it ends the line, where it is a part of one.
    fn walk(&self, text: &str, cut: &mut Cut, last: Option<bool>) {
        let mut pieces: Vec<(&str, bool)> = Vec::new();
        let mut from = 0;
        for sign in self.signs.captures_iter(text) {
            let Some(sign) = sign.get(0) else { continue };
            pieces.push((&text[from..sign.start()], false));
            pieces.push((sign.as_str(), true));
            from = sign.end();
        }
        pieces.push((&text[from..], false));
        let end = pieces.len() - 1;
        for (i, (piece, is_sign)) in pieces.into_iter().enumerate() {
            let last = last.unwrap_or(i == end);
            match cut.parts.get(piece).filter(|_| is_sign).cloned() {
                Some(part) => self.part(&part, cut, last),
                None => self.other(piece, cut, last),
            }
        }
    }

    fn part(&self, part: &Part, cut: &mut Cut, last: bool) {
        match part.kind {
            Kind::Tag => {
                let is_number =
                    ["telephone", "number", "currency", "date"].contains(&part.name.as_str());
                if is_number || self.model.names().contains(&part.name) {
                    let language = if is_number { ZH } else { &part.name };
                    self.add(language, &part.inside, cut, true);
                }
            }
            Kind::Script(language) => self.add(language, &part.whole, cut, false),
            Kind::Number => {
                let first = cut.words.first();
                let language = first.map_or(ZH.to_owned(), |word| word.language.clone());
                self.add(&language, &part.whole, cut, false);
            }
            Kind::Latin => self.latin(&part.whole, cut),
            Kind::Quotation => {
                if part.whole.contains(SIGN) {
                    self.walk(&part.whole, cut, Some(last));
                } else if self.squashed(&part.inside).chars().count() <= 5 {
                    self.other(&part.whole, cut, last);
                } else {
                    let (language, _) = self.model.classify(&self.squashed(&part.inside));
                    self.add(language, &part.whole, cut, false);
                }
            }
        }
    }

    /// Sentence by sentence.
    fn latin(&self, text: &str, cut: &mut Cut) {
        let mut ends: Vec<usize> = self
            .sentence
            .captures_iter(text)
            .filter_map(|found| Some(found.get(0)?.end()))
            .collect();
        ends.push(text.len());
        let mut from = 0;
        for end in ends {
            let sentence = &text[from..end];
            from = end;
            if !sentence.trim().is_empty() {
                let (language, _) = self.model.classify(&self.squashed(sentence));
                self.add(language, sentence, cut, false);
            }
        }
    }

    /// Han, kana, and what no rule takes.
    fn other(&self, text: &str, cut: &mut Cut, last: bool) {
        let mut parts: Vec<String> = Vec::new();
        let mut from = 0;
        for run in self.punctuation.captures_iter(text) {
            let Some(run) = run.get(0) else { continue };
            parts.push(text[from..run.start()].to_owned());
            parts.push(run.as_str().to_owned());
            from = run.end();
        }
        parts.push(text[from..].to_owned());
        let wordless = |text: &str| !self.word.is_found(text);
        for i in 0..parts.len() {
            let part = parts[i].clone();
            if part.is_empty() {
                continue;
            }
            let clean = self.squashed(&self.digits.replace_all(&part, ""));
            let length = clean.chars().count();
            let is_end = i + 1 == parts.len();
            if !is_end && (wordless(&part) || wordless(&parts[i + 1]) || length <= 2) {
                parts[i + 1] = part + &parts[i + 1];
                continue;
            }
            let language = self.language_of_other((&part, &clean), cut, is_end && last);
            self.add(&language, &part, cut, false);
        }
    }

    fn language_of_other(&self, (part, clean): (&str, &str), cut: &Cut, ends: bool) -> String {
        let is_han = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
        let (found, mut likely) = self.model.classify(clean);
        let mut language = found;
        let mut letters = clean.chars().filter(|c| !c.is_whitespace());
        if language != ZH && letters.all(is_han) {
            (language, likely) = (ZH, 1000);
        }
        let length = clean.chars().count();
        if length > 5 || !clean.chars().any(is_han) {
            return language.to_owned();
        }
        if likely < 890 {
            language = JA;
        }
        let before = cut.words.last().map_or("", |word| word.language.as_str());
        if clean
            .chars()
            .any(|c| ('\u{3040}'..='\u{30FF}').contains(&c))
        {
            return JA.to_owned();
        }
        if length > 2 && likely > 900 {
            return language.to_owned();
        }
        if ends {
            let short = length <= 1;
            return if short { ZH } else { language }.to_owned();
        }
        if part.trim_end().ends_with(['。', '.']) {
            let known = [ZH, JA].contains(&before);
            return if known { before } else { language }.to_owned();
        }
        let is_chinese = language == ZH || (length <= 2 && before == ZH);
        if is_chinese { "zh|ja|…" } else { "ja|zh|…" }.to_owned()
    }

    fn squashed(&self, text: &str) -> String {
        let mut squashed = String::new();
        for c in self.not_word.replace_all(text, " ").chars() {
            if !squashed.ends_with(c) {
                squashed.push(c);
            }
        }
        squashed.trim().to_owned()
    }

    /// Takes a piece in, once it is sure which language it is in.
    fn add(&self, language: &str, text: &str, cut: &mut Cut, is_tagged: bool) {
        if text.trim().is_empty() {
            return;
        }
        let mut piece = Word {
            language: language.to_owned(),
            text: if language == EN {
                self.spaced(text)
            } else {
                text.to_owned()
            },
            is_tagged,
        };
        let waited = cut.waiting.take();
        let before = match &waited {
            Some(word) => Some(word.language.clone()),
            None => cut.words.last().map(|word| word.language.clone()),
        };
        if let Some(before) = before.filter(|before| before.contains('|')) {
            let first = |language: &str| language.split('|').next().unwrap_or_default().to_owned();
            let settled = if before.contains(&piece.language) {
                piece.language = first(&piece.language);
                piece.language.clone()
            } else {
                first(&before)
            };
            if let Some(word) = waited {
                let word = Word {
                    language: settled,
                    ..word
                };
                self.save(word, cut);
            }
        } else if let Some(word) = waited {
            self.save(word, cut);
        }
        if piece.language.contains('|') {
            cut.waiting = Some(piece);
        } else {
            self.save(piece, cut);
        }
    }

    fn save(&self, mut word: Word, cut: &mut Cut) {
        let bare = |text: &str| !self.letter.is_found(text);
        if let Some(last) = cut
            .words
            .last_mut()
            .filter(|last| !last.is_tagged && !word.is_tagged)
        {
            if bare(&word.text) {
                word.language.clone_from(&last.language);
            }
            if word.language == last.language {
                last.text.push_str(&word.text);
                cut.count(&word);
                return;
            }
            if bare(&last.text) {
                word.text = std::mem::take(&mut last.text) + &word.text;
                cut.words.pop();
            }
        }
        cut.count(&word);
        cut.words.push(word);
    }

    /// English with a space before each capital letter inside a word, and one at its end.
    fn spaced(&self, text: &str) -> String {
        let mut spaced = String::new();
        let mut before = ' ';
        for c in text.chars() {
            if c.is_ascii_uppercase() && self.word.is_found(before.encode_utf8(&mut [0; 4])) {
                spaced.push(' ');
            }
            spaced.push(c);
            before = c;
        }
        format!("{} ", spaced.trim_matches('-'))
    }
}

impl Cut {
    /// Chinese characters count twice.
    fn count(&mut self, word: &Word) {
        let times = if word.language == ZH { 2 } else { 1 };
        let characters = word.text.chars().count() * times;
        match self
            .counts
            .iter_mut()
            .find(|(language, _)| *language == word.language)
        {
            Some((_, count)) => *count += characters,
            None => self.counts.push((word.language.clone(), characters)),
        }
    }
}
