use std::path::{Path, PathBuf};

use songwright_base::{OperationId, OperationState, config::Config};
use songwright_server::{Host, RELEASE_PIXELS, Serving};
use songwright_song::{ArtForm, ArtWish};
use songwright_storage::SongFilter;
use uuid::Uuid;

use crate::{
    Error,
    args::{ArtFormat, ArtPixels, ExportArgs, ImportArgs, LibraryCommand},
    package::{self, Takes},
    print,
    progress::{self, Style},
};

/// `library …`.
///
/// # Errors
/// 404 for an unknown song; what the library says.
pub(crate) async fn library(
    config: Config,
    command: LibraryCommand,
    json: bool,
) -> Result<(), Error> {
    let host = Host::open(config, Serving::All).await?;
    match command {
        LibraryCommand::List {
            query,
            favourites,
            limit,
        } => {
            let filter = SongFilter {
                query,
                favourites_only: favourites,
                limit,
                ..SongFilter::default()
            };
            list(&host, filter, json).await
        }
        LibraryCommand::Show { id } => show(&host, id, json).await,
        LibraryCommand::Delete { id } => Ok(host.studio.delete_song(id).await?),
        LibraryCommand::Art {
            id,
            pixels,
            format,
            typography,
            out,
        } => {
            let [small, large] = RELEASE_PIXELS;
            let pixels = match pixels {
                ArtPixels::Small => small,
                ArtPixels::Large => large,
            };
            let form = match format {
                ArtFormat::Jpeg => ArtForm::Jpeg,
                ArtFormat::Png => ArtForm::Png,
            };
            let wish = ArtWish {
                pixels,
                form,
                typography,
            };
            let path = art(&host, id, wish, &out).await?;
            if json {
                print::json(&serde_json::json!({"path": path, "song_id": id}))
            } else {
                print::line(format!("The cover is in {}", path.display()))
            }
        }
        LibraryCommand::Favourite { id, remove } => {
            let set =
                move |library: &songwright_storage::Library| library.set_favourite(id, !remove);
            Ok(host.studio.library(set).await?)
        }
    }
}

async fn list(host: &Host, filter: SongFilter, json: bool) -> Result<(), Error> {
    let (songs, total) = host
        .studio
        .library(move |library| {
            let page = library.songs(&filter)?;
            let songs = page.songs.iter().map(|s| library.song(s.id));
            Ok((songs.collect::<Result<Vec<_>, _>>()?, page.total))
        })
        .await?;
    let songs: Vec<_> = songs
        .iter()
        .map(songwright_song::song)
        .collect::<Result<_, _>>()?;
    if json {
        return print::json(&songwright_api::SongList { songs, total });
    }
    for song in &songs {
        print::line(format!(
            "{}  {} {:>5}  {}  ({})",
            song.song_id,
            if song.favourite { "♥" } else { " " },
            minutes(song.audio_duration),
            song.title,
            song.categories.join(", ")
        ))?;
    }
    match (songs.len() as u64, total) {
        (0, 0) => {
            print::line("No songs. Make one: songwright song \"a slow waltz about the tide\"")
        }
        (shown, total) if shown < total => print::line(format!("{shown} of {total} songs")),
        _ => Ok(()),
    }
}

