use songwright_api::{
    EditRequest, ExtendRequest, NewTake, OtherWords, PromoteRequest, RepaintRequest, RetakeRequest,
    Song, TakeBase, TakeJob, Whole,
};
use songwright_base::{Failure, Service, config::Config};
use songwright_server::{Host, Serving};

use crate::{
    Error,
    args::{ChangeArgs, ParentArgs, TakeCommand, WordArgs},
    ask::ask,
    estimate, print,
    progress::Style,
    song::read_lyrics,
};

/// Makes a take through the same queue as the server, and says where it is.
///
/// # Errors
/// What the request, the engine or the library says; [`Error::Interrupted`] after Ctrl-C.
pub(crate) async fn take(
    config: Config,
    command: TakeCommand,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    // What is wrong with the request is said before anything is opened.
    let is_estimate = command.parent().estimate;
    let job = job(command)?;
    let kind = job.wish.relation();
    let made = job.batch_size;
    let host = Host::open(config, Serving::All).await?;
    if is_estimate {
        return estimate::report(&host.estimate_take(&job).await?, json);
    }
    let song: Song = ask(&host, (Service::Integrated, kind), &job, style).await?;
    if json {
        return print::json(&song);
    }
    for note in &song.notes {
        print::aside(format!("Note: {note}"));
    }
    let Some(newest) = song.takes.last() else {
        return Ok(());
    };
    let numbers = match made {
        1 => format!("Take {}", newest.number),
        made => format!("Takes {} to {}", newest.number + 1 - made, newest.number),
    };
    let (is, all) = if made == 1 {
        ("is", "")
    } else {
        ("are", " --all-takes")
    };
    print::line(format!(
        "{numbers} of \"{}\" {is} in the library: songwright export {}{all}",
        song.title, song.song_id
    ))
}

fn job(command: TakeCommand) -> Result<TakeJob, Error> {
    let job = match command {
        TakeCommand::Retake(args) => RetakeRequest {
            base: base(&args.parent, &args.change),
            retake_variance: args.variance,
        }
        .job(args.parent.song),
        TakeCommand::Repaint(args) => RepaintRequest {
            base: base(&args.parent, &args.change),
            words: words(&args.words)?,
            repaint_start: args.from,
            repaint_end: args.to,
            retake_variance: args.variance,
        }
        .job(args.parent.song),
        TakeCommand::Extend(args) => ExtendRequest {
            base: base(&args.parent, &args.change),
            words: words(&args.words)?,
            left_extend_length: args.before,
            right_extend_length: args.after,
        }
        .job(args.parent.song),
        TakeCommand::Edit(args) => EditRequest {
            base: base(&args.parent, &args.change),
            words: words(&args.words)?,
            edit_n_min: args.n_min,
            edit_n_max: args.n_max,
            edit_n_avg: None,
        }
        .job(args.parent.song),
        TakeCommand::Promote(parent) => PromoteRequest {
            take_id: parent.take,
            infer_step: parent.steps.map(Whole),
        }
        .job(parent.song),
    };
    Ok(job.map_err(Failure::from)?)
}

fn base(parent: &ParentArgs, change: &ChangeArgs) -> TakeBase {
    TakeBase {
        take_id: parent.take,
        retake_seed: change.retake_seed.map(Whole),
        infer_step: parent.steps.map(Whole),
        guidance_scale: change.guidance,
        batch_size: change.takes.map(Whole),
        vocal_language: change.vocal_language.clone(),
        loras: (change.no_lora || !change.lora.is_empty()).then(|| change.lora.clone()),
    }
}

fn words(args: &WordArgs) -> Result<OtherWords, Error> {
    Ok(OtherWords {
        prompt: args.prompt.clone(),
        lyrics: args.lyrics.as_deref().map(read_lyrics).transpose()?,
    })
}
