//! The surface that every style paints on: unit coordinates, vector fills and per-pixel shading.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use image::RgbImage;
use songwright_base::{EngineError, Observer, Progress, Stage};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Mask, Paint, Path, PathBuilder, Pixmap, Rect, Stroke,
    Transform,
};

use crate::colour::Rgb;
use crate::grain::grain;

/// A position in units: the shorter side of the picture is 1, x to the right, y downwards.
pub type Point = (f32, f32);

/// A rectangle in units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Area {
    /// Of its upper left corner and its size.
    #[must_use]
    pub const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    /// Signed distance to the border of the rectangle with corners rounded by `radius`; negative
    /// inside.
    pub fn distance(&self, (x, y): Point, radius: f32) -> f32 {
        let dx = (x - self.x - self.w / 2.0).abs() - self.w / 2.0 + radius;
        let dy = (y - self.y - self.h / 2.0).abs() - self.h / 2.0 + radius;
        dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius
    }
}

/// A colour and how much of it: 0 is none, 1 covers.
#[derive(Clone, Copy, Debug)]
pub struct Ink(pub Rgb, pub f32);

impl From<Rgb> for Ink {
    fn from(colour: Rgb) -> Self {
        Self(colour, 1.0)
    }
}

/// Rows that one thread takes at a time; also the longest way to noticing a cancellation.
const BAND_ROWS: usize = 16;
/// Passes over all rows that a cover is reported as; a style with more stays at the last row of
/// the last pass until it is finished.
const PASSES: u64 = 4;

/// An opaque picture being painted.
pub struct Canvas<'o> {
    pixmap: Pixmap,
    /// Pixels per unit.
    unit_px: f32,
    /// Width in units, at least 1.
    pub w: f32,
    /// Height in units, at least 1.
    pub h: f32,
    observer: &'o dyn Observer,
    rows_done: AtomicU64,
}

impl<'o> Canvas<'o> {
    /// A black canvas of that many pixels.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] for a size that no picture has.
    pub fn new(
        (width, height): (u32, u32),
        observer: &'o dyn Observer,
    ) -> Result<Self, EngineError> {
        let mut pixmap = Pixmap::new(width, height).ok_or(EngineError::Unsupported {
            what: format!("A cover of {width} × {height} pixels cannot be drawn."),
        })?;
        pixmap.fill(Color::BLACK);
        let unit_px = width.min(height) as f32;
        Ok(Self {
            pixmap,
            unit_px,
            w: width as f32 / unit_px,
            h: height as f32 / unit_px,
            observer,
            rows_done: AtomicU64::new(0),
        })
    }

