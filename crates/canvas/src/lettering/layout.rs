//! Breaking a title into lines and placing them within the safe margins.

use skrifa::Font;
use tiny_skia::{Path, Rect};

use super::fonts::{Fonts, Typeface};
use super::line::{Line, letterable, shape};
use crate::colour::Rgb;
use crate::surface::Area;

/// No ink comes nearer to an edge than this share of that side.
pub const MARGIN: f32 = 0.06;
const MOST_LINES: usize = 3;
/// Baseline to baseline, in ems.
const LEADING: f32 = 1.06;
/// The artist's smallest and largest size, in units per em.
const ARTIST_SIZES: (f32, f32) = (0.026, 0.042);
/// From what is above the artist to the artist's baseline, in ems of the artist's size.
const ARTIST_GAP: f32 = 1.75;
/// What is kept for that baseline below the title, in units.
const ARTIST_ROOM: f32 = 0.075;
/// A word is broken where it would have to be set smaller than this, in units per em.
const SMALLEST_UNBROKEN: f32 = 0.04;

/// Where the lines start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Align {
    /// At the left margin.
    Left,
    /// Around the middle.
    Centre,
}

/// Which part of its area the text keeps to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Anchor {
    /// Its upper edge.
    Top,
    /// Its middle.
    Middle,
    /// Its lower edge.
    Bottom,
}

/// How a style wants its title and artist set.
#[derive(Clone, Debug)]
pub struct Lettering {
    /// The title's.
    pub face: Typeface,
    /// The artist's.
    pub artist_face: Typeface,
    /// Whether the title is set in capitals.
    pub capitals: bool,
    /// Space after each letter of the title, in ems.
    pub tracking: f32,
    /// Where; cut to the safe margins.
    pub area: Area,
    /// Where its lines start.
    pub align: Align,
    /// Where in `area`.
    pub anchor: Anchor,
    /// The largest title size, units per em.
    pub largest: f32,
    /// The wanted colour, then the one for the opposite ground.
    pub inks: [Rgb; 2],
    /// The artist's colour where it can be read, else the title's.
    pub accent: Option<Rgb>,
    /// Light around the letters.
    pub glow: Option<Rgb>,
}

/// Lines placed on the picture.
#[derive(Debug)]
pub struct Setting {
    /// The title's lines, in units.
    pub(super) title: Vec<Path>,
    /// The artist's line, in units.
    pub(super) artist: Option<Path>,
    pub(super) lettering: Lettering,
}

impl Setting {
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.title.iter().chain(&self.artist)
    }

    /// The boxes around each line's ink.
    pub fn boxes(&self) -> Vec<Area> {
        self.paths()
            .map(|p| p.bounds())
            .map(|b| Area::new(b.x(), b.y(), b.width(), b.height()))
            .collect()
    }
}

/// Sets `title` and `artist` on a picture of `(w, h)` units; `None` where nothing of them can be
/// drawn.
pub fn set(
    fonts: &Fonts,
    lettering: Lettering,
    (w, h): (f32, f32),
    (title, artist): (Option<&str>, Option<&str>),
) -> Option<Setting> {
    let area = within_margins(lettering.area, (w, h));
    let artist = artist.and_then(|text| {
        let text = text.to_uppercase();
        let chain = fonts.chain(lettering.artist_face, &text);
        let line = shape(&letterable(&text, &chain), &chain, 0.2);
        // Cedillas and the tail of a Q hang below the baseline, and are to keep the margin too.
        let descent = line.bounds()?.bottom().max(0.0);
        Some((line, descent))
    });
    let title = title.and_then(|text| {
        let text = if lettering.capitals {
            text.to_uppercase()
        } else {
            text.to_owned()
        };
        let chain = fonts.chain(lettering.face, &text);
        let text = letterable(&text, &chain);
        let below = artist
            .as_ref()
            .map_or(0.0, |(_, descent)| ARTIST_ROOM + ARTIST_SIZES.1 * descent);
        let room = Area::new(area.x, area.y, area.w, area.h - below);
        Block::fit(&text, &chain, &lettering, room)
    });
    let artist = artist.map(|(line, descent)| {
        let wanted = title.as_ref().map_or(0.04, |t| t.size * 0.34);
        let size = wanted
            .clamp(ARTIST_SIZES.0, ARTIST_SIZES.1)
            .min(area.w / line.advance.max(0.01));
        (line, descent, size)
    });
    let title_height = title.as_ref().map_or(0.0, Block::height);
    let artist_height = artist
        .as_ref()
        .map_or(0.0, |(_, descent, size)| (ARTIST_GAP + descent) * size);
    let spare = (area.h - title_height - artist_height).max(0.0);
    let mut y = area.y
        + match lettering.anchor {
            Anchor::Top => 0.0,
            Anchor::Middle => spare / 2.0,
            Anchor::Bottom => spare,
        };
    let place = |line: &Line, size: f32, y: f32| {
        let bounds = line.bounds()?;
        let ink = bounds.width() * size;
        let x = match lettering.align {
            Align::Left => area.x,
            Align::Centre => area.x + (area.w - ink) / 2.0,
        };
        line.placed(size, (x - bounds.left() * size, y))
    };
    let mut title_paths = Vec::new();
    if let Some(block) = &title {
        for (i, line) in block.lines.iter().enumerate() {
            let baseline = y + block.ascent + i as f32 * LEADING * block.size;
            title_paths.extend(place(line, block.size, baseline));
        }
        y += title_height;
    }
    let artist = artist.and_then(|(line, _, size)| place(&line, size, y + ARTIST_GAP * size));
    (!title_paths.is_empty() || artist.is_some()).then_some(Setting {
        title: title_paths,
        artist,
        lettering,
    })
}

