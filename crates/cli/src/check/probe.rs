use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::Value;
use songwright_base::Service;

use super::Outcome;

/// The longest that a call may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Calls a service and notes what comes back.
pub(super) struct Probe {
    client: reqwest::Client,
    pub(super) service: Service,
    base_url: String,
    outcomes: Vec<Outcome>,
}

/// An answer: status, type and content.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    content_type: String,
    pub(super) content: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Result<Value, String> {
        if self.content_type.split(';').next() != Some("application/json") {
            return Err(format!("the answer is {:?}, not JSON", self.content_type));
        }
        serde_json::from_slice(&self.content).map_err(|e| format!("the answer is no JSON: {e}"))
    }
}

impl Probe {
    pub(super) fn new(client: reqwest::Client, service: Service, base_url: String) -> Self {
        Self {
            client,
            service,
            base_url,
            outcomes: Vec::new(),
        }
    }

    pub(super) fn into_outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base_url))
            .timeout(PATIENCE)
    }

    /// Sends a request, lets `look` judge the answer, and gives back what `look` found in it.
    pub(super) async fn send<T>(
        &mut self,
        name: &str,
        request: RequestBuilder,
        look: impl FnOnce(&Answer) -> Result<T, String>,
    ) -> Option<T> {
        let begun = Instant::now();
        let answer = receive(request).await;
        let seconds = begun.elapsed().as_secs_f64();
        let (status, found) = match &answer {
            Ok(answer) => (answer.status.as_u16(), look(answer)),
            Err(error) => (0, Err(format!("no answer: {error}"))),
        };
        self.outcomes.push(Outcome {
            name: name.to_owned(),
            ok: found.is_ok(),
            status,
            seconds,
            problem: found.as_ref().err().cloned(),
        });
        found.ok()
    }

    /// A GET that answers with these fields. Gives back the answer.
    pub(super) async fn get(&mut self, path: &str, fields: &[&str]) -> Option<Value> {
        let name = format!("GET {}", path.split('?').next().unwrap_or(path));
        let request = self.request(Method::GET, path);
        self.send(&name, request, |answer| with_fields(answer, fields))
            .await
    }

    /// A POST that answers with these fields. Gives back the answer.
    pub(super) async fn post(
        &mut self,
        path: &str,
        body: &Value,
        fields: &[&str],
    ) -> Option<Value> {
        let request = self.request(Method::POST, path).json(body);
        self.send(&format!("POST {path}"), request, |answer| {
            with_fields(answer, fields)
        })
        .await
    }

    /// A request that must be refused in the contract's form.
    pub(super) async fn refused(&mut self, name: &str, request: RequestBuilder, status: u16) {
        let service = self.service.name();
        self.send(name, request, |answer| refusal(answer, status, service))
            .await;
    }
}

async fn receive(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let content_type = response.headers().get(header::CONTENT_TYPE);
    Ok(Answer {
        status: response.status(),
        content_type: content_type
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        content: response.bytes().await?.to_vec(),
    })
}

fn with_fields(answer: &Answer, fields: &[&str]) -> Result<Value, String> {
    let value = answer.json()?;
    if answer.status != StatusCode::OK {
        let detail = value["detail"].as_str().unwrap_or_default();
        return Err(format!("{}: {detail}", answer.status));
    }
    let missing: Vec<_> = fields
        .iter()
        .filter(|field| value.get(**field).is_none_or(Value::is_null))
        .copied()
        .collect();
    if missing.is_empty() {
        Ok(value)
    } else {
        Err(format!("the answer has no {}", missing.join(", ")))
    }
}

fn refusal(answer: &Answer, status: u16, service: &str) -> Result<(), String> {
    if answer.status.as_u16() != status {
        return Err(format!("should be {status}"));
    }
    let value = answer.json()?;
    if value["status_code"] != status || value["service"] != service {
        return Err(format!("the body says {value}"));
    }
    if value["detail"].as_str().is_none_or(str::is_empty) {
        return Err("detail says nothing".to_owned());
    }
    match value.get("operation_id") {
        Some(_) => Ok(()),
        None => Err("the body has no operation_id".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            content_type: "application/json".to_owned(),
            content: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn a_missing_or_null_field_is_named() {
        let problem = with_fields(&answer(200, r#"{"a": 1, "b": null}"#), &["a", "b", "c"]);
        assert_eq!(problem.unwrap_err(), "the answer has no b, c");
        assert!(with_fields(&answer(200, r#"{"a": 1}"#), &["a"]).is_ok());
        assert!(with_fields(&answer(500, r#"{"a": 1}"#), &["a"]).is_err());
    }

    #[test]
    fn a_refusal_has_the_contract_s_form() {
        let whole =
            r#"{"detail": "No.", "status_code": 404, "operation_id": null, "service": "s"}"#;
        assert_eq!(refusal(&answer(404, whole), 404, "s"), Ok(()));
        assert!(refusal(&answer(404, whole), 404, "other").is_err());
        assert!(refusal(&answer(400, whole), 404, "s").is_err());
        assert!(refusal(&answer(422, r#"{"detail": []}"#), 422, "s").is_err());
    }
}
