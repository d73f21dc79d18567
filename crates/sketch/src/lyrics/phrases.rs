//! Finds known phrases in a description, the longest first.

use super::language::is_han;
use super::vocabulary::Spoken;

/// A description in which each phrase that was understood is blanked out.
#[derive(Clone, Debug)]
pub(super) struct Listening {
    /// As written, less what was understood; of the same byte length as `lower`.
    pub(super) text: String,
    lower: String,
}

/// What stands where a phrase was understood; ends every phrase.
pub(super) const UNDERSTOOD: char = '\u{1}';

impl Listening {
    pub(super) fn new(description: &str) -> Self {
        // Only ASCII changes case, so that both texts keep the same byte offsets.
        let text = description.replace(UNDERSTOOD, " ").replace('’', "'");
        let lower = text.to_ascii_lowercase();
        Self { text, lower }
    }

    /// The entries said in the text, in its order, each once.
    ///
    /// `company` is asked about each English match with the text before and after it; where it
    /// says no the words mean something else.
    pub(super) fn find<'v, T: Spoken>(
        &self,
        entries: &'v [T],
        company: impl Fn(&str, &str, &str) -> bool,
    ) -> (Vec<&'v T>, Self) {
        let mut phrases: Vec<(&str, usize)> = Vec::new();
        for (i, entry) in entries.iter().enumerate() {
            phrases.push((entry.name(), i));
            phrases.extend(entry.heard().iter().map(|h| (h.as_str(), i)));
        }
        phrases.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        let mut rest = self.clone();
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (phrase, entry) in phrases {
            let mut from = 0;
            while let Some(at) = rest.lower[from..].find(phrase).map(|i| i + from) {
                let end = at + phrase.len();
                from = end;
                let (before, after) = (&rest.lower[..at], &rest.lower[end..]);
                if stands_alone(phrase, before, after) && company(phrase, before, after) {
                    found.push((at, entry));
                    rest.blank(at, end);
                }
            }
        }
        found.sort_unstable();
        let mut seen = Vec::new();
        for (_, entry) in found {
            if !seen.contains(&entry) {
                seen.push(entry);
            }
        }
        (seen.into_iter().map(|i| &entries[i]).collect(), rest)
    }

    fn blank(&mut self, at: usize, end: usize) {
        let blank: String = std::iter::repeat_n(UNDERSTOOD, end - at).collect();
        self.text.replace_range(at..end, &blank);
        self.lower.replace_range(at..end, &blank);
    }
}

/// Whether a phrase is whole words; Chinese has no spaces to tell.
fn stands_alone(phrase: &str, before: &str, after: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() && !is_han(c);
    let starts_han = phrase.starts_with(is_han);
    starts_han || (!before.ends_with(is_word) && !after.starts_with(is_word))
}

/// For phrases that mean the same in any company.
pub(super) fn in_any_company(_: &str, _: &str, _: &str) -> bool {
    true
}
