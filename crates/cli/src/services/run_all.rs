use std::{net::SocketAddr, process::Stdio, time::Duration};

use songwright_base::{
    Service,
    config::{Config, ConfigError},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::{Error, args::GlobalArgs, doctor::loopback, http, print, signals};

/// A process that was asked to end has so long; a server takes 24 seconds at the most, and its engines two.
const GRACE: Duration = Duration::from_secs(30);
/// Between two questions whether a service is healthy.
const ASK_EVERY: Duration = Duration::from_millis(200);
const LISTENING: &str = "Listening on ";

type Ended = (Service, std::io::Result<std::process::ExitStatus>);

/// The four services as four processes, each started when those it needs are healthy.
struct Family<'a> {
    config: &'a Config,
    flags: &'a GlobalArgs,
    patience: Duration,
    client: reqwest::Client,
    processes: JoinSet<Ended>,
    stops: Vec<(CancellationToken, AbortHandle)>,
    urls: Vec<(Service, String)>,
}

/// Runs them until Ctrl-C or SIGTERM, or until one of them ends: then all end.
pub(crate) async fn run_all(
    config: &Config,
    flags: &GlobalArgs,
    patience_s: u64,
) -> Result<(), Error> {
    if config.port > u16::MAX - 3 {
        return Err(Error::Config(ConfigError::Value {
            key: "port".to_owned(),
            problem: format!("must be at most {}: run-all takes four", u16::MAX - 3),
        }));
    }
    let mut family = Family {
        config,
        flags,
        patience: Duration::from_secs(patience_s),
        client: http::client()?,
        processes: JoinSet::new(),
        stops: Vec::new(),
        urls: Vec::new(),
    };
    let outcome = tokio::select! {
        outcome = family.live() => outcome,
        () = signals::stop() => Ok(()),
    };
    family.end().await;
    outcome
}

impl Family<'_> {
    async fn live(&mut self) -> Result<(), Error> {
        for service in Service::ALL {
            self.start(service).await?;
        }
        match self.processes.join_next().await {
            Some(Ok((service, status))) => Err(died(service, status)),
            // Only a panic or the end of the runtime stops a task that waits.
            Some(Err(_)) | None => Ok(()),
        }
    }

    async fn start(&mut self, service: Service) -> Result<(), Error> {
        let deadline = Instant::now() + self.patience;
        let mut child = self.spawn(service)?;
        let listening = child.stdout.take();
        let stop = CancellationToken::new();
        let process = self.processes.spawn(watch(service, child, stop.clone()));
        self.stops.push((stop, process));
        let patience_s = self.patience.as_secs();
        let too_late = || Error::NotHealthy {
            service,
            patience_s,
        };
        let client = self.client.clone();
        let healthy = async move {
            let url = match listening {
                Some(output) => address(output).await?,
                None => return None,
            };
            loop {
                match http::health(&client, &url).await {
                    Ok(health) if health.status == "healthy" => return Some(url),
                    _ => sleep(ASK_EVERY).await,
                }
            }
        };
        let url = tokio::select! {
            Some(Ok((service, status))) = self.processes.join_next() => {
                return Err(died(service, status));
            }
            url = timeout_at(deadline, healthy) => url,
        };
        let url = match url {
            Ok(Some(url)) => url,
            // Its output ended: it is about to end itself.
            Ok(None) => match timeout(GRACE, self.processes.join_next()).await {
                Ok(Some(Ok((service, status)))) => return Err(died(service, status)),
                _ => return Err(too_late()),
            },
            Err(_) => return Err(too_late()),
        };
        match service {
            Service::Integrated => print::line(format!("{LISTENING}{url}"))?,
            other => print::line(format!("{:<12} {url}", other.word()))?,
        }
        self.urls.push((service, url));
        Ok(())
    }

    fn spawn(&self, service: Service) -> Result<Child, Error> {
        let failed = "starting another process of this program";
        let program = std::env::current_exe().map_err(Error::system(failed))?;
        let mut command = Command::new(program);
        command
            .args(["run", service.word(), "--until-input-ends"])
            .args(["--host", &self.config.host.to_string()])
            .args(["--port", &self.port(service).to_string()])
            .arg("--data-dir")
            .arg(&self.config.data_dir)
            .args(std::iter::repeat_n("-v", usize::from(self.flags.verbose)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if let Some(file) = &self.flags.config {
            command.arg("--config").arg(file);
        }
        if let Some(key) = &self.config.api_key {
            command.env("SONGWRIGHT_API_KEY", key);
        }
        for (other, url) in &self.urls {
            let upper = other.word().to_uppercase();
            command.env(format!("{upper}_SERVICE_URL"), url);
            if let Some(key) = &self.config.api_key {
                command.env(format!("SONGWRIGHT_{upper}_KEY"), key);
            }
        }
        // Ctrl-C reaches this process alone, which ends the others in their order.
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map_err(Error::system(failed))
    }

    /// Clients talk to the integrated service, so it has the port that was asked for.
    fn port(&self, service: Service) -> u16 {
        match (self.config.port, service) {
            (0, _) => 0,
            (port, Service::Integrated) => port,
            (port, other) => port + 1 + other.index() as u16,
        }
    }

    /// The last started first: it still needs the others while it ends.
    async fn end(&mut self) {
        while let Some((stop, process)) = self.stops.pop() {
            stop.cancel();
            while !process.is_finished() && self.processes.join_next().await.is_some() {}
        }
    }
}

/// Waits for a process; asked to stop, it closes the input that the process lives by.
async fn watch(service: Service, mut child: Child, stop: CancellationToken) -> Ended {
    // `wait` would close it.
    let input = child.stdin.take();
    tokio::select! {
        status = child.wait() => (service, status),
        () = stop.cancelled() => {
            drop(input);
            let status = match timeout(GRACE, child.wait()).await {
                Ok(status) => status,
                Err(_) => {
                    let _ = child.start_kill();
                    child.wait().await
                }
            };
            (service, status)
        }
    }
}

/// The address in the line that a server prints when it listens. What follows is read and dropped,
/// so that the process never waits for a reader.
async fn address(output: ChildStdout) -> Option<String> {
    let mut lines = BufReader::new(output).lines();
    let url = loop {
        let line = lines.next_line().await.ok()??;
        if let Some(url) = line.strip_prefix(LISTENING) {
            break url.trim().to_owned();
        }
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Some(reachable(&url))
}

/// A server on all addresses is reached on the loopback one.
fn reachable(url: &str) -> String {
    let address = url.strip_prefix("http://").and_then(|a| a.parse().ok());
    address.map_or_else(
        || url.to_owned(),
        |a: SocketAddr| format!("http://{}", SocketAddr::new(loopback(a.ip()), a.port())),
    )
}

fn died(service: Service, status: std::io::Result<std::process::ExitStatus>) -> Error {
    match status {
        Ok(status) => Error::ServiceDied { service, status },
        Err(source) => Error::System {
            doing: "waiting for a service",
            source,
        },
    }
}
