use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded, never, select, unbounded};
use songwright_base::{EngineError, Observer, Progress, Stage};
use tokio::sync::oneshot;
use tracing::Span;

use crate::{Booking, EngineHealth, Residency, residency::Newcomer};

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// How long the end of an engine is waited for: it looks at its observer once a second.
const LEAVING: Duration = Duration::from_secs(2);

/// How an engine is kept.
#[derive(Clone, Debug)]
pub struct WorkersConfig {
    /// Names the threads.
    pub name: &'static str,
    /// How many threads, each with an engine of its own; 1 for a device.
    pub threads: usize,
    /// Idle time before the engine is unloaded.
    pub idle: Duration,
    /// What one loaded engine takes.
    pub memory_bytes: u64,
}

/// Threads that own engines of type `E` and work off one line of commands.
pub struct Workers<E: ?Sized> {
    // Dropped before `threads`, so that their loops end and the join returns.
    commands: Option<Sender<Command<E>>>,
    health: Arc<EngineHealth>,
    threads: Vec<JoinHandle<()>>,
}

type Run<E> = dyn FnOnce(Result<&mut E, EngineError>) -> Outcome + Send;

struct Command<E: ?Sized> {
    run: Box<Run<E>>,
    observer: Arc<dyn Observer + Send + Sync>,
    span: Span,
}

/// What the thread must know of a command's end.
enum Outcome {
    Worked,
    /// Not the engine's fault: cancelled, or a request that it does not support.
    Declined,
    Failed(String),
}

/// Makes an engine, on the thread that will own it. It is given what the engine has booked, and the observer of the first
/// command.
pub type Load<E> = dyn Fn(&Booking, &dyn Observer) -> Result<Box<E>, EngineError> + Send + Sync;

impl<E: ?Sized + Send + 'static> Workers<E> {
    /// Starts the threads; `load` runs on them, at the first command.
    ///
    /// # Errors
    /// [`EngineError::Failed`] where the system gives no thread.
    pub fn start(
        config: &WorkersConfig,
        residency: &Arc<Residency>,
        load: impl Fn(&Booking, &dyn Observer) -> Result<Box<E>, EngineError> + Send + Sync + 'static,
    ) -> Result<Self, EngineError> {
        let (commands, line) = unbounded();
        let health = Arc::new(EngineHealth::default());
        let load: Arc<Load<E>> = Arc::new(load);
        let threads = (0..config.threads.max(1))
            .map(|i| {
                let worker = Worker {
                    id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
                    config: config.clone(),
                    line: line.clone(),
                    load: load.clone(),
                    residency: residency.clone(),
                    health: health.clone(),
                };
                std::thread::Builder::new()
                    .name(format!("{}-{i}", config.name))
                    .spawn(move || worker.work())
                    .map_err(EngineError::failed("starting an engine thread"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            commands: Some(commands),
            health,
            threads,
        })
    }

    /// What the threads last did.
    #[must_use]
    pub fn health(&self) -> &EngineHealth {
        &self.health
    }

    /// Runs `job` on an engine and waits for its result. A caller that stops waiting costs
    /// nothing: its command is dropped unrun, or sees `is_cancelled` through its observer.
    ///
    /// # Errors
    /// What loading or the job says; [`EngineError::Unavailable`] while shutting down.
    pub async fn call<T: Send + 'static>(
        &self,
        observer: Arc<dyn Observer + Send + Sync>,
        job: impl FnOnce(&mut E, &dyn Observer) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (reply, result) = oneshot::channel();
        let seen = observer.clone();
        let run = Box::new(move |engine: Result<&mut E, EngineError>| {
            if reply.is_closed() {
                return Outcome::Declined;
            }
            let result = match engine {
                Ok(_) if seen.is_cancelled() => Err(EngineError::Cancelled),
                Ok(engine) => job(engine, seen.as_ref()),
                Err(error) => Err(error),
            };
            let outcome = match &result {
                Ok(_) => Outcome::Worked,
                Err(
                    EngineError::Cancelled
                    | EngineError::DeadlinePassed { .. }
                    | EngineError::Unsupported { .. }
                    | EngineError::Refused { .. },
                ) => Outcome::Declined,
                Err(error) => Outcome::Failed(error.to_string()),
            };
            // The caller may have left meanwhile.
            let _ = reply.send(result);
            outcome
        });
        let gone = || {
            EngineError::Unavailable {
            what: "The engine stopped before it answered. Try again; if it stops again, the log says why.".to_owned(),
        }
        };
        let commands = self.commands.as_ref().ok_or_else(gone)?;
        commands
            .send(Command {
                run,
                observer,
                span: Span::current(),
            })
            .map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }
}

