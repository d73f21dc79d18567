use songwright_api::{ReviseRequest, ReviseTask, Whole, finite_between};
use songwright_base::{InvalidField, Seed, length_between};

use super::Draft;
use crate::{
    params::{optional, seed},
    tongue::{Script, Tongue, is_automatic},
};

/// What is to be done with lyrics. Valid by construction at the service's edge.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviseParams {
    /// The lyrics, cleaned, with at least one line that is sung.
    pub lyrics: String,
    /// What they are in: as asked, or as their lines say.
    pub tongue: Tongue,
    /// What with them.
    pub revision: Revision,
    /// What new lines shall say, as the user put it.
    pub description: Option<String>,
    /// Makes the words repeatable.
    pub seed: Seed,
}

/// A change of lyrics.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Revision {
    /// Sections are added.
    Continue {
        /// How many, 1–8.
        sections: usize,
    },
    /// The lines of one section are written anew, with their syllables and rhymes.
    Rewrite {
        /// Which of the draft's, from 0; it has lines.
        section: usize,
    },
    /// Sections are added, repeated or left out.
    Fit {
        /// The song's length in milliseconds.
        duration_ms: u64,
    },
    /// Every line is written in another language, with its syllables.
    Translate {
        /// Which.
        tongue: Tongue,
    },
}

impl ReviseParams {
    /// What a musician has to know of new lines: whether their syllables were counted.
    #[must_use]
    pub fn caution(&self) -> Option<String> {
        let tongue = match &self.revision {
            Revision::Translate { tongue } => tongue,
            _ => &self.tongue,
        };
        (tongue.script == Script::Any).then(|| {
            format!(
                "Syllables of {} cannot be told by its letters: new lines have about the length of the old ones, \
                 and may not fit the tune.",
                tongue.name
            )
        })
    }
}

impl TryFrom<&ReviseRequest> for ReviseParams {
    type Error = InvalidField;

    fn try_from(request: &ReviseRequest) -> Result<Self, InvalidField> {
        let lyrics = length_between("lyrics", &request.lyrics, 1..=5000)?;
        let draft = Draft::read(&lyrics);
        let is_sung = |line: &&str| line.chars().any(char::is_alphanumeric);
        let sung = (0..draft.sections.len()).any(|at| draft.lines(at).iter().any(is_sung));
        if !sung {
            let problem = "has no line that is sung: write at least one below its [tag]";
            return Err(InvalidField::new("lyrics", problem));
        }
        let asked = optional("language", request.language.as_deref(), 50)?;
        let mut tongue = Tongue::of_lyrics(&lyrics);
        let revision = match request.task {
            ReviseTask::Continue => {
                let sections = request.sections.unwrap_or(Whole(1));
                let sections = sections.between("sections", 1..=8)?;
                Revision::Continue {
                    sections: usize::try_from(sections).unwrap_or(1),
                }
            }
            ReviseTask::Rewrite => Revision::Rewrite {
                section: section(&draft, request.section.as_deref())?,
            },
            ReviseTask::Fit => {
                let Some(duration_s) = request.audio_duration else {
                    let problem = "is missing: say how many seconds the song has, 10 to 600";
                    return Err(InvalidField::new("audio_duration", problem));
                };
                let duration_s = finite_between("audio_duration", duration_s, 10.0..=600.0)?;
                Revision::Fit {
                    duration_ms: (duration_s * 1000.0) as u64,
                }
            }
            ReviseTask::Translate => {
                let Some(asked) = &asked else {
                    let problem = "is missing: say into which one, such as \"german\"";
                    return Err(InvalidField::new("language", problem));
                };
                let tongue = Tongue::named_field(asked)?;
                Revision::Translate { tongue }
            }
        };
        if let Some(asked) = asked.filter(|asked| !is_automatic(asked))
            && request.task != ReviseTask::Translate
        {
            tongue = Tongue::named_field(&asked)?;
        }
        Ok(Self {
            tongue,
            revision,
            description: optional("description", request.description.as_deref(), 1000)?,
            seed: seed(request.seed)?,
            lyrics,
        })
    }
}

