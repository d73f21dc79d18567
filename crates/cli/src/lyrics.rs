use serde::Serialize;
use serde_json::Value;
use songwright_api::{
    ImprovePromptRequest, LyricsResponse, PromptResponse, ReviseRequest, ReviseTask, RhymesRequest,
    RhymesResponse, TitleRequest, TitleResponse, Whole,
};
use songwright_base::{Failure, InvalidField, Service, config::Config};
use songwright_server::{Host, Serving, Settle as _};

use crate::{
    Error,
    args::{LyricsCommand, WordsArgs},
    ask::{ask, read},
    print,
    progress::Style,
    song::read_lyrics,
};

/// What is asked, as the server is asked.
enum Asked {
    Revise(ReviseRequest),
    Rhymes(RhymesRequest),
    Improve(ImprovePromptRequest),
    Title(TitleRequest),
}

/// Does one of the tools through the same queue as the server, and prints what comes of it.
///
/// # Errors
/// What the request or the engine says; [`Error::Interrupted`] after Ctrl-C.
pub(crate) async fn lyrics(
    config: Config,
    command: LyricsCommand,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    // What is wrong with the request is said before anything is opened.
    let asked = asked(command)?;
    let (kind, request) = settled(&asked).map_err(Failure::from)?;
    let host = Host::open(config, Serving::All).await?;
    let result: Value = ask(&host, (Service::Lyrics, kind), &request?, style).await?;
    if json {
        return print::json(&result);
    }
    match asked {
        Asked::Revise(_) => print::line(read::<LyricsResponse>(result)?.lyrics),
        Asked::Rhymes(_) => print::line(read::<RhymesResponse>(result)?.rhymes.join("\n")),
        Asked::Improve(_) => print::line(read::<PromptResponse>(result)?.prompt),
        Asked::Title(_) => print::line(read::<TitleResponse>(result)?.title),
    }
}

fn asked(command: LyricsCommand) -> Result<Asked, Error> {
    Ok(match command {
        LyricsCommand::Continue(args) => Asked::Revise(ReviseRequest {
            task: ReviseTask::Continue,
            sections: args.sections.map(Whole),
            language: args.language,
            ..words(&args.words)?
        }),
        LyricsCommand::Rewrite(args) => Asked::Revise(ReviseRequest {
            task: ReviseTask::Rewrite,
            section: Some(args.section),
            language: args.language,
            ..words(&args.words)?
        }),
        LyricsCommand::Fit(args) => Asked::Revise(ReviseRequest {
            task: ReviseTask::Fit,
            audio_duration: Some(args.duration),
            language: args.language,
            ..words(&args.words)?
        }),
        LyricsCommand::Translate(args) => Asked::Revise(ReviseRequest {
            task: ReviseTask::Translate,
            language: Some(args.language),
            ..words(&args.words)?
        }),
        LyricsCommand::Rhymes(args) => Asked::Rhymes(RhymesRequest {
            word: args.word,
            language: args.language,
            description: args.about,
            max_rhymes: args.most.map(Whole),
            seed: args.seed.map(Whole),
        }),
        LyricsCommand::ImprovePrompt(args) => Asked::Improve(ImprovePromptRequest {
            prompt: args.prompt,
            description: args.about,
            instrumental: Some(args.instrumental),
            seed: args.seed.map(Whole),
        }),
        LyricsCommand::Name(args) => Asked::Title(TitleRequest {
            description: args.about,
            lyrics: Some(read_lyrics(&args.file)?),
            seed: args.seed.map(Whole),
        }),
    })
}

fn words(args: &WordsArgs) -> Result<ReviseRequest, Error> {
    Ok(ReviseRequest {
        lyrics: read_lyrics(&args.file)?,
        description: args.about.clone(),
        seed: args.seed.map(Whole),
        ..ReviseRequest::default()
    })
}

/// An operation's kind, and its request with the seed drawn.
type Settled = (&'static str, Result<Value, Failure>);

fn settled(asked: &Asked) -> Result<Settled, InvalidField> {
    Ok(match asked {
        Asked::Revise(request) => ("revise_lyrics", written(&request.clone().settled()?)),
        Asked::Rhymes(request) => ("suggest_rhymes", written(&request.clone().settled()?)),
        Asked::Improve(request) => ("improve_prompt", written(&request.clone().settled()?)),
        Asked::Title(request) => ("generate_title", written(&request.clone().settled()?)),
    })
}

fn written(request: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(request).map_err(|e| Failure::internal("writing down the request", &e))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn of(words: &[&str]) -> Result<Settled, String> {
        let line = ["songwright", "lyrics"].iter().chain(words);
        let Some(Command::Lyrics(command)) = Cli::try_parse_from(line).unwrap().command else {
            panic!("{words:?}");
        };
        let asked = asked(command).map_err(|e| e.to_string())?;
        settled(&asked).map_err(|e| e.to_string())
    }

    #[test]
    fn each_tool_is_its_operation_with_a_seed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("l.txt");
        std::fs::write(&file, "[verse]\nla la la la\n").unwrap();
        let file = file.to_str().unwrap();
        for (words, kind, field) in [
            (
                vec!["continue", file, "--sections", "2"],
                "revise_lyrics",
                "sections",
            ),
            (
                vec!["rewrite", file, "--section", "verse"],
                "revise_lyrics",
                "section",
            ),
            (
                vec!["fit", file, "--duration", "60"],
                "revise_lyrics",
                "audio_duration",
            ),
            (
                vec!["continue", file, "--language", "it"],
                "revise_lyrics",
                "language",
            ),
            (
                vec!["rewrite", file, "--section", "1", "--language", "it"],
                "revise_lyrics",
                "language",
            ),
            (
                vec!["fit", file, "--duration", "60", "--language", "it"],
                "revise_lyrics",
                "language",
            ),
            (
                vec!["translate", file, "--language", "de"],
                "revise_lyrics",
                "language",
            ),
            (
                vec!["rhymes", "night", "--most", "3"],
                "suggest_rhymes",
                "max_rhymes",
            ),
            (
                vec!["improve-prompt", "folk, harp"],
                "improve_prompt",
                "prompt",
            ),
            (vec!["name", file], "generate_title", "lyrics"),
        ] {
            let (found, request) = of(&words).unwrap();
            let request = request.unwrap();
            assert_eq!(found, kind);
            assert!(!request[field].is_null(), "{words:?}: {request}");
            assert!(
                request["seed"].as_i64().is_some_and(|seed| seed >= 0),
                "{request}"
            );
        }
        let wrong = of(&["rewrite", file, "--section", "bridge"]).unwrap_err();
        assert!(wrong.contains("1 [verse]"), "{wrong}");
        assert!(of(&["fit", file, "--duration", "9"]).is_err());
        assert!(of(&["continue", file, "--language", "Elbonian"]).is_err());
        assert!(of(&["continue", "no/such/file"]).is_err());
    }
}
