//! The shape of lines: how long they are and what they rhyme with.

use songwright_base::SectionKind;

use crate::{rhyme::scheme, tongue::Tongue};

/// How a line ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rhyme {
    /// As it likes.
    Free,
    /// As it likes, and others rhyme with it.
    Leads,
    /// So that it rhymes with an earlier line of its stanza.
    With(usize),
}

/// A line that is to be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LineShape {
    /// How many are sung; at least 1.
    pub syllables: usize,
    /// How it ends.
    pub rhyme: Rhyme,
}

/// Lines that are to be written together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stanza {
    /// What section they are of.
    pub kind: SectionKind,
    /// Its tag without brackets.
    pub tag: String,
    /// Their shapes.
    pub lines: Vec<LineShape>,
    /// The lines that stand there now; empty where there are none.
    pub now: Vec<String>,
}

/// The shapes of lines that are there; those without a syllable have none.
#[must_use]
pub(super) fn shapes(lines: &[&str], tongue: &Tongue) -> Vec<LineShape> {
    let scheme = scheme(lines, tongue);
    let shape = |at: usize| LineShape {
        syllables: tongue.syllables(lines[at]).max(1),
        rhyme: match scheme[at] {
            Some(first) => Rhyme::With(first),
            None if scheme.contains(&Some(at)) => Rhyme::Leads,
            None => Rhyme::Free,
        },
    };
    (0..lines.len()).map(shape).collect()
}

/// Shapes of `count` lines like those of `lines`, which come round where there are more; four lines a
/// rhyming pair each where there are none.
#[must_use]
pub(super) fn alike(lines: &[LineShape], count: usize, usual: usize) -> Vec<LineShape> {
    if lines.is_empty() {
        let pair = |at: usize| LineShape {
            syllables: usual.max(2),
            rhyme: match at % 2 {
                1 => Rhyme::With(at - 1),
                _ if at + 1 < count => Rhyme::Leads,
                _ => Rhyme::Free,
            },
        };
        return (0..count).map(pair).collect();
    }
    let round = |at: usize| {
        let begin = at - at % lines.len();
        let shape = lines[at % lines.len()];
        let rhyme = match shape.rhyme {
            Rhyme::With(first) => Rhyme::With(begin + first),
            other => other,
        };
        LineShape { rhyme, ..shape }
    };
    (0..count).map(round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_length_and_their_rhyme() {
        let english = Tongue::named("english").unwrap();
        let lines = [
            "The lamp is low, the night is long",
            "I hum the words of an older song",
            "Rain",
        ];
        let shapes = shapes(&lines, &english);
        let found: Vec<_> = shapes.iter().map(|s| (s.syllables, s.rhyme)).collect();
        assert_eq!(
            found,
            [(8, Rhyme::Leads), (9, Rhyme::With(0)), (1, Rhyme::Free)]
        );
        let more = alike(&shapes, 5, 8);
        assert_eq!(more[4].rhyme, Rhyme::With(3));
        assert_eq!(more[2], shapes[2]);
    }

    #[test]
    fn without_lines_to_go_by_they_rhyme_in_pairs() {
        let pairs: Vec<_> = alike(&[], 3, 8).iter().map(|s| s.rhyme).collect();
        assert_eq!(pairs, [Rhyme::Leads, Rhyme::With(0), Rhyme::Free]);
    }
}