fn section(draft: &Draft<'_>, asked: Option<&str>) -> Result<usize, InvalidField> {
    let wrong = |problem: String| Err(InvalidField::new("section", problem));
    let Some(asked) = optional("section", asked, 100)? else {
        return wrong(format!(
            "is missing: say which one is rewritten, of {}",
            draft.names()
        ));
    };
    match draft.find(&asked) {
        None => wrong(format!(
            "\"{asked}\" is not in the lyrics: choose one of {}",
            draft.names()
        )),
        Some(at) if draft.lines(at).is_empty() => wrong(format!(
            "\"{asked}\" has no lines: choose one that is sung, of {}",
            draft.names()
        )),
        Some(at) => Ok(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "[verse]\nRain on the roof\n[solo]\n[chorus]\nHold on";

    fn asked(task: ReviseTask) -> ReviseRequest {
        ReviseRequest {
            task,
            lyrics: WORDS.to_owned(),
            ..ReviseRequest::default()
        }
    }

    fn refused(request: &ReviseRequest) -> InvalidField {
        ReviseParams::try_from(request).unwrap_err()
    }

    #[test]
    fn lyrics_have_something_to_sing_and_an_end() {
        let with = |lyrics: String| ReviseRequest {
            lyrics,
            ..asked(ReviseTask::Continue)
        };
        for empty in ["", "  \n", "[verse]", "[intro]\n…\n"] {
            assert_eq!(
                refused(&with(empty.to_owned())).field,
                "lyrics",
                "{empty:?}"
            );
        }
        assert!(ReviseParams::try_from(&with("a".repeat(5000))).is_ok());
        assert_eq!(refused(&with("a".repeat(5001))).field, "lyrics");
    }

    #[test]
    fn what_is_sung_says_its_language_unless_it_is_named() {
        for (language, name) in [
            (None, "English"),
            (Some("auto"), "English"),
            (Some("cs"), "Czech"),
        ] {
            for task in [ReviseTask::Continue, ReviseTask::Rewrite, ReviseTask::Fit] {
                let request = ReviseRequest {
                    language: language.map(str::to_owned),
                    section: Some("verse".to_owned()),
                    audio_duration: Some(60.0),
                    ..asked(task)
                };
                let params = ReviseParams::try_from(&request).unwrap();
                assert_eq!(params.tongue.name, name, "{language:?} {task:?}");
            }
        }
        let chinese = ReviseRequest {
            lyrics: "[verse]\n夜里下雨".to_owned(),
            ..ReviseRequest::default()
        };
        assert_eq!(
            ReviseParams::try_from(&chinese).unwrap().tongue.name,
            "中文"
        );
        let unknown = ReviseRequest {
            language: Some("Elbonian".to_owned()),
            ..asked(ReviseTask::Continue)
        };
        assert_eq!(refused(&unknown).field, "language");
    }

    #[test]
    fn syllables_that_cannot_be_counted_are_said() {
        for (language, is_said) in [("bengali", true), ("thai", false), ("cs", false)] {
            let request = ReviseRequest {
                language: Some(language.to_owned()),
                ..asked(ReviseTask::Translate)
            };
            let params = ReviseParams::try_from(&request).unwrap();
            assert_eq!(params.caution().is_some(), is_said, "{language}");
        }
    }

    #[test]
    fn each_task_has_its_limits() {
        for (count, ok) in [(0, false), (1, true), (8, true), (9, false)] {
            let mut request = asked(ReviseTask::Continue);
            request.sections = Some(Whole(count));
            assert_eq!(ReviseParams::try_from(&request).is_ok(), ok, "{count}");
        }
        for (seconds, ok) in [(9.9, false), (10.0, true), (600.0, true), (600.1, false)] {
            let mut request = asked(ReviseTask::Fit);
            request.audio_duration = Some(seconds);
            assert_eq!(ReviseParams::try_from(&request).is_ok(), ok, "{seconds}");
        }
        assert_eq!(refused(&asked(ReviseTask::Fit)).field, "audio_duration");
        for (name, ok) in [
            ("chorus", true),
            ("1", true),
            ("solo", false),
            ("bridge", false),
        ] {
            let mut request = asked(ReviseTask::Rewrite);
            request.section = Some(name.to_owned());
            assert_eq!(ReviseParams::try_from(&request).is_ok(), ok, "{name}");
        }
        let missing = refused(&asked(ReviseTask::Rewrite)).to_string();
        assert!(missing.contains("3 [chorus]"), "{missing}");
        for (name, ok) in [("german", true), ("Elbonian", false), (" ", false)] {
            let mut request = asked(ReviseTask::Translate);
            request.language = Some(name.to_owned());
            assert_eq!(ReviseParams::try_from(&request).is_ok(), ok, "{name}");
        }
    }
}
