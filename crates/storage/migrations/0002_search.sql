-- Search over what a song says. `song_words` finds words and their beginnings; `song_trigrams`
-- finds any run of three characters, which is what languages without spaces need.

CREATE VIRTUAL TABLE song_words USING fts5 (
    title, description, prompt, lyrics, categories,
    content = 'songs', content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE song_trigrams USING fts5 (
    title, description, prompt, lyrics, categories,
    content = 'songs', content_rowid = 'seq',
    tokenize = 'trigram remove_diacritics 1'
);

INSERT INTO song_words (song_words) VALUES ('rebuild');
INSERT INTO song_trigrams (song_trigrams) VALUES ('rebuild');

CREATE TRIGGER songs_added AFTER INSERT ON songs BEGIN
    INSERT INTO song_words (rowid, title, description, prompt, lyrics, categories)
        VALUES (new.seq, new.title, new.description, new.prompt, new.lyrics, new.categories);
    INSERT INTO song_trigrams (rowid, title, description, prompt, lyrics, categories)
        VALUES (new.seq, new.title, new.description, new.prompt, new.lyrics, new.categories);
END;

CREATE TRIGGER songs_deleted AFTER DELETE ON songs BEGIN
    INSERT INTO song_words (song_words, rowid, title, description, prompt, lyrics, categories)
        VALUES ('delete', old.seq, old.title, old.description, old.prompt, old.lyrics, old.categories);
    INSERT INTO song_trigrams (song_trigrams, rowid, title, description, prompt, lyrics, categories)
        VALUES ('delete', old.seq, old.title, old.description, old.prompt, old.lyrics, old.categories);
END;

CREATE TRIGGER songs_changed
AFTER UPDATE OF title, description, prompt, lyrics, categories ON songs BEGIN
    INSERT INTO song_words (song_words, rowid, title, description, prompt, lyrics, categories)
        VALUES ('delete', old.seq, old.title, old.description, old.prompt, old.lyrics, old.categories);
    INSERT INTO song_trigrams (song_trigrams, rowid, title, description, prompt, lyrics, categories)
        VALUES ('delete', old.seq, old.title, old.description, old.prompt, old.lyrics, old.categories);
    INSERT INTO song_words (rowid, title, description, prompt, lyrics, categories)
        VALUES (new.seq, new.title, new.description, new.prompt, new.lyrics, new.categories);
    INSERT INTO song_trigrams (rowid, title, description, prompt, lyrics, categories)
        VALUES (new.seq, new.title, new.description, new.prompt, new.lyrics, new.categories);
END;
