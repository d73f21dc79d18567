//! The hub, asked over HTTP.

mod answer;
mod client;
mod info;

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode, Url,
    header::{ACCEPT_ENCODING, CONTENT_RANGE, LOCATION, RANGE},
};

pub(crate) use answer::Metadata;
pub(crate) use info::Info;

use crate::{
    Error, HubEnvironment,
    card::{CardFile, Source},
};

/// What a path of a file may not hold in an address.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// A repository that was renamed leads on; more steps than these lead nowhere.
const STEPS: usize = 5;
/// What is asked for where no file is.
const LIST: &str = "the list of files";
/// Asked at the same time.
const QUESTIONS: usize = 8;

/// How patient a download is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// No byte for so long, and the connection counts as lost.
    pub silence: Duration,
    /// Before the first new try; it doubles with each.
    pub first_pause: Duration,
    /// New tries in a row that bring nothing.
    pub tries: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(60),
            first_pause: Duration::from_secs(1),
            tries: 6,
        }
    }
}

/// The hub. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Remote {
    /// Follows redirects, and leaves the token out where they lead to another host.
    fetching: Client,
    /// Follows none: the answer that redirects is the one that tells.
    asking: Client,
    environment: HubEnvironment,
}

impl Remote {
    pub(crate) fn new(environment: &HubEnvironment, patience: &Patience) -> Result<Self, Error> {
        let (asking, fetching) = client::both(&environment.endpoint, patience)?;
        Ok(Self {
            fetching,
            asking,
            environment: environment.clone(),
        })
    }

    /// Which commit a branch is at.
    pub(crate) async fn commit(&self, source: &Source) -> Result<String, Error> {
        Ok(self.info(source).await?.sha)
    }

    /// What a repository has in it, at a commit, a branch or a tag.
    pub(crate) async fn info(&self, source: &Source) -> Result<Info, Error> {
        let revision = utf8_percent_encode(source.revision.as_str(), IN_PATH).to_string();
        let mut url = self.url(&format!(
            "api/models/{}/revision/{}",
            source.repository,
            revision.replace('/', "%2F")
        ));
        // Sizes and digests too.
        url.set_query(Some("blobs=true"));
        // A repository that was renamed leads on.
        let request = self.request(&self.fetching, Method::GET, url);
        let response = self.send(request, LIST).await?;
        if answer::is_unknown(&response) {
            return Err(Error::NoRepository {
                repository: source.repository.to_string(),
                page: self.page(source),
            });
        }
        let response = self.accepted(response, source, LIST)?;
        Info::read(response, self.line(LIST)).await
    }

    /// A repository's page, for people.
    pub(crate) fn page(&self, source: &Source) -> String {
        self.url(source.repository.as_str()).to_string()
    }

    /// What the hub says of each file, in their order.
    pub(crate) async fn metadata(
        &self,
        files: &[(CardFile, String)],
    ) -> Result<Vec<Metadata>, Error> {
        stream::iter(files.to_vec())
            .map(|(file, commit)| async move { self.metadata_of(&file, &commit).await })
            .buffered(QUESTIONS)
            .try_collect()
            .await
    }

    async fn metadata_of(&self, file: &CardFile, commit: &str) -> Result<Metadata, Error> {
        let name = file.path.as_str();
        let mut url = self.address(file, commit);
        for _ in 0..STEPS {
            let request = self
                .request(&self.asking, Method::HEAD, url.clone())
                .header(ACCEPT_ENCODING, "identity");
            let response = self.send(request, name).await?;
            if let Some(next) = next_step(&url, &response) {
                url = next;
                continue;
            }
            let response = self.accepted(response, &file.source, name)?;
            return Metadata::read(response.headers(), name);
        }
        Err(Error::Answer {
            file: name.to_owned(),
            problem: "it leads in circles",
        })
    }

    /// The bytes of a file from `start` on. The flag says whether they begin there; else they begin
    /// at the beginning.
    pub(crate) async fn bytes(
        &self,
        file: &CardFile,
        commit: &str,
        start: u64,
    ) -> Result<(Response, bool), Error> {
        let name = file.path.as_str();
        let mut request = self
            .request(&self.fetching, Method::GET, self.address(file, commit))
            .header(ACCEPT_ENCODING, "identity");
        if start > 0 {
            request = request.header(RANGE, format!("bytes={start}-"));
        }
        let response = self.send(request, name).await?;
        let response = self.accepted(response, &file.source, name)?;
        let range = response.headers().get(CONTENT_RANGE);
        let begins = range
            .and_then(|value| value.to_str().ok()?.strip_prefix("bytes "))
            .and_then(|value| value.split('-').next()?.parse::<u64>().ok());
        match (response.status(), begins) {
            (StatusCode::PARTIAL_CONTENT, Some(begins)) if begins == start => Ok((response, true)),
            (StatusCode::PARTIAL_CONTENT, _) => Err(Error::Answer {
                file: name.to_owned(),
                problem: "it is another range than was asked for",
            }),
            _ => Ok((response, start == 0)),
        }
    }

    /// What a break of the line is reported as.
    pub(crate) fn line(&self, file: &str) -> impl FnOnce(reqwest::Error) -> Error + use<> {
        let host = self.environment.endpoint.host_str().unwrap_or_default();
        let (file, host) = (file.to_owned(), host.to_owned());
        move |source| Error::Line {
            file,
            host,
            // Signed addresses are secrets for as long as they hold.
            source: Box::new(source.without_url()),
        }
    }

    async fn send(&self, request: RequestBuilder, file: &str) -> Result<Response, Error> {
        request.send().await.map_err(self.line(file))
    }

    fn request(&self, client: &Client, method: Method, url: Url) -> RequestBuilder {
        let request = client.request(method, url);
        match &self.environment.token {
            Some(token) => request.bearer_auth(token.secret()),
            None => request,
        }
    }

    fn address(&self, file: &CardFile, commit: &str) -> Url {
        self.url(&format!(
            "{}/resolve/{commit}/{}",
            file.source.repository,
            utf8_percent_encode(file.path.as_str(), IN_PATH)
        ))
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.environment.endpoint.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        url
    }

    fn accepted(&self, response: Response, source: &Source, file: &str) -> Result<Response, Error> {
        let status = response.status();
        if status.is_success() || status.is_redirection() {
            return Ok(response);
        }
        // Where the bytes lie, nobody knows of tokens and revisions.
        if response.url().origin() != self.environment.endpoint.origin() {
            return Err(answer::refused(&response, file));
        }
        let page = self.page(source);
        Err(answer::refusal(&response, source, file, || {
            let repository = source.repository.to_string();
            if self.environment.token.is_some() {
                Error::TokenRefused { repository, page }
            } else {
                Error::TokenNeeded { repository, page }
            }
        }))
    }
}

/// Where a redirect to another address of the same host leads.
fn next_step(url: &Url, response: &Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = url.join(location).ok()?;
    (next.origin() == url.origin()).then_some(next)
}