impl<E: ?Sized> Drop for Workers<E> {
    fn drop(&mut self) {
        self.commands = None;
        let patience = Instant::now() + LEAVING;
        for thread in self.threads.drain(..) {
            while !thread.is_finished() && Instant::now() < patience {
                std::thread::sleep(Duration::from_millis(5));
            }
            if thread.is_finished() {
                // A panicked thread has been logged where it panicked.
                let _ = thread.join();
            } else {
                // It ends by itself, or with the program.
                tracing::warn!(
                    thread = thread.thread().name(),
                    "an engine does not notice that nobody waits for it"
                );
            }
        }
    }
}

struct Worker<E: ?Sized> {
    id: u64,
    config: WorkersConfig,
    line: Receiver<Command<E>>,
    load: Arc<Load<E>>,
    residency: Arc<Residency>,
    health: Arc<EngineHealth>,
}

impl<E: ?Sized> Worker<E> {
    fn work(self) {
        let mut engine: Option<Box<E>> = None;
        let (leave, asked_to_leave) = bounded(1);
        loop {
            let idle = match engine {
                Some(_) => crossbeam_channel::after(self.config.idle),
                None => never(),
            };
            // Who waits for its memory has waited longer than what is in its line.
            if asked_to_leave.try_recv().is_ok() {
                self.unload(&mut engine, "another engine needs its memory");
            }
            select! {
                recv(self.line) -> command => {
                    let Ok(command) = command else { break };
                    self.run(command, &mut engine, &leave);
                }
                recv(asked_to_leave) -> _ => self.unload(&mut engine, "another engine needs its memory"),
                recv(idle) -> _ => self.unload(&mut engine, "idle"),
            }
        }
        self.unload(&mut engine, "shutting down");
    }

    fn run(&self, command: Command<E>, engine: &mut Option<Box<E>>, leave: &Sender<()>) {
        let _span = command.span.enter();
        let loaded = self.ready(engine, leave, command.observer.as_ref());
        self.residency.set_busy(self.id, true);
        let run = command.run;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            run(loaded.and_then(|()| {
                engine
                    .as_deref_mut()
                    .ok_or_else(|| EngineError::Unavailable {
                        what: "The engine is not loaded.".to_owned(),
                    })
            }))
        }));
        self.residency.set_busy(self.id, false);
        match outcome {
            Ok(outcome) => {
                match outcome {
                    Outcome::Worked => self.health.runs.worked(),
                    Outcome::Declined => {}
                    Outcome::Failed(why) => self.health.runs.failed(&why),
                }
                if self.residency.bytes_of(self.id) < self.config.memory_bytes {
                    self.unload(engine, "it let its memory go");
                }
            }
            Err(_) => {
                // Its state is unknown: the next command gets a fresh one.
                self.health.runs.failed(&"the engine panicked");
                self.unload(engine, "it panicked");
            }
        }
    }

    fn ready(
        &self,
        engine: &mut Option<Box<E>>,
        leave: &Sender<()>,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        if engine.is_some() || observer.is_cancelled() {
            return Ok(());
        }
        observer.report(Progress::new(Stage::Load, 0, 1));
        let newcomer = Newcomer {
            id: self.id,
            bytes: self.config.memory_bytes,
            leave,
        };
        self.residency.enter(&newcomer, observer)?;
        let booking = Booking::new(self.residency.clone(), self.id, self.config.memory_bytes);
        match (self.load)(&booking, observer) {
            Ok(loaded) => {
                tracing::info!(engine = self.config.name, "loaded");
                self.health.loaded(1);
                *engine = Some(loaded);
                observer.report(Progress::new(Stage::Load, 1, 1));
                Ok(())
            }
            Err(error) => {
                self.residency.leave(self.id);
                Err(error)
            }
        }
    }

    fn unload(&self, engine: &mut Option<Box<E>>, why: &str) {
        if engine.take().is_some() {
            tracing::info!(engine = self.config.name, why, "unloaded");
            self.health.loaded(-1);
            self.residency.leave(self.id);
        }
    }
}

#[cfg(test)]
mod tests;
