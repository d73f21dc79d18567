//! An operation while it runs: bars on a terminal, plain lines elsewhere, both on stderr.

mod bars;
mod plain;

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use songwright_base::{Operation, OperationState, Snapshot};

use crate::{Error, print, signals};
use bars::Bars;
use plain::Plain;

/// An operation that was asked to stop has so long; then the program ends anyway.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at an operation.
const REDRAW: Duration = Duration::from_millis(60);

/// How progress is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Style {
    /// A line a stage that is drawn again and again.
    Bars,
    /// Lines that stay.
    Plain,
}

impl Style {
    /// Bars where somebody watches and no log is written between them.
    pub(crate) fn suiting(logs: bool) -> Self {
        if std::io::stderr().is_terminal() && !logs {
            Self::Bars
        } else {
            Self::Plain
        }
    }
}

enum Display {
    Bars(Box<Bars>),
    Plain(Plain),
}

impl Display {
    fn show(&mut self, snapshot: &Snapshot) {
        match self {
            Self::Bars(bars) => bars.show(snapshot),
            Self::Plain(plain) => {
                for line in plain.lines(snapshot, Instant::now()) {
                    print::aside(line);
                }
            }
        }
    }

    fn clear(&self) {
        if let Self::Bars(bars) = self {
            bars.clear();
        }
    }
}

/// Shows an operation until its end and gives its result. Ctrl-C and SIGTERM
/// cancel it.
///
/// # Errors
/// [`Error::Interrupted`] after Ctrl-C, else what the operation failed with.
pub(crate) async fn follow(operation: &Operation, style: Style) -> Result<Snapshot, Error> {
    let mut display = match style {
        Style::Bars => Display::Bars(Box::new(Bars::new())),
        Style::Plain => Display::Plain(Plain::default()),
    };
    let mut watch = operation.watch();
    // One listener from beginning to end: a signal between two would be lost.
    let stopped = signals::stop();
    tokio::pin!(stopped);
    let outcome = loop {
        let snapshot = watch.borrow_and_update().1.clone();
        display.show(&snapshot);
        if snapshot.state.is_ended() {
            break Ok(snapshot);
        }
        let moved = async {
            let changed = watch.changed().await;
            // Engines report more often than anybody can read.
            tokio::time::sleep(REDRAW).await;
            changed
        };
        tokio::select! {
            () = &mut stopped => {
                operation.cancel();
                let _ = tokio::time::timeout(PATIENCE, operation.ended()).await;
                break Err(Error::Interrupted);
            }
            // The sender lives as long as the operation that is held here.
            _ = moved => {}
        }
    };
    display.clear();
    let snapshot = outcome?;
    match (snapshot.state, &snapshot.error) {
        (OperationState::Cancelled, _) => Err(Error::Interrupted),
        (_, Some(failure)) => Err(failure.clone().into()),
        _ => Ok(snapshot),
    }
}
