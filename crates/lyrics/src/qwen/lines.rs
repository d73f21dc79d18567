//! What a line may look like, in llguidance's Lark.

use crate::{measure::Measure, tongue::Script};

/// A terminal of one line with the syllables of a measure, in llguidance's Lark.
pub(super) fn sung(measure: Measure, name: &str, script: Script) -> String {
    let (least, _, most) = measure.syllables();
    let (few, many) = script.characters();
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
    bounded(name, &words(script), chars)
}

/// A terminal that is of a form and of so many characters.
pub(super) fn bounded(name: &str, form: &str, (least, most): (usize, usize)) -> String {
    format!("{name}: /{form}/ & /[^\\n]{{{least},{most}}}/\n")
}

/// Words of a script, with what may stand between and behind them.
pub(super) fn words(script: Script) -> String {
    let letters = script.letters();
    if script.is_unspaced() {
        format!("[{letters}]+([，、,] ?[{letters}]+| [{letters}]+)*[。！？!?…]?")
    } else {
        let word = format!("['’]?[{letters}]+(['’-][{letters}]+)*['’]?");
        format!("{word}([,;:]? {word})*[.,!?…]?")
    }
}
