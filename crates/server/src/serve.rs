use std::{future::Future, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use crate::{Host, router};

/// How long running operations may take to end after the server was asked to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until `shutdown` resolves: then no new request is taken, what waits stays in the journal,
/// and what runs has twenty seconds to end.
///
/// # Errors
/// What the listener says.
pub async fn serve(
    host: Arc<Host>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let closing = host.closing.clone();
    let queue = host.queue.clone();
    tokio::spawn({
        let closing = closing.clone();
        async move {
            shutdown.await;
            queue.close();
            closing.cancel();
        }
    });
    let server = axum::serve(listener, router(&host))
        .with_graceful_shutdown(closing.clone().cancelled_owned());
    let too_long = async {
        closing.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = server => result,
        () = too_long => Ok(()),
    }
}
