//! What holds of every song, whatever it is about.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use songwright_base::{
    EngineError, LyricSheet, Observer, Progress, SectionKind, Seed, Silent, Stage,
};
use songwright_lyrics::{CategoriesParams, Lyricist as _, LyricsParams, TitleParams};

use super::SketchLyricist;
use super::bank::{ANY_THEME, Bank};
use super::language::Language;
use super::lines::{Tense, end_word, voiced};

pub(super) const ABOUT: &[&str] = &[
    "a slow bluesy ballad about a lighthouse keeper who misses the sea",
    "a furious punk song about quitting my job at the factory",
    "summer party with friends on the beach",
    "synthwave about driving through a neon city at night",
    "for my grandmother Rosa and her kitchen",
    "an astronaut in orbit thinking of home",
    "christmas snow and a quiet fire",
    "something hopeful",
    "falling in love in Paris",
    "一首关于灯塔和大海的慢歌",
    "夏天校园里的初恋，流行，女声",
    "分手后的雨夜，城市",
];

fn params(description: &str, seed: u64, duration_s: Option<f64>) -> LyricsParams {
    LyricsParams {
        description: description.to_owned(),
        style: None,
        language: None,
        mood: None,
        duration_s,
        seed: Seed(seed),
    }
}

fn song(description: &str, seed: u64) -> LyricSheet {
    SketchLyricist::new()
        .lyrics(&params(description, seed, None), &Silent)
        .unwrap()
}

fn songs() -> impl Iterator<Item = (&'static str, LyricSheet)> {
    ABOUT
        .iter()
        .flat_map(|about| (1..=5).map(|seed| (*about, song(about, seed))))
}

#[test]
fn every_rhyme_is_spelled_as_its_class_says() {
    for language in [Language::English, Language::Chinese] {
        let bank = Bank::of(language).unwrap();
        let closings = bank.closings.iter().map(|c| (&c.text, &c.rhyme));
        for (text, rhyme) in closings.chain(bank.hooks.iter().map(|h| (&h.text, &h.rhyme))) {
            for tense in [Tense::Present, Tense::Past] {
                let end = end_word(language, &voiced(text, tense, None));
                let spelled = &bank.rhymes[rhyme];
                assert!(
                    spelled.iter().any(|s| end.ends_with(s.as_str())),
                    "{text}: {end} is not of {rhyme}"
                );
            }
        }
    }
}

#[test]
fn every_rhyme_of_a_theme_has_three_closings() {
    for language in [Language::English, Language::Chinese] {
        let bank = Bank::of(language).unwrap();
        let closings = bank.closings.iter().map(|c| (&c.theme, &c.rhyme));
        for (theme, rhyme) in closings.chain(bank.hooks.iter().map(|h| (&h.theme, &h.rhyme))) {
            let pool = bank
                .closings
                .iter()
                .filter(|c| c.rhyme == *rhyme && (c.theme == *theme || c.theme == ANY_THEME));
            assert!(pool.count() >= 3, "{theme} has too few of {rhyme}");
        }
    }
}

#[test]
fn the_banks_are_large_and_say_nothing_twice() {
    for (language, least) in [(Language::English, 520), (Language::Chinese, 160)] {
        let bank = Bank::of(language).unwrap();
        assert!(bank.openings.len() + bank.closings.len() >= least);
        let closings: HashSet<_> = bank.closings.iter().map(|c| &c.text).collect();
        assert_eq!(closings.len(), bank.closings.len(), "{language:?}");
        let openings: HashSet<_> = bank
            .openings
            .iter()
            .filter(|o| o.frame.is_none())
            .map(|o| &o.text)
            .collect();
        let plain = bank.openings.iter().filter(|o| o.frame.is_none()).count();
        assert_eq!(openings.len(), plain, "{language:?}");
    }
}

