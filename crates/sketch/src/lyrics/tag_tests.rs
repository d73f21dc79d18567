//! Tags, categories and titles, as people read them.

use songwright_base::{Seed, Silent};
use songwright_lyrics::{CategoriesParams, Lyricist as _, PromptParams, TitleParams};

use super::SketchLyricist;
use super::tests::ABOUT;

pub(super) fn prompt_params(description: &str) -> PromptParams {
    PromptParams {
        description: description.to_owned(),
        genre: None,
        instruments: Vec::new(),
        tempo: None,
        instrumental: false,
        seed: Seed(1),
    }
}

#[test]
fn what_is_asked_for_is_among_the_tags() {
    let mut asked = prompt_params("a song about the sea");
    asked.genre = Some("Shoegaze".to_owned());
    asked.instruments = vec!["Theremin".to_owned(), "cello".to_owned()];
    asked.tempo = Some("92 BPM".to_owned());
    asked.instrumental = true;
    let tags = SketchLyricist::new().prompt(&asked, &Silent).unwrap();
    for tag in ["shoegaze", "instrumental", "theremin", "cello", "92 BPM"] {
        assert!(tags.tags.iter().any(|t| t == tag), "{tags:?} lacks {tag}");
    }
    assert_eq!(tags.genre.as_deref(), Some("shoegaze"));
}

#[test]
fn categories_are_few_and_fall() {
    let mut lyricist = SketchLyricist::new();
    for about in ABOUT {
        for (most, include_subgenres) in [(1, true), (5, true), (10, false)] {
            let asked = CategoriesParams {
                description: (*about).to_owned(),
                max_categories: most,
                include_subgenres,
            };
            let found = lyricist.categories(&asked, &Silent).unwrap().categories;
            assert!(
                (1..=most.min(5)).contains(&found.len()),
                "{about}: {found:?}"
            );
            assert!(found.is_sorted_by(|a, b| a.confidence >= b.confidence));
        }
    }
}

#[test]
fn titles_come_from_the_song() {
    let title = |description: &str, lyrics: Option<&str>| {
        let asked = TitleParams {
            description: description.to_owned(),
            lyrics: lyrics.map(str::to_owned),
            seed: Seed(1),
        };
        SketchLyricist::new().title(&asked, &Silent).unwrap()
    };
    let chorus = "[verse]\nla la la\n[chorus]\nBurn the bridges, build a boat\nrow\nBurn the bridges, build a boat";
    assert_eq!(title("x", Some(chorus)), "Burn the Bridges");
    assert_eq!(
        title(
            "x",
            Some("Leave the harbour\nKeep the harbour light on tonight")
        ),
        "Keep the Harbour Light"
    );
    assert_eq!(
        title("x", Some("[chorus]\nTake me back to the sea tonight")),
        "Take Me Back to the Sea"
    );
    assert_eq!(
        title("x", Some("[副歌]\n月亮代表我的心啊我的爱人")),
        "月亮代表我的心啊"
    );
    assert_eq!(title("x", Some("שלום עולם\nשלום עולם")), "שלום עולם");
    for title in [
        title("piano for a lighthouse keeper", Some("🎵🎵")),
        title("dusk", None),
    ] {
        assert!((1..=6).contains(&title.split(' ').count()), "{title}");
    }
}

/// The tags of seed 1, read and found right before they were put here.
const PROMPTS: &[(&str, &str)] = &[
    (
        "a slow bluesy ballad about a lighthouse keeper who misses the sea",
        "blues, ballad, female voice, blues guitar, hammond organ, drums, heartfelt, slow, 72 BPM, F# minor",
    ),
    (
        "upbeat funk with slap bass and horns, 104 bpm",
        "funk, female voice, slap bass, horns, wah guitar, happy, mid-tempo, 104 BPM, F major",
    ),
    (
        "dreamy shoegaze in F# major with a female singer",
        "shoegaze, female voice, walls of guitar, bass, drums, dreamy, mid-tempo, 113 BPM, F# major",
    ),
    (
        "a furious punk song about quitting my job",
        "punk, male voice, distorted guitar, bass, fast drums, angry, fast, 172 BPM, G minor",
    ),
    (
        "lofi hip hop for studying late at night",
        "lo-fi, hip hop, female voice, electric piano, vinyl crackle, soft drums, calm, slow, 80 BPM, A minor",
    ),
    (
        "country song about a truck and a dog",
        "country, female voice, acoustic guitar, pedal steel, drums, heartfelt, mid-tempo, 96 BPM, Bb major",
    ),
    (
        "house, 124 bpm, female vocals, piano",
        "house, 124 BPM, female vocals, piano, E minor",
    ),
    (
        "the old house by the river",
        "folk, female voice, acoustic guitar, fiddle, light percussion, wistful, mid-tempo, 88 BPM, A major",
    ),
    (
        "一首慢速的民谣，女声和木吉他，关于故乡",
        "folk, female voice, acoustic guitar, fiddle, light percussion, wistful, slow, 80 BPM, F major",
    ),
    (
        "欢快的流行歌曲，夏天和海边，120 bpm",
        "pop, female voice, piano, synth, drums, happy, fast, 120 BPM, Bb major",
    ),
    (
        "悲伤的钢琴抒情歌，A小调",
        "ballad, male voice, piano, strings, soft drums, melancholic, slow, 77 BPM, A minor",
    ),
    (
        "jazz trio, brushed drums, walking bass, smoky, 96 bpm, D minor",
        "jazz trio, brushed drums, walking bass, smoky, 96 BPM, D minor, male voice",
    ),
    (
        "instrumental cinematic trailer music with taiko",
        "cinematic, instrumental, taiko drums, strings, brass, heartfelt, mid-tempo, 95 BPM, C minor",
    ),
    (
        "a romantic bossa nova duet in a cafe in Rio",
        "bossa nova, duet, nylon guitar, soft percussion, double bass, romantic, fast, 133 BPM, G major",
    ),
    (
        "drum and bass at 174 BPM",
        "drum and bass, female voice, breakbeat drums, sub bass, synth pads, energetic, fast, 174 BPM, C minor",
    ),
    (
        "fast rockabilly about a stolen car",
        "rockabilly, male voice, twang guitar, double bass, drums, energetic, fast, 151 BPM, A major",
    ),
    (
        "reggae with organ about peace",
        "reggae, male voice, hammond organ, offbeat guitar, bass, heartfelt, mid-tempo, 84 BPM, A major",
    ),
    (
        "an epic orchestral battle anthem in D minor",
        "orchestral, female voice, strings, french horns, timpani, epic, slow, 82 BPM, D minor",
    ),
    (
        "lonely robot in space",
        "synthwave, female voice, analog synth, synth bass, gated drums, lonely, mid-tempo, 93 BPM, C minor",
    ),
    (
        "something nice",
        "pop, female voice, piano, synth, drums, heartfelt, mid-tempo, 118 BPM, F major",
    ),
];

#[test]
fn twenty_descriptions_give_the_tags_that_were_read() {
    for (description, line) in PROMPTS {
        let tags = SketchLyricist::new()
            .prompt(&prompt_params(description), &Silent)
            .unwrap();
        assert_eq!(tags.line(), *line, "{description}");
    }
}
