-- Songs, their takes and covers, and the files that these are in the object store.
-- Times are milliseconds since 1970 (UTC), ids are the 16 bytes of a UUID, *_json is JSON text,
-- seeds are the 64 bits of an unsigned number.

CREATE TABLE songs (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    title          TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    prompt         TEXT    NOT NULL,
    lyrics         TEXT    NOT NULL,
    lyricist_json  TEXT    CHECK (lyricist_json IS NULL OR json_valid(lyricist_json)),
    instrumental   INTEGER NOT NULL CHECK (instrumental IN (0, 1)),
    language       TEXT,
    categories     TEXT    NOT NULL CHECK (json_valid(categories)),
    favourite      INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1)),
    created_at_ms  INTEGER NOT NULL
) STRICT;

-- A file without a song was made by itself (a cover, a demo) or kept from an operation that failed.
CREATE TABLE files (
    key          TEXT    PRIMARY KEY,
    bytes        INTEGER NOT NULL CHECK (bytes >= 0),
    sha256       TEXT    NOT NULL CHECK (length(sha256) = 64),
    song_id      BLOB    REFERENCES songs (id) ON DELETE CASCADE,
    added_at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX files_of_song ON files (song_id);

CREATE TABLE takes (
    id                BLOB    PRIMARY KEY CHECK (length(id) = 16),
    song_id           BLOB    NOT NULL REFERENCES songs (id) ON DELETE CASCADE,
    number            INTEGER NOT NULL CHECK (number >= 1),
    audio_key         TEXT    NOT NULL REFERENCES files (key),
    midi_key          TEXT    REFERENCES files (key),
    peaks             BLOB    NOT NULL,
    params_json       TEXT    NOT NULL CHECK (json_valid(params_json)),
    engine_json       TEXT    NOT NULL CHECK (json_valid(engine_json)),
    seed              INTEGER NOT NULL,
    duration_s        REAL    NOT NULL CHECK (duration_s >= 0),
    facts_json        TEXT    NOT NULL CHECK (json_valid(facts_json)),
    timed_lines_json  TEXT    NOT NULL CHECK (json_valid(timed_lines_json)),
    -- The parent may be deleted: the relation is then all that is known.
    parent_take_id    BLOB    REFERENCES takes (id) ON DELETE SET NULL,
    relation          TEXT,
    created_at_ms     INTEGER NOT NULL,
    UNIQUE (song_id, number)
) STRICT;
CREATE INDEX takes_of_parent ON takes (parent_take_id);
CREATE INDEX takes_of_audio ON takes (audio_key);
CREATE INDEX takes_of_midi ON takes (midi_key);

CREATE TABLE stems (
    take_id   BLOB    NOT NULL REFERENCES takes (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    key       TEXT    NOT NULL REFERENCES files (key),
    PRIMARY KEY (take_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX stems_of_file ON stems (key);

CREATE TABLE covers (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    song_id        BLOB    NOT NULL REFERENCES songs (id) ON DELETE CASCADE,
    key            TEXT    NOT NULL REFERENCES files (key),
    width          INTEGER NOT NULL,
    height         INTEGER NOT NULL,
    style          TEXT    NOT NULL,
    seed           INTEGER NOT NULL,
    engine_json    TEXT    NOT NULL CHECK (json_valid(engine_json)),
    label          TEXT    NOT NULL,
    created_at_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX covers_of_song ON covers (song_id);
CREATE INDEX covers_of_file ON covers (key);

-- The queue and its history; `seq` is the order of arrival.
CREATE TABLE operations (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    service      TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN
        ('waiting', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted')),
    record_json  TEXT    NOT NULL CHECK (json_valid(record_json))
) STRICT;
CREATE INDEX operations_by_state ON operations (state, seq);

-- How long stages took on this machine, to foretell how long the next will.
CREATE TABLE stage_timings (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    stage           TEXT    NOT NULL,
    engine          TEXT    NOT NULL,
    units           REAL    NOT NULL CHECK (units > 0),
    seconds         REAL    NOT NULL CHECK (seconds >= 0),
    recorded_at_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX stage_timings_newest ON stage_timings (stage, engine, seq);
