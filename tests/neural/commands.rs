use std::fs;

use crate::home::{Home, SMALL, said};

#[test]
fn songs_and_takes_are_made_from_the_command_line() {
    let home = Home::with_model();
    let lyrics = home.beside("lyrics.txt");
    fs::write(&lyrics, "[verse]\nThe lamp is low, the night is long\n").unwrap();
    let out = home.beside("out");
    let (lyrics, out) = (lyrics.to_str().unwrap(), out.to_str().unwrap());
    let made = home.printed(&[
        "song",
        "folk, guitar",
        "--lyrics",
        lyrics,
        "--duration",
        "10",
        "--steps",
        "14",
        "--draft",
        "--seed",
        "3",
        "--cover-size",
        "256",
        "--out",
        out,
        "--json",
    ]);
    assert_eq!(made["engines"]["music"]["model_id"], SMALL);
    let song = made["song_id"].as_str().unwrap();
    let folder = made["path"].as_str().unwrap();
    let wavs = fs::read_dir(folder).unwrap().filter(|file| {
        let path = file.as_ref().unwrap().path();
        path.extension().is_some_and(|end| end == "wav")
    });
    assert_eq!(wavs.count(), 1);

    let takes: [&[&str]; 5] = [
        &["take", "promote", song],
        &[
            "take",
            "retake",
            song,
            "--variance",
            "0.3",
            "--retake-seed",
            "4",
        ],
        &["take", "repaint", song, "--from", "1", "--to", "3"],
        &[
            "take", "extend", song, "--before", "1", "--after", "1", "--steps", "2",
        ],
        &[
            "take",
            "edit",
            song,
            "--prompt",
            "jazz, piano",
            "--n-min",
            "0.3",
        ],
    ];
    for (at, take) in takes.into_iter().enumerate() {
        let words = [take, &["--json"]].concat();
        let song = home.printed(&words);
        let made = song["takes"].as_array().unwrap();
        assert_eq!(made.len(), at + 2, "{take:?}");
        assert_eq!(made[at + 1]["engine"]["model_id"], SMALL);
    }
}

#[test]
fn what_the_model_cannot_do_ends_with_a_sentence() {
    let home = Home::with_model();
    let long = home.run(&["song", "rain on tin", "--duration", "300", "--steps", "2"]);
    assert!(!long.status.success());
    assert!(said(&long).contains("1 to 240 seconds"), "{}", said(&long));
}
