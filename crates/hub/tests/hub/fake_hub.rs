//! A hub on this machine that answers as the real one does: small files itself, large ones by
//! leading to another host, with the same headers; and that fails as networks do.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    fmt::Write as _,
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, Response, StatusCode, header},
};
use futures_util::{StreamExt as _, stream};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

pub(crate) const COMMIT: &str = "82cd0d7b6322bd28cd4e830fe675ddb6180ce36c";
/// What the tests send at once.
const PART_BYTES: usize = 16 << 10;

/// What goes wrong with one sending of a file; the next sending finds the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    /// The line breaks after so many bytes.
    Break(usize),
    /// Bytes stop coming after so many, and the line stays.
    Silence(usize),
    /// A bit of the byte there is another.
    Flip(usize),
    /// The whole file comes, whatever range was asked for.
    NoRange,
    /// Another status.
    Status(u16),
    /// A pause after each part.
    Slow(Duration),
    /// More bytes come than there are.
    Longer,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) is_elsewhere: bool,
}

enum Content {
    Memory(Bytes),
    Disk(PathBuf),
}

struct Served {
    content: Content,
    bytes: usize,
    etag: String,
    is_large: bool,
    troubles: VecDeque<Trouble>,
}

#[derive(Default)]
struct Shelf {
    /// By `OWNER/NAME/PATH`.
    files: HashMap<String, Served>,
    /// What the heads of repositories' READMEs say, as JSON.
    cards: HashMap<String, String>,
    /// Repositories that have another name now.
    renamed: HashMap<String, String>,
    /// The token without which nothing is given out.
    wanted_token: Option<String>,
    seen: Vec<Seen>,
}

#[derive(Clone)]
struct Host {
    shelf: Arc<Mutex<Shelf>>,
    /// The address of the other host; absent in that host itself.
    elsewhere: Option<String>,
}

/// The hub. It ends with the test's runtime.
pub(crate) struct FakeHub {
    pub(crate) endpoint: String,
    shelf: Arc<Mutex<Shelf>>,
}

impl FakeHub {
    pub(crate) async fn start() -> Self {
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let elsewhere = serve(Host {
            shelf: shelf.clone(),
            elsewhere: None,
        });
        // Another name, for some programs take all ports of a host for the same host.
        let elsewhere = Some(elsewhere.await.replace("127.0.0.1", "localhost"));
        let host = Host {
            shelf: shelf.clone(),
            elsewhere,
        };
        let endpoint = serve(host).await;
        Self { endpoint, shelf }
    }

    /// Publishes a file; large ones have their SHA-256 as their etag and lie elsewhere.
    pub(crate) fn publish(&self, repository: &str, path: &str, bytes: &[u8], is_large: bool) {
        let etag = if is_large {
            hex(&Sha256::digest(bytes))
        } else {
            let head = format!("blob {}\0", bytes.len());
            hex(&Sha1::digest([head.as_bytes(), bytes].concat()))
        };
        let served = Served {
            content: Content::Memory(Bytes::copy_from_slice(bytes)),
            bytes: bytes.len(),
            etag,
            is_large,
            troubles: VecDeque::new(),
        };
        let mut shelf = self.shelf.lock().unwrap();
        shelf.files.insert(format!("{repository}/{path}"), served);
    }

    /// Publishes a file of the disk, as large ones are; it is read when it is asked for.
    pub(crate) fn publish_file(&self, repository: &str, path: &str, file: &Path) {
        let mut reader = File::open(file).unwrap();
        let mut hasher = Sha256::new();
        let (mut part, mut bytes) = (vec![0; 1 << 20], 0);
        loop {
            let read = reader.read(&mut part).unwrap();
            if read == 0 {
                break;
            }
            hasher.update(&part[..read]);
            bytes += read;
        }
        let served = Served {
            content: Content::Disk(file.to_owned()),
            bytes,
            etag: hex(&hasher.finalize()),
            is_large: true,
            troubles: VecDeque::new(),
        };
        let mut shelf = self.shelf.lock().unwrap();
        shelf.files.insert(format!("{repository}/{path}"), served);
    }

    /// What a repository's README says of licence and the like, as JSON.
    pub(crate) fn describe(&self, repository: &str, card: &str) {
        let mut shelf = self.shelf.lock().unwrap();
        shelf.cards.insert(repository.to_owned(), card.to_owned());
    }

