//! What a song is about: the themes of its description, coloured by mood and genre.

use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use songwright_base::Seed;

use super::bank::ANY_THEME;
use super::hearing::Listened;
use super::lines::Weights;
use super::vocabulary::Vocabulary;

/// Most themes of one song; more is a muddle.
const MOST: usize = 2;
/// What a description of no theme may be about.
const OPEN: &[&str] = &["love", "night", "road", "hope", "city", "home"];

/// The themes of a song and how much it wants of each. `colours` are what the mood and style
/// fields say.
pub(super) fn choose(
    listened: &Listened,
    colours: &[Listened],
    vocabulary: &Vocabulary,
    seed: Seed,
) -> Weights {
    let mut weights: Weights = Vec::new();
    let mut add = |name: &str, more: f32| match weights.iter_mut().find(|(n, _)| n == name) {
        Some((_, w)) => *w += more,
        None => weights.push((name.to_owned(), more)),
    };
    for (rank, (theme, hits)) in listened.theme_counts.iter().enumerate() {
        add(theme, *hits as f32 + if rank == 0 { 0.5 } else { 0.0 });
    }
    let all = || std::iter::once(listened).chain(colours);
    for (i, heard) in all().enumerate() {
        for (theme, hits) in heard.theme_counts.iter().filter(|_| i > 0) {
            add(theme, *hits as f32 * 0.6);
        }
        let moods = heard.heard.moods.iter().filter_map(|m| vocabulary.mood(m));
        for mood in moods {
            for theme in &mood.themes {
                add(theme, 0.7);
            }
            for theme in &mood.away {
                add(theme, -0.8);
            }
        }
        // What the words say goes before what the genre suggests.
        if listened.theme_counts.is_empty() {
            for theme in heard
                .heard
                .genres
                .iter()
                .filter_map(|g| vocabulary.lean_of(g))
            {
                add(theme, 0.4);
            }
        }
    }
    weights.retain(|(_, w)| *w > 0.0);
    if weights.is_empty() {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.0 ^ 0x7468_656d_6573);
        weights.extend(
            OPEN.choose(&mut rng)
                .map(|theme| ((*theme).to_owned(), 1.0)),
        );
    }
    weights.sort_by(|a, b| b.1.total_cmp(&a.1));
    weights.truncate(MOST);
    let most = weights.first().map_or(1.0, |(_, w)| *w);
    for (_, weight) in &mut weights {
        *weight = (*weight / most).max(0.35);
    }
    weights.push((ANY_THEME.to_owned(), 0.3));
    weights
}
