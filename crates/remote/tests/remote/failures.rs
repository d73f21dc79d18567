use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use serde_json::json;
use songwright_base::{Code, EngineError, LyricSheet, Service, Silent};
use songwright_lyrics::Lyricist as _;
use songwright_remote::RemoteLyricist;

use crate::{
    server::{Reply, Server, dying_after},
    targets::{CancelAt, lyricist, lyrics_params, target},
};

fn ask(url: &str) -> Result<LyricSheet, EngineError> {
    lyricist(url).lyrics(&lyrics_params(), &Silent)
}

fn remote_problem(result: Result<LyricSheet, EngineError>) -> String {
    match result {
        Err(EngineError::Remote { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_that_recovers_is_asked_again() {
    for status in [408, 429, 502, 503, 504] {
        let server = Server::start(move |_, nth| match nth {
            0 => Reply::After(0, status, json!({"detail": "Loading."})),
            _ => Reply::Json(200, json!({"lyrics": "la"})),
        });
        assert!(ask(&server.url()).is_ok(), "{status}");
        assert_eq!(server.asked().len(), 2, "{status}");
    }
}

#[test]
fn three_tries_with_growing_pauses_and_then_the_reason() {
    let server = Server::saying(503, json!({"detail": "The model is still loading."}));
    let start = Instant::now();
    let Err(EngineError::Unavailable { what }) = ask(&server.url()) else {
        panic!("a service that was never there answered");
    };
    assert!(what.contains("The model is still loading."), "{what}");
    assert!(
        what.contains(&format!("lyrics-generator at {}", server.url())),
        "{what}"
    );
    assert_eq!(server.asked().len(), 3);
    // 0.5 s and 1 s, each with up to as much again of jitter.
    let took = start.elapsed();
    assert!(
        (Duration::from_millis(1500)..Duration::from_secs(15)).contains(&took),
        "{took:?}"
    );
}

#[test]
fn what_will_not_change_is_asked_once() {
    for status in [400, 401, 403, 404, 422, 500, 501, 507] {
        let server = Server::saying(status, json!({"detail": "No."}));
        assert!(ask(&server.url()).is_err());
        assert_eq!(server.asked().len(), 1, "{status}");
    }
}

#[test]
fn retry_after_is_kept_and_not_waited_for_past_the_end() {
    let server = Server::start(|_, nth| match nth {
        0 => Reply::After(2, 429, json!({"detail": "Busy."})),
        _ => Reply::Json(200, json!({"lyrics": "la"})),
    });
    let start = Instant::now();
    assert!(ask(&server.url()).is_ok());
    assert!(start.elapsed() >= Duration::from_secs(2));

    let server = Server::start(|_, _| Reply::After(3600, 429, json!({"detail": "Queue full."})));
    let start = Instant::now();
    let Err(EngineError::Unavailable { what }) = ask(&server.url()) else {
        panic!("a full queue answered");
    };
    assert!(what.ends_with("Queue full. Try again in 3600 s."), "{what}");
    assert_eq!(server.asked().len(), 1);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_licence_that_was_not_accepted_there_is_no_wrong_key() {
    let detail = "Model is under a licence, which has to be accepted first.";
    let server = Server::saying(403, json!({"detail": detail, "code": "forbidden"}));
    let error = ask(&server.url()).unwrap_err();
    assert_eq!(error.code(), Code::BadGateway);
    let text = error.to_string();
    assert!(text.contains(detail) && !text.contains("key"), "{text}");
}

#[test]
fn each_status_has_its_sentence() {
    let refused = |status: u16, key: Option<&str>| {
        let server = Server::saying(status, json!({"detail": "Because."}));
        let mut target = target(Service::Lyrics, &server.url());
        target.key = key.map(str::to_owned);
        RemoteLyricist::new(target)
            .unwrap()
            .lyrics(&lyrics_params(), &Silent)
            .unwrap_err()
    };
    for status in [400, 422] {
        let error = refused(status, None);
        assert_eq!(error.code(), Code::BadGateway, "{status}");
        let text = error.to_string();
        assert!(
            text.starts_with("The lyrics-generator at http://127.0.0.1:")
                && text.ends_with("does not take this request: Because."),
            "{text}"
        );
    }
    let text = refused(401, None).to_string();
    assert!(
        text.contains(
            "it asks for a key. Set SONGWRIGHT_LYRICS_KEY, or SONGWRIGHT_LYRICS_MODAL_KEY and"
        ),
        "{text}"
    );
    let text = refused(403, Some("wrong")).to_string();
    assert!(
        text.contains("does not accept the key. Check SONGWRIGHT_LYRICS_KEY"),
        "{text}"
    );
    assert!(!text.contains("wrong"), "{text}");
    let text = refused(404, None).to_string();
    assert!(text.contains("Is LYRICS_SERVICE_URL the address"), "{text}");
    for status in [500, 507] {
        let text = refused(status, None).to_string();
        assert!(
            text.ends_with(&format!("failed: Because. (HTTP {status})")),
            "{text}"
        );
    }
}

#[test]
fn a_hanging_service_is_left_at_once_when_cancelled() {
    let server = Server::start(|_, _| Reply::Hang);
    let cancel_at = Instant::now() + Duration::from_millis(400);
    let result = lyricist(&server.url()).lyrics(&lyrics_params(), &CancelAt(cancel_at));
    let late = cancel_at.elapsed();
    assert!(matches!(result, Err(EngineError::Cancelled)), "{result:?}");
    assert!(late < Duration::from_secs(5), "{late:?}");
    assert_eq!(server.asked().len(), 1);
    // The service learns of it: the connection is closed, not kept.
    let patience = Instant::now() + Duration::from_secs(30);
    while !server.client_left() {
        assert!(Instant::now() < patience, "the connection stayed open");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_pause_between_tries_ends_when_cancelled_and_nothing_is_asked_after() {
    let server = Server::start(|_, _| Reply::After(20, 503, json!({"detail": "Loading."})));
    let mut lyricist = lyricist(&server.url());
    let cancel_at = Instant::now() + Duration::from_millis(300);
    let result = lyricist.lyrics(&lyrics_params(), &CancelAt(cancel_at));
    assert!(matches!(result, Err(EngineError::Cancelled)), "{result:?}");
    assert!(cancel_at.elapsed() < Duration::from_secs(5));
    let result = lyricist.lyrics(&lyrics_params(), &CancelAt(Instant::now()));
    assert!(matches!(result, Err(EngineError::Cancelled)), "{result:?}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_hanging_service_is_left_at_the_deadline() {
    let server = Server::start(|_, _| Reply::Hang);
    let mut target = target(Service::Lyrics, &server.url());
    target.max_runtime = Duration::from_secs(1);
    let start = Instant::now();
    let result = RemoteLyricist::new(target)
        .unwrap()
        .lyrics(&lyrics_params(), &Silent);
    assert!(
        matches!(result, Err(EngineError::DeadlinePassed { limit_s: 1 })),
        "{result:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_service_that_dies_is_named_without_credentials() {
    for text in [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"lyr",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"lyr\r\n",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "",
        "SSH-2.0-OpenSSH_9.2\r\n",
    ] {
        let url = dying_after(text);
        let with_credentials = url.replace("http://", "http://me:hunter2@");
        let error = ask(&with_credentials).unwrap_err();
        let EngineError::Remote {
            url: shown,
            problem,
            ..
        } = &error
        else {
            panic!("{text}: {error:?}");
        };
        assert_eq!(*shown, url);
        assert!(problem.contains("broke off"), "{text}: {problem}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn nobody_there_is_said_after_three_tries() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let start = Instant::now();
    let problem = remote_problem(ask(&url));
    assert!(problem.contains("no connection could be made"), "{problem}");
    assert!(problem.contains("refused"), "{problem}");
    assert!(start.elapsed() >= Duration::from_millis(1500));
}

#[test]
fn rubbish_is_called_what_it_is() {
    for (body, reason) in [
        (
            "<!doctype html><html><body>Welcome</body></html>",
            "a web page instead of JSON",
        ),
        ("lyrics: la", "not JSON"),
        ("{\"lyrics\": \"la\"", "not JSON"),
        ("{\"lyrics\": \"la\"} and more", "not JSON"),
        ("", "not JSON"),
        ("{}", "missing field `lyrics`"),
        ("{\"lyrics\": null}", "lyrics: invalid type: null"),
        ("{\"lyrics\": [\"la\"]}", "lyrics: invalid type: sequence"),
        ("{\"lyrics\": \"  \"}", "no line that can be sung"),
        (
            "{\"lyrics\": \"[instrumental]\"}",
            "no line that can be sung",
        ),
    ] {
        let server =
            Server::start(move |_, _| Reply::Bytes("application/json", body.as_bytes().to_vec()));
        let problem = remote_problem(ask(&server.url()));
        assert!(problem.contains(reason), "{body}: {problem}");
        assert_eq!(server.asked().len(), 1, "{body}");
    }
}

#[test]
fn an_answer_without_end_is_cut() {
    // The header alone is enough, and so is a body that never said how long it is.
    let url = dying_after("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{");
    let problem = remote_problem(ask(&url));
    assert!(problem.contains("larger than 4 MiB"), "{problem}");
    let server = Server::start(|_, _| Reply::Bytes("application/json", vec![b' '; (4 << 20) + 1]));
    let problem = remote_problem(ask(&server.url()));
    assert!(problem.contains("larger than 4 MiB"), "{problem}");
}
