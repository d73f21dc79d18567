use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::Error;

/// One file a version; a released file is never changed, the next is added.
const STEPS: &[M<'_>] = &[
    M::up(include_str!("../../migrations/0001_library.sql")),
    M::up(include_str!("../../migrations/0002_search.sql")),
    M::up(include_str!("../../migrations/0003_lettered_covers.sql")),
    M::up(include_str!("../../migrations/0004_cover_notes.sql")),
    M::up(include_str!("../../migrations/0005_unkept_files.sql")),
    M::up(include_str!("../../migrations/0006_take_words.sql")),
];
const MIGRATIONS: Migrations<'_> = Migrations::from_slice(STEPS);

/// Applies the steps that `connection` has not seen, all or none.
pub(super) fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let doing = "bringing the library up to date";
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(Error::database(doing))?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(Error::NewerLibrary {
            path: path.to_owned(),
            found,
            known,
        });
    }
    MIGRATIONS
        .to_latest(connection)
        .map_err(Error::database(doing))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Library, SongFilter};

    #[test]
    fn a_library_of_the_first_version_is_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.db");
        let mut old = Connection::open(&path).unwrap();
        MIGRATIONS.to_version(&mut old, 1).unwrap();
        old.execute(
            "INSERT INTO songs (id, title, description, prompt, lyrics, instrumental, categories,
                 created_at_ms)
             VALUES (randomblob(16), 'Night Ferry', '', 'dream pop', '', 0, '[\"Pop\"]', 1)",
            [],
        )
        .unwrap();
        drop(old);
        let library = Library::open(&path).unwrap();
        library.check().unwrap();
        let filter = SongFilter {
            query: "ferry".to_owned(),
            limit: 10,
            ..SongFilter::default()
        };
        assert_eq!(
            library.songs(&filter).unwrap().songs[0].title,
            "Night Ferry"
        );
        drop(library);
        Library::open(&path).unwrap();
    }

    #[test]
    fn covers_of_before_say_whether_their_title_is_set() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.db");
        let mut old = Connection::open(&path).unwrap();
        MIGRATIONS.to_version(&mut old, 2).unwrap();
        old.execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO covers (id, song_id, key, width, height, style, seed, engine_json, label, created_at_ms)
             VALUES (randomblob(16), randomblob(16), 'a.png', 64, 64, '', 1, '{\"kind\": \"sketch\"}', '', 1),
                    (randomblob(16), randomblob(16), 'b.png', 64, 64, '', 1, '{\"kind\": \"neural\"}', '', 1)",
        )
        .unwrap();
        bring_up_to_date(&mut old, &path).unwrap();
        let mut covers = old
            .prepare("SELECT lettered FROM covers ORDER BY key")
            .unwrap();
        let lettered = covers.query_map([], |row| row.get::<_, bool>(0)).unwrap();
        let lettered: Vec<bool> = lettered.map(Result::unwrap).collect();
        assert_eq!(lettered, [true, false]);
    }

    #[test]
    fn files_of_before_are_kept_and_noted_once_they_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.db");
        let mut old = Connection::open(&path).unwrap();
        MIGRATIONS.to_version(&mut old, 3).unwrap();
        old.execute_batch(
            "INSERT INTO songs (id, title, description, prompt, lyrics, instrumental, categories, created_at_ms)
             VALUES (x'00000000000000000000000000000001', 'Night Ferry', '', '', '', 0, '[]', 1);
             INSERT INTO files (key, bytes, sha256, song_id, added_at_ms)
             VALUES ('a.wav', 1, printf('%064d', 0), x'00000000000000000000000000000001', 1)",
        )
        .unwrap();
        drop(old);
        let library = Library::open(&path).unwrap();
        let claim = library.claim_queue(&[]).unwrap();
        let unkept = || library.unkept_files(&claim, i64::MAX).unwrap();
        assert!(unkept().is_empty());
        assert_eq!(library.delete_song(Uuid::from_u128(1)).unwrap().len(), 1);
        assert_eq!(unkept()[0].as_str(), "a.wav");
    }

    #[test]
    fn takes_of_before_have_the_words_that_they_were_made_of() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.db");
        let mut old = Connection::open(&path).unwrap();
        MIGRATIONS.to_version(&mut old, 5).unwrap();
        let song = Uuid::from_u128(1);
        old.execute(
            "INSERT INTO songs (id, title, description, prompt, lyrics, instrumental, categories, created_at_ms)
             VALUES (?1, 'Night Ferry', '', 'dream pop', '[verse]\nThe ferry leaves', 0, '[]', 1)",
            [song],
        )
        .unwrap();
        for (number, params) in (0_i64..).zip([
            r#"{"sung_prompt": "jazz, piano", "sung_lyrics": "[verse]\nThe lamp", "request": {"draft": true}}"#,
            r#"{"sung_prompt": "jazz, piano", "sung_lyrics": null, "request": {"draft": false}}"#,
            r#"{"prompt": "from elsewhere", "request": 5}"#,
            "null",
        ]) {
            old.execute(
                "INSERT INTO files (key, bytes, sha256, song_id, added_at_ms)
                 VALUES (?1 || '.wav', 1, printf('%064d', 0), ?2, 1)",
                rusqlite::params![number, song],
            )
            .unwrap();
            old.execute(
                r#"INSERT INTO takes (id, song_id, number, audio_key, peaks, params_json, engine_json, seed,
                     duration_s, facts_json, timed_lines_json, created_at_ms)
                 VALUES (randomblob(16), ?2, ?1 + 1, ?1 || '.wav', x'', ?3, '{"kind": "neural", "name": "",
                     "version": "", "model_id": "", "device": "", "licence": ""}', 1, 1, '{"instruments": [],
                     "notes": []}', '[]', 1)"#,
                rusqlite::params![number, song, params],
            )
            .unwrap();
        }
        drop(old);
        let takes = Library::open(&path).unwrap().song(song).unwrap().takes;
        let found: Vec<_> = takes
            .iter()
            .map(|take| &take.recording)
            .map(|of| (of.words.prompt.as_str(), of.words.lyrics.as_str(), of.draft))
            .collect();
        let songs_own = ("dream pop", "[verse]\nThe ferry leaves", false);
        assert_eq!(
            found,
            [
                ("jazz, piano", "[verse]\nThe lamp", true),
                ("jazz, piano", "", false),
                songs_own,
                songs_own,
            ]
        );
        assert!(takes[1].recording.words.is_instrumental());
    }

    #[test]
    fn a_newer_library_is_refused_and_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.db");
        drop(Library::open(&path).unwrap());
        let newer = Connection::open(&path).unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();
        drop(newer);
        let error = Library::open(&path).unwrap_err();
        assert!(
            matches!(
                error,
                Error::NewerLibrary {
                    found: 99,
                    known: 6,
                    ..
                }
            ),
            "{error}"
        );
        let newer = Connection::open(&path).unwrap();
        let version: i64 = newer
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, 99);
    }
}
