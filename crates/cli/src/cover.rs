use songwright_api::{Drawing, Song, SongCoverJob, SongCoverRequest, Whole};
use songwright_base::{Failure, Service, config::Config};
use songwright_server::{Host, Serving};
use songwright_song::cover_request;

use crate::{Error, args::CoverArgs, ask::ask, print, progress::Style};

/// Draws another cover through the same queue as the server.
///
/// # Errors
/// What the request, the artist or the library says; [`Error::Interrupted`] after Ctrl-C.
pub(crate) async fn cover(
    config: Config,
    args: CoverArgs,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    let (song_id, images) = (args.song, args.images.unwrap_or(1));
    // What is wrong with the request is said before anything is opened.
    let request = cover_request::settled(request(args)).map_err(Failure::from)?;
    let job = SongCoverJob { song_id, request };
    let host = Host::open(config, Serving::All).await?;
    let song: Song = ask(&host, (Service::Integrated, "new_cover"), &job, style).await?;
    if json {
        return print::json(&song);
    }
    for note in &song.notes {
        print::aside(format!("Note: {note}"));
    }
    let label = song.cover_label.unwrap_or_default();
    let covers = match images {
        1 => format!("a new cover ({label})"),
        _ => format!("{images} new covers ({label}), of which it shows the first"),
    };
    print::line(format!(
        "\"{}\" has {covers}: songwright export {}",
        song.title, song.song_id
    ))
}

fn request(args: CoverArgs) -> SongCoverRequest {
    SongCoverRequest {
        prompt: args.prompt,
        style: args.style,
        cover_size: args.cover_size.map(Whole),
        strength: args.strength,
        drawing: Drawing {
            num_inference_steps: args.steps.map(Whole),
            seed: args.seed.map(Whole),
            negative_prompt: args.negative,
            guidance_scale: args.guidance,
            typography: args.typography,
            exact_size: args.exact_size.then_some(true),
        },
        num_images: args.images.map(Whole),
    }
}
