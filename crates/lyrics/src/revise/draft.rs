//! Lyrics as they were typed: where each section and line is in the text.

use std::ops::Range;

use songwright_base::SectionKind;

/// One section of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Section {
    /// What it is.
    pub kind: SectionKind,
    /// Its tag as written, without brackets; `None` for lines before the first tag.
    pub tag: Option<String>,
    /// From its tag to the next one.
    pub whole: Range<usize>,
    /// Its lines, trimmed.
    pub lines: Vec<Range<usize>>,
}

/// A text and its sections.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Draft<'t> {
    /// As it was typed.
    pub text: &'t str,
    /// In order.
    pub sections: Vec<Section>,
}

impl<'t> Draft<'t> {
    /// Reads a text as [`songwright_base::LyricSheet::parse`] does.
    #[must_use]
    pub fn read(text: &'t str) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        let mut at = 0;
        for row in text.split_inclusive('\n') {
            // What is blank before the first section is its own.
            let begin = if sections.is_empty() { 0 } else { at };
            let row_at = at;
            at += row.len();
            let line = row.trim();
            if line.is_empty() {
                continue;
            }
            let from = row_at + (row.len() - row.trim_start().len());
            let tag = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
            if tag.is_some() || sections.is_empty() {
                if let Some(last) = sections.last_mut() {
                    last.whole.end = begin;
                }
                sections.push(Section {
                    kind: tag.map_or(SectionKind::Verse, SectionKind::from_tag),
                    tag: tag.map(|tag| tag.trim().to_owned()),
                    whole: begin..text.len(),
                    lines: Vec::new(),
                });
            }
            if tag.is_none()
                && let Some(last) = sections.last_mut()
            {
                last.lines.push(from..from + line.len());
            }
        }
        Self { text, sections }
    }

    /// The lines of a section.
    #[must_use]
    pub fn lines(&self, section: usize) -> Vec<&'t str> {
        let lines = self.sections.get(section).map(|section| &section.lines);
        lines
            .into_iter()
            .flatten()
            .map(|at| &self.text[at.clone()])
            .collect()
    }

    /// The sections as a person names them: "1 \[verse\], 2 \[chorus\]".
    #[must_use]
    pub fn names(&self) -> String {
        let names = (1..).zip(&self.sections).map(|(number, section)| {
            let tag = section.tag.as_deref().unwrap_or(section.kind.tag());
            format!("{number} [{tag}]")
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// The section that is meant by a number from 1, a tag as it is written, or a kind with which one of
    /// it: "2", "Verse 2", "\[chorus\]".
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        let name = name.trim().trim_matches(['[', ']']).trim().to_lowercase();
        if let Ok(number) = name.parse::<usize>() {
            return number.checked_sub(1).filter(|at| *at < self.sections.len());
        }
        let is_tag = |section: &Section| {
            let tag = section.tag.as_deref();
            tag.is_some_and(|tag| tag.to_lowercase() == name)
        };
        if let Some(at) = self.sections.iter().position(is_tag) {
            return Some(at);
        }
        let (word, nth) = match name.rsplit_once(' ') {
            Some((word, number)) => match number.parse::<usize>() {
                Ok(number) => (word, number),
                Err(_) => (name.as_str(), 1),
            },
            None => (name.as_str(), 1),
        };
        let kind = SectionKind::from_tag(word);
        // Whatever is no other kind reads as a verse; here that has to be said.
        if kind == SectionKind::Verse && word != kind.tag() && word != "主歌" {
            return None;
        }
        let of_kind = (0..self.sections.len()).filter(|at| self.sections[*at].kind == kind);
        nth.checked_sub(1)
            .and_then(|before| of_kind.into_iter().nth(before))
    }
}

#[cfg(test)]
mod tests {
    use songwright_base::LyricSheet;

    use super::*;

    const TEXT: &str = "  first\n\n[Verse 1]\n one\ntwo \n\n[CHORUS]\nhook\n[Solo]\n[verse]\nlast";

    #[test]
    fn it_reads_what_a_sheet_reads() {
        let draft = Draft::read(TEXT);
        let sheet = LyricSheet::parse(TEXT);
        assert_eq!(draft.sections.len(), sheet.sections.len());
        for (at, section) in sheet.sections.iter().enumerate() {
            assert_eq!(draft.lines(at), section.lines, "{at}");
            assert_eq!(draft.sections[at].kind, section.kind);
        }
        let wholes = draft.sections.iter().map(|p| &TEXT[p.whole.clone()]);
        assert_eq!(wholes.collect::<String>(), TEXT);
        assert_eq!(&TEXT[draft.sections[2].whole.clone()], "[CHORUS]\nhook\n");
    }

    #[test]
    fn a_section_is_found_as_people_name_it() {
        let draft = Draft::read(TEXT);
        for (name, found) in [
            ("1", Some(0)),
            ("5", Some(4)),
            ("6", None),
            ("0", None),
            ("verse 1", Some(1)),
            ("[Chorus]", Some(2)),
            ("hook", Some(2)),
            ("verse 2", Some(1)),
            ("verse 3", Some(4)),
            ("verse", Some(4)),
            ("verse 4", None),
            ("bridge", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(draft.find(name), found, "{name}");
        }
        assert!(
            draft
                .names()
                .starts_with("1 [verse], 2 [Verse 1], 3 [CHORUS]")
        );
    }
}
