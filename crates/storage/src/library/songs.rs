use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};
use uuid::Uuid;

use super::files::optional;
use super::search::condition;
use super::takes::{covers_of, insert_artwork, insert_recording, takes_of};
use super::{
    Library, NewSong, Song, SongFilter, SongPage, SongSummary, SongText, from_json,
    from_json_or_null, now_ms, to_json,
};
use crate::{Error, ObjectKey};

impl Library {
    /// Adds a song with its takes and covers in one transaction. Its files must be in the object
    /// store already: the row comes last, so every song that is listed is whole.
    ///
    /// # Errors
    /// [`Error::SongExists`], [`Error::KeyInUse`], [`Error::Full`].
    pub fn add_song(&self, new: &NewSong) -> Result<Song, Error> {
        self.write("adding a song", |c| {
            insert_song(c, new)?;
            for recording in &new.recordings {
                insert_recording(c, new.id, recording)?;
            }
            for artwork in &new.artworks {
                insert_artwork(c, new.id, artwork)?;
            }
            song_by_id(c, new.id)
        })
    }

    /// A song with its takes and covers.
    ///
    /// # Errors
    /// [`Error::NoSuchSong`].
    pub fn song(&self, id: Uuid) -> Result<Song, Error> {
        // One transaction, so that takes and covers are of the same moment as the song.
        let mut connection = self.lock();
        let transaction = connection
            .transaction()
            .map_err(Error::database("reading a song"))?;
        song_by_id(&transaction, id)
    }

    /// A page of songs, newest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn songs(&self, filter: &SongFilter) -> Result<SongPage, Error> {
        self.read("listing songs", |c| list(c, filter))
    }

    /// Marks a song or takes the mark away.
    ///
    /// # Errors
    /// [`Error::NoSuchSong`].
    pub fn set_favourite(&self, id: Uuid, favourite: bool) -> Result<(), Error> {
        self.change_song(
            id,
            "UPDATE songs SET favourite = ?2 WHERE id = ?1",
            favourite.into(),
        )
    }

    /// Gives a song another title.
    ///
    /// # Errors
    /// [`Error::NoSuchSong`].
    pub fn rename(&self, id: Uuid, title: &str) -> Result<(), Error> {
        self.change_song(
            id,
            "UPDATE songs SET title = ?2 WHERE id = ?1",
            title.to_owned().into(),
        )
    }

    /// Removes a song with all that belongs to it, and says which objects are to be deleted now.
    /// Where that does not happen they are [`Library::unkept_files`].
    ///
    /// # Errors
    /// [`Error::NoSuchSong`].
    pub fn delete_song(&self, id: Uuid) -> Result<Vec<ObjectKey>, Error> {
        self.write("deleting a song", |c| {
            let (keys, deleted) = delete(c, id).map_err(Error::database("deleting a song"))?;
            if deleted == 0 {
                return Err(Error::NoSuchSong { id });
            }
            Ok(keys)
        })
    }

    fn change_song(&self, id: Uuid, sql: &str, value: Value) -> Result<(), Error> {
        self.write("changing a song", |c| {
            let changed = c
                .execute(sql, params![id, value])
                .map_err(Error::database("changing a song"))?;
            if changed == 0 {
                return Err(Error::NoSuchSong { id });
            }
            Ok(())
        })
    }

    pub(super) fn read<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        work(&self.lock()).map_err(Error::database(doing))
    }
}

fn insert_song(c: &Connection, new: &NewSong) -> Result<(), Error> {
    let text = &new.text;
    let insert = || -> rusqlite::Result<_> {
        c.execute(
            "INSERT INTO songs (id, title, description, prompt, lyrics, instrumental, language,
                 categories, created_at_ms, lyricist_json)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING",
            params![
                new.id,
                text.title,
                text.description,
                text.prompt,
                text.lyrics,
                text.instrumental,
                text.language,
                to_json(&text.categories)?,
                new.created_at_ms.unwrap_or_else(now_ms),
                text.lyricist.as_ref().map(to_json).transpose()?
            ],
        )
    };
    match insert().map_err(Error::database("adding a song"))? {
        0 => Err(Error::SongExists { id: new.id }),
        _ => Ok(()),
    }
}

