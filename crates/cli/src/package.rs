//! Takes of songs of the library, each as a folder or zip file.

use std::path::{Path, PathBuf};

use serde::Serialize;
use songwright_api::{Song, Take};
use songwright_audio::wav::WavFormat;
use songwright_base::{Code, Failure};
use songwright_server::Host;
use songwright_song::BundleWish;
use songwright_storage::bundle::{BundleForm, ExtraFormat};
use uuid::Uuid;

use crate::{
    Error,
    args::{BundleArgs, WavDepth},
    print,
};

/// Makes the folder for packages, so that a song is not made in vain.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn prepare(out: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(out).map_err(Error::file(out, "made"))
}

/// Which takes of a song are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Takes<'a> {
    /// The newest.
    Newest,
    /// Those, in that order.
    Named(&'a [Uuid]),
    /// All there are, the oldest first.
    All,
}

/// A take with its package.
#[derive(Debug, Serialize)]
pub(crate) struct WrittenTake {
    take_id: Uuid,
    number: u32,
    seed: u64,
    /// Where its difference to the take that it was made from comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    retake_seed: Option<u64>,
    audio_duration: f64,
    /// The folder or zip file.
    pub(crate) path: PathBuf,
}

/// Writes a package for each of some takes of a song.
///
/// # Errors
/// 404 for an unknown song or take; 400 where stems are wanted that its engine cannot play; 507. What was
/// written before stays.
pub(crate) async fn write(
    host: &Host,
    id: Uuid,
    which: Takes<'_>,
    args: &BundleArgs,
) -> Result<Vec<WrittenTake>, Error> {
    let song = host.studio.library(move |library| library.song(id)).await?;
    let shown = songwright_song::song(&song)?;
    let takes = chosen(&shown, which)?;
    let mut written = Vec::new();
    for take in takes {
        let wish = wish(take.take_id, args);
        written.push(WrittenTake {
            take_id: take.take_id,
            number: take.number,
            seed: take.seed,
            retake_seed: take.retake_seed,
            audio_duration: take.audio_duration,
            path: host.bundle(&song, wish, &args.out).await?,
        });
    }
    Ok(written)
}

/// Says where packages are.
pub(crate) fn report(takes: &[WrittenTake]) -> Result<(), Error> {
    if let [only] = takes {
        return print::line(format!("The package is in {}", only.path.display()));
    }
    for take in takes {
        print::line(format!(
            "The package of take {} ({}) is in {}",
            take.number,
            seeds(take.seed, take.retake_seed),
            take.path.display()
        ))?;
    }
    Ok(())
}

/// A take on one line.
pub(crate) fn described(take: &Take) -> String {
    let mut parts = vec![format!("{} {}", take.number, take.take_id)];
    parts.extend(take.relation.clone());
    if take.draft {
        parts.push("draft".to_owned());
    }
    parts.push(seeds(take.seed, take.retake_seed));
    parts.push(take.engine.name.clone());
    parts.join(", ")
}

fn seeds(seed: u64, retake_seed: Option<u64>) -> String {
    match retake_seed {
        Some(retake) => format!("seed {seed}, retake seed {retake}"),
        None => format!("seed {seed}"),
    }
}

/// The takes of a song that has any.
fn chosen<'a>(song: &'a Song, which: Takes<'_>) -> Result<Vec<&'a Take>, Failure> {
    match which {
        Takes::All => Ok(song.takes.iter().collect()),
        Takes::Newest => Ok(song.takes.last().into_iter().collect()),
        Takes::Named(ids) => ids
            .iter()
            .map(|id| {
                let found = song.takes.iter().find(|take| take.take_id == *id);
                found.ok_or_else(|| {
                    Failure::new(
                        Code::NotFound,
                        format!(
                            "The song has no take {id}. `songwright library show {}` lists them.",
                            song.song_id
                        ),
                    )
                })
            })
            .collect(),
    }
}

fn wish(take_id: Uuid, args: &BundleArgs) -> BundleWish {
    BundleWish {
        take_id,
        form: if args.zip {
            BundleForm::Zip
        } else {
            BundleForm::Folder
        },
        wav: match args.wav {
            WavDepth::Int16 => WavFormat::Int16,
            WavDepth::Int24 => WavFormat::Int24,
            WavDepth::Float => WavFormat::Float32,
        },
        extra: extra(args),
        stems: args.stems,
        midi: args.midi,
    }
}

fn extra(args: &BundleArgs) -> Vec<ExtraFormat> {
    [
        (args.flac, ExtraFormat::Flac),
        #[cfg(feature = "mp3")]
        (args.mp3, ExtraFormat::Mp3),
    ]
    .into_iter()
    .filter_map(|(wanted, format)| wanted.then_some(format))
    .collect()
}
