use std::net::SocketAddr;

use songwright_base::{OperationState, config::Config};
use songwright_server::{Host, Serving};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

use crate::{Error, print, signals};

/// What besides Ctrl-C ends a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Until {
    /// SIGTERM alone.
    Stopped,
    /// The end of its standard input, which another process holds.
    InputEnds,
}

/// Serves until it is asked to stop: then what runs ends, what waits is kept. A second Ctrl-C ends
/// it at once.
///
/// # Errors
/// [`Error::Listen`]; what opening the data folder says; [`Error::Interrupted`].
pub(crate) async fn serve(config: Config, serving: Serving, until: Until) -> Result<(), Error> {
    let address = SocketAddr::new(config.host, config.port);
    let failed = |source| Error::Listen { address, source };
    // The port first: a second server on it must not touch the queue.
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let host = Host::open(config, serving).await?;
    tell_of_kept(&host);
    print::line(format!("Listening on http://{bound}"))?;
    let stop = async move {
        match until {
            Until::Stopped => signals::stop().await,
            Until::InputEnds => tokio::select! {
                () = signals::stop() => {}
                () = input_ends() => {}
            },
        }
        tracing::info!("Stopping: what runs may end, what waits is kept");
    };
    tokio::select! {
        ended = songwright_server::serve(host, listener, stop) => {
            ended.map_err(Error::system("serving"))
        }
        () = stopped_twice() => Err(Error::Interrupted),
    }
}

fn tell_of_kept(host: &Host) {
    let kept = host
        .queue
        .operations()
        .list()
        .iter()
        .filter(|s| {
            matches!(
                s.state,
                OperationState::Waiting | OperationState::Interrupted
            )
        })
        .count();
    if kept > 0 {
        print::aside(format!(
            "Operations of an earlier run that can go on: {kept}. The page shows them; `songwright resume` makes them."
        ));
    }
}

async fn stopped_twice() {
    signals::stop().await;
    signals::stop().await;
}

async fn input_ends() {
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 64];
    while input.read(&mut ignored).await.is_ok_and(|n| n > 0) {}
}
