//! A server that answers as the test says and remembers what it was asked.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    /// `Modal-Key` and `Modal-Secret`.
    pub(crate) modal: [Option<String>; 2],
    /// Null where there is none.
    pub(crate) body: Value,
    /// The same as it came.
    pub(crate) bytes: Vec<u8>,
}

pub(crate) enum Reply {
    Json(u16, Value),
    /// As `Json`, with `Retry-After` in seconds.
    After(u64, u16, Value),
    Bytes(&'static str, Vec<u8>),
    Redirect(String),
    Hang,
}

pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Whether a hanging request's client has left.
    left: Arc<AtomicBool>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// `answer` is given the request and how many came before it.
    pub(crate) fn start(answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let left = Arc::new(AtomicBool::new(false));
        let answer = Arc::new(answer);
        let (seen, gone) = (asked.clone(), left.clone());
        let app = Router::new().fallback(move |request: Request| {
            let (answer, seen, gone) = (answer.clone(), seen.clone(), gone.clone());
            async move {
                let request = read(request).await;
                let nth = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request.clone());
                    seen.len() - 1
                };
                respond(answer(&request, nth), gone).await
            }
        });
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            address,
            asked,
            left,
            _runtime: runtime,
        }
    }

    /// Always the same answer.
    pub(crate) fn saying(status: u16, body: Value) -> Self {
        Self::start(move |_, _| Reply::Json(status, body.clone()))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn client_left(&self) -> bool {
        self.left.load(Ordering::SeqCst)
    }
}

async fn read(request: Request) -> Asked {
    let modal = ["modal-key", "modal-secret"].map(|name| {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    });
    let authorization = request
        .headers()
        .get_all(header::AUTHORIZATION)
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .reduce(|a, b| format!("{a} AND {b}"));
    let method = request.method().to_string();
    let path = request.uri().path_and_query().unwrap().to_string();
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
    Asked {
        method,
        path,
        authorization,
        modal,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        bytes: body.to_vec(),
    }
}

struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

async fn respond(reply: Reply, gone: Arc<AtomicBool>) -> Response {
    let json = |status: u16, body: Value| {
        (
            StatusCode::from_u16(status).unwrap(),
            [(header::CONTENT_TYPE, "application/json")],
            body.to_string(),
        )
    };
    match reply {
        Reply::Json(status, body) => json(status, body).into_response(),
        Reply::After(seconds, status, body) => (
            [(header::RETRY_AFTER, seconds.to_string())],
            json(status, body),
        )
            .into_response(),
        Reply::Bytes(kind, bytes) => {
            ([(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response()
        }
        Reply::Redirect(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Reply::Hang => {
            let _leaving = Leaving(gone);
            std::future::pending().await
        }
    }
}

/// A service that dies: every connection gets `text` and is closed. Gives its URL.
pub(crate) fn dying_after(text: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut some = [0; 4096];
            let _ = stream.read(&mut some);
            let _ = stream.write_all(text.as_bytes());
        }
    });
    url
}

/// `metadata` as the contract has it.
pub(crate) fn metadata() -> Value {
    json!({
        "generation_time": 1.5,
        "model_info": "Qwen/Qwen2-7B-Instruct",
        "gpu_type": "L40S",
        "estimated_cost": null,
        "operation_id": "0b0e9a86-1111-4222-8333-944455556666",
    })
}