#[test]
fn songs_read_back_and_repeat_only_what_returns() {
    for (about, sheet) in songs() {
        assert_eq!(LyricSheet::parse(&sheet.to_string()), sheet);
        let of = |kind| sheet.sections.iter().filter(move |s| s.kind == kind);
        let choruses: HashSet<_> = of(SectionKind::Chorus).map(|s| &s.lines).collect();
        assert_eq!(choruses.len(), 1, "{about}");
        let verse_lines: Vec<_> = of(SectionKind::Verse).flat_map(|s| &s.lines).collect();
        let distinct: HashSet<_> = verse_lines.iter().collect();
        assert_eq!(distinct.len(), verse_lines.len(), "{about}");
        assert_eq!(verse_lines.len(), 16, "{about}");
        for line in sheet.lines() {
            assert!(!line.contains(['{', '}', '|', '[']), "{line}");
        }
    }
}

/// The rhyme class of each closing, by its words in either tense.
fn classes(bank: &Bank) -> HashMap<String, &str> {
    let both = |text: &str| [Tense::Present, Tense::Past].map(|t| voiced(text, t, None));
    bank.closings
        .iter()
        .flat_map(|c| both(&c.text).map(|text| (text, c.rhyme.as_str())))
        .collect()
}

#[test]
fn verses_rhyme_by_a_scheme_and_match_in_length() {
    let (mut stanzas, mut rhymed) = (0, 0);
    let (mut pairs, mut matched) = (0, 0);
    for (about, sheet) in songs() {
        let language = Language::choose(None, about).unwrap();
        let classes = classes(Bank::of(language).unwrap());
        let class = |line: &str| {
            line.match_indices(' ')
                .find_map(|(at, _)| classes.get(&line[at + 1..]).copied())
        };
        for verse in sheet
            .sections
            .iter()
            .filter(|s| s.kind == SectionKind::Verse)
        {
            for stanza in verse.lines.chunks(4) {
                let c: Vec<_> = stanza.iter().map(|l| class(l)).collect();
                assert!(c.iter().all(Option::is_some), "{stanza:?}");
                let scheme: &[(usize, usize)] = if c[0] == c[1] && c[2] == c[3] {
                    &[(0, 1), (2, 3)]
                } else if c[0] == c[2] && c[1] == c[3] {
                    &[(0, 2), (1, 3)]
                } else if c[1] == c[3] {
                    &[(1, 3)]
                } else {
                    &[]
                };
                stanzas += 1;
                rhymed += usize::from(!scheme.is_empty());
                for (a, b) in scheme {
                    let [a, b] = [a, b].map(|i| language.line_length(&stanza[*i]));
                    pairs += 1;
                    matched += usize::from(a.abs_diff(b) <= 2);
                    assert!(a.abs_diff(b) <= 5, "{stanza:?}");
                }
            }
        }
    }
    assert!(
        rhymed * 100 >= stanzas * 95,
        "{rhymed} of {stanzas} stanzas rhyme"
    );
    assert!(
        matched * 100 >= pairs * 90,
        "{matched} of {pairs} pairs match"
    );
}

#[test]
fn the_users_nouns_are_woven_in() {
    for (about, noun) in [
        (ABOUT[0], "lighthouse keeper"),
        (ABOUT[0], "the sea"),
        (ABOUT[1], "my job"),
        (ABOUT[4], "Rosa"),
        (ABOUT[8], "Paris"),
        (ABOUT[9], "灯塔"),
    ] {
        for seed in 1..=10 {
            let sheet = song(about, seed);
            let verses = sheet
                .sections
                .iter()
                .filter(|s| s.kind == SectionKind::Verse);
            let words: Vec<_> = verses.flat_map(|s| s.lines.clone()).collect();
            assert!(words.join("\n").contains(noun), "{about}: no {noun}");
        }
    }
}

#[test]
fn a_seed_is_a_song_and_ten_seeds_are_ten() {
    for about in ABOUT {
        let ten: HashSet<String> = (0..10).map(|seed| song(about, seed).to_string()).collect();
        assert_eq!(ten.len(), 10, "{about}");
        assert_eq!(song(about, 3), song(about, 3));
    }
}