    pub(crate) fn trouble(&self, file: &str, troubles: &[Trouble]) {
        let mut shelf = self.shelf.lock().unwrap();
        let served = shelf.files.get_mut(file).expect("published before");
        served.troubles = troubles.iter().copied().collect();
    }

    pub(crate) fn take_away(&self, file: &str) {
        let gone = self.shelf.lock().unwrap().files.remove(file);
        assert!(gone.is_some(), "{file}");
    }

    pub(crate) fn want_token(&self, token: &str) {
        self.shelf.lock().unwrap().wanted_token = Some(token.to_owned());
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        let mut shelf = self.shelf.lock().unwrap();
        shelf.renamed.insert(from.to_owned(), to.to_owned());
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shelf.lock().unwrap().seen.clone()
    }

    /// The ranges that were asked for where large files lie, one after the other.
    pub(crate) fn ranges(&self) -> Vec<Option<String>> {
        let seen = self.seen().into_iter();
        let gets = seen.filter(|s| s.is_elsewhere && s.method == "GET");
        gets.map(|s| s.range).collect()
    }

    pub(crate) fn forget(&self) {
        self.shelf.lock().unwrap().seen.clear();
    }
}

async fn serve(host: Host) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(host);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn answer(State(host): State<Host>, request: Request) -> Response<Body> {
    let header = |name| {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let authorization = header(header::AUTHORIZATION);
    let mut shelf = host.shelf.lock().unwrap();
    shelf.seen.push(Seen {
        method: request.method().to_string(),
        path: path.clone(),
        range: header(header::RANGE),
        authorization: authorization.clone(),
        is_elsewhere: host.elsewhere.is_none(),
    });
    let Some(elsewhere) = &host.elsewhere else {
        let served = shelf
            .files
            .get_mut(&path)
            .expect("only redirects lead here");
        return send(served, request.method(), request.headers());
    };
    let wanted = shelf.wanted_token.as_ref().map(|t| format!("Bearer {t}"));
    if wanted.is_some() && wanted != authorization {
        let status = if authorization.is_some() { 403 } else { 401 };
        return refuse(status, "GatedRepo");
    }
    if let Some(repository) = path.strip_prefix("api/models/") {
        let repository = repository.split("/revision/").next().unwrap();
        return match info(&shelf, repository) {
            Some(info) => Response::new(info.into()),
            // What is not there and what is not shown look alike to who does not say who they are.
            None => refuse(if wanted.is_some() { 404 } else { 401 }, "RepoNotFound"),
        };
    }
    let Some((repository, rest)) = path.split_once("/resolve/") else {
        return refuse(404, "");
    };
    let (commit, file) = rest.split_once('/').unwrap();
    if let Some(name) = shelf.renamed.get(repository) {
        return lead(307, &format!("/{name}/resolve/{commit}/{file}"));
    }
    if commit != COMMIT {
        return refuse(404, "RevisionNotFound");
    }
    let key = format!("{repository}/{file}");
    let Some(served) = shelf.files.get_mut(&key) else {
        return refuse(404, "EntryNotFound");
    };
    if served.is_large {
        let mut response = lead(302, &format!("{elsewhere}/{key}"));
        let headers = response.headers_mut();
        let etag = format!("\"{}\"", served.etag);
        headers.insert("x-linked-etag", etag.parse().unwrap());
        headers.insert("x-linked-size", served.bytes.into());
        headers.insert("x-repo-commit", COMMIT.parse().unwrap());
        // Of the redirect, not of the file.
        headers.insert(header::ETAG, "\"redirect\"".parse().unwrap());
        return response;
    }
    let mut response = send(served, request.method(), request.headers());
    let etag = format!("W/\"{}\"", served.etag);
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag.parse().unwrap());
    headers.insert("x-repo-commit", COMMIT.parse().unwrap());
    response
}

