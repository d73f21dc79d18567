use std::{
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::home::Home;

const KEY: &str = "a-key-of-at-least-sixteen-characters";

/// The first of four ports in a row that are free now.
fn four_ports() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let from = 20_000 + (std::process::id() % 10_000) as u16;
    (from..60_000)
        .step_by(4)
        .find(|port| (*port..*port + 4).all(free))
        .unwrap()
}

/// `run-all`, killed where it is dropped: its services end with its pipes.
struct Family(Child);

impl Drop for Family {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(120)))
        .build()
        .into()
}

#[test]
fn four_processes_start_in_their_order_share_a_key_and_end_together() {
    let home = Home::new();
    let port = four_ports();
    let mut call = home.call(&["run-all", "--port", &port.to_string()]);
    call.env("SONGWRIGHT_API_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut family = Family(call.spawn().unwrap());
    let lines = BufReader::new(family.0.stdout.take().unwrap()).lines();
    let said: Vec<String> = lines.take(4).map(Result::unwrap).collect();
    let url = |n: u16| format!("http://127.0.0.1:{}", port + n);
    assert_eq!(
        said,
        [
            format!("{:<12} {}", "lyrics", url(1)),
            format!("{:<12} {}", "music", url(2)),
            format!("{:<12} {}", "image", url(3)),
            format!("Listening on {}", url(0)),
        ]
    );

    let body = json!({
        "full_described_song": "a round for four voices", "audio_duration": 10, "cover_size": 256,
    });
    let path = format!("{}/generate_from_description", url(0));
    let locked = agent().post(&path).send_json(&body).unwrap();
    assert_eq!(locked.status(), 401);
    let with_key = |request: ureq::RequestBuilder<ureq::typestate::WithBody>| {
        request.header("authorization", format!("Bearer {KEY}"))
    };
    let mut made = with_key(agent().post(&path)).send_json(&body).unwrap();
    let package: Value = made.body_mut().read_json().unwrap();
    assert_eq!(
        (made.status().as_u16(), &package["errors"]),
        (200, &Value::Null),
        "{package}"
    );
    // Each part was made in its process.
    for (n, part) in [(1, "lyrics"), (2, "music"), (3, "cover-image")] {
        let mut health = agent()
            .get(format!("{}/health_check", url(n)))
            .call()
            .unwrap();
        let health: Value = health.body_mut().read_json().unwrap();
        assert_eq!(health["status"], "healthy", "{health}");
        assert!(
            health["service"].as_str().unwrap().starts_with(part),
            "{health}"
        );
        assert!(health["total_operations"].as_u64().unwrap() > 0, "{health}");
    }

    kill_process(Pid::from_child(&family.0), Signal::TERM).unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = family.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < patience, "SIGTERM does not end it");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(status.success(), "{status}");
    for n in 0..4 {
        let left = TcpStream::connect(("127.0.0.1", port + n));
        assert!(left.is_err(), "port {} is still answered", port + n);
    }
}

#[test]
fn the_list_says_which_services_answer() {
    let home = Home::new();
    let port = four_ports().to_string();
    let health = |listed: &Value| -> Vec<Value> {
        let services = listed.as_array().unwrap();
        services
            .iter()
            .map(|service| service["health"].clone())
            .collect()
    };
    let listed = home.json(&["list", "--port", &port]);
    assert_eq!(health(&listed), vec![Value::Null; 4]);
    assert_eq!(listed[3]["needs"], json!(["lyrics", "music", "image"]));
    let server = home.serve(&[]);
    let port = server.url("").rsplit_once(':').unwrap().1.to_owned();
    let listed = home.json(&["list", "--port", &port]);
    assert_eq!(health(&listed), vec![json!("healthy"); 4]);
}
