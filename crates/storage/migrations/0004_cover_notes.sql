-- What is to be said of a cover, as a JSON array of sentences, and what it was made from.
ALTER TABLE covers ADD COLUMN notes_json TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(notes_json));
ALTER TABLE covers ADD COLUMN parameters TEXT NOT NULL DEFAULT '';
