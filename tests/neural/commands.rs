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
        let estimate = home.printed(&[take, &["--estimate", "--json"]].concat());
        assert_eq!(estimate["engine"]["model_id"], SMALL, "{take:?}");
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

#[test]
fn a_song_like_a_file_and_several_takes_from_the_command_line() {
    let home = Home::with_model();
    let file = home.beside("like.wav");
    fs::write(&file, crate::home::tone(22_050, 1.5, crate::home::PLAIN)).unwrap();
    let out = home.beside("out");
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    let asked = [
        "song",
        "a quiet waltz",
        "--reference",
        file,
        "--steps",
        "2",
        "--cover-size",
        "256",
    ];
    let made = home.printed(
        &[
            &asked[..],
            &[
                "--reference-strength",
                "0.7",
                "--takes",
                "2",
                "--out",
                out,
                "--json",
            ],
        ]
        .concat(),
    );
    assert_eq!(made["audio_duration"], 1.5, "{made}");
    let song = made["song_id"].as_str().unwrap();
    let shown = home.printed(&["library", "show", song, "--json"]);
    assert_eq!(shown["takes"].as_array().unwrap().len(), 2);
    let more = ["take", "retake", song, "--takes", "2", "--json"];
    assert_eq!(home.printed(&more)["takes"].as_array().unwrap().len(), 4);

    let estimate = home.printed(&[&asked[..], &["--estimate", "--json"]].concat());
    assert_eq!(estimate["audio_duration"], 1.5);
    assert!(estimate["seconds"].as_f64().unwrap() > 0.0, "{estimate}");
    let words = home.run(&[&asked[..], &["--estimate"]].concat());
    assert!(
        said(&words).contains("by earlier songs on this machine"),
        "{}",
        said(&words)
    );
    let wrong = home.run(&["song", "a quiet waltz", "--reference", out]);
    assert!(
        said(&wrong).contains("could not be read"),
        "{}",
        said(&wrong)
    );
}
