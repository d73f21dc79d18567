use songwright_base::config::RawConfig;

use super::*;

/// A service of two families: the second reads whatever the first does not.
struct Two;

impl Two {
    fn making(name: &str) -> MakerOf<Self> {
        let identity = ModelPlace::own(name, PathBuf::new()).identity;
        Making {
            info: identity.engine("f32", "cpu"),
            memory_bytes: 1,
            facts: (),
            load: Box::new(|_, _| Ok(Box::new(()))),
        }
    }

    fn first(&self, place: &ModelPlace) -> Result<MakerOf<Self>, EngineError> {
        let name = place.identity.name.as_str();
        if name.starts_with("first") {
            return Ok(Self::making("by the first"));
        }
        Err(EngineError::Unavailable {
            what: format!("{name} is not of the first family."),
        })
    }

    fn second(&self, place: &ModelPlace) -> Result<MakerOf<Self>, EngineError> {
        match place.folder().as_os_str().is_empty() {
            true => Err(EngineError::Unavailable {
                what: "There are no files.".to_owned(),
            }),
            false => Ok(Self::making("by the second")),
        }
    }
}

impl LocalMakers for Two {
    type Engine = ();
    type Facts = ();

    const SERVICE: Service = Service::Music;
    const FAMILIES: &'static [Family<Self>] = &[
        Family {
            name: "first",
            open: Self::first,
        },
        Family {
            name: "second",
            open: Self::second,
        },
    ];
    const NOT_HERE: &'static str = "makes no music here";
    const STANDS_IN: &'static str = "made this music";

    fn sketch(&self, note: Option<String>) -> MakerOf<Self> {
        Self::making(&note.unwrap_or_else(|| "the sketch".to_owned()))
    }
}

fn opened(family: Option<&str>, name: &str, folder: &str) -> Result<String, String> {
    let place = ModelPlace {
        family: family.map(str::to_owned),
        ..ModelPlace::own(name, PathBuf::from(folder))
    };
    let made = Two.model(&place);
    made.map(|making| making.info.name)
        .map_err(|error| error.to_string())
}

#[test]
fn a_card_s_family_opens_it_and_no_other() {
    let by = |family, name| opened(Some(family), name, "there");
    assert_eq!(by("first", "first one"), Ok("by the first".to_owned()));
    assert_eq!(by("second", "first one"), Ok("by the second".to_owned()));
    let wrong = by("first", "second one").unwrap_err();
    assert_eq!(wrong, "second one is not of the first family.");
    let unknown = by("third", "another").unwrap_err();
    assert_eq!(unknown, "another makes no music here.");
}

#[test]
fn without_a_card_the_files_tell() {
    let by = |name, folder| opened(None, name, folder);
    assert_eq!(by("first one", "there"), Ok("by the first".to_owned()));
    assert_eq!(by("another", "there"), Ok("by the second".to_owned()));
    let none = by("another", "").unwrap_err();
    assert_eq!(none, "another is not of the first family.");
}

/// Who works where these are installed, and whether it is a model.
fn chosen(installed: Vec<Result<Found, Damage>>) -> (String, bool) {
    let empty = RawConfig::default;
    let own = RawConfig {
        data_dir: Some("data".into()),
        ..empty()
    };
    let chooser = Chooser {
        makers: Two,
        config: Config::resolve(own, empty(), empty()).unwrap(),
        workers: WorkersConfig {
            name: "two",
            threads: 1,
            idle: std::time::Duration::from_secs(1),
            memory_bytes: 0,
        },
    };
    let (making, is_model) = chooser.making(Choice::Installed(installed));
    (making.info.name, is_model)
}

#[test]
fn a_damaged_model_is_passed_over() {
    let damaged = || {
        Err(Damage {
            title: "The large one".to_owned(),
            why: "it is cut off.".to_owned(),
        })
    };
    let whole = || Ok(Found::at("first one", PathBuf::from("there")));
    let unreadable = || Ok(Found::at("another", PathBuf::new()));
    let first = ("by the first".to_owned(), true);
    assert_eq!(chosen(vec![damaged(), whole()]), first);
    assert_eq!(chosen(vec![whole(), unreadable()]), first);
    assert_eq!(chosen(vec![]), ("the sketch".to_owned(), false));
    let (name, is_model) = chosen(vec![damaged()]);
    assert!(!is_model);
    assert_eq!(
        name,
        "The built-in sketch made this music, because The large one cannot be used: it is cut off."
    );
    let (name, is_model) = chosen(vec![unreadable()]);
    assert!(
        !is_model && name.contains("because another cannot be used"),
        "{name}"
    );
}

#[test]
fn the_first_of_several_is_taken() {
    let (one, two) = (Two::making("one"), Two::making("two"));
    let best = Two.best(vec![one, two]).map(|making| making.info.name);
    assert_eq!(best.as_deref(), Some("one"));
}
