use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use serde::Serialize;
use songwright_api::{AudioGenerationBase, DiffusionFields, Package, SongRequest, Whole};
use songwright_base::{Code, Failure, Service, config::Config};
use songwright_server::{Host, Serving};

use crate::{
    Error,
    args::SongArgs,
    ask::ask,
    estimate,
    package::{self, Takes, WrittenTake},
    print,
    progress::Style,
};

/// What `--json` prints.
#[derive(Serialize)]
struct Made {
    /// The folder or zip file of the first take, whose facts follow.
    path: PathBuf,
    /// Every take that was made, with its own.
    takes: Vec<WrittenTake>,
    #[serde(flatten)]
    package: Package,
}

/// Makes a song through the same queue as the server, and writes its package.
///
/// # Errors
/// What the request, an engine or the disk says; [`Error::Interrupted`] after Ctrl-C.
pub(crate) async fn song(
    config: Config,
    args: &SongArgs,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    let request = request(args)?;
    let endpoint = request.endpoint()?;
    // What is wrong with the request is said before anything is opened.
    let mut request = request.settled().map_err(Failure::from)?;
    request.kind(endpoint).map_err(Failure::from)?;
    let reference = match &args.reference {
        Some(path) => Some(std::fs::read(path).map_err(Error::file(path, "read"))?),
        None => None,
    };
    if !args.estimate {
        package::prepare(&args.bundle.out)?;
    }

    let host = Host::open(config, Serving::All).await?;
    if args.bundle.stems {
        host.studio.require_stems().await?;
    }
    if let Some(file) = reference {
        let kept = host.studio.keep_reference(file).await?;
        request.diffusion.ref_audio_input = Some(kept.file_path);
    }
    if args.estimate {
        return estimate::report(&host.estimate(&estimate::asked(&request)).await?, json);
    }
    let package: Package = ask(&host, (Service::Integrated, endpoint), &request, style).await?;
    let id = package.song_id;
    let written = package::write(&host, id, Takes::All, &args.bundle).await;
    let takes = written.inspect_err(|_| {
        let all = if args.takes.is_some_and(|takes| takes > 1) {
            " --all-takes"
        } else {
            ""
        };
        print::aside(format!(
            "The song is in the library, its package is not written: `songwright export {id}{all}` writes it."
        ));
    })?;
    report(takes, package, json)
}

fn report(takes: Vec<WrittenTake>, package: Package, json: bool) -> Result<(), Error> {
    if json {
        return print::json(&Made {
            path: takes
                .first()
                .map(|take| take.path.clone())
                .unwrap_or_default(),
            takes,
            package,
        });
    }
    for note in &package.notes {
        print::aside(format!("Note: {note}"));
    }
    for error in package.errors.iter().flatten() {
        print::aside(format!("Not as asked: {error}"));
    }
    package::report(&takes)
}

fn request(args: &SongArgs) -> Result<SongRequest, Error> {
    let lyrics = args.lyrics.as_deref().map(read_lyrics).transpose()?;
    let mut request = SongRequest {
        title: args.title.clone(),
        artist: args.artist.clone(),
        cover_style: args.style.clone(),
        cover_size: args.cover_size.map(Whole),
        cover_typography: args.typography,
        language: args.language.clone(),
        stems: Some(args.bundle.stems),
        audio: AudioGenerationBase {
            audio_duration: args.duration,
            seed: args.seed.map(Whole),
            instrumental: Some(args.instrumental),
            infer_step: args.steps.map(Whole),
            guidance_scale: args.guidance,
            ..AudioGenerationBase::default()
        },
        batch_size: args.takes.map(Whole),
        diffusion: DiffusionFields {
            draft: args.draft.then_some(true),
            loras: (!args.lora.is_empty()).then(|| args.lora.clone()),
            vocal_language: args.vocal_language.clone(),
            lyric_language: args.lyric_language,
            // Its key in the store takes this place.
            ref_audio_input: args
                .reference
                .as_ref()
                .map(|path| path.display().to_string()),
            ref_audio_strength: args.reference_strength,
            ..DiffusionFields::default()
        },
        ..SongRequest::default()
    };
    match (args.description.clone(), lyrics, args.prompt.clone()) {
        (Some(_), Some(_), Some(_)) => {
            return Err(Failure::new(
                Code::BadRequest,
                "With --lyrics and --prompt nothing is left to describe: leave the description out.",
            )
            .into());
        }
        (sound, Some(lyrics), tags) => {
            request.prompt = tags.or(sound);
            request.lyrics = Some(lyrics);
        }
        (words, None, Some(tags)) => {
            request.prompt = Some(tags);
            request.described_lyrics = words;
        }
        (words, None, None) => request.full_described_song = words,
    }
    Ok(request)
}

pub(crate) fn read_lyrics(path: &Path) -> Result<String, Error> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(Error::file(path, "read"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn of(words: &[&str]) -> Result<SongRequest, Error> {
        let line = ["songwright", "song"].iter().chain(words);
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Song(args)) => request(&args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_way_of_asking_is_its_endpoint() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("l.txt");
        std::fs::write(&file, "[verse]\nla la la la").unwrap();
        let file = file.to_str().unwrap();

        let described = of(&["rain on tin", "--seed", "7", "--stems"]).unwrap();
        assert_eq!(described.endpoint(), Ok("generate_from_description"));
        assert_eq!(
            (described.audio.seed, described.stems),
            (Some(Whole(7)), Some(true))
        );
        let both = of(&["rain on tin", "--prompt", "folk, guitar"]).unwrap();
        assert_eq!(both.endpoint(), Ok("generate_with_described_lyrics"));
        let sung = of(&["folk, guitar", "--lyrics", file]).unwrap();
        assert_eq!(sung.endpoint(), Ok("generate_with_lyrics"));
        assert_eq!(sung.prompt.as_deref(), Some("folk, guitar"));
        let tags = of(&["--prompt", "folk, guitar", "--lyrics", file]).unwrap();
        assert_eq!(tags, sung);
        assert!(of(&["x", "--lyrics", "no/such/file"]).is_err());
        let all = ["rain on tin", "--lyrics", file, "--prompt", "folk"];
        assert!(of(&all).is_err(), "nothing is left to describe");
    }
}
