//! Modern: clean geometry, few colours, plenty of space, a grotesk at the left.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use songwright_base::EngineError;

use super::lettering;
use crate::cover::scenery::{disc, heart};
use crate::cover::studio::{Painted, Scene, Studio};
use crate::cover::theme::Theme;
use songwright_canvas::Rgb;
use songwright_canvas::{Align, Anchor, Lettering, Typeface};
use songwright_canvas::{Area, Point, outline};

pub(super) const SCENES: &[(Scene, &[Theme])] = &[
    (tiles, &[Theme::Flowers, Theme::Forest]),
    (
        overprint,
        &[Theme::Sun, Theme::Hearts, Theme::Fire, Theme::Night],
    ),
    (bars, &[Theme::City, Theme::Road]),
    (orbits, &[Theme::Space]),
    (
        swell,
        &[
            Theme::Sea,
            Theme::Rain,
            Theme::Mountains,
            Theme::Desert,
            Theme::Winter,
        ],
    ),
];

pub(super) fn finish(s: &mut Studio<'_>) -> Result<(), EngineError> {
    s.develop(0.022, 0.0)
}

fn inks(s: &mut Studio<'_>) -> [Rgb; 4] {
    let mut inks = s.palette.accents;
    inks[1..].shuffle(&mut s.rng);
    inks
}

fn at_left(s: &Studio<'_>, top: f32) -> Lettering {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let mut l = lettering(s, Typeface::Grotesk, Area::new(0.0, top, w, h - top));
    l.align = Align::Left;
    l.anchor = Anchor::Bottom;
    l.tracking = -0.025;
    l.largest = 0.115;
    l.inks = [s.palette.ink, s.palette.paper];
    l.accent = Some(s.palette.accents[0]);
    l
}

/// A grid of quarter circles, discs, stripes and triangles.
fn tiles(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    s.canvas.clear(s.palette.paper);
    let columns = (4.0 * w).round();
    let g = w / columns;
    let rows = ((h * 0.752) / g).floor();
    let mut last = 9;
    for (i, j) in (0..columns as usize).flat_map(|i| (0..rows as usize).map(move |j| (i, j))) {
        let (x, y) = (i as f32 * g, j as f32 * g);
        let (ground, figure) = {
            let a = s.rng.random_range(0..5);
            let b = (a + s.rng.random_range(1..5)) % 5;
            let of = |k: usize| inks.get(k).copied().unwrap_or(s.palette.paper);
            (of(a), of(b))
        };
        s.canvas.rect(Area::new(x, y, g, g), ground);
        let mut kind = s.rng.random_range(0..6);
        if kind == last {
            kind = (kind + 1) % 6;
        }
        last = kind;
        let corner = (
            x + g * s.rng.random_range(0..2) as f32,
            y + g * s.rng.random_range(0..2) as f32,
        );
        match kind {
            0 => s.canvas.circle((x + g / 2.0, y + g / 2.0), g * 0.5, figure),
            1 | 2 => {
                for (k, ink) in [(1.0, figure), (0.5, ground)] {
                    s.canvas.polygon(&quarter(corner, (x, y, g), k), ink);
                }
            }
            3 => {
                for k in 0..4 {
                    s.canvas
                        .rect(Area::new(x, y + k as f32 * g / 4.0, g, g / 8.0), figure);
                }
            }
            4 => {
                let half = [(x, y), (x + g, y), (x, y + g), (x + g, y + g)];
                let skip = s.rng.random_range(0..4);
                let points: Vec<Point> = half
                    .iter()
                    .enumerate()
                    .filter(|&(k, _)| k != skip)
                    .map(|(_, p)| *p)
                    .collect();
                s.canvas.polygon(&points, figure);
            }
            _ => {
                for k in [0.46, 0.3, 0.14] {
                    let ink = if k == 0.3 { ground } else { figure };
                    s.canvas.circle((x + g / 2.0, y + g / 2.0), g * k, ink);
                }
            }
        }
    }
    Ok(at_left(s, rows * g + 0.035))
}

/// The quarter of a disc about `corner` that lies in the tile `(x, y, side)`.
fn quarter(corner: Point, (x, y, side): (f32, f32, f32), share: f32) -> Vec<Point> {
    let (dx, dy) = (
        if corner.0 > x + side / 2.0 { -1.0 } else { 1.0 },
        if corner.1 > y + side / 2.0 { -1.0 } else { 1.0 },
    );
    let r = side * share;
    std::iter::once(corner)
        .chain((0..=32).map(|i| {
            let (sin, cos) = (i as f32 / 32.0 * std::f32::consts::FRAC_PI_2).sin_cos();
            (corner.0 + dx * r * cos, corner.1 + dy * r * sin)
        }))
        .collect()
}

