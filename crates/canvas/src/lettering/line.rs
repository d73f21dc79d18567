//! One line of text as an outline: direction, fonts, shaping.

use harfrust::{Buffer, Direction, ShapeOptions, ShaperFont};
use skrifa::font::glyph::outline::PathSink;
use skrifa::{DrawMemory, Font, GlyphId, ScalerFont};
use tiny_skia::{Path, PathBuilder, Rect, Transform};
use unicode_bidi::BidiInfo;
use unicode_properties::{GeneralCategoryGroup, UnicodeEmoji as _, UnicodeGeneralCategory as _};

use super::fonts::covers;

/// A shaped line at a size of 1 unit per em, its baseline at y = 0 and its pen starting at x = 0.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// From the first pen position to the last, without the last letter's tracking.
    pub(super) advance: f32,
    /// The outline; `None` where nothing of the text leaves ink.
    pub(super) path: Option<Path>,
}

impl Line {
    /// The ink's bounds; y grows downwards.
    pub(super) fn bounds(&self) -> Option<Rect> {
        self.path.as_ref().map(Path::bounds)
    }

    /// The outline at `size` units per em with its pen starting at `(x, y)`.
    pub(super) fn placed(&self, size: f32, (x, y): (f32, f32)) -> Option<Path> {
        self.path
            .clone()?
            .transform(Transform::from_row(size, 0.0, 0.0, size, x, y))
    }
}

/// `text` without what cannot be lettered: emoji, their modifiers and control characters; runs of
/// white space become one space.
pub(super) fn letterable(text: &str, chain: &[Font]) -> String {
    let kept: String = text
        .chars()
        .filter(|&c| !is_emoji(c))
        .filter(|&c| {
            c.is_whitespace()
                || c.general_category_group() == GeneralCategoryGroup::Mark
                || chain.iter().any(|font| covers(font, c))
        })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_emoji(c: char) -> bool {
    // Digits, '#', '*', '©' and '™' count as emoji characters, and are letters here.
    let symbol = c.general_category_group() == GeneralCategoryGroup::Symbol;
    matches!(c, '\u{200D}' | '\u{FE0E}' | '\u{FE0F}' | '\u{20E3}')
        || (c as u32 > 0x2000 && c != '™' && symbol && c.is_emoji_char_or_emoji_component())
        || matches!(c as u32, 0x1F000..=0x1FAFF | 0xE0020..=0xE007F)
}

/// Shapes `text`, one line, with the first font of `chain` that has each character; `tracking` in
/// ems is added after every letter of scripts that do not join.
pub(super) fn shape(text: &str, chain: &[Font], tracking: f32) -> Line {
    let bidi = BidiInfo::new(text, None);
    let mut pen = Pen::default();
    let Some(paragraph) = bidi.paragraphs.first() else {
        return pen.line(0.0);
    };
    let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
    let mut last_tracking = 0.0;
    for run in runs {
        let rtl = levels[run.start].is_rtl();
        let mut parts = by_font(&text[run], chain);
        if rtl {
            parts.reverse();
        }
        for (part, font) in parts {
            let gap = if joins(part) { 0.0 } else { tracking };
            shape_part(part, font, (rtl, gap), &mut pen);
            last_tracking = gap;
        }
    }
    pen.line(last_tracking)
}

/// Whether letters of this text connect, so that no space may come between them.
fn joins(text: &str) -> bool {
    text.chars()
        .any(|c| matches!(c as u32, 0x0600..=0x08FF | 0x0900..=0x0DFF | 0xFB50..=0xFEFC))
}

/// `text` in logical order as runs of one font each; a mark or a space stays with its run.
fn by_font<'t, 'f>(text: &'t str, chain: &'f [Font]) -> Vec<(&'t str, &'f Font)> {
    let mut parts: Vec<(usize, &Font)> = Vec::new();
    for (at, c) in text.char_indices() {
        let neutral = c.is_whitespace() || c.general_category_group() == GeneralCategoryGroup::Mark;
        if let Some((_, font)) = parts.last()
            && neutral
            && covers(font, c)
        {
            continue;
        }
        let Some(font) = chain.iter().find(|font| covers(font, c)) else {
            continue;
        };
        if !parts
            .last()
            .is_some_and(|(_, last)| std::ptr::eq(*last, font))
        {
            parts.push((at, font));
        }
    }
    let ends = parts.iter().skip(1).map(|p| p.0).chain([text.len()]);
    let starts = parts.iter().map(|p| p.0);
    let ranges: Vec<_> = starts.zip(ends).map(|(from, to)| from..to).collect();
    ranges
        .into_iter()
        .zip(parts)
        .map(|(range, (_, font))| (&text[range], font))
        .collect()
}

fn shape_part(text: &str, font: &Font, (rtl, tracking): (bool, f32), pen: &mut Pen) {
    let mut buffer = Buffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(if rtl {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    if harfrust::shape(&ShaperFont::new(font), &mut buffer, ShapeOptions::new()).is_err() {
        return;
    }
    let scaler = ScalerFont::unhinted(font.clone(), None);
    pen.em = 1.0 / f32::from(font.units_per_em()).max(1.0);
    for (info, position) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
        // Glyph 0 is the box for "no such character".
        if info.glyph_id == 0 {
            continue;
        }
        pen.origin = (
            pen.x + position.x_offset as f32 * pen.em,
            -(position.y_offset as f32) * pen.em,
        );
        if let Some(outline) = scaler.outline(GlyphId::new(info.glyph_id)) {
            // A glyph that cannot be drawn is left out, as one that does not exist.
            let _ = outline.draw(DrawMemory::Scratch, pen);
        }
        let letter = position.x_advance != 0;
        pen.x += position.x_advance as f32 * pen.em + if letter { tracking } else { 0.0 };
    }
}

/// Collects glyph outlines along the line.
#[derive(Default)]
struct Pen {
    path: PathBuilder,
    x: f32,
    origin: (f32, f32),
    em: f32,
}

impl Pen {
    fn line(self, trailing: f32) -> Line {
        Line {
            advance: (self.x - trailing).max(0.0),
            path: self.path.finish(),
        }
    }

    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.origin.0 + x * self.em, self.origin.1 - y * self.em)
    }
}

