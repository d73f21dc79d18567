//! What the model is told, in as many tokens as it reads.

use super::{
    Error,
    tokenizer::{ClipTokenizer, MOST},
};
use crate::{CoverParams, CoverStyle};

/// What the model is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    /// What is drawn.
    pub prompt: String,
    /// What is not; `None` where nothing guides the model away from it.
    pub negative: Option<String>,
    /// What was left out of them, and of whose part: sentences.
    pub notes: Vec<String>,
}

/// What no cover has, whatever its style.
const NEVER: &str = "text, letters, watermark, signature, blurry, low quality";
/// Tokens that a style has to itself, whatever else there is to say: every preset fits.
const STYLE: usize = MOST / 2;

impl Words {
    /// What it shows, then the style, or the essence of each that is mixed, then what else there is to say, so that
    /// the least weighty is what falls off the end. The style is not what gives way: a cover that does not show
    /// its style is another cover.
    ///
    /// # Errors
    /// [`Error::Prompt`].
    pub fn of(params: &CoverParams, tokenizer: &ClipTokenizer) -> Result<Self, Error> {
        let mut told = Told {
            tokenizer,
            left_out: Vec::new(),
        };
        let prompt = told.prompt(params)?;
        let negative = match params.guidance_scale > 1.0 {
            true => Some(told.negative(params)?),
            false => None,
        };
        let notes = match told.left_out.is_empty() {
            true => Vec::new(),
            false => vec![format!(
                "The model reads 77 tokens at a time, begin and end among them. Left out were {}.",
                told.left_out.join(" and ")
            )],
        };
        Ok(Self {
            prompt,
            negative,
            notes,
        })
    }
}

struct Told<'a> {
    tokenizer: &'a ClipTokenizer,
    /// "the last 12 tokens of the prompt".
    left_out: Vec<String>,
}

impl Told<'_> {
    fn prompt(&mut self, params: &CoverParams) -> Result<String, Error> {
        let subject = trimmed(&params.prompt);
        // A style that the prompt holds already, as one that was copied from a picture's file does, is not told twice.
        let mut style = self.style(params, subject, subject)?;
        let mut kept = self.head(("", subject, &style.behind()), MOST)?;
        if kept != subject {
            // What is cut off may have held it.
            style = self.style(params, subject, "")?;
            kept = self.head(("", subject, &style.behind()), MOST)?;
        }
        self.note("the prompt", self.tokens_less(subject, kept)?);
        self.note("the style", style.left_out);
        let mut whole = format!("{kept}{}", style.behind());
        for detail in &params.also {
            let text = trimmed(detail.text());
            let kept = self.head((&format!("{whole}, "), text, ""), MOST)?;
            self.note(detail.name(), self.tokens_less(text, kept)?);
            whole.push_str(&behind(kept));
        }
        Ok(whole.trim_start_matches([',', ' ']).to_owned())
    }

    /// The style's words, without phrases of `said`, in the tokens that are its own or that the subject leaves. Of
    /// each that is mixed something is told.
    fn style(&self, params: &CoverParams, subject: &str, said: &str) -> Result<Style, Error> {
        let left = MOST.saturating_sub(self.tokenizer.count(subject)? + 1);
        let styles = params.style.mixed();
        // A comma goes between two.
        let share = (left.max(STYLE) + 1) / styles.len().max(1);
        let mut told = Style::default();
        for style in &styles {
            let text = match style {
                CoverStyle::Preset(preset) if styles.len() == 1 => preset.text().prompt.clone(),
                CoverStyle::Preset(preset) => preset.text().essence(),
                CoverStyle::Custom(text) => text.clone(),
            };
            let new: Vec<&str> = text
                .split(", ")
                .filter(|phrase| !said.split(", ").any(|other| other == *phrase))
                .collect();
            let new = new.join(", ");
            let kept = self.head(("", &new, ""), share.saturating_sub(1))?;
            if matches!(style, CoverStyle::Custom(_)) {
                told.left_out += self.tokens_less(&new, kept)?;
            }
            told.phrases
                .extend((!kept.is_empty()).then(|| kept.to_owned()));
        }
        Ok(told)
    }

    /// What the client keeps away from, then what the style does, each phrase once.
    fn negative(&mut self, params: &CoverParams) -> Result<String, Error> {
        let own = params.negative_prompt.as_deref().unwrap_or_default();
        let styles = params.style.mixed();
        let never = styles.iter().map(|style| match style {
            CoverStyle::Preset(preset) => preset.text().negative.as_str(),
            CoverStyle::Custom(_) => NEVER,
        });
        let mut phrases: Vec<&str> = Vec::new();
        phrases.extend((!own.is_empty()).then_some(own));
        for phrase in never.flat_map(|text| text.split(", ")) {
            let is_said = own.split(", ").any(|other| other == phrase);
            if !is_said && !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
        let whole = phrases.join(", ");
        let beyond = |text: &str| -> Result<usize, Error> {
            Ok(self.tokenizer.count(text)?.saturating_sub(MOST))
        };
        let (of_all, of_own) = (beyond(&whole)?, beyond(own)?);
        self.note("the negative prompt", of_own);
        self.note(
            "what the style keeps away from",
            of_all.saturating_sub(of_own),
        );
        Ok(whole)
    }

    /// The longest head of `text` that, between `before` and `behind`, has at most so many tokens: in whole words, else
    /// in whole letters.
    fn head<'t>(
        &self,
        (before, text, behind): (&str, &'t str, &str),
        most: usize,
    ) -> Result<&'t str, Error> {
        let fits = |end: usize| -> Result<bool, Error> {
            let head = text.get(..end).unwrap_or_default();
            Ok(self.tokenizer.count(&format!("{before}{head}{behind}"))? <= most)
        };
        if fits(text.len())? {
            return Ok(text);
        }
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let is_end_of_word = |at: &usize| {
            let (head, rest) = text.split_at(*at);
            let is_within = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            is_within(head.chars().next_back()) && !is_within(rest.chars().next())
        };
        let words: Vec<usize> = ends.iter().copied().filter(is_end_of_word).collect();
        for ends in [words, ends] {
            // The last that fits, by halves.
            let (mut fitting, mut beyond) = (0, ends.len());
            while fitting < beyond {
                let middle = fitting.midpoint(beyond);
                match fits(ends[middle])? {
                    true => fitting = middle + 1,
                    false => beyond = middle,
                }
            }
            if let Some(end) = fitting
                .checked_sub(1)
                .map(|at| ends[at])
                .filter(|end| *end > 0)
            {
                return Ok(trimmed(text.get(..end).unwrap_or_default()));
            }
        }
        Ok("")
    }

    fn tokens_less(&self, whole: &str, kept: &str) -> Result<usize, Error> {
        Ok(self
            .tokenizer
            .count(whole)?
            .saturating_sub(self.tokenizer.count(kept)?))
    }

    fn note(&mut self, of: &str, tokens: usize) {
        if tokens > 0 {
            self.left_out.push(format!("the last {tokens} of {of}"));
        }
    }
}

/// A style's words, and how many tokens of the client's own are not among them.
#[derive(Default)]
struct Style {
    phrases: Vec<String>,
    left_out: usize,
}

impl Style {
    fn behind(&self) -> String {
        behind(&self.phrases.join(", "))
    }
}

/// As it follows something else.
fn behind(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!(", {text}"),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches(['.', ',', ' '])
}
