//! Cards of the small model.

use std::{fmt::Write as _, fs, path::Path};

/// Writes a card of one's own into a data folder: the lines of its licence, these files, and what else it says.
pub(crate) fn write(
    data_dir: &Path,
    (id, title): (&str, &str),
    (licence, more): (&str, &str),
    files: &[&str],
) {
    let mut card = format!(
        r#"id = "{id}"
title = "{title}"
family = "sdxl"
service = "image"
repository = "songs/{id}"
revision = "main"

[licence]
url = "https://example.org/terms"
{licence}
"#
    );
    for file in files {
        write!(card, "\n[[file]]\npath = \"{file}\"\n").unwrap();
    }
    card.push_str(more);
    let cards = data_dir.join("models/cards");
    fs::create_dir_all(&cards).unwrap();
    fs::write(cards.join(format!("{id}.toml")), card).unwrap();
}
