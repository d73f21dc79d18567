use std::borrow::Cow;

use regex::{Captures, Regex, Replacer};

/// A regular expression that is a constant of the program. One that does not compile finds nothing;
/// the tests stop at it.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Option<Regex>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let compiled = Regex::new(text);
        debug_assert!(compiled.is_ok(), "{text} is no pattern");
        Self(compiled.ok())
    }

    /// What is found, from left to right.
    pub(super) fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
        self.0
            .iter()
            .flat_map(move |regex| regex.captures_iter(text))
    }

    /// Whether anything is.
    pub(super) fn is_found(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// The text with all that is found replaced.
    pub(super) fn replace_all<'t>(&self, text: &'t str, by: impl Replacer) -> Cow<'t, str> {
        match &self.0 {
            Some(regex) => regex.replace_all(text, by),
            None => Cow::Borrowed(text),
        }
    }
}
