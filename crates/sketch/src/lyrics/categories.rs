//! Genre, mood and theme categories, surest first.

use songwright_lyrics::{Categories, CategoriesParams, Category};

use super::bank::BankError;
use super::hearing::listen;
use super::title::title_case;
use super::vocabulary::Vocabulary;

/// Most categories, however many are allowed.
const MOST: usize = 5;
/// Fewest, where they are allowed.
const LEAST: usize = 3;

pub(super) fn categories(params: &CategoriesParams) -> Result<Categories, &'static BankError> {
    let vocabulary = Vocabulary::get()?;
    let listened = listen(&params.description)?;
    let heard = &listened.heard;
    let mut found: Vec<(String, f32)> = Vec::new();
    let mut add = |name: &str, confidence: f32| {
        let name = title_case(name);
        if !found.iter().any(|(n, _)| *n == name) {
            found.push((name, confidence));
        }
    };
    for (i, name) in heard.genres.iter().enumerate() {
        let Some(genre) = vocabulary.genre(name) else {
            continue;
        };
        let less = i as f32 * 0.07;
        if params.include_subgenres {
            add(&genre.name, 0.95 - less);
        }
        add(
            &genre.main,
            if genre.main == genre.name { 0.95 } else { 0.78 } - less,
        );
    }
    if params.include_subgenres {
        for (i, mood) in heard
            .moods
            .iter()
            .filter_map(|m| vocabulary.mood(m))
            .enumerate()
        {
            add(&mood.category, 0.62 - i as f32 * 0.06);
        }
        let themes = heard.themes.iter().filter_map(|t| vocabulary.theme(t));
        for (i, theme) in themes.enumerate() {
            add(&theme.category, 0.55 - i as f32 * 0.08);
        }
    }
    // Nothing said of a genre: what suits its themes, and how unsure that is.
    if heard.genres.is_empty() {
        for name in heard.themes.iter().filter_map(|t| vocabulary.suits.get(t)) {
            let genre = vocabulary.genre(name);
            let name = match genre {
                Some(genre) if !params.include_subgenres => &genre.main,
                _ => name,
            };
            add(name, 0.4);
        }
        add("Pop", 0.3);
        if params.include_subgenres {
            add("Singer-Songwriter", 0.25);
            add("Acoustic", 0.2);
        }
    } else if params.include_subgenres {
        add("Pop", 0.2);
        add("Singer-Songwriter", 0.15);
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    // Guesses only fill up to the fewest.
    let sure = found.iter().filter(|(_, c)| *c >= 0.3).count();
    found.truncate(sure.clamp(LEAST, MOST).min(params.max_categories.max(1)));
    Ok(Categories {
        categories: found
            .into_iter()
            .map(|(name, confidence)| Category {
                name,
                confidence: confidence.clamp(0.05, 1.0),
            })
            .collect(),
    })
}
