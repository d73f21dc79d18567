//! The user's own nouns, to be woven into the song.

use super::language::{Language, is_han};
use super::phrases::{Listening, UNDERSTOOD};
use super::vocabulary::{EnglishWords, Spoken as _, Vocabulary};

/// Most nouns that a song takes from a description.
const MOST: usize = 4;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NounKind {
    Person,
    Place,
    Thing,
    /// Takes an article, but no "a" and no plural: "the rain".
    Mass,
    /// Takes no article: "freedom".
    Abstract,
    /// A name that may be anyone's or anywhere.
    Name,
}

/// A noun as the user wrote it, less its article.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Noun {
    pub(super) words: String,
    pub(super) kind: NounKind,
    pub(super) plural: bool,
    /// A name takes no article.
    pub(super) proper: bool,
    /// "my" of "my grandmother".
    owner: Option<String>,
    /// A plural that was said without an article: "with friends".
    general: bool,
    language: Language,
}

impl Noun {
    /// With the article that it takes inside a sentence.
    pub(super) fn phrase(&self) -> String {
        let bare = self.language == Language::Chinese
            || self.proper
            || self.general
            || self.kind == NounKind::Abstract;
        match &self.owner {
            _ if bare => self.words.clone(),
            Some(owner) => format!("{owner} {}", self.words),
            None => format!("the {}", self.words),
        }
    }

    /// With "a" or "an"; only for what can be counted.
    pub(super) fn indefinite(&self) -> String {
        let vowel = self.words.starts_with(['a', 'e', 'i', 'o', 'u'])
            && !["uni", "use", "one", "eu"]
                .iter()
                .any(|p| self.words.starts_with(p));
        let silent = ["hour", "honest", "heir"]
            .iter()
            .any(|p| self.words.starts_with(p));
        let article = if vowel || silent { "an" } else { "a" };
        format!("{article} {}", self.words)
    }

    pub(super) const fn language(&self) -> Language {
        self.language
    }

    /// Whether "a" and "the" can both stand before it.
    pub(super) fn takes_article(&self) -> bool {
        !self.plural
            && !self.proper
            && self.owner.is_none()
            && !matches!(self.kind, NounKind::Mass | NounKind::Abstract)
    }
}

/// The nouns of a description that is less its genres, instruments and tempos.
pub(super) fn find(
    listening: &Listening,
    language: Language,
    vocabulary: &Vocabulary,
) -> Vec<Noun> {
    match language {
        Language::English => find_english(&listening.text, vocabulary),
        Language::Chinese => find_chinese(&listening.text, vocabulary),
    }
}

fn find_chinese(text: &str, vocabulary: &Vocabulary) -> Vec<Noun> {
    let lists = [
        (NounKind::Person, &vocabulary.chinese.people),
        (NounKind::Place, &vocabulary.chinese.places),
        (NounKind::Thing, &vocabulary.chinese.things),
        (NounKind::Abstract, &vocabulary.chinese.ideas),
    ];
    let mut found: Vec<(usize, usize, &str, NounKind)> = Vec::new();
    for (kind, words) in lists {
        for word in words {
            found.extend(
                text.find(word.as_str())
                    .map(|at| (at, at + word.len(), word.as_str(), kind)),
            );
        }
    }
    // "火车站" is no "火车".
    found.sort_by_key(|(at, end, ..)| (*at, std::cmp::Reverse(*end)));
    let mut nouns: Vec<Noun> = Vec::new();
    let mut last_end = 0;
    for (at, end, word, kind) in found {
        if at >= last_end && nouns.len() < MOST {
            last_end = end;
            nouns.push(Noun {
                words: word.to_owned(),
                kind,
                plural: false,
                proper: false,
                owner: None,
                general: false,
                language: Language::Chinese,
            });
        }
    }
    nouns
}

struct Token<'t> {
    text: &'t str,
    lower: String,
    /// Whether punctuation or an understood phrase stands before it.
    after_break: bool,
    starts_sentence: bool,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let in_word = |c: char| (c.is_alphanumeric() && !is_han(c)) || matches!(c, '\'' | '-');
    let mut tokens = Vec::new();
    let (mut after_break, mut starts_sentence) = (true, true);
    let mut start = None;
    let ends = std::iter::once((text.len(), ' '));
    for (i, c) in text.char_indices().chain(ends) {
        if in_word(c) {
            start.get_or_insert(i);
            continue;
        }
        if let Some(from) = start.take() {
            let word = text[from..i].trim_matches(['\'', '-']);
            if !word.is_empty() {
                tokens.push(Token {
                    text: word,
                    lower: word.to_lowercase(),
                    after_break,
                    starts_sentence,
                });
                (after_break, starts_sentence) = (false, false);
            }
        }
        after_break |= !c.is_whitespace() || c == '\n';
        starts_sentence |= matches!(c, '.' | '!' | '?' | '\n');
        after_break |= c == UNDERSTOOD;
    }
    tokens
}

