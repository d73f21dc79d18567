//! What tags of a prompt say, and how many there is room for.

use crate::TagsPrompt;

/// The most characters of a tags prompt that the music service takes.
pub(crate) const MOST_CHARS: usize = 500;
const TEMPO_WORDS: &[&str] = &[
    "slow",
    "mid-tempo",
    "midtempo",
    "fast",
    "uptempo",
    "up-tempo",
];
const VOICE_WORDS: &[&str] = &[
    "voice",
    "vocal",
    "vocals",
    "singer",
    "duet",
    "choir",
    "rap",
    "spoken",
    "instrumental",
];

/// Kinds of tag that a song has one of.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Single {
    Voice,
    TempoWord,
    Bpm,
    Key,
}

/// What a tag says that is said once.
pub(crate) fn kind(tag: &str) -> Option<Single> {
    let small = tag.to_lowercase();
    let word_of = |these: &[&str]| small.split(' ').any(|word| these.contains(&word));
    if small.ends_with(" major") || small.ends_with(" minor") {
        Some(Single::Key)
    } else if small.contains("bpm") {
        Some(Single::Bpm)
    } else if TEMPO_WORDS.contains(&small.as_str()) {
        Some(Single::TempoWord)
    } else if word_of(VOICE_WORDS) {
        Some(Single::Voice)
    } else {
        None
    }
}

/// Characters of a line of tags.
pub(crate) fn length(tags: &[String]) -> usize {
    let chars: usize = tags.iter().map(|tag| tag.chars().count()).sum();
    chars + 2 * tags.len().saturating_sub(1)
}

/// A prompt that the music service takes. Whole tags are left out, the longest first and of those that are
/// alike the last; not the first, which is the genre, nor what a song has one of.
pub(crate) fn within_limit(mut prompt: TagsPrompt) -> TagsPrompt {
    while length(&prompt.tags) > MOST_CHARS {
        let spare = (1..prompt.tags.len()).filter(|at| kind(&prompt.tags[*at]).is_none());
        match spare.max_by_key(|at| prompt.tags[*at].chars().count()) {
            Some(at) => prompt.tags.remove(at),
            None if prompt.tags.len() > 1 => prompt.tags.remove(1),
            None => break,
        };
    }
    prompt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(instruments: &[String]) -> TagsPrompt {
        let tags = ["pop", "male voice", "slow", "80 BPM", "C major"].map(str::to_owned);
        let mut all = tags[..2].to_vec();
        all.extend_from_slice(instruments);
        all.extend_from_slice(&tags[2..]);
        TagsPrompt {
            tags: all,
            genre: Some("pop".to_owned()),
        }
    }

    #[test]
    fn both_sides_of_the_limit() {
        // The others are 46 characters with their commas.
        for (last, kept) in [(454, true), (455, false)] {
            let wide = prompt(&["harp".to_owned(), "b".repeat(last)]);
            let line = within_limit(wide.clone()).line();
            assert!(line.chars().count() <= MOST_CHARS);
            assert_eq!(line == wide.line(), kept, "{last}");
            assert!(line.contains("harp") && line.ends_with("C major"), "{line}");
        }
    }

    #[test]
    fn ten_long_instruments_leave_as_many_as_there_is_room_for() {
        let instruments: Vec<String> = ('a'..='j').map(|c| c.to_string().repeat(70)).collect();
        let made = within_limit(prompt(&instruments));
        assert_eq!(made.tags.len(), 5 + 6);
        assert!(made.line().chars().count() <= MOST_CHARS);
        assert_eq!(made.tags[2], instruments[0]);
        assert_eq!(made.tags.last().map(String::as_str), Some("C major"));
    }
}
