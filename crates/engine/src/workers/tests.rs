use std::sync::atomic::{AtomicBool, AtomicUsize};

use songwright_base::Silent;

use super::*;
use crate::{HealthStatus, testing::Wish};

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
    // An answer comes a moment before its engine is idle.
    until(|| residency.at_work() == 0).await;
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
        let mut let_go = || let_go.give_up();
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
