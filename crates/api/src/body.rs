use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use songwright_base::{Code, Failure};

/// A request body as it came: an object with names in `snake_case` and no nulls.
#[derive(Clone, Debug, PartialEq)]
pub struct Body(Map<String, Value>);

impl Body {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 for what is not JSON, not an object, or says the same field twice with two values.
    pub fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| {
            bad(if bytes.is_empty() {
                "The body is empty: send a JSON object.".to_owned()
            } else {
                format!("The body is not valid JSON: {e}.")
            })
        })?;
        Self::from_value(value)
    }

    /// Takes an object.
    ///
    /// # Errors
    /// As [`Body::read`].
    pub fn from_value(value: Value) -> Result<Self, Failure> {
        let Value::Object(fields) = value else {
            return Err(bad(
                "The body must be a JSON object such as {\"prompt\": \"…\"}.".to_owned(),
            ));
        };
        let mut known = Map::new();
        for (name, value) in fields {
            if value.is_null() {
                continue;
            }
            let name = snake_case(&name);
            match known.get(&name) {
                Some(other) if *other != value => {
                    return Err(bad(format!("{name} is given twice with different values.")));
                }
                _ => {
                    known.insert(name, value);
                }
            }
        }
        Ok(Self(known))
    }

    /// Whether a field is there and, being a text, is not blank.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        match self.0.get(field) {
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(_) => true,
            None => false,
        }
    }

    /// The fields as `T`.
    ///
    /// # Errors
    /// 400 naming the field that is missing or of the wrong type.
    pub fn into<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let value = Value::Object(self.0);
        serde_path_to_error::deserialize(&value).map_err(|e| {
            let problem = e.inner().to_string();
            let path = e.path().to_string();
            // Flattened fields lose their path.
            let path = if path == "." {
                culprit::<T>(&value, &problem)
            } else {
                Some(path)
            };
            bad(sentence(
                &path.unwrap_or_else(|| "The body".to_owned()),
                &problem,
            ))
        })
    }
}

/// Reads a body as `T`.
///
/// # Errors
/// 400, as [`Body::read`] and [`Body::into`].
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    Body::read(bytes)?.into()
}

/// The field without which the problem is another one.
fn culprit<T: DeserializeOwned>(value: &Value, problem: &str) -> Option<String> {
    let fields = value.as_object()?;
    fields
        .keys()
        .find(|name| {
            let mut rest = fields.clone();
            rest.remove(*name);
            T::deserialize(Value::Object(rest)).err().is_none_or(|e| {
                let other = e.to_string();
                other != problem && !other.starts_with(&format!("missing field `{name}`"))
            })
        })
        .cloned()
}

fn bad(detail: String) -> Failure {
    Failure::new(Code::BadRequest, detail)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
            snake.push(c.to_ascii_lowercase());
        } else {
            snake.push(c);
        }
    }
    snake
}

/// serde's words in ours: "audio_duration must be a number, not the text \"x\"."
fn sentence(path: &str, problem: &str) -> String {
    if let Some(rest) = problem.strip_prefix("missing field `")
        && let Some((field, _)) = rest.split_once('`')
    {
        return format!("{field} is missing.");
    }
    let Some((got, wanted)) = problem
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.rsplit_once(", expected "))
    else {
        return format!("{path}: {problem}.");
    };
    let wanted = match wanted {
        "f64" | "f32" => "a number",
        "a string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        other => other,
    };
    let got = match got.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer" | "boolean", text)) => text.replace('`', ""),
        _ if got.starts_with("floating point") => got
            .trim_start_matches("floating point")
            .replace('`', "")
            .trim()
            .to_owned(),
        _ if got == "map" => "an object".to_owned(),
        _ if got == "sequence" => "a list".to_owned(),
        _ => got.to_owned(),
    };
    format!("{path} must be {wanted}, not {got}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MusicRequest, SongRequest};

    fn refusal<T: DeserializeOwned + std::fmt::Debug>(body: &str) -> String {
        parse::<T>(body.as_bytes()).unwrap_err().detail
    }

    #[test]
    fn camel_case_null_unknown_and_whole_floats_are_taken() {
        let body =
            br#"{"fullDescribedSong": "a song", "inferStep": 60.0, "seed": null, "zzz": [1]}"#;
        let request: SongRequest = parse(body).unwrap();
        assert_eq!(request.full_described_song.as_deref(), Some("a song"));
        assert_eq!(request.audio.infer_step.map(|n| n.0), Some(60));
        assert_eq!(request.audio.seed, None);
    }

    #[test]
    fn wrong_types_are_named() {
        assert_eq!(
            refusal::<MusicRequest>(r#"{"prompt": 5}"#),
            "prompt must be a text, not 5."
        );
        assert_eq!(
            refusal::<MusicRequest>(r#"{"prompt": "p", "audio_duration": "long"}"#),
            "audio_duration must be a number, not the text \"long\"."
        );
        assert_eq!(
            refusal::<MusicRequest>(r#"{"prompt": "p", "seed": 1.5}"#),
            "seed must be a whole number, not 1.5."
        );
        assert_eq!(
            refusal::<MusicRequest>(r#"{"prompt": "p", "instrumental": "yes"}"#),
            "instrumental must be true or false, not the text \"yes\"."
        );
        assert_eq!(refusal::<MusicRequest>("{}"), "prompt is missing.");
        assert_eq!(
            refusal::<MusicRequest>(r#"{"inferStep": 3, "infer_step": 4}"#),
            "infer_step is given twice with different values."
        );
        assert!(refusal::<MusicRequest>("[1]").contains("JSON object"));
        assert!(refusal::<MusicRequest>("{\"prompt\": \"\\ud800\"}").contains("not valid JSON"));
        assert!(refusal::<MusicRequest>("{\"audio_duration\": NaN}").contains("not valid JSON"));
    }
}