/// What the hub says of a repository, where it has it.
fn info(shelf: &Shelf, repository: &str) -> Option<String> {
    let below = format!("{repository}/");
    let mut files: Vec<String> = shelf
        .files
        .iter()
        .filter_map(|(file, served)| {
            let (path, bytes, etag) = (file.strip_prefix(&below)?, served.bytes, &served.etag);
            let lfs =
                format!(r#", "lfs": {{"sha256": "{etag}", "size": {bytes}, "pointerSize": 135}}"#);
            let lfs = if served.is_large { lfs.as_str() } else { "" };
            Some(format!(
                r#"{{"rfilename": "{path}", "size": {bytes}, "blobId": "b"{lfs}}}"#
            ))
        })
        .collect();
    files.sort();
    let card = shelf.cards.get(repository).map_or("null", String::as_str);
    (!files.is_empty()).then(|| {
        let files = files.join(", ");
        format!(r#"{{"sha": "{COMMIT}", "cardData": {card}, "siblings": [{files}]}}"#)
    })
}

fn send(served: &mut Served, method: &Method, headers: &HeaderMap) -> Response<Body> {
    let whole = served.bytes;
    if method == Method::HEAD {
        let builder = Response::builder().header(header::CONTENT_LENGTH, whole);
        return builder.body(Body::empty()).unwrap();
    }
    let trouble = served.troubles.pop_front();
    if let Some(Trouble::Status(status)) = trouble {
        return refuse(status, "");
    }
    let start = headers.get(header::RANGE).map(|range| {
        let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
        range.strip_suffix('-').unwrap().parse::<usize>().unwrap()
    });
    let start = start.filter(|_| !matches!(trouble, Some(Trouble::NoRange)));
    let builder = match start {
        Some(start) if start >= whole => return refuse(416, ""),
        Some(start) => Response::builder().status(206).header(
            header::CONTENT_RANGE,
            format!("bytes {start}-{}/{whole}", whole - 1),
        ),
        None => Response::builder(),
    };
    let start = start.unwrap_or(0);
    let mut bytes = match &served.content {
        Content::Memory(bytes) => bytes[start..].to_vec(),
        Content::Disk(path) => {
            let builder = builder.header(header::CONTENT_LENGTH, whole - start);
            return builder.body(from_disk(path, start)).unwrap();
        }
    };
    match trouble {
        Some(Trouble::Flip(at)) => bytes[at] ^= 1,
        Some(Trouble::Longer) => bytes.extend([0; PART_BYTES]),
        _ => {}
    }
    let length = bytes.len();
    builder
        .header(header::CONTENT_LENGTH, length)
        .body(body(bytes, trouble))
        .unwrap()
}

fn from_disk(path: &Path, start: usize) -> Body {
    let mut file = File::open(path).unwrap();
    file.seek(SeekFrom::Start(start as u64)).unwrap();
    let parts = std::iter::from_fn(move || {
        let mut part = vec![0; 1 << 20];
        let read = file.read(&mut part).unwrap();
        part.truncate(read);
        (read > 0).then(|| Ok::<_, Infallible>(Bytes::from(part)))
    });
    Body::from_stream(stream::iter(parts))
}

fn body(mut bytes: Vec<u8>, trouble: Option<Trouble>) -> Body {
    let (breaks, is_silent) = match trouble {
        Some(Trouble::Break(at)) => (Some(at), false),
        Some(Trouble::Silence(at)) => (Some(at), true),
        _ => (None, false),
    };
    bytes.truncate(breaks.unwrap_or(usize::MAX));
    let parts: Vec<_> = bytes
        .chunks(PART_BYTES)
        .map(Bytes::copy_from_slice)
        .collect();
    let pause = match trouble {
        Some(Trouble::Slow(pause)) => pause,
        // What was sent before the line breaks has to arrive.
        _ if breaks.is_some() => Duration::from_millis(5),
        _ => Duration::ZERO,
    };
    let sent = stream::iter(parts).then(move |part| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, std::io::Error>(part)
    });
    let end = stream::once(async move {
        if is_silent {
            std::future::pending::<Infallible>().await;
        }
        tokio::time::sleep(pause * 4).await;
        Err(std::io::Error::other("the line breaks"))
    });
    if breaks.is_some() {
        Body::from_stream(sent.chain(end))
    } else {
        Body::from_stream(sent)
    }
}

fn lead(status: u16, location: &str) -> Response<Body> {
    let builder = Response::builder().status(status);
    let builder = builder.header(header::LOCATION, location);
    builder.body(Body::empty()).unwrap()
}

fn refuse(status: u16, code: &str) -> Response<Body> {
    let mut response = Response::new(Body::from("no"));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if !code.is_empty() {
        let headers = response.headers_mut();
        headers.insert("x-error-code", code.parse().unwrap());
    }
    response
}

/// Hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
