-- Whether title and artist are set on the picture; until now the built-in artist always set them.
ALTER TABLE covers ADD COLUMN lettered INTEGER NOT NULL DEFAULT 0 CHECK (lettered IN (0, 1));
UPDATE covers SET lettered = 1 WHERE json_extract(engine_json, '$.kind') = 'sketch';
