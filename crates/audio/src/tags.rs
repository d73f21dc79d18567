//! What a file says of itself: title, lyrics, cover, …

use std::io::Cursor;

use lofty::config::WriteOptions;
use lofty::file::{FileType, TaggedFileExt as _};
use lofty::id3::v2::Id3v2Tag;
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::probe::Probe;
use lofty::tag::{ItemKey, ItemValue, Tag, TagExt as _, TagItem, TagType};

use crate::Error;

/// The tags of an audio file. Empty text is no tag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags {
    /// The song's name.
    pub title: String,
    /// Who is named as the artist.
    pub artist: String,
    /// The album, where there is one.
    pub album: Option<String>,
    /// How it was made: engines and seed.
    pub comment: String,
    /// The lyrics with their section tags.
    pub lyrics: String,
    /// Categories, surest first.
    pub genres: Vec<String>,
    /// Beats a minute.
    pub bpm: Option<f64>,
    /// "Songwright 0.1.0".
    pub encoder: String,
    /// The cover as PNG.
    pub cover_png: Option<Vec<u8>>,
}

/// Writes `tags` into the bytes of a WAV, FLAC or MP3 file, in place of those that it has. A WAV
/// file gets them twice, as RIFF INFO and as ID3: some programs read the one, some the other.
/// The same tags and file give the same bytes.
///
/// # Errors
/// [`Error::Tags`] where the bytes are none of the three, [`Error::Encode`].
pub fn write(file: Vec<u8>, tags: &Tags) -> Result<Vec<u8>, Error> {
    let kinds: &[TagType] = match file_type(&file)? {
        FileType::Flac => &[TagType::VorbisComments],
        FileType::Wav => &[TagType::Id3v2, TagType::RiffInfo],
        FileType::Mpeg => &[TagType::Id3v2],
        other => return Err(not_ours(other)),
    };
    let mut file = Cursor::new(file);
    for kind in kinds {
        file.set_position(0);
        let tag = to_tag(tags, *kind);
        match kind {
            TagType::Id3v2 => in_order(tag).save_to(&mut file, WriteOptions::default()),
            _ => tag.save_to(&mut file, WriteOptions::default()),
        }
        .map_err(Error::encode("tags"))?;
    }
    Ok(file.into_inner())
}

/// The tags of a WAV, FLAC or MP3 file; what is missing is empty.
///
/// # Errors
/// [`Error::Tags`] where the bytes are none of the three.
pub fn read(file: &[u8]) -> Result<Tags, Error> {
    let tagged = Probe::new(Cursor::new(file))
        .guess_file_type()
        .map_err(|e| Error::Tags { source: e.into() })?
        .read()
        .map_err(|e| Error::Tags { source: e.into() })?;
    Ok(tagged.primary_tag().map(from_tag).unwrap_or_default())
}

fn file_type(file: &[u8]) -> Result<FileType, Error> {
    Probe::new(Cursor::new(file))
        .guess_file_type()
        .map_err(|e| Error::Tags { source: e.into() })?
        .file_type()
        .ok_or_else(|| Error::Tags {
            source: "the bytes are no audio file that is known".into(),
        })
}

fn not_ours(kind: FileType) -> Error {
    Error::Unsupported {
        format: "A tag",
        problem: format!("{kind:?} files are not written"),
    }
}

fn to_tag(tags: &Tags, kind: TagType) -> Tag {
    let mut tag = Tag::new(kind);
    let mut add = |key: ItemKey, text: &str| {
        if !text.is_empty() {
            // A key that this kind of tag does not have is left out.
            tag.push(TagItem::new(key, ItemValue::Text(text.to_owned())));
        }
    };
    add(ItemKey::TrackTitle, &tags.title);
    add(ItemKey::TrackArtist, &tags.artist);
    add(
        ItemKey::AlbumTitle,
        tags.album.as_deref().unwrap_or_default(),
    );
    add(ItemKey::Comment, &tags.comment);
    add(ItemKey::EncoderSoftware, &tags.encoder);
    let lyrics = match kind {
        TagType::VorbisComments => ItemKey::Lyrics,
        _ => ItemKey::UnsyncLyrics,
    };
    add(lyrics, &tags.lyrics);
    if kind == TagType::RiffInfo {
        // A RIFF INFO list has each key once.
        add(ItemKey::Genre, &tags.genres.join(", "));
    } else {
        for genre in &tags.genres {
            add(ItemKey::Genre, genre);
        }
    }
    if let Some(bpm) = tags.bpm {
        match kind {
            TagType::VorbisComments => add(ItemKey::Bpm, &bpm.to_string()),
            _ => add(ItemKey::IntegerBpm, &format!("{bpm:.0}")),
        }
    }
    if let Some(png) = &tags.cover_png
        && kind != TagType::RiffInfo
    {
        tag.push_picture(
            Picture::unchecked(png.clone())
                .pic_type(PictureType::CoverFront)
                .mime_type(MimeType::Png)
                .build(),
        );
    }
    tag
}

