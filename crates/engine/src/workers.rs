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
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize};

    use songwright_base::Silent;

    use super::*;
    use crate::HealthStatus;

    fn config(idle: Duration, memory_bytes: u64) -> WorkersConfig {
        WorkersConfig {
            name: "test",
            threads: 1,
            idle,
            memory_bytes,
        }
    }

    fn counting(
        loads: &Arc<AtomicUsize>,
    ) -> impl Fn(&Booking, &dyn Observer) -> Result<Box<u64>, EngineError> + use<> {
        let loads = loads.clone();
        move |_: &Booking, _: &dyn Observer| {
            loads.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(41))
        }
    }

    async fn until(what: impl Fn() -> bool) {
        let patience = Instant::now() + Duration::from_secs(10);
        while !what() {
            assert!(Instant::now() < patience, "waited in vain");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn loads_once_and_unloads_when_idle() {
        let loads = Arc::new(AtomicUsize::new(0));
        let residency = Residency::new(100);
        let workers = Workers::start(
            &config(Duration::from_millis(50), 60),
            &residency,
            counting(&loads),
        )
        .unwrap();
        for _ in 0..3 {
            let n = workers
                .call(Arc::new(Silent), |e, _| Ok(*e + 1))
                .await
                .unwrap();
            assert_eq!(n, 42);
        }
        assert_eq!(loads.load(Ordering::SeqCst), 1);
        assert_eq!(residency.used_bytes(), 60);
        until(|| !workers.health().is_loaded()).await;
        assert_eq!(residency.used_bytes(), 0);
        workers.call(Arc::new(Silent), |_, _| Ok(())).await.unwrap();
        assert_eq!(loads.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_idle_engine_leaves_for_one_that_needs_its_memory() {
        let loads = Arc::new(AtomicUsize::new(0));
        let residency = Residency::new(100);
        let long = Duration::from_secs(600);
        let one = Workers::start(&config(long, 60), &residency, counting(&loads)).unwrap();
        let two = Workers::start(&config(long, 60), &residency, counting(&loads)).unwrap();
        one.call(Arc::new(Silent), |_, _| Ok(())).await.unwrap();
        two.call(Arc::new(Silent), |_, _| Ok(())).await.unwrap();
        assert!(!one.health().is_loaded());
        assert!(two.health().is_loaded());
        let three = Workers::start(&config(long, 101), &residency, counting(&loads)).unwrap();
        let error = three
            .call(Arc::new(Silent), |_, _| Ok(()))
            .await
            .unwrap_err();
        assert!(matches!(error, EngineError::OutOfMemory { .. }), "{error}");
    }

    #[tokio::test]
    async fn an_engine_at_work_books_more_and_one_that_let_go_is_loaded_anew() {
        let residency = Residency::new(100);
        let long = Duration::from_secs(600);
        let loads = Arc::new(AtomicUsize::new(0));
        let idle = Workers::start(&config(long, 60), &residency, counting(&loads)).unwrap();
        idle.call(Arc::new(Silent), |_, _| Ok(())).await.unwrap();
        let counted = loads.clone();
        let load = move |booking: &Booking, _: &dyn Observer| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(booking.clone()))
        };
        let growing = Workers::start(&config(long, 40), &residency, load).unwrap();
        let shared = residency.clone();
        let job = move |booking: &mut Booking, observer: &dyn Observer| {
            let more = booking.all_of(90, observer, &mut || panic!("nobody is at work"))?;
            let used = shared.used_bytes();
            drop(more);
            Ok((used, shared.used_bytes()))
        };
        let used = growing.call(Arc::new(Silent), job).await.unwrap();
        assert_eq!(used, (90, 40));
        assert!(!idle.health().is_loaded() && growing.health().is_loaded());
        let (begin, begun) = oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel();
        let working = tokio::spawn(async move {
            let job = move |_: &mut u64, _: &dyn Observer| {
                let _ = begin.send(());
                ended.recv().map_err(EngineError::failed("waiting"))
            };
            idle.call(Arc::new(Silent), job).await
        });
        begun.await.unwrap();
        let wish = Arc::new(Wish::default());
        let let_go = wish.clone();
        let job = move |booking: &mut Booking, observer: &dyn Observer| {
            let mut let_go = || let_go.0.store(true, Ordering::SeqCst);
            booking.all_of(90, observer, &mut let_go).map(drop)
        };
        let error = growing.call(wish, job).await.unwrap_err();
        assert!(matches!(error, EngineError::Cancelled), "{error}");
        until(|| !growing.health().is_loaded()).await;
        assert_eq!(residency.used_bytes(), 60);
        end.send(()).unwrap();
        working.await.unwrap().unwrap();
        growing.call(Arc::new(Silent), |_, _| Ok(())).await.unwrap();
        assert_eq!(loads.load(Ordering::SeqCst), 4);
    }

    /// Cancelled once it says so.
    #[derive(Default)]
    struct Wish(AtomicBool);

    impl Observer for Wish {
        fn report(&self, _: Progress) {}

        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn a_panic_costs_one_command_and_health_says_so() {
        let loads = Arc::new(AtomicUsize::new(0));
        let workers = Workers::start(
            &config(Duration::from_secs(600), 1),
            &Residency::new(9),
            counting(&loads),
        )
        .unwrap();
        async fn fails(workers: &Workers<u64>) -> Result<(), EngineError> {
            workers
                .call(Arc::new(Silent), |_, _| panic!("on purpose"))
                .await
        }
        assert!(fails(&workers).await.is_err());
        until(|| workers.health().last_runs().status() == HealthStatus::Degraded).await;
        assert!(fails(&workers).await.is_err());
        assert!(fails(&workers).await.is_err());
        until(|| workers.health().last_runs().status() == HealthStatus::Unhealthy).await;
        workers.call(Arc::new(Silent), |_, _| Ok(())).await.unwrap();
        until(|| workers.health().last_runs().status() == HealthStatus::Healthy).await;
        assert_eq!(loads.load(Ordering::SeqCst), 4);
    }

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_an_engine_logs_carries_the_operation() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        // Engines have threads of their own.
        tracing::subscriber::set_global_default(subscriber).unwrap();
        let loads = Arc::new(AtomicUsize::new(0));
        let kept = config(Duration::from_secs(600), 1);
        let workers = Workers::start(&kept, &Residency::new(9), counting(&loads)).unwrap();
        for id in ["first", "second"] {
            let span = tracing::info_span!("operation", operation_id = id);
            let job = |_: &mut u64, _: &dyn Observer| {
                tracing::info!("a step of the work");
                Ok(())
            };
            let call = workers.call(Arc::new(Silent), job);
            tracing::Instrument::instrument(call, span).await.unwrap();
        }
        drop(workers);
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let steps: Vec<_> = text.lines().filter(|l| l.contains("a step")).collect();
        assert_eq!(steps.len(), 2, "{text}");
        for (line, id) in steps.iter().zip(["first", "second"]) {
            let operation = format!("operation_id=\"{id}\"");
            assert!(line.contains(&operation), "{line}");
        }
        let loaded = text.lines().find(|l| l.contains("loaded engine"));
        assert!(loaded.unwrap().contains("first"), "{text}");
        let end = text.lines().find(|l| l.contains("shutting down")).unwrap();
        assert!(!end.contains("operation_id"), "{end}");
    }

    #[tokio::test]
    async fn an_engine_that_does_not_stop_is_not_waited_for() {
        let loads = Arc::new(AtomicUsize::new(0));
        let kept = config(Duration::from_secs(600), 1);
        let workers = Workers::start(&kept, &Residency::new(9), counting(&loads)).unwrap();
        let (free, wait) = std::sync::mpsc::channel::<()>();
        let deaf = workers.call(Arc::new(Silent), move |_, _| {
            let _ = wait.recv();
            Ok(())
        });
        let begun = tokio::time::timeout(Duration::from_millis(50), deaf).await;
        assert!(begun.is_err());
        until(|| loads.load(Ordering::SeqCst) == 1).await;
        // Were it waited for, this would not return.
        drop(workers);
        drop(free);
    }

    #[tokio::test]
    async fn a_caller_that_left_costs_nothing() {
        let loads = Arc::new(AtomicUsize::new(0));
        let workers = Workers::start(
            &config(Duration::from_secs(600), 1),
            &Residency::new(9),
            counting(&loads),
        )
        .unwrap();
        let ran = Arc::new(AtomicBool::new(false));
        let (free, wait) = std::sync::mpsc::channel::<()>();
        let first = workers.call(Arc::new(Silent), move |_, _| {
            let _ = wait.recv();
            Ok(())
        });
        let seen = ran.clone();
        let second = workers.call(Arc::new(Silent), move |_, _| {
            seen.store(true, Ordering::SeqCst);
            Ok(())
        });
        let mut first = Box::pin(first);
        let mut second = Box::pin(second);
        // Both are in the line; the second caller leaves while the first command runs.
        assert!(
            tokio::time::timeout(Duration::from_millis(50), &mut first)
                .await
                .is_err()
        );
        assert!(
            tokio::time::timeout(Duration::from_millis(50), &mut second)
                .await
                .is_err()
        );
        drop(second);
        free.send(()).unwrap();
        first.await.unwrap();
        workers.call(Arc::new(Silent), |_, _| Ok(())).await.unwrap();
        assert!(!ran.load(Ordering::SeqCst));
    }
}
