//! What a language model is told, one file a task and language in `assets/prompts`.

use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Deserialize;

use super::Error;
use crate::tongue::{Script, Tongue};

/// What is asked of a model.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Task {
    /// Lyrics by a plan of sections.
    Lyrics,
    /// The tags prompt.
    Tags,
    /// Genres.
    Categories,
    /// A title.
    Title,
    /// Sections that follow.
    Continue,
    /// A section anew.
    Rewrite,
    /// All lines in another language.
    Translate,
    /// Words that rhyme.
    Rhymes,
    /// What a cover shows.
    Scene,
}

/// The language that a model is told in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told {
    /// English, for every language but Chinese.
    English,
    /// Chinese.
    Chinese,
}

impl Told {
    /// The one that a model is told about a language's songs in.
    #[must_use]
    pub fn of(tongue: &Tongue) -> Self {
        if tongue.script == Script::Han {
            Self::Chinese
        } else {
            Self::English
        }
    }
}

/// One file of `assets/prompts`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Counts up with every change of the words.
    pub version: u32,
    /// The same for every song: it is read once.
    pub instruction: String,
    /// A template of what is asked about one song.
    question: String,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Lyrics,
        Self::Tags,
        Self::Categories,
        Self::Title,
        Self::Continue,
        Self::Rewrite,
        Self::Translate,
        Self::Rhymes,
        Self::Scene,
    ];

    /// Its prompt.
    ///
    /// # Errors
    /// [`Error::Prompt`] where its file is wrong, which a test rules out.
    pub fn prompt(self, told: Told) -> Result<Prompt, Error> {
        macro_rules! file {
            ($name:literal) => {
                match told {
                    Told::English => {
                        include_str!(concat!("../../../../assets/prompts/", $name, ".en.toml"))
                    }
                    Told::Chinese => {
                        include_str!(concat!("../../../../assets/prompts/", $name, ".zh.toml"))
                    }
                }
            };
        }
        let text = match self {
            Self::Lyrics => file!("lyrics"),
            Self::Tags => file!("tags"),
            Self::Categories => file!("categories"),
            Self::Title => file!("title"),
            Self::Continue => file!("continue"),
            Self::Rewrite => file!("rewrite"),
            Self::Translate => file!("translate"),
            Self::Rhymes => file!("rhymes"),
            Self::Scene => file!("scene"),
        };
        toml::from_str(text).map_err(|error| Error::Prompt(Box::new(error)))
    }
}

impl Prompt {
    /// The question about one song. What the template names has to be in `context`.
    ///
    /// # Errors
    /// [`Error::Template`] where it is not.
    pub fn question(&self, context: Value) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment
            .render_str(&self.question, context)
            .map(|text| text.trim().to_owned())
            .map_err(Error::Template)
    }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn rendered(task: Task, told: Told, context: Value) -> String {
        task.prompt(told).unwrap().question(context).unwrap()
    }

    #[test]
    fn every_file_is_whole() {
        for task in Task::ALL {
            for told in [Told::English, Told::Chinese] {
                let prompt = task.prompt(told).unwrap();
                assert!(prompt.version >= 1);
                assert!(prompt.instruction.len() > 100, "{task:?}");
                // Whatever is not said is told by name.
                let error = prompt.question(context! {}).unwrap_err();
                assert!(matches!(error, Error::Template(_)), "{task:?}");
            }
        }
    }

    #[test]
    fn lyrics_are_asked_for_in_a_language_and_by_sections() {
        let context = |style: Option<&str>| {
            context! {
                language => "German", description => "rain on <a> \"tin\" roof", style,
                mood => None::<&str>, sections => "[verse] 4 lines, [chorus] 4 lines", syllables => 8,
            }
        };
        assert_eq!(
            rendered(Task::Lyrics, Told::English, context(Some("folk"))),
            "Write the lyrics of a song in German.\n\
             The song is about: rain on <a> \"tin\" roof\n\
             Style: folk\n\
             Sections in this order: [verse] 4 lines, [chorus] 4 lines.\n\
             About 8 syllables a line."
        );
        let chinese = rendered(Task::Lyrics, Told::Chinese, context(None));
        assert!(
            !chinese.contains("风格") && chinese.contains("每句大约8个字"),
            "{chinese}"
        );
    }

    #[test]
    fn tags_keep_what_the_user_said() {
        let text = rendered(
            Task::Tags,
            Told::English,
            context! {
                description => "a storm", genre => "doom metal", instruments => "sitar, drums",
                tempo => "60 BPM", instrumental => true,
            },
        );
        assert_eq!(
            text,
            "a storm\nThe genre is doom metal.\nAmong the instruments are sitar, drums.\n\
             The tempo is 60 BPM.\nNobody sings."
        );
    }

    #[test]
    fn categories_and_titles() {
        let all = rendered(
            Task::Categories,
            Told::English,
            context! { description => "d", main_only => false, main_genres => "", most => 5 },
        );
        assert_eq!(all, "d\nAt most 5.");
        let title = rendered(
            Task::Title,
            Told::Chinese,
            context! { description => "雨", lyrics => None::<&str>, language => "中文" },
        );
        assert_eq!(title, "这首歌的内容：雨\n请用中文起名。");
    }

    #[test]
    fn tools_show_the_lyrics_and_what_is_wanted_of_them() {
        for task in [Task::Continue, Task::Rewrite, Task::Translate] {
            for told in [Told::English, Told::Chinese] {
                let text = |description: Option<&str>| {
                    let context = context! {
                        language => "German", description, lyrics => "[verse]\n<b>Rain</b>",
                        sections => "[verse] 1 lines",
                    };
                    rendered(task, told, context)
                };
                let (plain, wished) = (text(None), text(Some("snow instead")));
                assert!(plain.contains("\n[verse]\n<b>Rain</b>\n"), "{plain}");
                assert!(plain.contains("German") && plain.contains("[verse] 1 lines"));
                assert!(!plain.contains("snow") && wished.contains("snow instead\n"));
            }
        }
        let rhymes = rendered(
            Task::Rhymes,
            Told::English,
            context! { language => "English", description => None::<&str>, word => "night", most => 7 },
        );
        assert_eq!(rhymes, "Up to 7 words in English that rhyme with: night");
    }

    #[test]
    fn a_scene_is_asked_for_by_what_the_song_has() {
        for told in [Told::English, Told::Chinese] {
            let text = |lyrics: Option<&str>| {
                let context =
                    context! { title => "Night Ferry", prompt => "dream pop, slow", lyrics };
                rendered(Task::Scene, told, context)
            };
            let (sung, played) = (text(Some("[verse]\nBoats")), text(None));
            assert!(sung.contains("Night Ferry") && sung.contains("dream pop, slow"));
            assert!(sung.contains("[verse]\nBoats") && !played.contains("Boats"));
        }
    }
}
