//! The document's test of each service: start it, call every endpoint over HTTP, provoke its
//! errors, time it.

mod calls;
mod errors;
mod probe;
mod speed;

use std::net::{Ipv4Addr, SocketAddr};

use serde::Serialize;
use songwright_base::{
    Failure, Service,
    config::{Config, StorageConfig},
};
use songwright_server::{Host, Serving};
use songwright_storage::Scratch;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{Error, http, print};
use probe::Probe;
use speed::Speed;

/// Small enough to be exceeded in no time, large enough for every request of ours.
const MAX_BODY_BYTES: usize = 16 << 10;

/// What was seen of one service.
#[derive(Debug, Serialize)]
struct Report {
    service: &'static str,
    ok: bool,
    /// Seconds until it listened.
    start_seconds: f64,
    checks: Vec<Outcome>,
    benchmark: Option<Speed>,
}

/// One call.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    /// "POST /generate_lyrics", with what is special about it.
    name: String,
    ok: bool,
    /// 0 where no answer came.
    status: u16,
    seconds: f64,
    /// What is not as it should be.
    problem: Option<String>,
}

/// Checks one service, or all four; [`Error::ChecksFailed`] where something is not right.
pub(crate) async fn check(config: &Config, name: Option<Service>, json: bool) -> Result<(), Error> {
    let services = name.map_or_else(|| Service::ALL.to_vec(), |one| vec![one]);
    let mut reports = Vec::new();
    for service in services {
        let report = check_one(config, service).await?;
        if !json {
            show(&report)?;
        }
        reports.push(report);
    }
    if json {
        print::json(&reports)?;
    }
    let all = || reports.iter().flat_map(|r| &r.checks);
    let (found, of) = (all().filter(|c| !c.ok).count(), all().count());
    if found == 0 {
        Ok(())
    } else {
        Err(Error::ChecksFailed { found, of })
    }
}

async fn check_one(config: &Config, service: Service) -> Result<Report, Error> {
    let begun = std::time::Instant::now();
    let running = Running::start(config, service).await?;
    let start_seconds = begun.elapsed().as_secs_f64();
    let mut probe = Probe::new(http::client()?, service, running.url.clone());
    calls::call_all(&mut probe).await;
    errors::provoke_all(&mut probe).await;
    let benchmark = speed::measure(&mut probe).await;
    running.end().await;
    let checks = probe.into_outcomes();
    Ok(Report {
        service: service.name(),
        ok: checks.iter().all(|c| c.ok),
        start_seconds,
        checks,
        benchmark,
    })
}

/// A service alone on a free port of this machine, with a library and files of its own.
struct Running {
    url: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
    _folder: tempfile::TempDir,
}

impl Running {
    async fn start(config: &Config, service: Service) -> Result<Self, Error> {
        let folder = Scratch::of(&config.data_dir)
            .folder()
            .map_err(Failure::from)?;
        let config = Config {
            data_dir: folder.path().to_owned(),
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            // Nobody else knows the port.
            api_key: None,
            max_body_bytes: MAX_BODY_BYTES,
            // A bucket is for songs.
            storage: StorageConfig::Local,
            ..config.clone()
        };
        let address = SocketAddr::new(config.host, config.port);
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let host = Host::open(config, Serving::One(service)).await?;
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(songwright_server::serve(host, listener, async {
            // A dropped sender stops it as well.
            let _ = stopped.await;
        }));
        Ok(Self {
            url,
            stop,
            server,
            _folder: folder,
        })
    }

    async fn end(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.server.await {
            tracing::warn!("The service did not end well: {error}");
        }
    }
}

fn show(report: &Report) -> Result<(), Error> {
    print::line(format!(
        "{}  (ready in {:.2} s)",
        report.service, report.start_seconds
    ))?;
    for check in &report.checks {
        let mark = if check.ok { "ok    " } else { "FAILED" };
        let Outcome {
            name,
            status,
            seconds,
            ..
        } = check;
        print::line(format!("  {mark}  {name:<60} {status:>3} {seconds:>7.2} s"))?;
        if let Some(problem) = &check.problem {
            print::line(format!("          {problem}"))?;
        }
    }
    if let Some(speed) = &report.benchmark {
        print::line(format!("  bench   {speed}"))?;
    }
    print::line("")
}
