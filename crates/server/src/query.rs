use std::collections::HashMap;

use axum::{extract::Query, http::Uri};
use songwright_base::{Code, Failure, Service};

use crate::error::ApiError;

/// The query of a request, read one parameter at a time.
pub(crate) struct Parameters {
    service: Service,
    map: HashMap<String, String>,
}

impl Parameters {
    pub(crate) fn of(service: Service, uri: &Uri) -> Result<Self, ApiError> {
        let Query(map) = Query::try_from_uri(uri).map_err(|_| {
            ApiError::new(
                service,
                Failure::new(Code::BadRequest, "The query of the URL is not readable."),
            )
        })?;
        Ok(Self { service, map })
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.map.get(name).map(String::as_str)
    }

    /// `true`, `1`, `yes` and an empty value are true.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.text(name) {
            None | Some("false" | "0" | "no") => Ok(false),
            Some("" | "true" | "1" | "yes") => Ok(true),
            Some(other) => {
                Err(self.wrong(format!("{name} must be true or false, not \"{other}\".")))
            }
        }
    }

    pub(crate) fn number(&self, name: &str, default: u64, most: u64) -> Result<u64, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        match text.parse() {
            Ok(n) if n <= most => Ok(n),
            _ => Err(self.wrong(format!(
                "{name} must be a whole number from 0 to {most}, not \"{text}\"."
            ))),
        }
    }

    pub(crate) fn wrong(&self, detail: String) -> ApiError {
        ApiError::new(self.service, Failure::new(Code::BadRequest, detail))
    }
}
