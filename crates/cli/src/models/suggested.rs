//! Which language model suits this machine.

/// A variant of a model, from so much memory for all engines on, in MiB.
type Suggestion = (u64, &'static str, &'static str);

/// On a processor: larger ones write a line in seconds.
const PROCESSOR: &[Suggestion] = &[
    (4 * 1024, "qwen3-1.7b", "q4-k-m"),
    (0, "qwen3-0.6b", "q8-0"),
];
/// On a graphics card.
const CARD: &[Suggestion] = &[
    (20 * 1024, "qwen3-8b", "original"),
    (12 * 1024, "qwen3-4b-instruct-2507", "original"),
    (6 * 1024, "qwen3-4b-instruct-2507", "q8-0"),
    (4 * 1024, "qwen3-4b-instruct-2507", "q4-k-m"),
    (0, "qwen3-1.7b", "q4-k-m"),
];

/// The lyricist to install, as its card's id and the variant's name.
pub(super) fn lyricist(budget_bytes: u64, on_card: bool) -> Option<(&'static str, &'static str)> {
    let all = if on_card { CARD } else { PROCESSOR };
    let fitting = all
        .iter()
        .find(|(from_mib, ..)| budget_bytes >> 20 >= *from_mib);
    fitting.map(|(_, id, variant)| (*id, *variant))
}

#[cfg(test)]
mod tests {
    use songwright_hub::Catalogue;

    use super::*;

    #[test]
    fn both_sides_of_each_limit() {
        let on = |mib: u64, on_card| lyricist(mib << 20, on_card).map(|(id, _)| id);
        assert_eq!(on(4095, false), Some("qwen3-0.6b"));
        assert_eq!(on(4096, false), Some("qwen3-1.7b"));
        assert_eq!(on(4095, true), Some("qwen3-1.7b"));
        assert_eq!(on(8192, true), Some("qwen3-4b-instruct-2507"));
        assert_eq!(on(20_479, true), Some("qwen3-4b-instruct-2507"));
        assert_eq!(on(20_480, true), Some("qwen3-8b"));
    }

    #[test]
    fn what_is_suggested_has_a_card_and_fits() {
        let cards = Catalogue::built_in().unwrap();
        for (from_mib, id, variant) in PROCESSOR.iter().chain(CARD) {
            let card = cards.iter().find(|card| card.id.as_str() == *id).unwrap();
            let variant = card.variant(Some(variant)).unwrap();
            let bytes = variant.memory[0].weights_bytes;
            assert!(*from_mib == 0 || bytes < from_mib << 20, "{id} {bytes}");
        }
    }
}
