use std::{collections::BTreeSet, fs, path::Path, process::Stdio};

use serde_json::Value;
use songwright_tests::WholeWav;

use crate::home::{Home, printed, said};

/// The files of a folder, by their endings.
fn endings(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().path())
        .map(|path| path.extension().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_readme_s_first_command_says_where_the_package_is() {
    let readme = include_str!("../../README.md");
    let description = "a slow waltz about the first snow, piano and strings";
    let line = format!("cargo run --release -- song \"{description}\"\n");
    assert!(readme.contains(&line), "the README begins with another");

    let home = Home::new();
    let printed = home.printed(&["song", description]);
    let last = printed.lines().last().unwrap();
    let folder = last.strip_prefix("The package is in ").expect(last);
    let folder = home.path().join(folder);
    let endings = endings(&folder);
    for ending in ["wav", "png", "txt", "lrc", "json"] {
        assert!(endings.contains(ending), "{endings:?}");
    }
    let wav = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "wav"));
    let wav = WholeWav::read(&fs::read(wav.unwrap()).unwrap()).unwrap();
    assert!((wav.duration_s() - 180.0).abs() < 0.001);
}

const ALL: [&str; 12] = [
    "song",
    "rain on a tin roof, banjo",
    "--duration",
    "12",
    "--seed",
    "7",
    "--cover-size",
    "256",
    "--stems",
    "--midi",
    "--flac",
    "--zip",
];

#[test]
fn everything_that_can_be_asked_for_lies_in_one_zip_and_goes_into_another_library() {
    let home = Home::new();
    let made = home.json(&[&ALL[..], &["--out", "songs"]].concat());
    let zip = home.path().join(made["path"].as_str().unwrap());
    assert!(zip.starts_with(home.path().join("songs")), "{zip:?}");
    assert_eq!(
        (&made["seed"], &made["audio_duration"]),
        (&7.into(), &12.0.into())
    );

    let other = Home::new();
    let printed = other.printed(&["import", zip.to_str().unwrap()]);
    assert!(printed.contains("is in the library as"), "{printed}");
    let listed = other.json(&["library", "list"]);
    let song = listed["songs"][0]["song_id"].as_str().unwrap();
    let shown = other.json(&["library", "show", song]);
    assert_eq!(shown["title"], made["title"]);
    let stems = shown["takes"][0]["stems"].as_array().unwrap();
    assert!(stems.len() > 2, "{shown}");
    assert_eq!(shown["takes"][0]["has_midi"], true);
    // Out again, as a folder: FLAC is made from the mix, the rest is as it was.
    let out = other.json(&[
        "export", song, "--stems", "--midi", "--flac", "--out", "again",
    ]);
    let folder = other.path().join(out["path"].as_str().unwrap());
    let story: Value =
        serde_json::from_slice(&fs::read(folder.join("song.json")).unwrap()).unwrap();
    let files = story["files"].as_array().unwrap();
    let with = |ending: &str| {
        let paths = files.iter().map(|file| file["path"].as_str().unwrap());
        paths.filter(|path| path.ends_with(ending)).count()
    };
    assert_eq!(with(".wav"), 1 + stems.len());
    assert_eq!((with(".mid"), with(".flac"), with(".png")), (1, 1, 1));
}

