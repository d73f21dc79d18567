//! Words that rhyme, one by one, each not one of those before.

use minijinja::context;
use songwright_base::{Observer, Progress, Stage};

use super::{
    Error, LanguageModel, Sampler,
    metre::{End, item},
    prompts::{Task, Told},
};
use crate::{RhymesParams, rhyme::Ending};

/// Fewest, where as many are asked for.
const LEAST: usize = 3;
/// So often a word may come again before what there is has to do.
const REPEATS: usize = 5;

pub(super) fn rhymes(
    model: &mut LanguageModel,
    params: &RhymesParams,
    observer: &dyn Observer,
) -> Result<Vec<String>, Error> {
    let prompt = Task::Rhymes.prompt(Told::of(&params.tongue))?;
    let question = prompt.question(context! {
        language => params.tongue.name.as_str(),
        description => params.description.as_deref(),
        word => params.word.as_str(),
        most => params.most,
    })?;
    let mut sampler = Sampler::new(model.sampling(), params.seed);
    let mut session = model.ask(&prompt.instruction, &question, observer)?;
    sampler.see(session.prompt());
    let ending = Ending::of(&params.word, &params.tongue);
    let mut used: Vec<String> = vec![params.word.to_lowercase()];
    used.extend(ending.iter().map(|ending| ending.word.clone()));
    let last = params.word.split_whitespace().next_back();
    used.extend(last.map(str::to_lowercase));
    let mut found: Vec<String> = Vec::new();
    let mut repeats = 0;
    while found.len() < params.most && repeats < REPEATS {
        let end = match &ending {
            Some(ending) => End::Like(ending, &used),
            None => End::New(&used),
        };
        let may_stop = found.len() + 1 >= LEAST.min(params.most);
        let mut matcher = session
            .grammars()
            .matcher(&item(&params.tongue, end, may_stop))?;
        let passage = session.write(&mut matcher, &mut sampler, observer, |_| {})?;
        let word = passage.text.trim_end_matches([',', ' ', '\n']).to_owned();
        if word.is_empty() {
            return Err(Error::Unreadable {
                answer: passage.text,
            });
        }
        observer.note(&word);
        let small = word.to_lowercase();
        if used.contains(&small) {
            repeats += 1;
        } else {
            used.push(small);
            found.push(word);
        }
        let done = found.len() as u64;
        observer.report(Progress::new(Stage::Lyrics, done, params.most as u64));
        if passage.text.ends_with('\n') {
            break;
        }
    }
    if found.is_empty() {
        return Err(Error::Unreadable {
            answer: params.word.clone(),
        });
    }
    Ok(found)
}