/// Two or three large shapes printed over each other.
fn overprint(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    s.canvas.clear(s.palette.paper);
    let size = s.roll(0.24, 0.265);
    let turn = s.roll(0.0, 6.3);
    let count = 2 + usize::from(s.chance(0.5));
    for (i, ink) in inks.iter().take(count).enumerate() {
        let angle = turn + i as f32 / count as f32 * std::f32::consts::TAU;
        let c = (
            0.5 * w + 0.15 * angle.cos(),
            0.365 * h + 0.095 * angle.sin(),
        );
        let shape = if s.about(Theme::Hearts) {
            heart(c, size * 2.0)
        } else {
            disc(c, size)
        };
        if let Some(path) = outline(&shape, true) {
            let light = ink.mix(Rgb::WHITE, 0.12);
            s.canvas
                .shade_path(&path, |_, under| under.multiply(light).into())?;
        }
    }
    Ok(at_left(s, 0.77 * h))
}

/// Columns of a spectrum, or a street.
fn bars(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    s.canvas.clear(s.palette.paper);
    let count = s.roll(9.0, 15.0).floor();
    let (left, wide) = (0.06 * w, 0.88 * w / count);
    let floor = 0.72 * h;
    let sun = (w * s.roll(0.25, 0.75), 0.26 * h);
    s.canvas.circle(sun, 0.15, inks[0]);
    let offset = s.roll(0.0, 50.0);
    for i in 0..count as usize {
        let n = s.noise.fbm(i as f32 * 0.53 + offset, 2.5, 2);
        let tall = h * (0.08 + 0.62 * ((n - 0.22) * 1.5).clamp(0.0, 0.85));
        let ink = [inks[1], s.palette.ink, inks[2], inks[3]][s.rng.random_range(0..4)];
        let bar = Area::new(left + i as f32 * wide, floor - tall, wide * 0.72, tall);
        s.canvas.rect(bar, ink);
        if s.chance(0.55) {
            s.canvas
                .circle((bar.x + bar.w / 2.0, bar.y), bar.w / 2.0, ink);
        }
    }
    Ok(at_left(s, 0.76 * h))
}

/// Fine circles with discs on their way.
fn orbits(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    s.canvas.clear(s.palette.ink);
    let c = (w * s.roll(0.5, 0.62), 0.4 * h);
    let rings = 6;
    for i in 1..=rings {
        let r = 0.075 + i as f32 * 0.062;
        s.canvas
            .ring(c, r, 0.0022, s.palette.paper.mix(s.palette.ink, 0.55));
        let (sin, cos) = s.roll(0.0, 6.3).sin_cos();
        let size = s.roll(0.012, 0.036);
        s.canvas.circle(
            (c.0 + r * cos, c.1 + r * sin),
            size,
            inks[i % 3].varied(0.0, 0.1, 1.0),
        );
    }
    s.canvas.circle(c, 0.085, s.palette.light);
    let mut l = at_left(s, 0.7 * h);
    l.inks.reverse();
    l.accent = Some(s.palette.light);
    Ok(l)
}

/// Stacked lines rising to a crest in the middle.
fn swell(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    let dark = s.chance(0.5) || s.about(Theme::Night);
    let (ground, line_ink) = if dark {
        (s.palette.ink, s.palette.paper)
    } else {
        (s.palette.paper, inks[0])
    };
    s.canvas.clear(ground);
    let centre = w * s.roll(0.42, 0.6);
    let rows = 30;
    for row in 0..rows {
        let t = row as f32 / (rows - 1) as f32;
        let y = h * (0.2 + 0.5 * t);
        let line: Vec<Point> = (0..=320)
            .map(|i| {
                let x = w * (0.06 + 0.88 * i as f32 / 320.0);
                let hump = (-((x - centre) / 0.19).powi(2)).exp();
                let n = s.noise.fbm(x * 9.0, row as f32 * 0.37, 4);
                (x, y - hump * (n - 0.2).max(0.0) * 0.3 - (n - 0.5) * 0.008)
            })
            .collect();
        let mut body = line.clone();
        body.extend([(w * 0.94, y + 0.05), (w * 0.06, y + 0.05)]);
        s.canvas.polygon(&body, ground);
        s.canvas.polyline(
            &line,
            0.0032,
            line_ink.mix(inks[1], if dark { 0.0 } else { t }),
        );
    }
    let mut l = at_left(s, 0.76 * h);
    if dark {
        l.inks.reverse();
        l.accent = Some(s.palette.light);
    }
    Ok(l)
}
