//! What each endpoint of the integrated service needs, as its description says it. All three are
//! read as a [`SongRequest`].

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Ref, RefOr, Schema, schema::AnyOfBuilder},
};

use crate::SongRequest;

/// `POST /generate_from_description`.
#[derive(Clone, Debug, ToSchema)]
pub struct DescribedSong {
    /// The whole song in words.
    #[schema(min_length = 5, max_length = 1000)]
    pub full_described_song: String,
    /// Whatever else is wished.
    #[serde(flatten)]
    pub song: SongRequest,
}

/// `POST /generate_with_lyrics`.
#[derive(Clone, Debug, ToSchema)]
pub struct SongWithLyrics {
    /// Comma-separated tags.
    #[schema(min_length = 5, max_length = 500)]
    pub prompt: String,
    /// What is sung.
    #[schema(min_length = 10, max_length = 5000)]
    pub lyrics: String,
    /// Whatever else is wished.
    #[serde(flatten)]
    pub song: SongRequest,
}

/// `POST /generate_with_described_lyrics`.
#[derive(Clone, Debug, ToSchema)]
pub struct SongWithDescribedLyrics {
    /// Comma-separated tags.
    #[schema(min_length = 5, max_length = 500)]
    pub prompt: String,
    /// What the lyrics are about.
    #[schema(min_length = 5, max_length = 1000)]
    pub described_lyrics: String,
    /// Whatever else is wished.
    #[serde(flatten)]
    pub song: SongRequest,
}

/// `POST /generate_music`: any of the three.
#[derive(Clone, Copy, Debug)]
pub struct AnySong;

impl PartialSchema for AnySong {
    fn schema() -> RefOr<Schema> {
        let names = [
            DescribedSong::name(),
            SongWithLyrics::name(),
            SongWithDescribedLyrics::name(),
        ];
        let any = names.iter().fold(AnyOfBuilder::new(), |any, name| {
            any.item(Ref::from_schema_name(name.as_ref()))
        });
        any.description(Some("Told apart by its fields: `full_described_song`, else `lyrics` that are not blank, else `described_lyrics`.")).into()
    }
}

impl ToSchema for AnySong {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        DescribedSong::schemas(schemas);
        SongWithLyrics::schemas(schemas);
        SongWithDescribedLyrics::schemas(schemas);
    }
}
