//! Covers as shops take them.

use songwright_base::{Code, Failure};
use songwright_cover::{Fact, release_art};
use songwright_storage::{Song, bundle::safe_file_name};

use crate::{Studio, keep::made_by};

/// The form of a cover's file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ArtForm {
    /// What most shops ask for.
    Jpeg,
    /// Without loss.
    Png,
}

impl ArtForm {
    /// `jpeg` or `png`; `jpg` too.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "jpeg" | "jpg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// A cover's file for shops.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReleaseArt {
    /// A name that is safe on every system.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Studio {
    /// The song's cover as a square of `pixels`, one of [`songwright_cover::RELEASE_PIXELS`], tagged sRGB.
    ///
    /// # Errors
    /// 404 where the song has no cover.
    pub async fn release_art(
        &self,
        song: &Song,
        pixels: u32,
        form: ArtForm,
    ) -> Result<ReleaseArt, Failure> {
        let none = || Failure::new(Code::NotFound, "This song has no cover.");
        let artwork = &song.latest_cover().ok_or_else(none)?.artwork;
        let file = self.objects.get(&artwork.image.key).await?;
        let mut facts = vec![("Title", song.text.title.clone())];
        facts.extend(made_by(&artwork.engine, &artwork.label));
        let drawn = tokio::task::spawn_blocking(move || enlarged(&file, pixels, (form, &facts)));
        let bytes = drawn
            .await
            .map_err(|error| Failure::internal("enlarging the cover", &error))??;
        let name = format!("{} {pixels}.{}", song.text.title, form.extension());
        Ok(ReleaseArt {
            name: safe_file_name(&name),
            bytes,
        })
    }
}

fn enlarged(
    file: &[u8],
    pixels: u32,
    (form, facts): (ArtForm, &[Fact]),
) -> Result<Vec<u8>, Failure> {
    let image = image::load_from_memory(file)
        .map_err(|error| Failure::internal("reading the cover", &error))?;
    let art = release_art(&image.into_rgb8(), pixels);
    let written = match form {
        ArtForm::Jpeg => songwright_cover::jpeg(&art),
        ArtForm::Png => songwright_cover::png(&art, facts),
    };
    written.map_err(|error| Failure::internal("writing the cover", &error))
}