fn within_margins(area: Area, (w, h): (f32, f32)) -> Area {
    let (left, top) = (area.x.max(MARGIN * w), area.y.max(MARGIN * h));
    let right = (area.x + area.w).min(w * (1.0 - MARGIN));
    let bottom = (area.y + area.h).min(h * (1.0 - MARGIN));
    Area::new(left, top, right - left, bottom - top)
}

/// A title in lines, at a size.
struct Block {
    lines: Vec<Line>,
    size: f32,
    /// From the top of the first line's ink to its baseline, in units.
    ascent: f32,
    /// From the last baseline to the bottom of its ink, in units.
    descent: f32,
}

impl Block {
    fn fit(text: &str, chain: &[Font], lettering: &Lettering, area: Area) -> Option<Self> {
        let whole = shape(text, chain, lettering.tracking);
        whole.bounds()?;
        let mut words = pieces(text, usize::MAX);
        let widest = |words: &[(String, bool)]| {
            words
                .iter()
                .map(|(w, _)| shape(w, chain, lettering.tracking).advance)
                .fold(0.0, f32::max)
        };
        if area.w / widest(&words).max(0.01) < SMALLEST_UNBROKEN {
            words = pieces(text, text.chars().count().div_ceil(MOST_LINES).max(8));
        }
        let best = (1..=MOST_LINES.min(words.len()))
            .map(|n| Self::in_lines(n, &words, chain, lettering))
            .map(|lines| Self::sized(lines, lettering.largest, area))
            // One more line must earn its place.
            .reduce(|best, next| {
                if next.size > best.size * 1.18 {
                    next
                } else {
                    best
                }
            })?;
        Some(best)
    }

    /// The break into `n` lines whose longest line is shortest.
    fn in_lines(n: usize, words: &[(String, bool)], chain: &[Font], l: &Lettering) -> Vec<Line> {
        let join = |words: &[(String, bool)]| {
            let mut text = String::new();
            for (i, (word, spaced)) in words.iter().enumerate() {
                if i > 0 && *spaced {
                    text.push(' ');
                }
                text.push_str(word);
            }
            text
        };
        let width = |words: &[(String, bool)]| shape(&join(words), chain, l.tracking).advance;
        let count = words.len();
        let breaks: Vec<Vec<usize>> = match n {
            1 => vec![vec![0, count]],
            2 => (1..count).map(|a| vec![0, a, count]).collect(),
            _ => (1..count)
                .flat_map(|a| (a + 1..count).map(move |b| vec![0, a, b, count]))
                .collect(),
        };
        let mut known = std::collections::HashMap::new();
        let mut longest = |b: &[usize]| {
            b.windows(2)
                .map(|ends| {
                    *known
                        .entry((ends[0], ends[1]))
                        .or_insert_with(|| width(&words[ends[0]..ends[1]]))
                })
                .fold(0.0f32, f32::max)
        };
        let best = breaks
            .into_iter()
            .map(|b| (longest(&b), b))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or_else(Vec::new, |(_, b)| {
            b.windows(2)
                .map(|ends| shape(&join(&words[ends[0]..ends[1]]), chain, l.tracking))
                .collect()
        })
    }

    fn sized(lines: Vec<Line>, largest: f32, area: Area) -> Self {
        let ink = |line: Option<&Line>| line.and_then(Line::bounds);
        let ascent = ink(lines.first()).map_or(0.7, |b| -b.top());
        let descent = ink(lines.last()).map_or(0.2, |b| b.bottom()).max(0.0);
        let width = lines
            .iter()
            .filter_map(Line::bounds)
            .map(|b: Rect| b.width())
            .fold(0.01, f32::max);
        let leading = lines.len().saturating_sub(1) as f32 * LEADING;
        let size = largest
            .min(area.w / width)
            .min(area.h / (ascent + leading + descent));
        Self {
            lines,
            size,
            ascent: ascent * size,
            descent: descent * size,
        }
    }

    fn height(&self) -> f32 {
        let leading = self.lines.len().saturating_sub(1) as f32 * LEADING;
        self.ascent + leading * self.size + self.descent
    }
}

/// The unbreakable pieces of `text`, each with whether a space comes before it; words longer than
/// `longest` characters are cut, and Chinese and Japanese may break anywhere.
fn pieces(text: &str, longest: usize) -> Vec<(String, bool)> {
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for word in text.split(' ') {
        let mut spaced = true;
        for c in word.chars() {
            let wide = matches!(c as u32, 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFF60);
            let full = pieces
                .last()
                .is_some_and(|(piece, _)| piece.chars().count() >= longest);
            match pieces.last_mut() {
                Some((piece, _)) if !spaced && !wide && !full => piece.push(c),
                _ => pieces.push((c.to_string(), spaced)),
            }
            spaced = false;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_characters_break() {
        let words = |text, longest| -> Vec<String> {
            pieces(text, longest).into_iter().map(|p| p.0).collect()
        };
        assert_eq!(words("two words", 99), ["two", "words"]);
        assert_eq!(words("海边", 99), ["海", "边"]);
        assert_eq!(words("abcdefgh", 3), ["abc", "def", "gh"]);
    }
}