#[test]
fn every_take_that_was_asked_for_is_written_and_named() {
    let home = Home::new();
    let words = ["--duration", "10", "--cover-size", "256", "--title", "Tin"];
    let asked = ["song", "rain on a tin roof", "--seed", "7", "--takes", "3"];
    let made = home.json(&[&asked[..], &words].concat());
    let takes = made["takes"].as_array().unwrap();
    let seeds: Vec<_> = takes.iter().map(|take| take["seed"].as_u64()).collect();
    assert_eq!(seeds, [Some(7), Some(8), Some(9)]);
    assert_eq!(
        (&made["seed"], &made["path"]),
        (&7.into(), &takes[0]["path"])
    );
    let mut mixes = BTreeSet::new();
    for (n, take) in takes.iter().enumerate() {
        let folder = home.path().join(take["path"].as_str().unwrap());
        let name = format!("Tin - take {}", n + 1);
        assert!(folder.ends_with(&name), "{folder:?}");
        let story = fs::read(folder.join("song.json")).unwrap();
        let story: Value = serde_json::from_slice(&story).unwrap();
        assert_eq!(story["take"]["seed"], take["seed"]);
        assert_eq!(story["take"]["id"], take["take_id"]);
        let mix = fs::read(folder.join(format!("{name}.wav"))).unwrap();
        assert!(mixes.insert(mix), "take {} is another's", n + 1);
    }

    let told = home.printed(&[&asked[..], &words, &["--out", "again"]].concat());
    for line in [
        "The package of take 1 (seed 7) is in again/Tin - take 1",
        "The package of take 3 (seed 9) is in again/Tin - take 3",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let song = made["song_id"].as_str().unwrap();
    let second = takes[1]["take_id"].as_str().unwrap();
    assert!(home.printed(&["library", "show", song]).contains(second));
    let one = home.json(&["export", song, "--take", second, "--zip"]);
    assert!(
        one["path"].as_str().unwrap().ends_with("Tin - take 2.zip"),
        "{one}"
    );
    let newest = home.json(&["export", song, "--zip"]);
    assert!(
        newest["path"]
            .as_str()
            .unwrap()
            .ends_with("Tin - take 3.zip"),
        "{newest}"
    );
    let nobody = "00000000-0000-4000-8000-000000000000";
    let output = home
        .call(&["export", song, "--take", nobody])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("library show"), "{}", said(&output));
}

#[test]
fn what_is_wrong_is_said_before_anything_is_made() {
    let home = Home::new();
    for (words, status, sentence) in [
        (
            &["song", "four"][..],
            2,
            "full_described_song must have 5 to 1000 characters, not 4.",
        ),
        (
            &["song", "rain on tin", "--duration", "9"],
            2,
            "audio_duration must be 10 to 600, not 9.",
        ),
        (
            &["song", "rain on tin", "--seed=-2"],
            2,
            "seed must be -1 (random) or a whole number from 0 to 2147483647, not -2.",
        ),
    ] {
        let output = home.call(words).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        assert!(said(&output).contains(sentence), "{}", said(&output));
    }
    assert!(!home.data_dir().exists());
}

#[test]
fn stems_of_a_composer_that_has_none_are_refused_before_the_song_is_made() {
    let elsewhere = Home::new();
    let server = elsewhere.serve(&[]);
    let home = Home::new();
    let words = [
        "song",
        "rain on tin",
        "--duration",
        "10",
        "--cover-size",
        "256",
    ];
    let mut call = home.call(&[&words[..], &["--stems"]].concat());
    let output = call
        .env("MUSIC_SERVICE_URL", server.url("/music"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let sentence = "makes music without stems. Ask for the bundle without them.";
    assert!(said(&output).contains(sentence), "{}", said(&output));
    let health = server.get("/music/health_check").json();
    assert_eq!(health["total_operations"], 0, "{health}");
    let listed = home.json(&["library", "list"]);
    assert_eq!(listed["total"], 0, "{listed}");

    let mut call = home.call(&words);
    call.env("MUSIC_SERVICE_URL", server.url("/music"));
    printed(&mut call);
}

#[test]
fn a_package_that_cannot_be_written_leaves_its_song_in_the_library() {
    let home = Home::new();
    // A folder that goes while the song is made.
    let out = home.path().join("out");
    let words = ["song", "rain on tin", "--duration", "30", "--out", "out"];
    let child = home
        .call(&words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !out.is_dir() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    fs::remove_dir(&out).unwrap();
    fs::write(&out, "no folder").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success(), "{}", said(&output));
    let listed = home.json(&["library", "list"]);
    let song = listed["songs"][0]["song_id"].as_str().unwrap();
    let sentence = format!("`songwright export {song}` writes it.");
    assert!(said(&output).contains(&sentence), "{}", said(&output));
    fs::remove_file(&out).unwrap();
    home.printed(&["export", song, "--out", "out"]);
}
