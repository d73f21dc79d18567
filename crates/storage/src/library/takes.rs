use rusqlite::{Connection, Row, named_params, params};
use songwright_audio::Peaks;
use songwright_base::Seed;
use uuid::Uuid;

use super::files::{claim, optional, stored_file};
use super::{
    Artwork, Library, Lineage, Recording, SongCover, StemFile, Take, TakeWords, from_json, now_ms,
    to_json,
};
use crate::{Error, ObjectKey};

impl Library {
    /// Adds a recording to a song as its next take.
    ///
    /// # Errors
    /// [`Error::NoSuchSong`], [`Error::NoSuchTake`] for an unknown parent, [`Error::KeyInUse`].
    pub fn add_take(&self, song_id: Uuid, recording: &Recording) -> Result<Take, Error> {
        self.write("adding a take", |c| {
            require_song(c, song_id)?;
            insert_recording(c, song_id, recording)?;
            take_by_id(c, recording.id)
        })
    }

    /// Adds covers to a song, all or none; the last one is its newest.
    ///
    /// # Errors
    /// [`Error::NoSuchSong`], [`Error::KeyInUse`].
    pub fn add_covers(&self, song_id: Uuid, artworks: &[Artwork]) -> Result<(), Error> {
        self.write("adding covers", |c| {
            require_song(c, song_id)?;
            for artwork in artworks {
                insert_artwork(c, song_id, artwork)?;
            }
            Ok(())
        })
    }

    /// One take.
    ///
    /// # Errors
    /// [`Error::NoSuchTake`].
    pub fn take(&self, id: Uuid) -> Result<Take, Error> {
        take_by_id(&self.lock(), id)
    }

    /// The take and what it was made from, back to a first recording.
    ///
    /// # Errors
    /// [`Error::NoSuchTake`].
    pub fn ancestry(&self, id: Uuid) -> Result<Vec<Take>, Error> {
        let connection = self.lock();
        let mut line = vec![take_by_id(&connection, id)?];
        while let Some(parent) = line
            .last()
            .and_then(|take| take.recording.lineage.as_ref()?.parent_take_id)
        {
            line.push(take_by_id(&connection, parent)?);
        }
        Ok(line)
    }

    /// The takes that were made from this one, oldest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn takes_made_from(&self, id: Uuid) -> Result<Vec<Take>, Error> {
        self.read("reading takes", |c| {
            takes_where(
                c,
                "takes.parent_take_id = ?1 ORDER BY takes.created_at_ms",
                id,
            )
        })
    }

    /// Removes a take, and says which objects are to be deleted now.
    ///
    /// # Errors
    /// [`Error::NoSuchTake`].
    pub fn delete_take(&self, id: Uuid) -> Result<Vec<ObjectKey>, Error> {
        self.write("deleting a take", |c| {
            let take = take_by_id(c, id)?.recording;
            let failed = || Error::database("deleting a take");
            c.execute("DELETE FROM takes WHERE id = ?1", [id])
                .map_err(failed())?;
            let files = std::iter::once(take.audio)
                .chain(take.midi)
                .chain(take.stems.into_iter().map(|stem| stem.file));
            let mut keys = Vec::new();
            for file in files {
                // Another take of the song may hold the same file: an edit of the lyrics alone.
                let removed = c
                    .execute(
                        "DELETE FROM files WHERE key = ?1
                           AND NOT EXISTS (SELECT 1 FROM takes WHERE audio_key = ?1 OR midi_key = ?1)
                           AND NOT EXISTS (SELECT 1 FROM stems WHERE stems.key = ?1)",
                        [&file.key],
                    )
                    .map_err(failed())?;
                if removed > 0 {
                    keys.push(file.key);
                }
            }
            Ok(keys)
        })
    }
}

fn require_song(c: &Connection, id: Uuid) -> Result<(), Error> {
    let found: bool = c
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM songs WHERE id = ?1)",
            [id],
            |row| row.get(0),
        )
        .map_err(Error::database("looking up a song"))?;
    if found {
        Ok(())
    } else {
        Err(Error::NoSuchSong { id })
    }
}

pub(super) fn insert_recording(
    c: &Connection,
    song_id: Uuid,
    recording: &Recording,
) -> Result<(), Error> {
    claim(c, &recording.audio, song_id)?;
    for stem in &recording.stems {
        claim(c, &stem.file, song_id)?;
    }
    if let Some(midi) = &recording.midi {
        claim(c, midi, song_id)?;
    }
    if let Some(parent) = recording.lineage.as_ref().and_then(|l| l.parent_take_id) {
        take_by_id(c, parent)?;
    }
    insert_rows(c, song_id, recording).map_err(Error::database("adding a take"))
}

fn insert_rows(c: &Connection, song_id: Uuid, recording: &Recording) -> rusqlite::Result<()> {
    c.execute(
        "INSERT INTO takes (id, song_id, number, audio_key, midi_key, peaks, params_json,
             engine_json, seed, duration_s, facts_json, timed_lines_json, parent_take_id, relation,
             prompt, lyrics, draft, created_at_ms)
         VALUES (:id, :song_id,
             (SELECT coalesce(max(number), 0) + 1 FROM takes WHERE song_id = :song_id),
             :audio, :midi, :peaks, :params, :engine, :seed, :duration_s, :facts, :timed_lines,
             :parent, :relation, :prompt, :lyrics, :draft, :now)",
        named_params! {
            ":id": recording.id,
            ":song_id": song_id,
            ":audio": recording.audio.key,
            ":midi": recording.midi.as_ref().map(|file| &file.key),
            ":peaks": recording.peaks.to_bytes(),
            ":params": to_json(&recording.params)?,
            ":engine": to_json(&recording.engine)?,
            ":seed": recording.seed.0.cast_signed(),
            ":duration_s": recording.duration_s,
            ":facts": to_json(&recording.facts)?,
            ":timed_lines": to_json(&recording.timed_lines)?,
            ":parent": recording.lineage.as_ref().and_then(|l| l.parent_take_id),
            ":relation": recording.lineage.as_ref().map(|l| &l.relation),
            ":prompt": recording.words.prompt,
            ":lyrics": recording.words.lyrics,
            ":draft": recording.draft,
            ":now": now_ms(),
        },
    )?;
    let mut insert =
        c.prepare("INSERT INTO stems (take_id, position, name, key) VALUES (?1, ?2, ?3, ?4)")?;
    for (position, stem) in recording.stems.iter().enumerate() {
        insert.execute(params![
            recording.id,
            position as i64,
            stem.name,
            stem.file.key
        ])?;
    }
    Ok(())
}