    /// A canvas with `image` on it.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn over(image: &RgbImage, observer: &'o dyn Observer) -> Result<Self, EngineError> {
        let mut canvas = Self::new(image.dimensions(), observer)?;
        let pixels = canvas.pixmap.data_mut().chunks_exact_mut(4);
        for (pixel, rgb) in pixels.zip(image.pixels()) {
            let [r, g, b] = rgb.0;
            pixel.copy_from_slice(&[r, g, b, 255]);
        }
        Ok(canvas)
    }

    /// The middle.
    pub fn centre(&self) -> Point {
        (self.w / 2.0, self.h / 2.0)
    }

    /// The size of a pixel in units.
    pub fn pixel(&self) -> f32 {
        1.0 / self.unit_px
    }

    /// Replaces every pixel by `f(its position, its colour)`, on all cores, by bands of rows.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub fn shade(&mut self, f: impl Fn(Point, Rgb) -> Rgb + Sync) -> Result<(), EngineError> {
        let (width, height) = (self.pixmap.width() as usize, self.pixmap.height());
        let unit_px = self.unit_px;
        let total = PASSES * u64::from(height);
        let cancelled = AtomicBool::new(false);
        let (observer, rows_done) = (self.observer, &self.rows_done);
        let bands = Mutex::new(
            self.pixmap
                .data_mut()
                .chunks_mut(width * 4 * BAND_ROWS)
                .enumerate(),
        );
        let work = || {
            loop {
                if observer.is_cancelled() {
                    cancelled.store(true, Ordering::Relaxed);
                }
                if cancelled.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(Some((band, pixels))) = bands.lock().map(|mut b| b.next()) else {
                    return;
                };
                for (i, pixel) in pixels.chunks_exact_mut(4).enumerate() {
                    let (px, py) = (i % width, band * BAND_ROWS + i / width);
                    let at = ((px as f32 + 0.5) / unit_px, (py as f32 + 0.5) / unit_px);
                    let colour = f(at, read(pixel));
                    // Half a step of noise keeps dark gradients from banding.
                    let dither = grain(px as u32, py as u32, 0x51ED) / 255.0;
                    write(pixel, colour.lift(dither));
                }
                let rows = (pixels.len() / (width * 4)) as u64;
                let done = rows_done.fetch_add(rows, Ordering::Relaxed) + rows;
                observer.report(Progress::new(Stage::Cover, done.min(total - 1), total));
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 1..threads.min(8) {
                scope.spawn(work);
            }
            work();
        });
        if cancelled.load(Ordering::Relaxed) {
            return Err(EngineError::Cancelled);
        }
        Ok(())
    }

    /// Lays `f(position)` over what `path` covers.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub fn shade_path(
        &mut self,
        path: &Path,
        f: impl Fn(Point, Rgb) -> Ink + Sync,
    ) -> Result<(), EngineError> {
        let Some(mask) = self.mask(path) else {
            return Ok(());
        };
        let (width, unit_px) = (mask.width() as usize, self.unit_px);
        let cover = mask.data();
        self.shade(|at, under| {
            let i = (at.1 * unit_px) as usize * width + (at.0 * unit_px) as usize;
            match cover[i] {
                0 => under,
                c => {
                    let Ink(colour, alpha) = f(at, under);
                    under.mix(colour, alpha * f32::from(c) / 255.0)
                }
            }
        })
    }

    /// What `path` covers of each pixel.
    pub fn mask(&self, path: &Path) -> Option<Mask> {
        let mut mask = Mask::new(self.pixmap.width(), self.pixmap.height())?;
        mask.fill_path(path, FillRule::Winding, true, self.scale());
        Some(mask)
    }

    /// Whether to go on; between steps that do not shade.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub fn check(&self) -> Result<(), EngineError> {
        if self.observer.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        Ok(())
    }

    fn scale(&self) -> Transform {
        Transform::from_scale(self.unit_px, self.unit_px)
    }

    /// One colour everywhere.
    pub fn clear(&mut self, colour: Rgb) {
        self.pixmap.fill(skia(colour, 1.0));
    }

    /// Fills `path`.
    pub fn fill(&mut self, path: &Path, ink: impl Into<Ink>) {
        let scale = self.scale();
        self.pixmap
            .fill_path(path, &paint(ink.into()), FillRule::Winding, scale, None);
    }

    /// Draws along `path` with round ends, `width` in units.
    pub fn stroke(&mut self, path: &Path, width: f32, ink: impl Into<Ink>) {
        let scale = self.scale();
        let stroke = Stroke {
            width,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        self.pixmap
            .stroke_path(path, &paint(ink.into()), &stroke, scale, None);
    }

    /// A filled circle.
    pub fn circle(&mut self, (x, y): Point, radius: f32, ink: impl Into<Ink>) {
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            self.fill(&path, ink);
        }
    }

    /// A circle's line, `width` in units.
    pub fn ring(&mut self, (x, y): Point, radius: f32, width: f32, ink: impl Into<Ink>) {
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            self.stroke(&path, width, ink);
        }
    }

    /// A filled rectangle.
    pub fn rect(&mut self, area: Area, ink: impl Into<Ink>) {
        if let Some(rect) = Rect::from_xywh(area.x, area.y, area.w, area.h) {
            self.fill(&PathBuilder::from_rect(rect), ink);
        }
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: &[Point], ink: impl Into<Ink>) {
        if let Some(path) = outline(points, true) {
            self.fill(&path, ink);
        }
    }

    /// A line through `points`, `width` in units.
    pub fn polyline(&mut self, points: &[Point], width: f32, ink: impl Into<Ink>) {
        if let Some(path) = outline(points, false) {
            self.stroke(&path, width, ink);
        }
    }

    /// The picture so far, to be read while it is repainted.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            pixmap: self.pixmap.clone(),
            unit_px: self.unit_px,
        }
    }

    /// The finished picture; reports that the cover is done.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub fn finish(self) -> Result<RgbImage, EngineError> {
        self.check()?;
        let total = PASSES * u64::from(self.pixmap.height());
        self.observer
            .report(Progress::new(Stage::Cover, total, total));
        self.picture()
    }

    /// The picture so far.
    ///
    /// # Errors
    /// None in practice: the pixels fit the size.
    pub fn picture(&self) -> Result<RgbImage, EngineError> {
        let rgb: Vec<u8> = self
            .pixmap
            .data()
            .chunks_exact(4)
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect();
        RgbImage::from_raw(self.pixmap.width(), self.pixmap.height(), rgb)
            .ok_or("the pixel count does not fit the size")
            .map_err(EngineError::failed("drawing the cover"))
    }
}

