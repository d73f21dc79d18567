//! Which section follows.

use songwright_base::SectionKind;

/// What follows sections of these kinds in most songs.
pub(super) fn following(kinds: &[SectionKind]) -> SectionKind {
    use SectionKind::{Bridge, Chorus, Instrumental, Intro, Outro, PreChorus, Verse};
    let has = |kind| kinds.contains(&kind);
    let choruses = kinds.iter().filter(|kind| **kind == Chorus).count();
    match kinds.last() {
        Some(Verse) if has(PreChorus) => PreChorus,
        Some(Verse | PreChorus | Bridge) => Chorus,
        Some(Chorus) if choruses > 1 && !has(Bridge) => Bridge,
        Some(Chorus) if has(Bridge) && !has(Outro) => Outro,
        None | Some(Chorus | Intro | Instrumental | Outro) => Verse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_song_goes_on_as_songs_do() {
        use SectionKind::{Bridge, Chorus, Intro, Outro, PreChorus, Verse};
        let mut kinds = vec![Intro];
        for _ in 0..7 {
            kinds.push(following(&kinds));
        }
        assert_eq!(
            kinds,
            [Intro, Verse, Chorus, Verse, Chorus, Bridge, Chorus, Outro]
        );
        assert_eq!(following(&[Verse, PreChorus, Chorus, Verse]), PreChorus);
    }
}
