//! Categories: a JSON array, item by item, each item not one of those before.

use minijinja::context;
use songwright_base::{Observer, Progress, Seed, Stage};

use super::{
    Error, LanguageModel, Sampler, Sampling,
    grammar::quoted,
    prompts::{Task, Told},
};
use crate::{Categories, CategoriesParams, Category, tongue::Tongue};

/// Fewest, where as many are allowed.
const LEAST: usize = 3;

/// What a record shop's shelves are called.
const MAIN_GENRES: &[&str] = &[
    "alternative",
    "ambient",
    "blues",
    "classical",
    "country",
    "dance",
    "electronic",
    "folk",
    "funk",
    "gospel",
    "hip-hop",
    "house",
    "indie",
    "jazz",
    "latin",
    "metal",
    "pop",
    "punk",
    "r&b",
    "reggae",
    "rock",
    "singer-songwriter",
    "soul",
    "soundtrack",
    "techno",
    "trance",
    "world",
];

pub(super) fn categories(
    model: &mut LanguageModel,
    params: &CategoriesParams,
    observer: &dyn Observer,
) -> Result<Categories, Error> {
    let told = Told::of(&Tongue::of_text(&params.description));
    let prompt = Task::Categories.prompt(told)?;
    let most = params.max_categories.max(1);
    let question = prompt.question(context! {
        description => params.description.as_str(),
        main_only => !params.include_subgenres,
        main_genres => MAIN_GENRES.join(", "),
        most => most,
    })?;
    // The same description is put on the same shelf.
    let likeliest = Sampling {
        temperature: 0.0,
        ..model.sampling()
    };
    let mut sampler = Sampler::new(likeliest, Seed(0));
    let mut session = model.ask(&prompt.instruction, &question, observer)?;
    let mut found: Vec<(String, f32)> = Vec::new();
    let mut written = String::new();
    loop {
        let next = match next(found.len(), most) {
            Next::Said(text) => {
                session.say(text)?;
                text.to_owned()
            }
            // Whether there is another says nothing of which.
            Next::Asked(grammar) => {
                let mut matcher = session.grammars().matcher(grammar)?;
                session
                    .write(&mut matcher, &mut sampler, observer, |_| {})?
                    .text
            }
        };
        written.push_str(&next);
        if next.ends_with(']') {
            break;
        }
        let grammar = grammar(&found, params.include_subgenres);
        let mut matcher = session.grammars().matcher(&grammar)?;
        let passage = session.write(&mut matcher, &mut sampler, observer, |text| {
            observer.note(&shown(&found, text));
        })?;
        written.push_str(&passage.text);
        let name = passage.text.trim_end_matches('"').to_owned();
        found.push((name, passage.log_probability.exp()));
        let done = (found.len() as u64).min(most as u64);
        observer.report(Progress::new(Stage::Categories, done, most as u64));
    }
    read(&written, found)
}

/// The list as it grows: what was found, and what is written of the next one.
fn shown(found: &[(String, f32)], next: &str) -> String {
    let found = found.iter().map(|(name, _)| name.as_str());
    let all = found.chain([next.trim_end_matches('"')]);
    all.map(title_case).collect::<Vec<_>>().join(", ")
}

/// What stands between items.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    /// This.
    Said(&'static str),
    /// What the model chooses under a grammar.
    Asked(&'static str),
}

/// What follows so many items, of which there may be `most`.
fn next(found: usize, most: usize) -> Next {
    match found {
        0 => Next::Said("[\""),
        found if found >= most => Next::Said("]"),
        found if found < LEAST.min(most) => Next::Said(", \""),
        _ => Next::Asked("start: \", \\\"\" | \"]\"\n"),
    }
}

/// The next item, with the mark that closes it.
fn grammar(found: &[(String, f32)], subgenres: bool) -> String {
    let before: Vec<String> = found.iter().map(|(name, _)| quoted(name)).collect();
    let name = if subgenres {
        "/[a-z][a-z&-]{2,13}( [a-z&][a-z&-]{1,13}){0,2}/ & /.{3,28}/".to_owned()
    } else {
        let names: Vec<String> = MAIN_GENRES.iter().map(|name| quoted(name)).collect();
        format!("({})", names.join(" | "))
    };
    let item = if before.is_empty() {
        name
    } else {
        format!("{name} & ~({})", before.join(" | "))
    };
    format!("start: ITEM \"\\\"\"\nITEM: {item}\n")
}

/// The array, read as JSON, with how likely each item was, the likeliest first: so that a name of many tokens
/// has no advantage, that is the product of its tokens' probabilities.
fn read(written: &str, found: Vec<(String, f32)>) -> Result<Categories, Error> {
    let unreadable = || Error::Unreadable {
        answer: written.to_owned(),
    };
    let names: Vec<String> = serde_json::from_str(written).map_err(|_| unreadable())?;
    if names.is_empty() || names.iter().ne(found.iter().map(|(name, _)| name)) {
        return Err(unreadable());
    }
    let mut categories: Vec<Category> = found
        .into_iter()
        .map(|(name, confidence)| Category {
            name: title_case(&name),
            confidence: confidence.clamp(0.0, 1.0),
        })
        .collect();
    categories.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    Ok(Categories { categories })
}

/// "dream pop" is "Dream Pop", "r&b" is "R&B", "hip-hop" is "Hip-Hop".
fn title_case(name: &str) -> String {
    let mut is_start = true;
    name.chars()
        .map(|c| {
            let shown = if is_start { c.to_ascii_uppercase() } else { c };
            is_start = matches!(c, ' ' | '-' | '&');
            shown
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_read_surest_first() {
        let found = vec![("folk".to_owned(), 0.2), ("r&b".to_owned(), 0.9)];
        let read = read(r#"["folk", "r&b"]"#, found).unwrap();
        assert_eq!(read.categories[0].name, "R&B");
        assert_eq!(read.categories[1].name, "Folk");
    }

    #[test]
    fn what_is_no_array_of_them_is_no_answer() {
        let found = || vec![("folk".to_owned(), 0.2)];
        assert!(read(r#"["folk""#, found()).is_err());
        assert!(read(r#"["pop"]"#, found()).is_err());
        assert!(read("[]", Vec::new()).is_err());
    }

    #[test]
    fn there_are_three_at_least_and_never_too_many() {
        assert_eq!(next(0, 5), Next::Said("[\""));
        assert_eq!(next(2, 5), Next::Said(", \""));
        assert!(matches!(next(3, 5), Next::Asked(_)));
        assert!(matches!(next(4, 5), Next::Asked(_)));
        assert_eq!(next(5, 5), Next::Said("]"));
        assert_eq!(next(1, 1), Next::Said("]"));
    }

    #[test]
    fn the_list_is_shown_as_it_grows() {
        let found = [("folk".to_owned(), 0.2), ("r&b".to_owned(), 0.9)];
        assert_eq!(shown(&[], "dre"), "Dre");
        assert_eq!(shown(&found, "dream pop\""), "Folk, R&B, Dream Pop");
    }

    #[test]
    fn names_begin_with_capitals() {
        assert_eq!(title_case("hip-hop soul"), "Hip-Hop Soul");
    }
}
