/// A field of a request that breaks its limits.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field} {problem}.")]
pub struct InvalidField {
    /// The field's name as the client spells it in snake_case.
    pub field: &'static str,
    /// What is wrong and what would be right, to be read after the name.
    pub problem: String,
}

impl InvalidField {
    /// `problem` is read after the field's name: "must be …".
    #[must_use]
    pub fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self {
            field,
            problem: problem.into(),
        }
    }
}

/// Trims `text` and removes control characters other than line breaks and tabs; `\r\n` and `\r`
/// become `\n`. Quotes and angle brackets stay: they are escaped where they are shown.
#[must_use]
pub fn clean_text(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Cleans `text` and checks that it has `range` characters (Unicode scalar values).
///
/// # Errors
/// [`InvalidField`] that says how long the text is and how long it may be.
pub fn length_between(
    field: &'static str,
    text: &str,
    range: std::ops::RangeInclusive<usize>,
) -> Result<String, InvalidField> {
    let text = clean_text(text);
    let n = text.chars().count();
    if range.contains(&n) {
        return Ok(text);
    }
    let (least, most) = (range.start(), range.end());
    Err(InvalidField::new(
        field,
        if n == 0 {
            format!("is empty: write {least} to {most} characters")
        } else {
            format!("must have {least} to {most} characters, not {n}")
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_stay_and_control_characters_go() {
        assert_eq!(
            clean_text("  don't\u{0} \"stop\"\r\nnow\u{7} "),
            "don't \"stop\"\nnow"
        );
    }

    #[test]
    fn both_sides_of_a_length_limit() {
        assert!(length_between("prompt", "four", 5..=10).is_err());
        assert_eq!(
            length_between("prompt", "fives", 5..=10).as_deref(),
            Ok("fives")
        );
        assert_eq!(
            length_between("prompt", "0123456789", 5..=10).as_deref(),
            Ok("0123456789")
        );
        let error = length_between("prompt", "0123456789a", 5..=10).unwrap_err();
        assert_eq!(
            error.to_string(),
            "prompt must have 5 to 10 characters, not 11."
        );
        let error = length_between("prompt", " \n ", 5..=10).unwrap_err();
        assert_eq!(
            error.to_string(),
            "prompt is empty: write 5 to 10 characters."
        );
    }
}
