//! What a cover shows.

use minijinja::context;
use songwright_base::{Observer, Progress, Stage};

use super::{
    Error, LanguageModel, Sampler,
    lines::bounded,
    prompts::{Task, Told},
};
use crate::{SceneParams, tongue::Tongue};

/// Fewest and most characters: more would push the style out of what an image model reads.
const CHARACTERS: (usize, usize) = (8, 100);

pub(super) fn scene(
    model: &mut LanguageModel,
    params: &SceneParams,
    observer: &dyn Observer,
) -> Result<String, Error> {
    let lyrics = params.lyrics.as_deref();
    let tongue = lyrics.map_or_else(|| Tongue::of_text(&params.title), Tongue::of_lyrics);
    let prompt = Task::Scene.prompt(Told::of(&tongue))?;
    let question = prompt.question(context! {
        title => params.title.as_str(),
        prompt => params.prompt.as_str(),
        lyrics => params.lyrics.as_deref(),
    })?;
    let mut sampler = Sampler::new(model.sampling(), params.seed);
    let mut session = model.ask(&prompt.instruction, &question, observer)?;
    let mut matcher = session.grammars().matcher(&grammar())?;
    let passage = session.write(&mut matcher, &mut sampler, observer, |text| {
        observer.note(text);
    })?;
    observer.report(Progress::new(Stage::Cover, 0, 1));
    let scene = passage.text.trim().to_owned();
    if scene.is_empty() {
        return Err(Error::Unreadable {
            answer: passage.text,
        });
    }
    Ok(scene)
}

/// Two to five things, each of one to six words.
fn grammar() -> String {
    let word = "[a-z]+(['-][a-z]+)*";
    let thing = format!("{word}( {word}){{0,5}}");
    let form = format!("{thing}(, {thing}){{1,4}}");
    format!("start: SCENE\n{}", bounded("SCENE", &form, CHARACTERS))
}
