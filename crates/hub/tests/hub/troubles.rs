use std::fs;

use songwright_base::Silent;
use songwright_hub::{Acceptance, Error, Installed};

use crate::{
    desk::{Desk, REPOSITORY, WEIGHTS, Watcher},
    fake_hub::Trouble,
};

async fn after(desk: &Desk, troubles: &[Trouble]) -> Result<Installed, Error> {
    desk.hub.forget();
    desk.hub
        .trouble(&format!("{REPOSITORY}/{WEIGHTS}"), troubles);
    desk.models(&[])
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
}

fn whole(desk: &Desk) {
    assert_eq!(fs::read(desk.blob()).unwrap(), desk.weights);
}

#[tokio::test]
async fn a_line_that_breaks_goes_on_where_it_broke() {
    let desk = Desk::new().await;
    // More breaks than tries: each that brought something counts anew.
    let breaks = [Trouble::Break(30_000); 6];
    after(&desk, &breaks).await.unwrap();
    whole(&desk);
    let ranges = desk.hub.ranges();
    assert_eq!(ranges.len(), 7, "{ranges:?}");
    assert!(ranges[0].is_none() && ranges[1..].iter().all(Option::is_some));
}

#[tokio::test]
async fn a_line_that_is_silent_counts_as_broken() {
    let desk = Desk::new().await;
    after(&desk, &[Trouble::Silence(50_000)]).await.unwrap();
    whole(&desk);
    assert_eq!(desk.hub.ranges().len(), 2);
}

#[tokio::test]
async fn tries_that_bring_nothing_come_to_an_end_and_what_has_come_is_kept() {
    let desk = Desk::new().await;
    let mut troubles = vec![Trouble::Break(60_000)];
    // As many new tries as there are bring it.
    troubles.extend([Trouble::Status(503); 2]);
    after(&desk, &troubles).await.unwrap();
    whole(&desk);

    let desk = Desk::new().await;
    troubles.push(Trouble::Status(503));
    troubles.push(Trouble::Status(503));
    let error = after(&desk, &troubles).await.unwrap_err();
    assert!(
        matches!(error, Error::Refused { status: 503, .. }),
        "{error}"
    );
    let kept = fs::metadata(desk.partial()).unwrap().len();
    assert_eq!(kept, 60_000);
    after(&desk, &[]).await.unwrap();
    assert_eq!(desk.hub.ranges(), [Some("bytes=60000-".to_owned())]);
    whole(&desk);
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_is_asked_for_the_whole() {
    let desk = Desk::new().await;
    after(&desk, &[Trouble::Break(30_000), Trouble::NoRange])
        .await
        .unwrap();
    whole(&desk);
}

#[tokio::test]
async fn a_wrong_byte_is_named_and_deleted() {
    let desk = Desk::new().await;
    let error = after(&desk, &[Trouble::Flip(123_456)]).await.unwrap_err();
    assert!(matches!(error, Error::WrongBytes { .. }), "{error}");
    assert!(error.to_string().contains(WEIGHTS), "{error}");
    assert!(!desk.partial().exists() && !desk.blob().exists());
    assert!(!desk.pointer(WEIGHTS).exists());
    after(&desk, &[]).await.unwrap();
    whole(&desk);
}

#[tokio::test]
async fn a_rest_of_other_bytes_is_found_out() {
    let desk = Desk::new().await;
    fs::create_dir_all(desk.partial().parent().unwrap()).unwrap();
    fs::write(desk.partial(), vec![7; 1000]).unwrap();
    let error = after(&desk, &[]).await.unwrap_err();
    assert!(matches!(error, Error::WrongBytes { .. }), "{error}");
    after(&desk, &[]).await.unwrap();

    // One that is longer than the file cannot be its beginning; one of its length may be it.
    for rest in [vec![7; desk.weights.len() + 1], desk.weights.clone()] {
        fs::remove_dir_all(desk.cache()).unwrap();
        fs::create_dir_all(desk.partial().parent().unwrap()).unwrap();
        fs::write(desk.partial(), &rest).unwrap();
        after(&desk, &[]).await.unwrap();
        whole(&desk);
        assert_eq!(desk.hub.ranges().len(), usize::from(rest != desk.weights));
    }
}

#[tokio::test]
async fn more_bytes_than_there_are_are_refused() {
    let desk = Desk::new().await;
    let error = after(&desk, &[Trouble::Longer]).await.unwrap_err();
    assert!(matches!(error, Error::Answer { .. }), "{error}");
    assert!(!desk.blob().exists());
}

#[tokio::test]
async fn whoever_watches_hears_of_a_break() {
    let desk = Desk::new().await;
    let file = format!("{REPOSITORY}/{WEIGHTS}");
    let slow = Trouble::Slow(std::time::Duration::from_millis(30));
    desk.hub.trouble(&file, &[Trouble::Break(40_000), slow]);
    let watcher = Watcher::default();
    desk.models(&[])
        .install(&desk.card, None, Acceptance::NotGiven, &watcher)
        .await
        .unwrap();
    let notes = watcher.notes.lock().unwrap();
    assert!(
        notes.iter().any(|n| n.contains("goes on at 40.0 kB")),
        "{notes:?}"
    );
    let reports = watcher.reports.lock().unwrap();
    assert!(
        reports
            .windows(2)
            .all(|w| w[0].done <= w[1].done || w[0].stage != w[1].stage)
    );
}