impl PathSink for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let ((cx, cy), (x, y)) = (self.at(cx, cy), self.at(x, y));
        self.path.quad_to(cx, cy, x, y);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let ((ax, ay), (bx, by), (x, y)) = (self.at(ax, ay), self.at(bx, by), self.at(x, y));
        self.path.cubic_to(ax, ay, bx, by, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::super::fonts::{Fonts, Typeface};
    use super::*;

    fn chain(text: &str) -> Vec<Font> {
        Fonts::new().chain(Typeface::Grotesk, text)
    }

    #[test]
    fn emoji_go_and_digits_stay() {
        let text = "Top 5 🔥 hits ❤️ #1 ™";
        assert_eq!(letterable(text, &chain(text)), "Top 5 hits #1 ™");
    }

    #[test]
    fn a_character_without_a_glyph_leaves_no_box() {
        let embedded = &chain("")[..];
        assert_eq!(letterable("a\u{10F0FF}b", embedded), "ab");
        let line = shape("\u{10F0FF}", embedded, 0.0);
        assert!(line.path.is_none() && line.advance == 0.0);
    }

    #[test]
    fn hebrew_reads_from_the_right() {
        let chain = chain("");
        // Final mem is a box, yod a small stroke: in "ים" the box must stand at the left.
        let word = shape("ים", &chain, 0.0);
        let mem = shape("ם", &chain, 0.0).bounds().unwrap();
        let word = word.bounds().unwrap();
        assert!((word.left() - mem.left()).abs() < 0.02, "{word:?} {mem:?}");
    }

    #[test]
    fn tracking_widens_by_the_gaps() {
        let chain = chain("");
        let (plain, wide) = (shape("abc", &chain, 0.0), shape("abc", &chain, 0.1));
        assert!((wide.advance - plain.advance - 0.2).abs() < 1e-4);
    }
}