#[derive(Default)]
struct Span<'t> {
    words: Vec<&'t Token<'t>>,
    before: Option<String>,
}

fn find_english(text: &str, vocabulary: &Vocabulary) -> Vec<Noun> {
    let known = &vocabulary.english;
    let is_mood = |word: &str| vocabulary.moods.iter().any(|m| m.is_called(word));
    let tokens = tokens(text);
    let mut nouns: Vec<(bool, Noun)> = Vec::new();
    let mut span = Span::default();
    for token in &tokens {
        let close = |span: &mut Span<'_>, nouns: &mut Vec<(bool, Noun)>, next: &str| {
            let marked = span.before.is_some();
            let noun = noun_of(span, next, known);
            *span = Span::default();
            if let Some(noun) = noun
                && !nouns.iter().any(|(_, n)| n.words == noun.words)
            {
                nouns.push((marked, noun));
            }
        };
        let word = token.lower.as_str();
        if token.after_break {
            close(&mut span, &mut nouns, "");
        }
        let is_name = is_name(token);
        let is_noun =
            is_known_noun(word, known) && (span.before.is_some() || !span.words.is_empty());
        if is_name != span.words.last().is_some_and(|w| self::is_name(w)) && !span.words.is_empty()
        {
            close(&mut span, &mut nouns, "");
        }
        if is_name || is_noun {
            span.words.push(token);
        } else if known.adjectives.contains(word) || is_mood(word) || word.ends_with("ly") {
            if !span.words.is_empty() {
                close(&mut span, &mut nouns, "");
            }
        } else if known.stop.contains(word) || known.verbs.contains(word) || is_participle(word) {
            close(&mut span, &mut nouns, word);
            span.before = is_marker(word).then(|| word.to_owned());
        } else if known.time_words.contains(word) {
            close(&mut span, &mut nouns, "");
        } else {
            span.words.push(token);
        }
    }
    let marked = span.before.is_some();
    if let Some(noun) = noun_of(&span, "", known)
        && !nouns.iter().any(|(_, n)| n.words == noun.words)
    {
        nouns.push((marked, noun));
    }
    // What an article or a preposition stands before is a noun; a bare word may be anything.
    let any_marked = nouns.iter().any(|(marked, _)| *marked);
    nouns
        .into_iter()
        .filter(|(marked, noun)| *marked || !any_marked || noun.proper)
        .map(|(_, noun)| noun)
        .take(MOST)
        .collect()
}

fn noun_of(span: &Span<'_>, next: &str, known: &EnglishWords) -> Option<Noun> {
    let words = &span.words[span.words.len().saturating_sub(2)..];
    let head = words.last()?;
    let long_enough = head.text.chars().count() >= 3 && head.text.chars().any(char::is_alphabetic);
    let tidy = words.iter().all(|w| w.text.len() <= 16);
    // "a winter love song" is about no winter love.
    let modifies = ["song", "songs", "track", "tune", "music", "anthem"].contains(&next);
    if modifies || !long_enough || !tidy || head.text.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    let proper = is_name(head);
    let singular = singular(&head.lower);
    let plural = singular.is_some();
    let bare = singular.as_deref().unwrap_or(&head.lower);
    let before = span.before.as_deref();
    let kind = if proper {
        match before {
            Some("in" | "to" | "from" | "at" | "near" | "through") => NounKind::Place,
            Some("for" | "named" | "called") => NounKind::Person,
            _ => NounKind::Name,
        }
    } else if known.people.contains(bare) || next == "who" {
        NounKind::Person
    } else if known.places.contains(bare) {
        NounKind::Place
    } else if known.abstract_nouns.contains(bare) && words.len() == 1 && !plural {
        NounKind::Abstract
    } else if known.mass.contains(bare) {
        NounKind::Mass
    } else {
        NounKind::Thing
    };
    let text: Vec<&str> = words
        .iter()
        .map(|w| if proper { w.text } else { w.lower.as_str() })
        .collect();
    let owner = before.filter(|b| *b == "my" || *b == "our");
    Some(Noun {
        words: text.join(" "),
        kind,
        plural,
        proper,
        owner: owner.map(str::to_owned),
        general: plural && !before.is_some_and(is_article),
        language: Language::English,
    })
}

