//! The window as somebody sits before it: describe, wait, listen, take the files away.
//!
//! Needs a display, a sound server and WebKit's driver, which it starts for itself, and the
//! window's build in `SONGWRIGHT_DESKTOP_BIN`. `cargo xtask test window` sees to all of it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

mod desk;

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use desk::Desk;
use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError, key::Key};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

const DESCRIPTION: &str =
    "A warm folk song about a lighthouse keeper, acoustic guitar, fiddle, 96 bpm";

const SONG: Duration = Duration::from_secs(180);

#[tokio::test]
#[ignore = "needs a build of the window: cargo xtask test window"]
async fn describe_listen_and_take_the_files() {
    let binary = env::var("SONGWRIGHT_DESKTOP_BIN").expect("SONGWRIGHT_DESKTOP_BIN is set");
    let mut desk = Desk::set_up();
    let data_dir = desk.home().join("songwright");
    let driver = desk.start_driver(&data_dir);
    let window = open(&driver, &binary).await;

    // Describe.
    let field = found(&window, "textarea", Duration::from_secs(30)).await;
    picture(&window, "window-empty").await;
    field.send_keys(DESCRIPTION).await.unwrap();
    let length = found(&window, "#length", Duration::from_secs(5)).await;
    length.clear().await.unwrap();
    length.send_keys("0:30").await.unwrap();
    length
        .send_keys(&char::from(Key::Tab).to_string())
        .await
        .unwrap();
    found(&window, "[data-testid=make]", Duration::from_secs(5))
        .await
        .click()
        .await
        .unwrap();

    // It is made.
    let song = found(&window, "[data-testid=song]", SONG).await;
    let title = song
        .find(Locator::Css(".title"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!title.trim().is_empty(), "the song has no title");

    // It plays, and is heard.
    let recording = desk.record(desk.home().join("heard.wav"));
    song.find(Locator::Css("button"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    plays_past(&window, 5.0).await;
    picture(&window, "window").await;
    let heard = recording.end();
    assert_music(&heard);

    // The files are taken away.
    found(&window, "[data-testid=bundle]", Duration::from_secs(5))
        .await
        .click()
        .await
        .unwrap();
    let bundle = saved_zip(&desk, &data_dir).await;
    let bytes = fs::read(&bundle).unwrap();
    assert!(
        bytes.starts_with(b"PK\x03\x04"),
        "{} is no zip",
        bundle.display()
    );
    // The end record of a zip, which a file cut off has not.
    assert!(
        bytes[bytes.len() - 22..].starts_with(b"PK\x05\x06"),
        "{} is cut off",
        bundle.display()
    );
    println!("{} bytes in {}", bytes.len(), bundle.display());
    window.close().await.unwrap();
}

/// Starts the program under the driver, once the driver listens.
async fn open(driver: &str, binary: &str) -> Client {
    let Value::Object(capabilities) =
        json!({ "webkitgtk:browserOptions": { "binary": binary, "args": [] } })
    else {
        unreachable!("it is written as an object")
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        match builder
            .capabilities(capabilities.clone())
            .connect(driver)
            .await
        {
            Ok(client) => return client,
            Err(error) => assert!(
                Instant::now() < deadline,
                "the window does not open: {error}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// Waits for an element; on a timeout the page's text says what is there instead.
async fn found(window: &Client, css: &str, wait: Duration) -> Element {
    match window
        .wait()
        .at_most(wait)
        .for_element(Locator::Css(css))
        .await
    {
        Ok(element) => element,
        Err(error) => {
            let page = window
                .execute("return document.body.innerText", Vec::new())
                .await;
            panic!("{css} does not appear ({error}); the page says: {page:?}")
        }
    }
}

/// Waits until the page's player has come past `seconds`: at the pace of the clock.
async fn plays_past(window: &Client, seconds: f64) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let at = position(window).await.unwrap();
        if at > seconds {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "after 30 s the player is at {at} s"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn position(window: &Client) -> Result<f64, CmdError> {
    let script = "const a = document.querySelector('audio'); return a ? a.currentTime : 0";
    Ok(window
        .execute(script, Vec::new())
        .await?
        .as_f64()
        .unwrap_or(0.0))
}

/// What was heard is music: loud enough, for long enough, and in both channels.
fn assert_music(samples: &[f32]) {
    const TENTH: usize = 4800 * 2;
    let loud = samples
        .chunks_exact(TENTH)
        .filter(|tenth| {
            let power: f32 = tenth.iter().map(|s| s * s).sum::<f32>() / tenth.len() as f32;
            power.sqrt() > 0.005
        })
        .count();
    let total = samples.len() / TENTH;
    println!(
        "{:.1} s of {:.1} s were heard",
        loud as f64 / 10.0,
        total as f64 / 10.0
    );
    assert!(
        loud >= 25,
        "only {loud} of {total} tenths of a second were heard"
    );
    for channel in 0..2 {
        let peak = samples
            .iter()
            .skip(channel)
            .step_by(2)
            .fold(0_f32, |m, s| m.max(s.abs()));
        assert!(peak > 0.05, "channel {channel} peaks at {peak}");
    }
}

/// Waits for the bundle: the system's dialogue asks where it goes, and is answered by hand.
async fn saved_zip(desk: &Desk, data_dir: &Path) -> PathBuf {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(path) = newest_zip(desk.home(), data_dir) {
            return path;
        }
        assert!(Instant::now() < deadline, "no bundle was saved");
        // Without a window manager the keys go where the pointer is.
        let answered = desk
            .command("xdotool")
            .args([
                "search",
                "--onlyvisible",
                "--name",
                "(?i)save",
                "windowfocus",
                "key",
                "Return",
            ])
            .output()
            .expect("xdotool starts");
        let _ = answered.status.success();
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

/// A zip anywhere in the home, other than in the program's own folder, that no longer grows.
fn newest_zip(folder: &Path, data_dir: &Path) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path == data_dir {
            None
        } else if entry.file_type().is_ok_and(|t| t.is_dir()) {
            newest_zip(&path, data_dir)
        } else {
            let zip = path.extension().is_some_and(|e| e == "zip");
            (zip && entry.metadata().is_ok_and(|m| m.len() > 0)).then_some(path)
        }
    })
}

/// Keeps a picture where `SCREENSHOTS` names a folder.
async fn picture(window: &Client, name: &str) {
    let Some(folder) = env::var_os("SCREENSHOTS") else {
        return;
    };
    // The driver shows the frame before the last change when asked at once.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let png = window.screenshot().await.unwrap();
    fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
}
