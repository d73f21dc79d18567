use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{WholeWav, command};

/// `songwright serve` on a free port.
pub struct Server {
    child: Child,
    base: String,
    data_dir: PathBuf,
}

/// A response, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, where there is one.
    pub retry_after: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| {
            panic!(
                "status {}, {e}: {}",
                self.status,
                String::from_utf8_lossy(&self.bytes)
            )
        })
    }
}

impl Server {
    /// Starts one over `data_dir` and waits until it listens.
    ///
    /// # Panics
    /// Where it ends, or says nothing within a minute.
    #[must_use]
    pub fn start(data_dir: &Path, env: &[(&str, &str)]) -> Self {
        let log = data_dir.with_extension("log");
        let mut child = command()
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(data_dir)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(
                File::options()
                    .create(true)
                    .append(true)
                    .open(&log)
                    .unwrap(),
            )
            .spawn()
            .expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(base) = line.trim().strip_prefix("Listening on ") else {
            let _ = child.kill();
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("expected \"Listening on …\", not {line:?}; it said:\n{said}");
        };
        let base = base.to_owned();
        // Keeps the pipe open and empty.
        thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        Self {
            child,
            base,
            data_dir: data_dir.to_owned(),
        }
    }

    /// What it logged, in this and earlier runs over the same folder.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data_dir.with_extension("log")).unwrap_or_default()
    }

    /// SIGKILL, as a power cut.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end; the exit status.
    ///
    /// # Panics
    /// Where it takes longer than forty seconds.
    #[must_use]
    pub fn stop(mut self) -> std::process::ExitStatus {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        let deadline = Instant::now() + Duration::from_secs(40);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "SIGTERM does not end it");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Resident memory in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|l| l.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        answer(agent().get(self.url(path)).call())
    }

    /// DELETE.
    #[must_use]
    pub fn delete(&self, path: &str) -> Answer {
        answer(agent().delete(self.url(path)).call())
    }

    /// POST with a JSON body.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        answer(agent().post(self.url(path)).send_json(body))
    }

    /// POST with a body of another kind.
    #[must_use]
    pub fn send(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let request = agent().post(self.url(path)).content_type(kind);
        answer(request.send(body))
    }

    /// What is said to a body of so many bytes before any of it is sent: the status.
    #[must_use]
    pub fn announced(&self, path: &str, bytes: u64) -> u16 {
        let address = self
            .base
            .trim_start_matches("http://")
            .trim_end_matches('/');
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {bytes}\r\n\r\n"
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        status.unwrap_or_else(|| panic!("no status: {line:?}"))
    }

    /// Asks for something without waiting for it; its operation's id.
    ///
    /// # Panics
    /// Where the answer is not 202.
    #[must_use]
    pub fn submit(&self, path: &str, body: &Value) -> String {
        let answer = self.post(&format!("{path}?async=true"), body);
        assert_eq!(answer.status, 202, "{}", answer.json());
        answer.json()["operation_id"].as_str().unwrap().to_owned()
    }

    /// An operation as it is now.
    #[must_use]
    pub fn operation(&self, id: &str) -> Value {
        let answer = self.get(&format!("/operations/{id}"));
        assert_eq!(answer.status, 200, "operation {id}: {}", answer.json());
        answer.json()
    }

    /// Waits until an operation ends, and gives it.
    ///
    /// # Panics
    /// Where it takes longer than two minutes.
    #[must_use]
    pub fn ended(&self, id: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let operation = self.operation(id);
            if !matches!(operation["state"].as_str(), Some("waiting" | "running")) {
                return operation;
            }
            assert!(Instant::now() < deadline, "it does not end: {operation}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// All songs of the library, newest first.
    #[must_use]
    pub fn songs(&self) -> Vec<Value> {
        let mut songs = Vec::new();
        loop {
            let answer = self.get(&format!("/songs?limit=100&offset={}", songs.len()));
            assert_eq!(answer.status, 200, "{}", answer.json());
            let page = answer.json();
            let more = page["songs"].as_array().unwrap();
            songs.extend(more.iter().cloned());
            if more.is_empty() || songs.len() as u64 >= page["total"].as_u64().unwrap() {
                return songs;
            }
        }
    }

    /// Reads all that a song says it has: its audio, as long as it says, and its cover.
    ///
    /// # Panics
    /// Where anything is missing or cut off.
    pub fn assert_whole(&self, song: &Value) {
        let link = |name: &str| song["links"][name].as_str().map(str::to_owned);
        let audio = self.get(&link("audio").expect("a link to the audio"));
        assert_eq!(audio.status, 200, "the audio of {song}");
        let wav = WholeWav::read(&audio.bytes).unwrap_or_else(|e| panic!("{e}: {song}"));
        let promised_s = song["audio_duration"].as_f64().unwrap();
        assert!(
            (wav.duration_s() - promised_s).abs() <= 1.5 / f64::from(wav.sample_rate),
            "{} s of {promised_s} s",
            wav.duration_s()
        );
        if let Some(cover) = link("cover") {
            let png = self.get(&cover);
            assert_eq!(png.status, 200, "the cover of {song}");
            assert!(
                png.bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
                "the cover is no PNG"
            );
            assert!(
                png.bytes.ends_with(b"IEND\xaeB`\x82"),
                "the cover is cut off"
            );
        }
    }

    /// Where a path of it is.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(300)))
        .build()
        .into()
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let response = result.expect("an answer");
    let retry_after = response
        .headers()
        .get("retry-after")
        .map(|v| v.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    response
        .into_body()
        .into_reader()
        .read_to_end(&mut bytes)
        .unwrap();
    Answer {
        status,
        retry_after,
        bytes,
    }
}
