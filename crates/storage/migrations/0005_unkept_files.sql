-- Objects that this library is writing or deleting, and that no row of `files` names. What is still
-- here after a crash is deleted later; an object that is named nowhere is somebody else's.
CREATE TABLE unkept_files (
    key       TEXT    PRIMARY KEY,
    since_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER files_added AFTER INSERT ON files BEGIN
    DELETE FROM unkept_files WHERE key = new.key;
END;

-- Those of a deleted song too: a cascade fires it as well.
CREATE TRIGGER files_deleted AFTER DELETE ON files BEGIN
    INSERT INTO unkept_files (key, since_ms) VALUES (old.key, unixepoch() * 1000)
        ON CONFLICT (key) DO NOTHING;
END;