pub(super) fn insert_artwork(
    c: &Connection,
    song_id: Uuid,
    artwork: &Artwork,
) -> Result<(), Error> {
    claim(c, &artwork.image, song_id)?;
    let insert = || -> rusqlite::Result<_> {
        c.execute(
            "INSERT INTO covers (id, song_id, key, width, height, style, seed, engine_json, label,
                 lettered, notes_json, parameters, created_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                artwork.id,
                song_id,
                artwork.image.key,
                artwork.width,
                artwork.height,
                artwork.style,
                artwork.seed.0.cast_signed(),
                to_json(&artwork.engine)?,
                artwork.label,
                artwork.lettered,
                to_json(&artwork.notes)?,
                artwork.parameters,
                now_ms()
            ],
        )
    };
    insert()
        .map(drop)
        .map_err(Error::database("adding a cover"))
}

fn take_by_id(c: &Connection, id: Uuid) -> Result<Take, Error> {
    takes_where(c, "takes.id = ?1", id)
        .map_err(Error::database("reading a take"))?
        .pop()
        .ok_or(Error::NoSuchTake { id })
}

/// A song's takes by number.
pub(super) fn takes_of(c: &Connection, song_id: Uuid) -> rusqlite::Result<Vec<Take>> {
    takes_where(c, "takes.song_id = ?1 ORDER BY takes.number", song_id)
}

fn takes_where(c: &Connection, condition: &str, id: Uuid) -> rusqlite::Result<Vec<Take>> {
    let mut takes = c
        .prepare(&format!(
            "SELECT takes.*, files.key, files.bytes, files.sha256
             FROM takes JOIN files ON files.key = takes.audio_key WHERE {condition}"
        ))?
        .query_map([id], read_take)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut stems = c.prepare(
        "SELECT stems.name, files.key, files.bytes, files.sha256
         FROM stems JOIN files ON files.key = stems.key WHERE stems.take_id = ?1 ORDER BY position",
    )?;
    let mut midi = c.prepare(
        "SELECT files.key, files.bytes, files.sha256
         FROM takes JOIN files ON files.key = takes.midi_key WHERE takes.id = ?1",
    )?;
    for Take { recording, .. } in &mut takes {
        recording.stems = stems
            .query_map([recording.id], |row| {
                Ok(StemFile {
                    name: row.get("name")?,
                    file: stored_file(row)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        recording.midi = optional(midi.query_row([recording.id], stored_file))?;
    }
    Ok(takes)
}

fn read_take(row: &Row<'_>) -> rusqlite::Result<Take> {
    let relation: Option<String> = row.get("relation")?;
    let parent_take_id = row.get("parent_take_id")?;
    let peaks: Vec<u8> = row.get("peaks")?;
    Ok(Take {
        song_id: row.get("song_id")?,
        number: row.get("number")?,
        created_at_ms: row.get("created_at_ms")?,
        recording: Recording {
            id: row.get("id")?,
            audio: stored_file(row)?,
            stems: Vec::new(),
            midi: None,
            peaks: Peaks::from_bytes(&peaks),
            params: from_json(row, "params_json")?,
            engine: from_json(row, "engine_json")?,
            seed: read_seed(row)?,
            duration_s: row.get("duration_s")?,
            facts: from_json(row, "facts_json")?,
            timed_lines: from_json(row, "timed_lines_json")?,
            lineage: relation.map(|relation| Lineage {
                parent_take_id,
                relation,
            }),
            words: TakeWords {
                prompt: row.get("prompt")?,
                lyrics: row.get("lyrics")?,
            },
            draft: row.get("draft")?,
        },
    })
}

/// A song's covers, the newest last.
pub(super) fn covers_of(c: &Connection, song_id: Uuid) -> rusqlite::Result<Vec<SongCover>> {
    c.prepare(
        "SELECT covers.*, files.key, files.bytes, files.sha256
         FROM covers JOIN files ON files.key = covers.key
         WHERE covers.song_id = ?1 ORDER BY covers.seq",
    )?
    .query_map([song_id], |row| {
        Ok(SongCover {
            song_id: row.get("song_id")?,
            created_at_ms: row.get("created_at_ms")?,
            artwork: Artwork {
                id: row.get("id")?,
                image: stored_file(row)?,
                width: row.get("width")?,
                height: row.get("height")?,
                style: row.get("style")?,
                seed: read_seed(row)?,
                engine: from_json(row, "engine_json")?,
                label: row.get("label")?,
                lettered: row.get("lettered")?,
                notes: from_json(row, "notes_json")?,
                parameters: row.get("parameters")?,
            },
        })
    })?
    .collect()
}

fn read_seed(row: &Row<'_>) -> rusqlite::Result<Seed> {
    Ok(Seed(row.get::<_, i64>("seed")?.cast_unsigned()))
}