/// `tag` as ID3v2 frames in the order of their names.
///
/// lofty gathers the frames in a hash set, so that their order changes from one tag to the next.
/// [`to_tag`] gives no two frames of one name.
fn in_order(tag: Tag) -> Id3v2Tag {
    let mut frames: Vec<_> = Id3v2Tag::from(tag).into_iter().collect();
    frames.sort_by(|a, b| a.id_str().cmp(b.id_str()));
    let mut ordered = Id3v2Tag::new();
    for frame in frames {
        ordered.insert(frame);
    }
    ordered
}

fn from_tag(tag: &Tag) -> Tags {
    let text = |key| tag.get_string(key).unwrap_or_default().to_owned();
    let lyrics = tag
        .get_string(ItemKey::Lyrics)
        .or_else(|| tag.get_string(ItemKey::UnsyncLyrics));
    let bpm = tag
        .get_string(ItemKey::Bpm)
        .or_else(|| tag.get_string(ItemKey::IntegerBpm));
    // ID3 has one frame (TSSE) for both.
    let encoder = tag
        .get_string(ItemKey::EncoderSoftware)
        .or_else(|| tag.get_string(ItemKey::EncoderSettings));
    Tags {
        title: text(ItemKey::TrackTitle),
        artist: text(ItemKey::TrackArtist),
        album: tag.get_string(ItemKey::AlbumTitle).map(str::to_owned),
        comment: text(ItemKey::Comment),
        lyrics: lyrics.unwrap_or_default().to_owned(),
        genres: tag.get_strings(ItemKey::Genre).map(str::to_owned).collect(),
        bpm: bpm.and_then(|bpm| bpm.parse().ok()),
        encoder: encoder.unwrap_or_default().to_owned(),
        cover_png: tag.pictures().first().map(|p| p.data().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pcm;
    use crate::flac::{self, FlacFormat};
    use crate::wav::{self, WavFormat};

    fn tone() -> Pcm {
        Pcm {
            sample_rate: 48_000,
            channels: 2,
            samples: (0..96_001 * 2)
                .map(|i| (16_000.0 * (i as f32 * 0.01).sin()).round() / 32_768.0)
                .collect(),
        }
    }

    fn tags() -> Tags {
        Tags {
            title: "Night Ferry 🚢 夜航".to_owned(),
            artist: "Songwright".to_owned(),
            album: Some("Demos".to_owned()),
            comment: "Built-in sketch 1.2.0, seed 42".to_owned(),
            lyrics: "[verse]\nדון't stop\n\n[chorus]\n夜航船的灯\n".to_owned(),
            genres: vec!["Dream Pop".to_owned(), "Electronic".to_owned()],
            bpm: Some(92.0),
            encoder: "Songwright 0.1.0".to_owned(),
            cover_png: Some(b"\x89PNG\r\n\x1a\n picture".to_vec()),
        }
    }

    #[test]
    fn tags_are_read_as_they_were_written_and_the_audio_stays() {
        let flac_16 = flac::encode(&tone(), FlacFormat::Int16).unwrap();
        for format in [WavFormat::Int16, WavFormat::Int24, WavFormat::Float32] {
            let bytes = write(wav::encode(&tone(), format).unwrap(), &tags()).unwrap();
            assert_eq!(read(&bytes).unwrap(), tags(), "{format:?}");
            assert!(wav::read(bytes.as_slice()).unwrap() == tone(), "{format:?}");
            let size = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
            assert_eq!(size as usize + 8, bytes.len(), "RIFF's own size");
        }
        let tagged = write(flac_16.clone(), &tags()).unwrap();
        assert_eq!(read(&tagged).unwrap(), tags());
        assert!(tagged.ends_with(&flac_16[flac_16.len() - 1000..]));
    }

    #[test]
    fn writing_again_replaces() {
        let once = write(wav::encode(&tone(), WavFormat::Int16).unwrap(), &tags()).unwrap();
        let other = Tags {
            title: "Other".to_owned(),
            genres: vec!["Folk".to_owned()],
            ..Tags::default()
        };
        let twice = write(once, &other).unwrap();
        assert_eq!(read(&twice).unwrap(), other);
        assert!(!twice.windows(5).any(|w| w == b"Night"));
    }

    #[test]
    fn the_same_tags_give_the_same_bytes() {
        let untagged = [
            wav::encode(&tone(), WavFormat::Int16).unwrap(),
            flac::encode(&tone(), FlacFormat::Int16).unwrap(),
        ];
        for file in untagged {
            let first = write(file.clone(), &tags()).unwrap();
            for _ in 0..20 {
                assert!(write(file.clone(), &tags()).unwrap() == first);
            }
        }
    }

    #[test]
    fn every_frame_is_kept_when_they_are_put_in_order() {
        let ordered = in_order(to_tag(&tags(), TagType::Id3v2));
        let names: Vec<_> = ordered.into_iter().map(|f| f.id_str().to_owned()).collect();
        assert_eq!(
            names,
            [
                "APIC", "COMM", "TALB", "TBPM", "TCON", "TIT2", "TPE1", "TSSE", "USLT"
            ]
        );
    }

    #[test]
    fn what_is_no_audio_is_refused() {
        assert!(write(b"hello".to_vec(), &tags()).is_err());
        assert!(read(b"").is_err());
    }
}
