use std::{fmt, time::Duration};

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::Value;
use songwright_base::{Code, EngineError, clean_text};

use crate::target::Address;

/// The most of a remote sentence that is passed on, in characters.
const DETAIL_LIMIT: usize = 400;

/// An answer with an error status.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// What the service says of it.
    pub(crate) detail: Option<String>,
    /// Whether it is a Songwright's own 403: of a licence or a host, and not of a key, which is a 401 there.
    is_forbidden: bool,
    pub(crate) retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{detail} (HTTP {})", self.status.as_u16()),
            None => write!(f, "it answered HTTP {}.", self.status),
        }
    }
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        Self {
            status,
            detail: detail(body),
            is_forbidden: status == StatusCode::FORBIDDEN && has_code(body, Code::Forbidden),
            retry_after: headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok())
                .and_then(|text| waiting_time(text, Timestamp::now())),
        }
    }

    /// The engine's error where one fits; else what is wrong with the service.
    pub(crate) fn into_engine_error(self, address: &Address) -> Result<EngineError, String> {
        let word = address.service.word().to_uppercase();
        match self.status {
            _ if self.is_forbidden => Ok(self.into_refused(address)),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                // What our client asked was right by our own checks, so it is no 400 for it.
                Ok(self.into_refused(address))
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                let why = self.detail.unwrap_or_else(|| {
                    if self.status == StatusCode::TOO_MANY_REQUESTS {
                        "it is busy.".to_owned()
                    } else {
                        "its model may still be loading.".to_owned()
                    }
                });
                let when = self.retry_after.map_or(String::new(), |wait| {
                    format!(" Try again in {} s.", wait.as_secs().max(1))
                });
                Ok(EngineError::Unavailable {
                    what: format!(
                        "The {} at {} is not available now: {why}{when}",
                        address.service,
                        address.shown()
                    ),
                })
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let what = if address.credentials.is_empty() {
                    "asks for a key. Set"
                } else {
                    "does not accept the key. Check"
                };
                Err(format!(
                    "it {what} SONGWRIGHT_{word}_KEY, or SONGWRIGHT_{word}_MODAL_KEY and \
                     SONGWRIGHT_{word}_MODAL_SECRET where it runs on Modal (HTTP {}).",
                    self.status.as_u16()
                ))
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Err(format!(
                "{self} Is {word}_SERVICE_URL the address of the {}?",
                address.service
            )),
            _ => Err(self.to_string()),
        }
    }

    fn into_refused(self, address: &Address) -> EngineError {
        EngineError::Refused {
            service: address.service.name(),
            url: address.shown(),
            reason: self
                .detail
                .unwrap_or_else(|| "it does not say why.".to_owned()),
        }
    }
}

/// Whether an error body is the contract's, with that code.
fn has_code(body: &[u8], code: Code) -> bool {
    let value = serde_json::from_slice::<Value>(body);
    let found = value.ok().and_then(|mut value| {
        let code = value.get_mut("code")?.take();
        serde_json::from_value::<Code>(code).ok()
    });
    found == Some(code)
}

/// The sentence in an error body: the contract's `detail`, or FastAPI's list of them.
fn detail(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let detail = ["detail", "message", "error"]
        .iter()
        .find_map(|name| value.get(name).filter(|v| !v.is_null()))?;
    let text = match detail {
        Value::String(text) => text.clone(),
        Value::Array(problems) => problems
            .iter()
            .filter_map(field_problem)
            .collect::<Vec<_>>()
            .join("; "),
        Value::Object(fields) => fields.get("message")?.as_str()?.to_owned(),
        _ => return None,
    };
    let text = clean_text(&text).replace(['\n', '\t'], " ");
    if text.is_empty() {
        return None;
    }
    Some(match text.char_indices().nth(DETAIL_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}

/// `{"loc": ["body", "prompt"], "msg": "field required"}` as "prompt: field required".
fn field_problem(problem: &Value) -> Option<String> {
    let message = problem.get("msg")?.as_str()?;
    let field = problem
        .get("loc")
        .and_then(Value::as_array)
        .and_then(|path| path.last())
        .and_then(Value::as_str);
    Some(match field {
        Some(field) => format!("{field}: {message}"),
        None => message.to_owned(),
    })
}

/// `Retry-After`: seconds, or a date.
fn waiting_time(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_of_several_makes_are_read() {
        for (body, want) in [
            (
                r#"{"detail": "Too long.", "status_code": 500}"#,
                Some("Too long."),
            ),
            (
                r#"{"detail": [{"loc": ["body", "prompt"], "msg": "field required"}, {"msg": "bad"}]}"#,
                Some("prompt: field required; bad"),
            ),
            (r#"{"error": {"message": "no\nroom"}}"#, Some("no room")),
            (r#"{"detail": null, "message": "m"}"#, Some("m")),
            (r#"{"detail": 5}"#, None),
            ("<html>Bad Gateway</html>", None),
            ("", None),
        ] {
            assert_eq!(detail(body.as_bytes()).as_deref(), want, "{body}");
        }
        let long = format!("{{\"detail\": \"{}\"}}", "é".repeat(1000));
        assert_eq!(detail(long.as_bytes()).unwrap().chars().count(), 401);
    }

    #[test]
    fn waiting_times_are_seconds_or_dates() {
        let now: Timestamp = "2015-10-21T07:27:30Z".parse().unwrap();
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(waiting_time(date, now), Some(Duration::from_secs(30)));
        assert_eq!(waiting_time(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(waiting_time("soon", now), None);
        let later: Timestamp = "2015-10-21T08:00:00Z".parse().unwrap();
        assert_eq!(waiting_time(date, later), Some(Duration::ZERO));
    }
}
