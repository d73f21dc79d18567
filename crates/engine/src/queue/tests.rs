//! Lines, limits, order and ends.

use serde_json::{Value, json};
use songwright_base::{
    NoJournal, Observer as _,
    config::{Config, RawConfig},
};
use tokio::sync::Semaphore;

use super::*;
use crate::HealthStatus;

fn services(max_runtime_s: u64) -> [ServiceConfig; 4] {
    let data = RawConfig {
        data_dir: Some("x".into()),
        ..RawConfig::default()
    };
    let mut services = Config::resolve(data, RawConfig::default(), RawConfig::default())
        .unwrap()
        .services;
    for service in &mut services {
        service.max_concurrent_requests = 1;
        service.max_runtime = Duration::from_secs(max_runtime_s);
    }
    services
}

/// A queue with one place and two waiting, whose work waits for a permit.
pub(super) fn queue(gate: &Arc<Semaphore>, max_runtime_s: u64) -> Arc<Queue> {
    let gate = gate.clone();
    let work: Arc<Work> = Arc::new(move |operation: Operation| {
        let gate = gate.clone();
        Box::pin(async move {
            loop {
                if let Ok(permit) = gate.try_acquire() {
                    permit.forget();
                    return Ok(operation.snapshot().request);
                }
                if operation.is_cancelled() {
                    return Err(EngineError::Cancelled.into());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    });
    Queue::new(
        Arc::new(Operations::new(Arc::new(NoJournal))),
        &services(max_runtime_s),
        2,
        Aside {
            kinds: &["fetch"],
            max_runtime: Duration::from_secs(60),
        },
        work,
    )
}

pub(super) async fn running(operation: &Operation) {
    let mut watch = operation.watch();
    watch
        .wait_for(|(_, s)| s.state == OperationState::Running)
        .await
        .unwrap();
}

#[tokio::test]
async fn so_many_work_so_many_wait_the_next_is_refused_and_order_is_kept() {
    let gate = Arc::new(Semaphore::new(0));
    let queue = queue(&gate, 60);
    let submit = |n: u64| queue.submit(Service::Music, "k", json!(n));
    let first = submit(1).unwrap();
    running(&first).await;
    let second = submit(2).unwrap();
    let third = submit(3).unwrap();
    let Err(refused) = submit(4) else {
        panic!("a fourth was taken")
    };
    assert_eq!(refused.code, Code::QueueFull);
    assert!(refused.retry_after_s.is_some());
    assert_eq!(third.snapshot().queue_position, Some(1));
    let elsewhere = queue
        .submit(Service::Image, "k", Value::Null)
        .expect("another line has room");
    queue.cancel(elsewhere.id()).unwrap();
    elsewhere.ended().await;
    gate.add_permits(1);
    first.ended().await;
    running(&second).await;
    assert_eq!(third.snapshot().queue_position, Some(0));
    gate.add_permits(2);
    assert_eq!(third.ended().await.result, Some(json!(3)));
}

#[tokio::test]
async fn what_is_aside_waits_in_no_line_and_has_a_limit_of_its_own() {
    let gate = Arc::new(Semaphore::new(0));
    let queue = queue(&gate, 0);
    let songs: Vec<_> = (0..3)
        .map(|_| queue.submit(Service::Music, "k", Value::Null).unwrap())
        .collect();
    let aside = queue.submit(Service::Music, "fetch", json!(1)).unwrap();
    running(&aside).await;
    for song in &songs {
        // Their time is over at once; what is aside goes on.
        assert_eq!(song.ended().await.state, OperationState::Failed);
    }
    assert_eq!(aside.snapshot().state, OperationState::Running);
    queue.cancel(aside.id()).unwrap();
    assert_eq!(aside.ended().await.state, OperationState::Cancelled);
}

#[tokio::test]
async fn cancelling_ends_what_waits_and_what_runs() {
    let gate = Arc::new(Semaphore::new(0));
    let queue = queue(&gate, 60);
    let first = queue.submit(Service::Music, "k", Value::Null).unwrap();
    let second = queue.submit(Service::Music, "k", Value::Null).unwrap();
    running(&first).await;
    queue.cancel(second.id()).unwrap();
    assert_eq!(second.ended().await.state, OperationState::Cancelled);
    queue.cancel(first.id()).unwrap();
    assert_eq!(first.ended().await.state, OperationState::Cancelled);
}

#[tokio::test]
async fn past_the_time_limit_the_answer_is_a_timeout() {
    let queue = queue(&Arc::new(Semaphore::new(0)), 0);
    let operation = queue.submit(Service::Music, "k", Value::Null).unwrap();
    let end = operation.ended().await;
    assert_eq!(end.error.unwrap().code, Code::Timeout);
}

#[tokio::test]
async fn operations_of_an_earlier_run_wait_until_asked() {
    let gate = Arc::new(Semaphore::new(9));
    let old = queue(&gate, 60)
        .operations()
        .start(Service::Music, "k", json!(7))
        .unwrap();
    let queue = queue(&gate, 60);
    queue.restore(vec![old.snapshot()]);
    assert_eq!(queue.operations().list()[0].state, OperationState::Waiting);
    let resumed = queue.resume(old.id()).unwrap();
    assert_eq!(resumed.ended().await.result, Some(json!(7)));
    assert_eq!(queue.resume(old.id()).err().unwrap().code, Code::Conflict);
}

#[tokio::test]
async fn health_is_what_last_happened_to_whole_operations() {
    let work: Arc<Work> = Arc::new(|operation: Operation| {
        Box::pin(async move {
            match serde_json::from_value::<Code>(operation.snapshot().request) {
                Ok(code) => Err(Failure::new(code, "No space is left.")),
                Err(_) => Ok(Value::Null),
            }
        })
    });
    let queue = Queue::new(
        Arc::new(Operations::new(Arc::new(NoJournal))),
        &services(60),
        2,
        Aside {
            kinds: &["fetch"],
            max_runtime: Duration::from_secs(60),
        },
        work,
    );
    let run = async |service, kind, request: Value| {
        let operation = queue.submit(service, kind, request).unwrap();
        operation.ended().await;
        // Its place is given back last of all.
        queue.nothing_runs().await;
    };
    let music = || queue.last_runs(Service::Music).status();
    for harmless in [
        Code::BadRequest,
        Code::Timeout,
        Code::Conflict,
        Code::Unavailable,
    ] {
        run(Service::Music, "k", json!(harmless)).await;
    }
    run(Service::Music, "fetch", json!(Code::BadGateway)).await;
    assert_eq!(music(), HealthStatus::Healthy);
    run(Service::Music, "k", json!(Code::StorageFull)).await;
    assert_eq!(music(), HealthStatus::Degraded);
    let why = queue.last_runs(Service::Music).last_failure();
    assert_eq!(why.as_deref(), Some("No space is left."));
    for code in [Code::Internal, Code::BadGateway] {
        run(Service::Music, "k", json!(code)).await;
    }
    assert_eq!(music(), HealthStatus::Unhealthy);
    let lyrics = queue.last_runs(Service::Lyrics).status();
    assert_eq!(lyrics, HealthStatus::Healthy);
    run(Service::Music, "k", Value::Null).await;
    assert_eq!(music(), HealthStatus::Healthy);
}
