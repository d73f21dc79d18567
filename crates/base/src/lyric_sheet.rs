use std::fmt;

use serde::{Deserialize, Serialize};

/// What a section of a song is, from its `[tag]`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SectionKind {
    /// `[intro]`
    Intro,
    /// `[verse]`
    Verse,
    /// `[pre-chorus]`
    PreChorus,
    /// `[chorus]`, `[hook]`, `[refrain]`
    Chorus,
    /// `[bridge]`
    Bridge,
    /// `[instrumental]`, `[solo]`, `[break]`, `[interlude]`, `[drop]`
    Instrumental,
    /// `[outro]`, `[end]`
    Outro,
}

impl SectionKind {
    /// The kind that a tag's words name, without the brackets: "Verse 2", "CHORUS x2",
    /// "Pre-Chorus", "主歌". Unknown words are a verse.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        let tag = tag.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| tag.contains(w));
        if has(&[
            "pre-chorus",
            "prechorus",
            "pre chorus",
            "导歌",
            "預副歌",
            "预副歌",
        ]) {
            Self::PreChorus
        } else if has(&["chorus", "hook", "refrain", "副歌"]) {
            Self::Chorus
        } else if has(&["intro", "前奏"]) {
            Self::Intro
        } else if has(&["bridge", "桥段", "橋段"]) {
            Self::Bridge
        } else if has(&["outro", "end", "coda", "尾奏", "尾声"]) {
            Self::Outro
        } else if has(&[
            "instrumental",
            "inst",
            "solo",
            "break",
            "interlude",
            "drop",
            "间奏",
        ]) {
            Self::Instrumental
        } else {
            Self::Verse
        }
    }

    /// The canonical tag without brackets.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Intro => "intro",
            Self::Verse => "verse",
            Self::PreChorus => "pre-chorus",
            Self::Chorus => "chorus",
            Self::Bridge => "bridge",
            Self::Instrumental => "instrumental",
            Self::Outro => "outro",
        }
    }
}

/// One section: its tag as it was written, and the lines that are sung (none in an instrumental).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LyricSection {
    /// What it is.
    pub kind: SectionKind,
    /// The tag as written, without brackets.
    pub tag: String,
    /// Lines in order, trimmed, never empty.
    pub lines: Vec<String>,
}

/// Lyrics cut into sections. Lines before the first tag are a verse.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct LyricSheet {
    /// Sections in order.
    pub sections: Vec<LyricSection>,
}

impl LyricSheet {
    /// Reads lyrics as people and models write them: `[tag]` on a line of its own starts a section.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut sections: Vec<LyricSection> = Vec::new();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
            if let Some(tag) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                let tag = tag.trim().to_owned();
                sections.push(LyricSection {
                    kind: SectionKind::from_tag(&tag),
                    tag,
                    lines: Vec::new(),
                });
                continue;
            }
            match sections.last_mut() {
                Some(section) => section.lines.push(line.to_owned()),
                None => sections.push(LyricSection {
                    kind: SectionKind::Verse,
                    tag: "verse".to_owned(),
                    lines: vec![line.to_owned()],
                }),
            }
        }
        Self { sections }
    }

    /// Whether nothing is sung.
    #[must_use]
    pub fn is_instrumental(&self) -> bool {
        self.sections.iter().all(|s| s.lines.is_empty())
    }

    /// All sung lines in order.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.sections
            .iter()
            .flat_map(|s| s.lines.iter().map(String::as_str))
    }

    /// The tags with brackets, in order, as the contract's `structure_tags`.
    #[must_use]
    pub fn structure_tags(&self) -> Vec<String> {
        self.sections
            .iter()
            .map(|s| format!("[{}]", s.tag))
            .collect()
    }
}

impl fmt::Display for LyricSheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, section) in self.sections.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            writeln!(f, "[{}]", section.tag)?;
            for line in &section.lines {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tags_as_people_write_them() {
        let sheet =
            LyricSheet::parse("first line\n\n[Verse 1]\nhello\nthere\n[CHORUS x2]\n[Solo]\n");
        let kinds: Vec<_> = sheet
            .sections
            .iter()
            .map(|s| (s.kind, s.lines.len()))
            .collect();
        assert_eq!(
            kinds,
            [
                (SectionKind::Verse, 1),
                (SectionKind::Verse, 2),
                (SectionKind::Chorus, 0),
                (SectionKind::Instrumental, 0)
            ]
        );
        assert_eq!(sheet.structure_tags()[1], "[Verse 1]");
    }

    #[test]
    fn shown_and_read_again_is_the_same() {
        let sheet = LyricSheet::parse("[verse]\na\nb\n[pre-chorus]\nc\n[chorus]\nd");
        assert_eq!(LyricSheet::parse(&sheet.to_string()), sheet);
        assert_eq!(sheet.sections[1].kind, SectionKind::PreChorus);
    }

    #[test]
    fn instrumental_has_no_lines() {
        assert!(LyricSheet::parse("[instrumental]").is_instrumental());
        assert!(LyricSheet::parse("").is_instrumental());
        assert!(!LyricSheet::parse("la").is_instrumental());
    }
}
