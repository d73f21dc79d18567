use std::{future::Future, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use crate::{Host, router};

/// How long running operations may take to end after the server was asked to stop.
const GRACE: Duration = Duration::from_secs(20);
/// Then what runs is interrupted, and answers and downloads are cut off after so long.
const LIMIT: Duration = Duration::from_secs(24);

/// Serves until `shutdown` resolves: then no new request is taken, what waits stays in the journal,
/// and what runs has twenty seconds to end, whether somebody waits for it or not. What has not ended by
/// then is interrupted, and can go on at the next start. This takes 24 seconds at the most.
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
    let listening = axum::serve(listener, router(&host))
        .with_graceful_shutdown(closing.clone().cancelled_owned());
    let working = async {
        shutdown.await;
        queue.close();
        closing.cancel();
        queue.drain(GRACE).await;
    };
    let too_long = async {
        closing.cancelled().await;
        tokio::time::sleep(LIMIT).await;
    };
    tokio::select! {
        (result, ()) = async { tokio::join!(listening.into_future(), working) } => result,
        () = too_long => Ok(()),
    }
}