/// A picture to read from.
pub struct Snapshot {
    pixmap: Pixmap,
    unit_px: f32,
}

impl Snapshot {
    /// The colour at a position, blended between pixels and held at the borders.
    pub fn at(&self, (x, y): Point) -> Rgb {
        let (w, h) = (self.pixmap.width() as i32, self.pixmap.height() as i32);
        let (fx, fy) = (x * self.unit_px - 0.5, y * self.unit_px - 0.5);
        let (xi, yi) = (fx.floor(), fy.floor());
        let pixel = |dx: i32, dy: i32| {
            let px = (xi as i32 + dx).clamp(0, w - 1);
            let py = (yi as i32 + dy).clamp(0, h - 1);
            read(&self.pixmap.data()[((py * w + px) * 4) as usize..][..4])
        };
        let top = pixel(0, 0).mix(pixel(1, 0), fx - xi);
        let bottom = pixel(0, 1).mix(pixel(1, 1), fx - xi);
        top.mix(bottom, fy - yi)
    }

    /// Every pixel's colour inside `area`, row by row.
    pub fn pixels_in(&self, area: Area) -> impl Iterator<Item = (Point, Rgb)> + '_ {
        let (w, h) = (self.pixmap.width(), self.pixmap.height());
        let edge = |v: f32, most: u32| ((v * self.unit_px).max(0.0) as u32).min(most);
        let columns = edge(area.x, w)..edge(area.x + area.w, w);
        (edge(area.y, h)..edge(area.y + area.h, h)).flat_map(move |py| {
            columns.clone().map(move |px| {
                let at = (
                    (px as f32 + 0.5) / self.unit_px,
                    (py as f32 + 0.5) / self.unit_px,
                );
                let i = ((py * w + px) * 4) as usize;
                (at, read(&self.pixmap.data()[i..i + 4]))
            })
        })
    }
}

/// The polygon or line through `points`.
pub fn outline(points: &[Point], closed: bool) -> Option<Path> {
    let (&(x, y), rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    for &(x, y) in rest {
        path.line_to(x, y);
    }
    if closed {
        path.close();
    }
    path.finish()
}

fn paint(Ink(colour, alpha): Ink) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(skia(colour, alpha));
    paint.anti_alias = true;
    paint
}

fn skia(c: Rgb, alpha: f32) -> Color {
    let unit = |v: f32| v.clamp(0.0, 1.0);
    Color::from_rgba(unit(c.r), unit(c.g), unit(c.b), unit(alpha)).unwrap_or(Color::BLACK)
}

fn read(pixel: &[u8]) -> Rgb {
    let unit = |v: u8| f32::from(v) / 255.0;
    Rgb::new(unit(pixel[0]), unit(pixel[1]), unit(pixel[2]))
}

fn write(pixel: &mut [u8], c: Rgb) {
    let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    pixel.copy_from_slice(&[byte(c.r), byte(c.g), byte(c.b), 255]);
}
