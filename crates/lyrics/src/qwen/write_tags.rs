//! The tags prompt: genre, voice, instruments, mood, tempo, key.

use minijinja::context;
use songwright_base::{Observer, Progress, Stage};

use super::{
    Error, LanguageModel, Sampler,
    grammar::quoted,
    prompts::{Task, Told},
};
use crate::{
    PromptParams, TagsPrompt,
    measure::{BPM, named_tempo},
    tongue::Tongue,
};

/// Instruments where the user named none.
const INSTRUMENTS: (usize, usize) = (2, 4);

pub(super) fn prompt(
    model: &mut LanguageModel,
    params: &PromptParams,
    observer: &dyn Observer,
) -> Result<TagsPrompt, Error> {
    let told = Told::of(&Tongue::of_text(&params.description));
    let prompt = Task::Tags.prompt(told)?;
    let instruments = (!params.instruments.is_empty()).then(|| params.instruments.join(", "));
    let question = prompt.question(context! {
        description => params.description.as_str(),
        genre => params.genre.as_deref(),
        instruments => instruments,
        tempo => params.tempo.as_deref(),
        instrumental => params.instrumental,
    })?;
    let mut sampler = Sampler::new(model.sampling(), params.seed);
    let mut session = model.ask(&prompt.instruction, &question, observer)?;
    sampler.see(session.prompt());
    let mut matcher = session.grammars().matcher(&grammar(params))?;
    let passage = session.write(&mut matcher, &mut sampler, observer, |text| {
        observer.note(text);
    })?;
    observer.report(Progress::new(Stage::Prompt, 1, 1));
    read(&passage.text)
}

/// The line, with what the user asked for in its place.
fn grammar(params: &PromptParams) -> String {
    let genre = match tag(params.genre.as_deref()) {
        Some(genre) => quoted(&genre),
        None => "GENRE".to_owned(),
    };
    let voice = if params.instrumental {
        "\"instrumental\""
    } else {
        "VOICE"
    };
    let asked: Vec<String> = params
        .instruments
        .iter()
        .filter_map(|name| tag(Some(name)))
        .map(|name| quoted(&format!(", {name}")))
        .collect();
    let (least, most) = INSTRUMENTS;
    let more = match asked.len() {
        0 => format!("(\", \" WORDS){{{least},{most}}}"),
        count if count < most => format!("(\", \" WORDS){{0,{}}}", most - count),
        _ => String::new(),
    };
    let (word, bpm) = tempo(params.tempo.as_deref());
    format!(
        "start: {genre} \", \" {voice} {instruments} {more} \", \" MOOD \", \" {word} \", \" {bpm} \
         \" BPM, \" KEY\n\
         GENRE: /[a-z][a-z&-]{{2,13}}( [a-z][a-z&-]{{1,13}}){{0,2}}/\n\
         WORDS: /[a-z]{{3,14}}( [a-z]{{2,14}}){{0,2}}/\n\
         VOICE: \"female voice\" | \"male voice\" | \"duet\" | \"choir\" | \"rap\" | \"spoken word\"\n\
         MOOD: /[a-z]{{3,14}}(-[a-z]{{2,12}})?/\n\
         TEMPO: \"slow\" | \"mid-tempo\" | \"fast\"\n\
         NUMBER: /[4-9][0-9]|1[0-9][0-9]|20[0-9]/\n\
         KEY: /[A-G](b|#)? (major|minor)/\n",
        instruments = asked.join(" "),
    )
}

/// A tag of the user's: lower-case, without commas, which part tags.
fn tag(text: Option<&str>) -> Option<String> {
    let words = text?.to_lowercase().replace([',', '，', '、', '\n'], " ");
    let words: Vec<&str> = words.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The tempo's word and number, each a literal where the user said it.
fn tempo(asked: Option<&str>) -> (String, String) {
    let said = |words: &str| tag(Some(words)).map_or("TEMPO".to_owned(), |words| quoted(&words));
    let number = |bpm: Option<f64>| bpm.map_or("NUMBER".to_owned(), |bpm| quoted(&bpm.to_string()));
    let asked = asked.unwrap_or_default();
    if let Some(named) = named_tempo(asked) {
        return (said(&named.rest), number(named.bpm));
    }
    match asked.trim().parse::<f64>() {
        // A number alone is one too.
        Ok(bare) => (said(""), number(Some(bare).filter(|bpm| BPM.contains(bpm)))),
        Err(_) => (said(asked), number(None)),
    }
}

fn read(line: &str) -> Result<TagsPrompt, Error> {
    let mut tags: Vec<String> = Vec::new();
    for tag in line.split(", ").map(str::trim) {
        if !tag.is_empty() && !tags.iter().any(|own| own == tag) {
            tags.push(tag.to_owned());
        }
    }
    let has_key = |tag: &String| tag.ends_with(" major") || tag.ends_with(" minor");
    if tags.len() < 5 || !tags.last().is_some_and(has_key) {
        return Err(Error::Unreadable {
            answer: line.to_owned(),
        });
    }
    Ok(TagsPrompt {
        genre: tags.first().cloned(),
        tags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_says_of_the_tempo_is_kept() {
        let free = ("TEMPO".to_owned(), "NUMBER".to_owned());
        assert_eq!(tempo(None), free);
        assert_eq!(tempo(Some("92 BPM")), (free.0.clone(), "\"92\"".to_owned()));
        assert_eq!(
            tempo(Some("Slow, heavy")),
            ("\"slow heavy\"".to_owned(), free.1)
        );
        for (asked, word, number) in [
            ("30 bpm", "TEMPO", "\"30\""),
            ("29 bpm", "TEMPO", "NUMBER"),
            ("300", "TEMPO", "\"300\""),
            ("301", "TEMPO", "NUMBER"),
            ("3/4 time, 92 BPM", "\"3/4 time\"", "\"92\""),
            ("92bpm, slow", "\"slow\"", "\"92\""),
            ("90-100 BPM", "TEMPO", "\"100\""),
            ("92.5 bpm", "TEMPO", "\"92.5\""),
            ("6/8, slow", "\"6/8 slow\"", "NUMBER"),
            ("BPM", "TEMPO", "NUMBER"),
        ] {
            let found = tempo(Some(asked));
            assert_eq!(
                (found.0.as_str(), found.1.as_str()),
                (word, number),
                "{asked}"
            );
        }
    }

    #[test]
    fn a_line_is_its_tags_each_once() {
        let line = "pop, female voice, piano, piano, warm, slow, 80 BPM, C major";
        let found = read(line).unwrap();
        assert_eq!(found.genre.as_deref(), Some("pop"));
        assert_eq!(found.tags.len(), 7);
        assert!(read("pop, piano").is_err());
        assert!(read("a, b, c, d, e, f").is_err());
    }
}
