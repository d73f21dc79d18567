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
mod driver;

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use desk::Desk;
use driver::Window;

const DESCRIPTION: &str =
    "A warm folk song about a lighthouse keeper, acoustic guitar, fiddle, 96 bpm";

const SOON: Duration = Duration::from_secs(10);

#[test]
#[ignore = "needs a build of the window: cargo xtask test window"]
fn describe_listen_and_take_the_files() {
    let binary = env::var("SONGWRIGHT_DESKTOP_BIN").expect("SONGWRIGHT_DESKTOP_BIN is set");
    let mut desk = Desk::set_up();
    let data_dir = desk.home().join("songwright");
    let driver = desk.start_driver(&data_dir);
    let window = Window::open(&driver, &binary);

    // Describe.
    let field = window.found("textarea", Duration::from_secs(30));
    keep(&window, "window-empty");
    window.write(&field, DESCRIPTION);
    let length = window.found("#length", SOON);
    window.write(&length, "0:30\t");
    window.click(&window.found("[data-testid=make]", SOON));

    // It is made.
    let song = window.found("[data-testid=song] button", Duration::from_secs(180));
    let title =
        window.script("return document.querySelector('[data-testid=song] .title').innerText");
    assert!(
        !title.as_str().unwrap().trim().is_empty(),
        "the song has no title"
    );

    // It plays, and is heard.
    let recording = desk.record(desk.home().join("heard.wav"));
    window.click(&song);
    plays_past(&window, 5.0);
    keep(&window, "window");
    assert_music(&recording.end());

    // The files are taken away.
    window.click(&window.found("[data-testid=bundle]", SOON));
    let bundle = saved_zip(&desk, &data_dir);
    let bytes = fs::read(&bundle).unwrap();
    assert!(
        bytes.starts_with(b"PK\x03\x04"),
        "{} is no zip",
        bundle.display()
    );
    // The end record of a zip, which a file cut off has not.
    let end = &bytes[bytes.len() - 22..];
    assert!(
        end.starts_with(b"PK\x05\x06"),
        "{} is cut off",
        bundle.display()
    );
    println!("{} bytes in {}", bytes.len(), bundle.display());
    window.close();
}

/// Waits until the page's player has come past `seconds`.
fn plays_past(window: &Window, seconds: f64) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let at = window.script("return document.querySelector('audio')?.currentTime ?? 0");
        if at.as_f64().unwrap() > seconds {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "after 30 s the player is at {at} s"
        );
        thread::sleep(Duration::from_millis(200));
    }
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
fn saved_zip(desk: &Desk, data_dir: &Path) -> PathBuf {
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
                "[Ss]ave",
                "windowfocus",
                "key",
                "Return",
            ])
            .output()
            .expect("xdotool starts");
        let _ = answered.status.success();
        thread::sleep(Duration::from_millis(700));
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
fn keep(window: &Window, name: &str) {
    if let Some(folder) = env::var_os("SCREENSHOTS") {
        let path = Path::new(&folder).join(format!("{name}.png"));
        fs::write(path, window.picture()).unwrap();
    }
}