fn minutes(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

async fn show(host: &Host, id: Uuid, json: bool) -> Result<(), Error> {
    let song = host.studio.library(move |library| library.song(id)).await?;
    let song = songwright_song::song(&song)?;
    if json {
        return print::json(&song);
    }
    let heart = if song.favourite { " ♥" } else { "" };
    print::line(format!("{}{heart}", song.title))?;
    let made_by = |engine: &Option<songwright_base::EngineInfo>| {
        engine.as_ref().map(|e| format!("{} {}", e.name, e.version))
    };
    let fields = [
        ("id", Some(song.song_id.to_string())),
        ("artist", song.artist.clone()),
        ("asked for", Some(song.description.clone())),
        ("tags", Some(song.prompt.clone())),
        ("categories", Some(song.categories.join(", "))),
        ("length", Some(minutes(song.audio_duration))),
        ("tempo", song.bpm.map(|bpm| format!("{bpm:.0} BPM"))),
        ("key", song.key.clone()),
        ("seed", Some(song.seed.to_string())),
        ("made", Some(song.created_at.clone())),
        ("music by", made_by(&song.engines.music)),
        ("lyrics by", made_by(&song.engines.lyrics)),
        ("cover by", made_by(&song.engines.cover)),
    ];
    for (name, value) in fields {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            print::line(format!("  {name:<11} {value}"))?;
        }
    }
    for take in &song.takes {
        print::line(format!("  {:<11} {}", "take", package::described(take)))?;
    }
    for problem in song.errors.iter().chain(&song.notes) {
        print::line(format!("  note        {problem}"))?;
    }
    print::line(format!("\n{}", song.lyrics.trim_end()))
}

async fn art(host: &Host, id: Uuid, wish: ArtWish, out: &Path) -> Result<PathBuf, Error> {
    package::prepare(out)?;
    let song = host.studio.library(move |library| library.song(id)).await?;
    let art = host.studio.release_art(&song, wish).await?;
    let path = out.join(&art.name);
    std::fs::write(&path, art.bytes).map_err(Error::file(&path, "written"))?;
    Ok(path)
}

/// `export ID`.
///
/// # Errors
/// As [`package::write`].
pub(crate) async fn export(config: Config, args: &ExportArgs, json: bool) -> Result<(), Error> {
    package::prepare(&args.bundle.out)?;
    let host = Host::open(config, Serving::All).await?;
    let which = match &args.take[..] {
        _ if args.all_takes => Takes::All,
        [] => Takes::Newest,
        ids => Takes::Named(ids),
    };
    let takes = package::write(&host, args.id, which, &args.bundle).await?;
    if json {
        let path = takes.first().map(|take| &take.path);
        print::json(&serde_json::json!({"path": path, "takes": takes, "song_id": args.id}))
    } else {
        package::report(&takes)
    }
}

/// `import BUNDLE`.
///
/// # Errors
/// 400 naming the file that is damaged or missing.
pub(crate) async fn import(config: Config, args: &ImportArgs, json: bool) -> Result<(), Error> {
    let host = Host::open(config, Serving::All).await?;
    let song = songwright_song::song(&host.studio.import(&args.bundle).await?)?;
    if json {
        print::json(&song)
    } else {
        print::line(format!(
            "{} is in the library as {}",
            song.title, song.song_id
        ))
    }
}

/// `resume [ID]`: one operation of an earlier run, or all of them, oldest first.
///
/// # Errors
/// 404, 409 for one that cannot go on; the failure of the first that fails.
pub(crate) async fn resume(
    config: Config,
    id: Option<OperationId>,
    style: Style,
    json: bool,
) -> Result<(), Error> {
    let host = Host::open(config, Serving::All).await?;
    let ids = match id {
        Some(id) => vec![id],
        None => kept(&host),
    };
    let mut ended = Vec::new();
    for id in &ids {
        let operation = host.queue.resume(*id)?;
        print::aside(format!("[{id}] {}", operation.snapshot().kind));
        let end = progress::follow(&operation, style).await?;
        if !json {
            let song = end.song_id.map_or_else(String::new, |song| {
                format!(": songwright export {song} writes its package")
            });
            print::line(format!("[{id}] Done{song}"))?;
        }
        ended.push(end);
    }
    if json {
        return print::json(&ended);
    }
    if ids.is_empty() {
        print::line("Nothing of an earlier run waits.")?;
    }
    Ok(())
}

fn kept(host: &Host) -> Vec<OperationId> {
    let newest_first = host.queue.operations().list();
    newest_first
        .iter()
        .rev()
        .filter(|s| {
            matches!(
                s.state,
                OperationState::Waiting | OperationState::Interrupted
            )
        })
        .map(|s| s.operation_id)
        .collect()
}
