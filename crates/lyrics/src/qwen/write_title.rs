//! The title of a song.

use minijinja::context;
use songwright_base::{Observer, Progress, Stage};

use super::{
    Error, LanguageModel, Sampler,
    lines::{bounded, word},
    prompts::{Task, Told},
};
use crate::{TitleParams, tongue::Tongue};

/// Most characters, of scripts without spaces and of others.
const MOST: (usize, usize) = (12, 40);

pub(super) fn title(
    model: &mut LanguageModel,
    params: &TitleParams,
    observer: &dyn Observer,
) -> Result<String, Error> {
    let lyrics = params.lyrics.as_deref();
    let tongue = lyrics.map_or_else(|| Tongue::of_text(&params.description), Tongue::of_lyrics);
    let prompt = Task::Title.prompt(Told::of(&tongue))?;
    let question = prompt.question(context! {
        description => params.description.as_str(),
        lyrics => params.lyrics.as_deref(),
        language => tongue.name.as_str(),
    })?;
    let mut sampler = Sampler::new(model.sampling(), params.seed);
    let mut session = model.ask(&prompt.instruction, &question, observer)?;
    let mut matcher = session.grammars().matcher(&grammar(&tongue))?;
    let passage = session.write(&mut matcher, &mut sampler, observer, |text| {
        observer.note(text);
    })?;
    observer.report(Progress::new(Stage::Title, 1, 1));
    let title = passage.text.trim().to_owned();
    if title.is_empty() {
        return Err(Error::Unreadable {
            answer: passage.text,
        });
    }
    Ok(title)
}

/// One to six words, or one to twelve signs.
fn grammar(tongue: &Tongue) -> String {
    let script = tongue.script;
    let (form, most) = if script.is_unspaced() {
        (format!("[{}]+", script.letters()), MOST.0)
    } else {
        let (word, calls) = (word(tongue), script.calls());
        let gap = if tongue.parts_stops() { " ?" } else { "" };
        (format!("{word}( {word}){{0,5}}({gap}[{calls}])?"), MOST.1)
    };
    format!("start: TITLE\n{}", bounded("TITLE", &form, (1, most)))
}
