//! Messages to the text that a model was trained to read.

use minijinja::{
    Environment, Error as JinjaError, ErrorKind, Value, syntax::SyntaxConfig, value::Serde,
};
use serde::Serialize;

use super::Error;

/// The name that the template has in errors.
const NAME: &str = "chat_template";

/// One message of a chat.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: &'static str,
    /// What is said.
    pub content: String,
}

/// A checkpoint's own chat template, rendered as transformers does it (`apply_chat_template`).
#[derive(Clone, Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
}

#[derive(Serialize)]
struct Chat<'a> {
    messages: &'a [Message],
    add_generation_prompt: bool,
    /// Answers begin at once: a grammar holds from their first token on.
    enable_thinking: bool,
}

impl ChatTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// [`Error::Template`] where it is none.
    pub fn parse(source: &str) -> Result<Self, Error> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build();
        environment.set_syntax(syntax.map_err(Error::Template)?);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", raise);
        environment.add_filter("tojson", to_json);
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(Error::Template)?;
        Ok(Self { environment })
    }

    /// The prompt of messages, up to where the answer begins if `is_asking`.
    ///
    /// # Errors
    /// [`Error::Template`] where the template refuses them.
    pub fn render(&self, messages: &[Message], is_asking: bool) -> Result<String, Error> {
        self.render_with(Value::from(Serde(Chat {
            messages,
            add_generation_prompt: is_asking,
            enable_thinking: false,
        })))
    }

    /// The prompt of anything that the template takes.
    ///
    /// # Errors
    /// [`Error::Template`] where the template refuses it.
    pub fn render_with(&self, context: Value) -> Result<String, Error> {
        self.environment
            .get_template(NAME)
            .and_then(|template| template.render(context))
            .map_err(Error::Template)
    }
}

fn raise(message: String) -> Result<Value, JinjaError> {
    Err(JinjaError::new(ErrorKind::InvalidOperation, message))
}

/// As Python's `json.dumps(value, ensure_ascii=False)`: a space behind each comma and colon.
fn to_json(value: &Value) -> Result<String, JinjaError> {
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, Spaced);
    let wrong = |error: &dyn std::fmt::Display| {
        JinjaError::new(ErrorKind::BadSerialization, error.to_string())
    };
    value
        .serialize(&mut writer)
        .map_err(|error| wrong(&error))?;
    String::from_utf8(bytes).map_err(|error| wrong(&error))
}

struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_as_python_writes_it() {
        let template = ChatTemplate::parse("{{ x | tojson }}").unwrap();
        let x = serde_json::json!({"b": [1, "<ä&'>"], "a": {}, "n": null});
        let context = Value::from(Serde(serde_json::json!({"x": x})));
        assert_eq!(
            template.render_with(context).unwrap(),
            r#"{"b": [1, "<ä&'>"], "a": {}, "n": null}"#
        );
    }

    /// An answer is to begin at once: behind a thought that is empty, as Qwen3's makers have it.
    #[test]
    fn qwen3_does_not_think() {
        let source = include_str!("../../../../tests/golden/qwen/templates/qwen3.jinja");
        let template = ChatTemplate::parse(source).unwrap();
        let message = |role, content: &str| Message {
            role,
            content: content.to_owned(),
        };
        let messages = [message("system", "Rhyme."), message("user", "Rain?")];
        assert_eq!(
            template.render(&messages, true).unwrap(),
            "<|im_start|>system\nRhyme.<|im_end|>\n<|im_start|>user\nRain?<|im_end|>\n\
             <|im_start|>assistant\n<think>\n\n</think>\n\n"
        );
        assert_eq!(
            template.render(&messages[..1], false).unwrap(),
            "<|im_start|>system\nRhyme.<|im_end|>\n"
        );
    }

    #[test]
    fn a_template_may_refuse() {
        let template = ChatTemplate::parse("{{ raise_exception('no messages') }}").unwrap();
        let error = template.render(&[], true).unwrap_err();
        assert!(format!("{error:?}").contains("no messages"), "{error:?}");
        assert!(ChatTemplate::parse("{% if %}").is_err());
    }
}