#[test]
fn the_length_of_the_song_sizes_the_lyrics() {
    let lines = |about: &str, d: f64| {
        let sheet = SketchLyricist::new()
            .lyrics(&params(about, 1, Some(d)), &Silent)
            .unwrap();
        let characters = sheet.to_string().chars().count();
        assert!(characters <= 5000, "{d} s: {characters} characters");
        sheet.lines().count()
    };
    for about in ABOUT {
        let sizes = [10.0, 30.0, 60.0, 180.0, 600.0].map(|d| lines(about, d));
        assert_eq!(sizes[..3], [2, 8, 14], "{about}");
        assert_eq!(sizes[3], 38, "{about}");
        assert!((60..=76).contains(&sizes[4]), "{about}: {sizes:?}");
    }
}

#[test]
fn mood_and_style_change_the_words() {
    let with = |mood: Option<&str>, style: Option<&str>| {
        let mut asked = params("a song for Anna", 1, None);
        asked.mood = mood.map(str::to_owned);
        asked.style = style.map(str::to_owned);
        SketchLyricist::new().lyrics(&asked, &Silent).unwrap()
    };
    assert_ne!(with(Some("sad"), None), with(Some("happy"), None));
    assert_ne!(with(None, Some("punk")), with(None, Some("country")));
}

#[test]
fn nothing_a_user_writes_breaks_the_writer() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut lyricist = SketchLyricist::new();
    let pieces = [
        "a",
        "the ",
        "{np}",
        "[",
        "|",
        ", ",
        "92 bpm",
        "İ",
        "🎵",
        "ß",
        "海",
        "שלום ",
        "'",
        "-",
        "\n",
    ];
    for seed in 0..300 {
        let mut text = String::new();
        for _ in 0..rng.random_range(0..40) {
            if rng.random_bool(0.5) {
                text.push_str(pieces[rng.random_range(0..pieces.len())]);
            } else {
                text.extend(char::from_u32(rng.random_range(0..0x11_0000)));
            }
        }
        match lyricist.lyrics(&params(&text, seed, Some(30.0)), &Silent) {
            Ok(sheet) => assert_eq!(LyricSheet::parse(&sheet.to_string()), sheet, "{text:?}"),
            Err(error) => assert!(matches!(error, EngineError::Unsupported { .. })),
        }
        let tags = lyricist
            .prompt(&super::tag_tests::prompt_params(&text), &Silent)
            .unwrap();
        assert!(tags.tags.len() >= 5, "{tags:?}");
        let asked = CategoriesParams {
            description: text.clone(),
            max_categories: 1,
            include_subgenres: false,
        };
        assert_eq!(
            lyricist
                .categories(&asked, &Silent)
                .unwrap()
                .categories
                .len(),
            1
        );
        for lyrics in [None, Some(text.clone())] {
            let asked = TitleParams {
                description: text.clone(),
                lyrics,
                seed: Seed(seed),
            };
            assert!(!lyricist.title(&asked, &Silent).unwrap().trim().is_empty());
        }
    }
}

#[test]
fn lines_are_told_as_they_are_made() {
    #[derive(Default)]
    struct Listener {
        told: Mutex<Vec<String>>,
        last: Mutex<Option<Progress>>,
        stop_at: Option<usize>,
    }
    impl Observer for Listener {
        fn report(&self, progress: Progress) {
            *self.last.lock().unwrap() = Some(progress);
        }
        fn is_cancelled(&self) -> bool {
            self.stop_at
                .is_some_and(|n| self.told.lock().unwrap().len() >= n)
        }
        fn note(&self, text: &str) {
            self.told.lock().unwrap().push(text.to_owned());
        }
    }
    let listener = Listener::default();
    let sheet = SketchLyricist::new()
        .lyrics(&params(ABOUT[0], 1, None), &listener)
        .unwrap();
    let told = listener.told.lock().unwrap();
    assert_eq!(*told, sheet.lines().collect::<Vec<_>>());
    let n = told.len() as u64;
    assert_eq!(
        *listener.last.lock().unwrap(),
        Some(Progress::new(Stage::Lyrics, n, n))
    );

    let impatient = Listener {
        stop_at: Some(5),
        ..Listener::default()
    };
    let error = SketchLyricist::new()
        .lyrics(&params(ABOUT[0], 1, None), &impatient)
        .unwrap_err();
    assert!(matches!(error, EngineError::Cancelled));
    assert_eq!(impatient.told.lock().unwrap().len(), 5);
}
