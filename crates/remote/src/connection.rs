use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::{
    Client, Method, Request, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use songwright_base::{EngineError, Observer};

use crate::{
    body, client,
    error::CallError,
    refusal::Refusal,
    target::{Address, RemoteTarget},
};

const CANCEL_POLL: Duration = Duration::from_millis(100);
const RETRIES: usize = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The most that is read of an error's body, and of an answer that is a few words.
const REFUSAL_LIMIT_BYTES: u64 = 64 << 10;

/// Calls one service, blocking.
pub(crate) struct Connection {
    address: Address,
    client: Client,
}

impl Connection {
    pub(crate) fn open(target: &RemoteTarget) -> Result<Self, EngineError> {
        let address = target.address()?;
        let client = client::client_for(&address.base, target.modal.is_some())
            .map_err(EngineError::failed("preparing to call another service"))?;
        Ok(Self { address, client })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends `question` to an endpoint; the answer has at most `limit_bytes`.
    pub(crate) fn post<A: DeserializeOwned>(
        &self,
        endpoint: &str,
        question: &impl Serialize,
        limit_bytes: u64,
        observer: &dyn Observer,
    ) -> Result<A, CallError> {
        let question = serde_json::to_vec(question).map_err(|e| CallError::Local(e.into()))?;
        let url = self.address.endpoint([endpoint]);
        let sent = self.sending(url, ("application/json", question));
        body::json(&self.exchange(&sent, limit_bytes, observer)?)
    }

    /// Sends a file of a media type to an address, where [`Self::has`] something.
    pub(crate) fn send<A: DeserializeOwned>(
        &self,
        url: Url,
        file: (&'static str, Vec<u8>),
        observer: &dyn Observer,
    ) -> Result<A, CallError> {
        let sent = self.sending(url, file);
        body::json(&self.exchange(&sent, REFUSAL_LIMIT_BYTES, observer)?)
    }

    /// Whether something is at an address, which is asked without a body: who has nothing there closes the
    /// connection before a long one has come, and its answer is lost.
    pub(crate) fn has(&self, url: Url, observer: &dyn Observer) -> Result<bool, CallError> {
        match self.get(url, REFUSAL_LIMIT_BYTES, observer) {
            Ok(_) => Ok(true),
            Err(error) => match error.status() {
                Some(StatusCode::NOT_FOUND) => Ok(false),
                Some(_) => Ok(true),
                None => Err(error),
            },
        }
    }

    fn sending(&self, url: Url, (kind, body): (&'static str, Vec<u8>)) -> Request {
        let mut request = self.request(Method::POST, url);
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        *request.body_mut() = Some(body.into());
        request
    }

    /// What lies at `url`, as it is.
    pub(crate) fn get(
        &self,
        url: Url,
        limit_bytes: u64,
        observer: &dyn Observer,
    ) -> Result<Vec<u8>, CallError> {
        self.exchange(&self.request(Method::GET, url), limit_bytes, observer)
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let mut request = Request::new(method, url);
        let headers = request.headers_mut();
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, */*;q=0.1"),
        );
        headers.extend(self.address.credentials.clone());
        request
    }

    /// Sends a request until it is answered, refused for good, cancelled, or out of time.
    fn exchange(
        &self,
        request: &Request,
        limit_bytes: u64,
        observer: &dyn Observer,
    ) -> Result<Vec<u8>, CallError> {
        // A runtime a call: dropping it closes the call's connection at once, also a cancelled
        // one's, by which the service learns that nobody waits.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| CallError::Local(e.into()))?;
        let limit = self.address.max_runtime;
        let result = runtime.block_on(async {
            tokio::select! {
                biased;
                () = cancelled(observer) => Err(CallError::Cancelled),
                answer = tokio::time::timeout(limit, self.with_retries(request, limit_bytes)) => {
                    answer.unwrap_or(Err(CallError::TooLong { limit }))
                }
            }
        });
        // A name look-up that hangs is left behind, not waited for.
        runtime.shutdown_background();
        result
    }

    async fn with_retries(
        &self,
        request: &Request,
        limit_bytes: u64,
    ) -> Result<Vec<u8>, CallError> {
        let end = Instant::now() + self.address.max_runtime;
        (|| self.once(request, limit_bytes))
            .retry(
                ExponentialBuilder::default()
                    .with_min_delay(FIRST_PAUSE)
                    .with_max_times(RETRIES)
                    .with_jitter(),
            )
            .when(CallError::is_transient)
            .adjust(|error, pause| {
                let pause = error.retry_after().unwrap_or(pause?);
                // Waiting past the end would only hide why the service refuses.
                (Instant::now() + pause < end).then_some(pause)
            })
            .notify(|error, pause| {
                tracing::warn!(
                    service = self.address.service.name(),
                    "asking again in {:.1} s: {error}",
                    pause.as_secs_f64()
                );
            })
            .await
    }

    async fn once(&self, request: &Request, limit_bytes: u64) -> Result<Vec<u8>, CallError> {
        let request = request
            .try_clone()
            .ok_or_else(|| CallError::Local("the request cannot be repeated".into()))?;
        let response = self
            .client
            .execute(request)
            .await
            .map_err(CallError::transport)?;
        let status = response.status();
        if status.is_success() {
            return body::read(response, limit_bytes).await;
        }
        let headers = response.headers().clone();
        // A refusal stays one, also where its text cannot be read.
        let text = body::read(response, REFUSAL_LIMIT_BYTES)
            .await
            .unwrap_or_default();
        Err(CallError::Refused(Refusal::new(status, &headers, &text)))
    }
}

async fn cancelled(observer: &dyn Observer) {
    while !observer.is_cancelled() {
        tokio::time::sleep(CANCEL_POLL).await;
    }
}