fn song_by_id(c: &Connection, id: Uuid) -> Result<Song, Error> {
    let read = || -> rusqlite::Result<_> {
        let song = c.query_row("SELECT * FROM songs WHERE id = ?1", [id], |row| {
            Ok(Song {
                id: row.get("id")?,
                text: SongText {
                    title: row.get("title")?,
                    description: row.get("description")?,
                    prompt: row.get("prompt")?,
                    lyrics: row.get("lyrics")?,
                    lyricist: from_json_or_null(row, "lyricist_json")?,
                    instrumental: row.get("instrumental")?,
                    language: row.get("language")?,
                    categories: from_json(row, "categories")?,
                },
                favourite: row.get("favourite")?,
                created_at_ms: row.get("created_at_ms")?,
                takes: Vec::new(),
                covers: Vec::new(),
            })
        });
        let Some(mut song) = optional(song)? else {
            return Ok(None);
        };
        song.takes = takes_of(c, id)?;
        song.covers = covers_of(c, id)?;
        Ok(Some(song))
    };
    read()
        .map_err(Error::database("reading a song"))?
        .ok_or(Error::NoSuchSong { id })
}

fn list(c: &Connection, filter: &SongFilter) -> rusqlite::Result<SongPage> {
    let (condition, mut parameters) = condition(filter);
    let total: i64 = c.query_row(
        &format!("SELECT count(*) FROM songs WHERE {condition}"),
        params_from_iter(&parameters),
        |row| row.get(0),
    )?;
    parameters.push(filter.after.unwrap_or(i64::MAX).into());
    // One more than asked for tells whether there is a next page.
    parameters.push((i64::from(filter.limit) + 1).into());
    parameters.push(i64::from(filter.offset).into());
    let mut rows = c
        .prepare(&format!(
            "SELECT songs.*,
                 (SELECT count(*) FROM takes WHERE song_id = songs.id) AS takes,
                 latest.audio_key, latest.duration_s,
                 (SELECT key FROM covers WHERE song_id = songs.id ORDER BY seq DESC LIMIT 1)
                     AS cover_key
             FROM songs
             LEFT JOIN takes AS latest ON latest.song_id = songs.id AND latest.number =
                 (SELECT max(number) FROM takes WHERE song_id = songs.id)
             WHERE {condition} AND songs.seq < ? ORDER BY songs.seq DESC LIMIT ? OFFSET ?"
        ))?
        .query_map(params_from_iter(&parameters), |row| {
            Ok((row.get("seq")?, read_summary(row)?))
        })?
        .collect::<rusqlite::Result<Vec<(i64, SongSummary)>>>()?;
    let limit = filter.limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(SongPage {
        next: rows.last().filter(|_| more).map(|(seq, _)| *seq),
        songs: rows.into_iter().map(|(_, song)| song).collect(),
        total: total.unsigned_abs(),
    })
}

fn read_summary(row: &Row<'_>) -> rusqlite::Result<SongSummary> {
    Ok(SongSummary {
        id: row.get("id")?,
        title: row.get("title")?,
        prompt: row.get("prompt")?,
        instrumental: row.get("instrumental")?,
        categories: from_json(row, "categories")?,
        favourite: row.get("favourite")?,
        created_at_ms: row.get("created_at_ms")?,
        takes: row.get("takes")?,
        audio_key: row.get("audio_key")?,
        duration_s: row.get("duration_s")?,
        cover_key: row.get("cover_key")?,
    })
}

fn delete(c: &Connection, id: Uuid) -> rusqlite::Result<(Vec<ObjectKey>, usize)> {
    let keys = c
        .prepare("SELECT key FROM files WHERE song_id = ?1 ORDER BY key")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // Takes and covers refer to files, so they go first.
    for sql in [
        "DELETE FROM takes WHERE song_id = ?1",
        "DELETE FROM covers WHERE song_id = ?1",
        "DELETE FROM files WHERE song_id = ?1",
    ] {
        c.execute(sql, [id])?;
    }
    let deleted = c.execute("DELETE FROM songs WHERE id = ?1", [id])?;
    Ok((keys, deleted))
}
