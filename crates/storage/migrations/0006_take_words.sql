-- What a take is made of, which need not be what its song was first made of, and whether it has fewer
-- steps than were asked for. Until now only the request that a take keeps said so; takes from elsewhere
-- may have another one, and have their song's words.
ALTER TABLE takes ADD COLUMN prompt TEXT NOT NULL DEFAULT '';
ALTER TABLE takes ADD COLUMN lyrics TEXT NOT NULL DEFAULT '';
ALTER TABLE takes ADD COLUMN draft INTEGER NOT NULL DEFAULT 0 CHECK (draft IN (0, 1));

UPDATE takes SET (prompt, lyrics) = (SELECT prompt, lyrics FROM songs WHERE songs.id = takes.song_id);
UPDATE takes SET
    prompt = json_extract(params_json, '$.sung_prompt'),
    lyrics = CASE json_type(params_json, '$.sung_lyrics')
        WHEN 'text' THEN json_extract(params_json, '$.sung_lyrics') ELSE '' END
    WHERE json_type(params_json, '$.sung_prompt') = 'text';
UPDATE takes SET draft = 1 WHERE json_type(params_json, '$.request.draft') = 'true';