/// A capital inside a sentence; "I" and shouted text are none.
fn is_name(token: &Token<'_>) -> bool {
    let mut chars = token.text.chars();
    chars.next().is_some_and(char::is_uppercase)
        && chars.clone().count() >= 2
        && chars.all(|c| !c.is_uppercase())
        && !token.starts_sentence
}

fn is_known_noun(word: &str, known: &EnglishWords) -> bool {
    let singular = singular(word);
    let bare = singular.as_deref().unwrap_or(word);
    [
        &known.people,
        &known.places,
        &known.mass,
        &known.abstract_nouns,
    ]
    .iter()
    .any(|list| list.contains(bare))
}

fn is_article(word: &str) -> bool {
    [
        "the", "my", "our", "your", "his", "her", "their", "its", "this", "that",
    ]
    .contains(&word)
}

fn is_marker(word: &str) -> bool {
    [
        "a", "an", "the", "my", "our", "your", "his", "her", "their", "its", "this", "that",
        "about", "of", "for", "with", "in", "on", "at", "to", "from", "by", "through", "near",
        "under", "over", "into", "named", "called", "and", "between", "behind", "across",
    ]
    .contains(&word)
}

/// "dancing", "crowded" – but not "morning", "wedding" or "bed".
fn is_participle(word: &str) -> bool {
    const NOUNS: &[&str] = &[
        "king",
        "ring",
        "wedding",
        "string",
        "wing",
        "thing",
        "ceiling",
        "building",
        "spring",
        "painting",
        "lightning",
        "railing",
        "clearing",
        "crossing",
        "bed",
        "seed",
        "shed",
        "weed",
        "steed",
        "reed",
        "sibling",
        "duckling",
        "darling",
        "viking",
        "sled",
        "thread",
    ];
    let plain = singular(word);
    let bare = plain.as_deref().unwrap_or(word);
    (bare.ends_with("ing") || bare.ends_with("ed")) && !NOUNS.contains(&bare)
}

/// The singular of a plural; `None` where the word is none.
fn singular(word: &str) -> Option<String> {
    const IRREGULAR: &[(&str, &str)] = &[
        ("people", "person"),
        ("children", "child"),
        ("men", "man"),
        ("women", "woman"),
        ("fishermen", "fisherman"),
        ("wolves", "wolf"),
        ("wives", "wife"),
        ("knives", "knife"),
        ("leaves", "leaf"),
    ];
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return Some((*one).to_owned());
    }
    let ends = |s: &str| word.ends_with(s);
    if !ends("s") || ["ss", "us", "is", "as", "'s"].iter().any(|s| ends(s)) || word.len() < 4 {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return Some(format!("{stem}y"));
    }
    if let Some(stem) = ["ches", "shes", "sses", "xes"]
        .iter()
        .find(|s| ends(s))
        .and_then(|_| word.strip_suffix("es"))
    {
        return Some(stem.to_owned());
    }
    word.strip_suffix('s').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(description: &str) -> Vec<String> {
        let vocabulary = Vocabulary::get().unwrap();
        let listening = Listening::new(description);
        find(&listening, Language::English, vocabulary)
            .iter()
            .map(Noun::phrase)
            .collect()
    }

    #[test]
    fn nouns_keep_their_company_and_lose_their_adjectives() {
        for (description, nouns) in [
            (
                "about a lighthouse keeper who misses the sea",
                &["the lighthouse keeper", "the sea"][..],
            ),
            ("for Maria in Lisbon", &["Maria", "Lisbon"]),
            (
                "my grandmother and her rusty old bicycle",
                &["my grandmother", "the bicycle"],
            ),
            (
                "about freedom and the wild horses",
                &["freedom", "the horses"],
            ),
            ("a girl dancing in the rain", &["the girl", "the rain"]),
            ("something happy please", &[]),
        ] {
            assert_eq!(heard(description), nouns, "{description}");
        }
    }

    #[test]
    fn articles_follow_the_sound() {
        let vocabulary = Vocabulary::get().unwrap();
        let of =
            |text: &str| find(&Listening::new(text), Language::English, vocabulary)[0].indefinite();
        assert_eq!(of("about an astronaut"), "an astronaut");
        assert_eq!(of("about a unicorn"), "a unicorn");
        assert_eq!(of("about the hourglass"), "an hourglass");
    }

    #[test]
    fn chinese_nouns_are_the_longest() {
        let vocabulary = Vocabulary::get().unwrap();
        let nouns = find(
            &Listening::new("一首关于火车站和大海的歌"),
            Language::Chinese,
            vocabulary,
        );
        let words: Vec<_> = nouns.iter().map(|n| n.words.as_str()).collect();
        assert_eq!(words, ["火车站", "大海"]);
    }
}
