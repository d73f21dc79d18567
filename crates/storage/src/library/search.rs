use rusqlite::types::Value;

use super::SongFilter;

/// The condition of a filter on `songs`, and its parameters in order.
pub(super) fn condition(filter: &SongFilter) -> (String, Vec<Value>) {
    let mut conditions = vec!["1".to_owned()];
    let mut parameters = Vec::new();
    if filter.favourites_only {
        conditions.push("favourite".to_owned());
    }
    let words = filter
        .query
        .split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.filter(|word| !word.is_empty()) {
        conditions.push(word_condition(word, &mut parameters));
    }
    (conditions.join(" AND "), parameters)
}

/// A word is found at the beginning of words, and three characters or more anywhere. Fewer cannot
/// be looked up in trigrams: where they are not plain ASCII ("夜航"), the text itself is searched.
fn word_condition(word: &str, parameters: &mut Vec<Value>) -> String {
    let phrase = format!("\"{}\"", word.replace('"', "\"\""));
    let mut ways = vec!["seq IN (SELECT rowid FROM song_words WHERE song_words MATCH ?)"];
    parameters.push(format!("{phrase} *").into());
    if word.chars().count() >= 3 {
        ways.push("seq IN (SELECT rowid FROM song_trigrams WHERE song_trigrams MATCH ?)");
        parameters.push(phrase.into());
    } else if !word.chars().all(|c| c.is_ascii_alphanumeric()) {
        ways.push(
            "instr(concat_ws(char(10), title, description, songs.prompt, songs.lyrics, categories), ?) > 0",
        );
        parameters.push(word.to_owned().into());
    }
    if word.chars().count() >= 3 || !word.is_ascii() {
        // Of few takes other words are sung than those of the song, which is what has an index.
        ways.push(
            "EXISTS (SELECT 1 FROM takes AS other WHERE other.song_id = songs.id
                 AND (other.prompt, other.lyrics) IS NOT (songs.prompt, songs.lyrics)
                 AND instr(lower(other.prompt || char(10) || other.lyrics), lower(?)) > 0)",
        );
        parameters.push(word.to_owned().into());
    }
    format!("({})", ways.join(" OR "))
}
