//! What a line may look like, in llguidance's Lark.

use crate::{measure::Measure, tongue::Tongue};

/// A terminal of one line with the syllables of a measure, in llguidance's Lark.
pub(super) fn sung(measure: Measure, name: &str, tongue: &Tongue) -> String {
    let (least, _, most) = measure.syllables();
    let (few, many) = tongue.script.characters();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a hundred at most"
    )]
    let chars = (
        (least as f64 * few).floor() as usize,
        (most as f64 * many).ceil() as usize,
    );
    bounded(name, &words(tongue), chars)
}

/// A terminal that is of a form and of so many characters.
pub(super) fn bounded(name: &str, form: &str, (least, most): (usize, usize)) -> String {
    format!("{name}: /{form}/ & /[^\\n]{{{least},{most}}}/\n")
}

/// Words of a language, with what may stand between and behind them.
pub(super) fn words(tongue: &Tongue) -> String {
    let script = tongue.script;
    let (letters, stops) = (script.letters(), script.stops());
    if script.is_unspaced() {
        return format!("[{letters}]+([，、,] ?[{letters}]+| [{letters}]+)*[{stops}]?");
    }
    let (word, pauses, calls) = (word(tongue), script.pauses(), script.calls());
    let (pause, stop) = if tongue.parts_stops() {
        (
            format!("( ?[;:]|[{pauses}])?"),
            format!("( ?[{calls}]|[{stops}])?"),
        )
    } else if tongue.openings().is_empty() {
        (format!("[{pauses}]?"), format!("[{stops}]?"))
    } else {
        // What is opened in the midst of a line is closed there.
        (format!("[{calls}]?[{pauses}]?"), format!("[{stops}]?"))
    };
    format!("{word}({pause} {word})*{stop}")
}

/// A word of a language that keeps words apart.
pub(super) fn word(tongue: &Tongue) -> String {
    let (letters, joints) = (tongue.script.letters(), tongue.script.joints());
    let opening = match tongue.openings() {
        "" => String::new(),
        signs => format!("[{signs}]?"),
    };
    format!("{opening}['’]?[{letters}]+([{joints}][{letters}]+)*['’]?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_their_signs() {
        let is = |language: &str, line: &str| {
            let tongue = Tongue::named(language).unwrap();
            let form = regex::Regex::new(&format!("^(?:{})$", words(&tongue))).unwrap();
            form.is_match(line)
        };
        for (language, line) in [
            ("spanish", "¿Dónde estás?, dime, ¡corazón!"),
            ("persian", "دل من می\u{200c}رود به خانه"),
            ("arabic", "يا ليل، أين أنت؟"),
            ("hindi", "तेरी याद आती है।"),
            ("hebrew", "צה״ל בן־אדם"),
            ("greek", "πού είσαι; "),
            ("french", "Où es-tu ? "),
            ("catalan", "col·lecció d'estels"),
            ("armenian", "որտե՞ղ ես"),
            ("czech", "Žluťoučký kůň, že"),
            ("chinese", "夜里，下雨。"),
            ("english", "Don't stop, rock-a-bye!"),
        ] {
            assert!(is(language, line.trim()), "{language}: {line}");
        }
        for (language, line) in [
            ("english", "¿where?"),
            ("english", "two  spaces"),
            ("spanish", "¿¡que"),
            ("spanish", "[verse]"),
            ("french", "où ,"),
        ] {
            assert!(!is(language, line), "{language}: {line}");
        }
    }
}
