use serde::{Deserialize, Serialize};
use songwright_base::{Code, Failure, InvalidField, length_between};
use utoipa::ToSchema;

use crate::{AudioGeneration, AudioGenerationBase, DiffusionFields, Whole, takes::batch_size};

/// A song request, from the page to the engines: the three bodies of the integrated service in one
/// type.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SongRequest {
    /// The whole song in words (`/generate_from_description`).
    #[schema(min_length = 5, max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_described_song: Option<String>,
    /// Comma-separated tags (`/generate_with_lyrics`, `/generate_with_described_lyrics`).
    #[schema(min_length = 5, max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What is sung (`/generate_with_lyrics`).
    #[schema(min_length = 10, max_length = 5000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lyrics: Option<String>,
    /// What the lyrics are about (`/generate_with_described_lyrics`).
    #[schema(min_length = 5, max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described_lyrics: Option<String>,
    /// The title; made from the song where absent.
    #[schema(max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The artist, set on the cover and in the files' tags.
    #[schema(max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    /// One of the eight cover styles, or any words; `album cover art` where absent.
    #[schema(max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover_style: Option<String>,
    /// Width and height of the cover in pixels; 512 where absent.
    #[schema(value_type = Option<i64>, minimum = 256, maximum = 1024)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover_size: Option<Whole>,
    /// Whether title and artist are set on the cover. Absent: the built-in artist sets them, a model does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover_typography: Option<bool>,
    /// The language of written lyrics; absent follows the description.
    #[schema(max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether the parts are kept as files of their own; without it they are played again when a
    /// bundle asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stems: Option<bool>,
    /// How many takes are made, each with a seed of its own: the first with `seed`, the next with the
    /// number after it; 1 where absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<Whole>,
    /// The shared fields.
    #[serde(flatten)]
    pub audio: AudioGenerationBase,
    /// What only a neural composer reads.
    #[serde(flatten)]
    pub diffusion: DiffusionFields,
}

/// Which of the three bodies a request is, with its texts checked.
#[derive(Clone, Debug, PartialEq)]
pub enum SongKind {
    /// Prompt and lyrics come from one description.
    FromDescription {
        /// 5–1000 characters.
        description: String,
    },
    /// Both are given.
    WithLyrics {
        /// 5–500 characters.
        prompt: String,
        /// 10–5000 characters.
        lyrics: String,
        /// Whether it was sent to the endpoint for described lyrics, as several copied clients do.
        sent_as_described: bool,
    },
    /// The lyrics come from a description of their own.
    WithDescribedLyrics {
        /// 5–500 characters.
        prompt: String,
        /// 5–1000 characters.
        described_lyrics: String,
    },
}

impl SongRequest {
    /// The endpoint that this body belongs to, by its fields: `full_described_song`, else lyrics
    /// that are not blank, else `described_lyrics`.
    ///
    /// # Errors
    /// 400 where it has none of the three.
    pub fn endpoint(&self) -> Result<&'static str, Failure> {
        let filled = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.trim().is_empty());
        if self.full_described_song.is_some() {
            Ok("generate_from_description")
        } else if filled(&self.lyrics) {
            Ok("generate_with_lyrics")
        } else if self.described_lyrics.is_some() {
            Ok("generate_with_described_lyrics")
        } else {
            Err(Failure::new(
                Code::BadRequest,
                "The request has none of full_described_song, lyrics and described_lyrics: one of them says what to make.",
            ))
        }
    }

    /// The body as `endpoint` reads it.
    ///
    /// # Errors
    /// [`InvalidField`] for what is missing, too short or too long.
    pub fn kind(&self, endpoint: &str) -> Result<SongKind, InvalidField> {
        let text = |field: &'static str, text: &Option<String>, range| match text {
            Some(text) => length_between(field, text, range),
            None => Err(InvalidField::new(field, "is missing")),
        };
        let prompt = || text("prompt", &self.prompt, 5..=500);
        let lyrics = || text("lyrics", &self.lyrics, 10..=5000);
        match endpoint {
            "generate_with_lyrics" => Ok(SongKind::WithLyrics {
                prompt: prompt()?,
                lyrics: lyrics()?,
                sent_as_described: false,
            }),
            "generate_with_described_lyrics"
                if self.described_lyrics.is_none() && self.lyrics.is_some() =>
            {
                Ok(SongKind::WithLyrics {
                    prompt: prompt()?,
                    lyrics: lyrics()?,
                    sent_as_described: true,
                })
            }
            "generate_with_described_lyrics" => Ok(SongKind::WithDescribedLyrics {
                prompt: prompt()?,
                described_lyrics: text("described_lyrics", &self.described_lyrics, 5..=1000)?,
            }),
            _ => Ok(SongKind::FromDescription {
                description: text("full_described_song", &self.full_described_song, 5..=1000)?,
            }),
        }
    }

    /// The same request with its short texts cleaned, its seed drawn and its defaults written out, so
    /// that it makes the same song again.
    ///
    /// # Errors
    /// [`InvalidField`] for what is out of its limits.
    pub fn settled(mut self) -> Result<Self, InvalidField> {
        for (field, text, most) in [
            ("title", &mut self.title, 200),
            ("artist", &mut self.artist, 200),
            ("cover_style", &mut self.cover_style, 100),
            ("language", &mut self.language, 50),
        ] {
            if let Some(given) = text {
                let clean = length_between(field, given, 0..=most)?;
                // They are one line in pictures, tags and file names.
                let line = clean.replace(['\n', '\t'], " ");
                // A blank one says nothing.
                *text = (!line.is_empty()).then_some(line);
            }
        }
        self.audio = AudioGeneration::try_from(&self.audio)?.into();
        self.diffusion = self.diffusion.settled()?;
        self.takes()?;
        Ok(self)
    }

    /// How many takes are made, 1–8.
    ///
    /// # Errors
    /// [`InvalidField`] for any other number.
    pub fn takes(&self) -> Result<u32, InvalidField> {
        batch_size(self.batch_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_kept_clean_and_blank_ones_not_at_all() {
        let request = SongRequest {
            title: Some("  Night\u{0} Ferry\u{7}".to_owned()),
            artist: Some("The\u{1b}[31m\nTides ".to_owned()),
            cover_style: Some("\u{8}vintage\t".to_owned()),
            language: Some(" \u{1} ".to_owned()),
            ..SongRequest::default()
        };
        let settled = request.settled().unwrap();
        assert_eq!(settled.title.as_deref(), Some("Night Ferry"));
        assert_eq!(settled.artist.as_deref(), Some("The[31m Tides"));
        assert_eq!(settled.cover_style.as_deref(), Some("vintage"));
        assert_eq!(settled.language, None);
    }
}
