//! A song of the library as a folder or zip file.

use std::path::{Path, PathBuf};

use songwright_audio::wav::WavFormat;
use songwright_base::{Code, Failure};
use songwright_server::Host;
use songwright_song::BundleWish;
use songwright_storage::bundle::{BundleForm, ExtraFormat};
use uuid::Uuid;

use crate::{
    Error,
    args::{BundleArgs, WavDepth},
};

/// Makes the folder for packages, so that a song is not made in vain.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn prepare(out: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(out).map_err(Error::file(out, "made"))
}

/// Writes the newest take of a song. Gives back where.
///
/// # Errors
/// 404 for an unknown song; 400 where stems are wanted that its engine cannot play; 507.
pub(crate) async fn write(host: &Host, id: Uuid, args: &BundleArgs) -> Result<PathBuf, Error> {
    let song = host.studio.library(move |library| library.song(id)).await?;
    let take = song.latest_take().ok_or_else(|| {
        Failure::new(
            Code::NotFound,
            "This song has no take left. Make a new one from its lyrics.",
        )
    })?;
    let wish = BundleWish {
        take_id: take.recording.id,
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
    };
    Ok(host.bundle(&song, wish, &args.out).await?)
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
