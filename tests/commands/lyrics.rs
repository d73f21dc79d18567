//! The tools for lyrics, as the built-in writer does them.

use std::{fs, process::Output};

use crate::home::{Home, said};

const WORDS: &str = "[verse]\nThe rain is on the roof tonight\nI hold on to the morning light\n[chorus]\nStay with me\nStay with me\n";

/// A folder with lyrics in it.
fn home() -> Home {
    let home = Home::new();
    fs::write(home.path().join("words.txt"), WORDS).unwrap();
    home
}

fn run(home: &Home, words: &[&str]) -> Output {
    home.call(&[&["lyrics"], words].concat()).output().unwrap()
}

/// The lines that a tool prints, which a second run with its seed prints again.
fn lines(home: &Home, words: &[&str]) -> Vec<String> {
    let words = [&["lyrics"], words, &["--seed", "7"]].concat();
    let printed = home.printed(&words);
    assert_eq!(home.printed(&words), printed, "{words:?}");
    printed.lines().map(str::to_owned).collect()
}

fn is_tag(line: &str) -> bool {
    line.starts_with('[')
}

#[test]
fn lyrics_are_continued_behind_what_is_there() {
    let home = home();
    let found = lines(&home, &["continue", "words.txt", "--sections", "2"]);
    let text = found.join("\n");
    assert!(text.starts_with(WORDS.trim_end()), "{text}");
    assert_eq!(found.iter().filter(|line| is_tag(line)).count(), 4);
}

#[test]
fn one_section_is_rewritten_and_the_others_stay() {
    let home = home();
    let found = lines(&home, &["rewrite", "words.txt", "--section", "verse"]);
    let own: Vec<&str> = WORDS.lines().collect();
    assert_eq!(found.len(), own.len(), "{found:?}");
    assert_eq!(
        (found[0].as_str(), &found[3..]),
        (own[0], &to_owned(&own[3..])[..])
    );
    assert!(found[1] != own[1] && found[2] != own[2], "{found:?}");
}

fn to_owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn lyrics_are_fitted_to_a_longer_song() {
    let home = home();
    let found = lines(&home, &["fit", "words.txt", "--duration", "120"]);
    assert!(found.len() > WORDS.lines().count(), "{found:?}");
    assert!(found.iter().any(|line| is_tag(line)), "{found:?}");
}

#[test]
fn rhymes_are_printed_one_a_line() {
    let home = home();
    let found = lines(&home, &["rhymes", "night", "--most", "3"]);
    assert_eq!(found.len(), 3, "{found:?}");
    for word in &found {
        assert!(word != "night" && !word.contains(' '), "{found:?}");
    }
}

#[test]
fn a_prompt_is_improved_with_its_tags_in_front() {
    let home = home();
    let found = lines(&home, &["improve-prompt", "doom metal, 61 BPM"]);
    assert_eq!(found.len(), 1, "{found:?}");
    let (own, more) = found[0].split_at("doom metal, 61 BPM, ".len());
    assert_eq!(own, "doom metal, 61 BPM, ");
    assert!(more.split(", ").count() > 1, "{found:?}");
}

#[test]
fn a_song_is_named_by_its_lyrics() {
    let home = home();
    assert_eq!(lines(&home, &["name", "words.txt"]), ["Stay with Me"]);
}

#[test]
fn without_a_model_a_translation_says_which_to_install() {
    let home = home();
    let output = run(&home, &["translate", "words.txt", "--language", "german"]);
    let said = said(&output);
    assert!(
        !output.status.success() && output.stdout.is_empty(),
        "{said}"
    );
    assert!(said.contains("songwright models install"), "{said}");
}
