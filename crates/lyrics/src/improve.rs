//! A tags prompt made better: what the user wrote stays, and what it lacks is added.

use std::collections::HashSet;

use crate::{
    TagsPrompt,
    tags::{MOST_CHARS, Single, kind, length},
};

/// The tags that a user wrote.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OwnTags {
    pub(crate) tags: Vec<String>,
}

impl OwnTags {
    /// Those of a prompt, parted by commas, each once.
    pub(crate) fn of(prompt: &str) -> Self {
        let mut seen = HashSet::new();
        let tags = prompt
            .split([',', '，', '、', ';', '\n'])
            .map(|tag| tag.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|tag| !tag.is_empty() && seen.insert(tag.to_lowercase()))
            .collect();
        Self { tags }
    }

    fn first(&self, wanted: Single) -> Option<&String> {
        self.tags.iter().find(|tag| kind(tag) == Some(wanted))
    }

    pub(crate) fn tempo(&self) -> Option<String> {
        let tempo = self.first(Single::Bpm).or(self.first(Single::TempoWord));
        tempo.map(|tag| tag.chars().take(50).collect())
    }

    pub(crate) fn is_instrumental(&self) -> bool {
        let voice = self.first(Single::Voice);
        voice.is_some_and(|tag| tag.to_lowercase().contains("instrumental"))
    }
}

/// The user's tags as they are, then those of `made` that say what is missing.
pub(crate) fn improved(mut tags: Vec<String>, made: TagsPrompt) -> TagsPrompt {
    let has: HashSet<Single> = tags.iter().filter_map(|tag| kind(tag)).collect();
    let is_new = |tag: &String, tags: &[String]| {
        let small = tag.to_lowercase();
        let said = tags.iter().any(|own| own.to_lowercase().contains(&small));
        let only_one = kind(tag).is_some_and(|kind| has.contains(&kind));
        // A number says more than a word, and the two shall agree.
        let tempo_said = kind(tag) == Some(Single::TempoWord) && has.contains(&Single::Bpm);
        !said && !only_one && !tempo_said
    };
    for tag in made.tags {
        if is_new(&tag, &tags) && length(&tags) + 2 + tag.chars().count() <= MOST_CHARS {
            tags.push(tag);
        }
    }
    TagsPrompt {
        tags,
        genre: made.genre,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(line: &str) -> TagsPrompt {
        TagsPrompt {
            tags: line.split(", ").map(str::to_owned).collect(),
            genre: Some("pop".to_owned()),
        }
    }

    #[test]
    fn own_tags_stay_and_what_lacks_is_added() {
        let own = OwnTags::of("Doom Metal, 61 BPM,  low  male growl vocals, doom metal,");
        assert_eq!(own.tags, ["Doom Metal", "61 BPM", "low male growl vocals"]);
        assert_eq!(own.tempo().as_deref(), Some("61 BPM"));
        let better = improved(
            own.tags,
            made("doom metal, female voice, sitar, heavy, slow, 90 BPM, E minor"),
        );
        assert_eq!(
            better.line(),
            "Doom Metal, 61 BPM, low male growl vocals, sitar, heavy, E minor"
        );
    }

    #[test]
    fn an_instrumental_stays_one_and_the_line_has_an_end() {
        assert!(OwnTags::of("lo-fi, Instrumental").is_instrumental());
        assert!(!OwnTags::of("lo-fi, instruments").is_instrumental());
        let own = OwnTags::of(&"t".repeat(495));
        let better = improved(own.tags, made("abc, abcdefgh"));
        assert_eq!(better.line().chars().count(), 500);
    }
}
