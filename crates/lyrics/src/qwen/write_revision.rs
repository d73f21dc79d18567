//! Lines of a revision, each with its syllables and its rhyme.

use minijinja::context;
use songwright_base::{Observer, Progress, Stage};

use super::{
    Error, LanguageModel, Sampler, Session,
    metre::{End, line},
    prompts::{Task, Told},
};
use crate::{
    ReviseParams, Revision,
    revise::{Plan, Rhyme, Stanza},
    rhyme::Ending,
    tongue::Tongue,
};

/// What is drawn from, and who watches.
struct Writing<'w, 'm> {
    session: Session<'m>,
    sampler: Sampler,
    tongue: Tongue,
    observer: &'w dyn Observer,
    done: u64,
    total: u64,
}

pub(super) fn revise(
    model: &mut LanguageModel,
    params: &ReviseParams,
    observer: &dyn Observer,
) -> Result<String, Error> {
    let plan = Plan::of(params);
    let total: usize = plan.stanzas.iter().map(|stanza| stanza.lines.len()).sum();
    let total = total.max(1) as u64;
    if plan.stanzas.is_empty() {
        observer.report(Progress::new(Stage::Lyrics, total, total));
        return Ok(plan.text(&[]));
    }
    let own = || params.tongue.clone();
    let (task, tongue) = match &params.revision {
        Revision::Continue { .. } | Revision::Fit { .. } => (Task::Continue, own()),
        Revision::Rewrite { .. } => (Task::Rewrite, own()),
        Revision::Translate { tongue } => (Task::Translate, tongue.clone()),
    };
    let prompt = task.prompt(Told::of(&tongue))?;
    let question = prompt.question(context! {
        language => tongue.name.as_str(),
        description => params.description.as_deref(),
        lyrics => params.lyrics.as_str(),
        sections => sections(&plan.stanzas),
    })?;
    let mut sampler = Sampler::new(model.sampling(), params.seed);
    let session = model.ask(&prompt.instruction, &question, observer)?;
    sampler.see(session.prompt());
    let mut writing = Writing {
        session,
        sampler,
        tongue,
        observer,
        done: 0,
        total,
    };
    let written = plan
        .stanzas
        .iter()
        .map(|stanza| writing.stanza(stanza))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(plan.text(&written))
}

/// "[verse] 4 lines, [chorus] 4 lines".
fn sections(stanzas: &[Stanza]) -> String {
    let all: Vec<String> = stanzas
        .iter()
        .map(|stanza| format!("[{}] {} lines", stanza.tag, stanza.lines.len()))
        .collect();
    all.join(", ")
}

impl Writing<'_, '_> {
    fn stanza(&mut self, stanza: &Stanza) -> Result<Vec<String>, Error> {
        self.session.say(&format!("[{}]\n", stanza.tag))?;
        let mut lines: Vec<String> = Vec::new();
        let mut endings: Vec<Option<Ending>> = Vec::new();
        for shape in &stanza.lines {
            // Words that were rhymed on already.
            let used: Vec<String> = endings.iter().flatten().map(|e| e.word.clone()).collect();
            let end = match shape.rhyme {
                Rhyme::Free => End::Free,
                Rhyme::Leads => End::Rhymable,
                Rhyme::With(first) => match endings.get(first).and_then(Option::as_ref) {
                    Some(ending) => End::Like(ending, &used),
                    None => End::Free,
                },
            };
            let grammar = line(shape.syllables, &self.tongue, end);
            let line = self.line(&grammar)?;
            endings.push(Ending::of(&line, &self.tongue));
            lines.push(line);
            self.done += 1;
            let progress = Progress::new(Stage::Lyrics, self.done, self.total);
            self.observer.report(progress);
        }
        self.session.say("\n")?;
        Ok(lines)
    }

    fn line(&mut self, grammar: &str) -> Result<String, Error> {
        let mut matcher = self.session.grammars().matcher(grammar)?;
        let observer = self.observer;
        let watch = |text: &str| observer.note(text.trim_end());
        let passage = self
            .session
            .write(&mut matcher, &mut self.sampler, observer, watch)?;
        let line = passage.text.trim();
        if line.is_empty() || line.contains(['\n', '[', ']']) {
            return Err(Error::Unreadable {
                answer: passage.text,
            });
        }
        // What ends a line is not always drawn.
        observer.note(line);
        Ok(line.to_owned())
    }
}
