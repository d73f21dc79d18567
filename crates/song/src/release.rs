//! Covers as shops take them.

use image::RgbImage;
use songwright_base::{Code, Failure};
use songwright_cover::{CoverStyle, CoverWords, letter, release_art};
use songwright_storage::{Song, bundle::safe_file_name};

use crate::{Studio, keep::CoverFacts, shelf::cover_words};

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

/// What a shop wants.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ArtWish {
    /// Of a side, one of [`songwright_cover::RELEASE_PIXELS`].
    pub pixels: u32,
    /// Of the file.
    pub form: ArtForm,
    /// Whether title and artist are set on it.
    pub typography: bool,
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
    /// The song's cover as a square, tagged sRGB. Words are set at the size of the square, not enlarged.
    ///
    /// # Errors
    /// 404 where the song has no cover; 409 where words are wanted on a cover that carries them.
    pub async fn release_art(&self, song: &Song, wish: ArtWish) -> Result<ReleaseArt, Failure> {
        let none = || Failure::new(Code::NotFound, "This song has no cover.");
        let artwork = &song.latest_cover().ok_or_else(none)?.artwork;
        if wish.typography && artwork.lettered {
            return Err(Failure::new(
                Code::Conflict,
                "This cover carries its title already. Ask for it without typography.",
            ));
        }
        let file = self.objects.get(&artwork.image.key).await?;
        let words = wish.typography.then(|| cover_words(song));
        let style = CoverStyle::from_text(&artwork.style);
        let facts = CoverFacts {
            engine: &artwork.engine,
            label: &artwork.label,
            size: (wish.pixels, wish.pixels),
            notes: &artwork.notes,
            parameters: &artwork.parameters,
        };
        let mut told = vec![("Title", song.text.title.clone())];
        told.extend(facts.of_png());
        let comment = facts.of_comment();
        let drawn = tokio::task::spawn_blocking(move || {
            let art = enlarged(&file, wish.pixels)?;
            let art = match &words {
                Some(words) => lettered(&art, words, &style)?,
                None => art,
            };
            let written = match wish.form {
                ArtForm::Jpeg => songwright_cover::jpeg(&art, &comment),
                ArtForm::Png => songwright_cover::png(&art, &told),
            };
            written.map_err(|error| Failure::internal("writing the cover", &error))
        });
        let bytes = drawn
            .await
            .map_err(|error| Failure::internal("enlarging the cover", &error))??;
        let name = format!(
            "{} {}.{}",
            song.text.title,
            wish.pixels,
            wish.form.extension()
        );
        Ok(ReleaseArt {
            name: safe_file_name(&name),
            bytes,
        })
    }
}

fn enlarged(file: &[u8], pixels: u32) -> Result<RgbImage, Failure> {
    let image = image::load_from_memory(file)
        .map_err(|error| Failure::internal("reading the cover", &error))?;
    Ok(release_art(&image.into_rgb8(), pixels))
}

fn lettered(art: &RgbImage, words: &CoverWords, style: &CoverStyle) -> Result<RgbImage, Failure> {
    let lettered = letter(art, words, style)?;
    lettered.ok_or_else(|| {
        let what = "No font here has the letters of the title. Install one that has, or ask for the cover without \
                    typography.";
        Failure::new(Code::BadRequest, what)
    })
}
