//! Grunge: torn paper, rough ink, photocopies, distressed surfaces under clean type.

use songwright_base::EngineError;

use super::lettering;
use crate::cover::scenery::{disc, heart};
use crate::cover::studio::{Painted, Scene, Studio};
use crate::cover::theme::Theme;
use songwright_canvas::grain;
use songwright_canvas::{Anchor, Lettering, Typeface};
use songwright_canvas::{Area, Ink, Point};
use songwright_canvas::{Rgb, smoothstep};

pub(super) const SCENES: &[(Scene, &[Theme])] = &[
    (record, &[Theme::Road, Theme::City]),
    (
        halftone,
        &[
            Theme::Sun,
            Theme::Hearts,
            Theme::Space,
            Theme::Night,
            Theme::Mountains,
        ],
    ),
    (
        strips,
        &[Theme::Sea, Theme::Forest, Theme::Flowers, Theme::Winter],
    ),
    (splatter, &[Theme::Fire, Theme::Rain, Theme::Desert]),
];

const BLACK: Rgb = Rgb::hex(0x131110);

fn paper(s: &Studio<'_>) -> Rgb {
    s.palette.paper.mix(Rgb::hex(0xCFC6B4), 0.65)
}

fn spot(s: &Studio<'_>) -> Rgb {
    s.palette.accents[0].varied(0.0, -0.02, 1.15)
}

/// Displaced edges, lost ink, stains and specks.
pub(super) fn finish(s: &mut Studio<'_>) -> Result<(), EngineError> {
    let source = s.canvas.snapshot();
    let ground = paper(s);
    let noise = &s.noise;
    s.canvas.shade(|(x, y), _| {
        let dx = (noise.fbm(x * 55.0, y * 55.0, 3) - 0.5) * 0.014;
        let dy = (noise.fbm(x * 55.0 + 9.0, y * 55.0 + 4.0, 3) - 0.5) * 0.014;
        let c = source.at((x + dx, y + dy));
        let wear = 0.52 * noise.fbm(x * 5.0, y * 5.0, 5) + 0.48 * noise.fbm(x * 85.0, y * 85.0, 3);
        let scratch = noise.at(x * 7.0 + y * 160.0, y * 9.0 - x * 3.0);
        let lost = smoothstep(0.575, 0.62, wear).max(0.7 * smoothstep(0.86, 0.9, scratch));
        let c = c.mix(ground, lost * 0.9);
        let stain = noise.fbm(x * 2.6 + 30.0, y * 2.6, 5);
        let speck = smoothstep(0.79, 0.84, noise.fbm(x * 120.0 + 7.0, y * 120.0, 2));
        let g = grain((x * 760.0) as u32, (y * 760.0) as u32, 11);
        c.scale(0.84 + 0.32 * stain).lift(0.1 * g - 0.35 * speck)
    })
}

fn poster(s: &Studio<'_>, area: Area) -> Lettering {
    let mut l = lettering(s, Typeface::Condensed, area);
    l.artist_face = Typeface::Marker;
    l.capitals = true;
    l.tracking = 0.01;
    l.largest = 0.21;
    l.anchor = Anchor::Bottom;
    l.inks = [BLACK, Rgb::hex(0xF1EADB)];
    l.accent = Some(spot(s).varied(0.0, -0.12, 1.0));
    l
}

fn at_foot(s: &Studio<'_>) -> Lettering {
    let (w, h) = (s.canvas.w, s.canvas.h);
    poster(s, Area::new(0.0, 0.69 * h, w, 0.25 * h))
}

/// A scrap of paper with torn edges.
fn torn(s: &mut Studio<'_>, area: Area, turn: f32) -> Vec<Point> {
    let (cx, cy) = (area.x + area.w / 2.0, area.y + area.h / 2.0);
    let (sin, cos) = turn.sin_cos();
    let salt = s.roll(0.0, 90.0);
    let around = 2.0 * (area.w + area.h);
    (0..260)
        .map(|i| {
            let d = i as f32 / 260.0 * around;
            let (x, y) = if d < area.w {
                (d, 0.0)
            } else if d < area.w + area.h {
                (area.w, d - area.w)
            } else if d < 2.0 * area.w + area.h {
                (2.0 * area.w + area.h - d, area.h)
            } else {
                (0.0, around - d)
            };
            let tear = |k: f32| (s.noise.fbm(d * 14.0 + salt, k, 4) - 0.5) * 0.05;
            let (x, y) = (x - area.w / 2.0 + tear(1.0), y - area.h / 2.0 + tear(5.0));
            (cx + x * cos - y * sin, cy + x * sin + y * cos)
        })
        .collect()
}

/// A worn record over torn sheets.
fn record(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let (paper, spot) = (paper(s), spot(s));
    s.canvas.clear(paper);
    for ink in [spot, BLACK, spot.mix(BLACK, 0.35)] {
        let area = Area::new(
            s.roll(0.05, 0.45) * w,
            s.roll(0.08, 0.36) * h,
            s.roll(0.3, 0.5),
            s.roll(0.18, 0.34),
        );
        let turn = s.roll(-0.35, 0.35);
        let scrap = torn(s, area, turn);
        s.canvas.polygon(&scrap, Ink(ink, 0.92));
    }
    let c = (w * s.roll(0.4, 0.6), 0.38 * h);
    s.canvas.circle(c, 0.285, BLACK);
    for i in 0..26 {
        let alpha = s.roll(0.06, 0.26);
        s.canvas
            .ring(c, 0.115 + 0.0063 * i as f32, 0.0014, Ink(paper, alpha));
    }
    s.canvas.circle(c, 0.096, spot);
    s.canvas.ring(c, 0.06, 0.003, Ink(BLACK, 0.6));
    s.canvas.circle(c, 0.011, paper);
    Ok(at_foot(s))
}

/// A photocopied sun, heart or planet in coarse dots.
fn halftone(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let (paper, spot) = (paper(s), spot(s));
    s.canvas.clear(paper);
    let c = (0.5 * w, 0.37 * h);
    let radius = 0.3;
    let sheet = torn(s, Area::new(0.1 * w, 0.09 * h, 0.8 * w, 0.5 * h), 0.03);
    s.canvas.polygon(&sheet, spot);
    let subject = s.about(Theme::Hearts);
    let tilt = s.roll(0.3, 1.2);
    let (sin, cos) = tilt.sin_cos();
    let shape = if subject {
        heart((c.0, c.1 + 0.01), radius * 2.1)
    } else {
        disc(c, radius)
    };
    s.canvas.polygon(&shape, paper);
    let cell = 0.0155;
    let reach = (0.8 / cell) as i32;
    for (i, j) in (-reach..reach).flat_map(|i| (-reach..reach).map(move |j| (i, j))) {
        let (u, v) = (i as f32 * cell, j as f32 * cell);
        let (dx, dy) = (u * cos - v * sin, u * sin + v * cos);
        let inside = if subject {
            let (x, y) = (dx / radius * 1.05, 0.12 - dy / radius * 1.1);
            (x * x + y * y - 0.95).powi(3) - x * x * y * y * y < 0.0
        } else {
            dx.hypot(dy) < radius - cell * 0.4
        };
        if !inside {
            continue;
        }
        let light = (dx * 0.6 - dy * 0.75) / radius * 0.55 + 0.5;
        let dark = 1.0 - light + (s.noise.fbm(dx * 6.0 + 20.0, dy * 6.0, 4) - 0.5) * 1.1;
        let size = cell * 0.72 * dark.clamp(0.0, 1.0).sqrt();
        if size > cell * 0.1 {
            s.canvas.circle((c.0 + dx, c.1 + dy), size, BLACK);
        }
    }
    Ok(at_foot(s))
}

/// Strips of torn paper like a coast or a bed of leaves.
fn strips(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let (paper, spot) = (paper(s), spot(s));
    s.canvas.clear(paper);
    let c = (w * s.roll(0.3, 0.7), 0.27 * h);
    s.canvas.circle(c, 0.15, spot);
    let inks = [
        BLACK.mix(paper, 0.5),
        s.palette.accents[3],
        BLACK,
        spot.mix(BLACK, 0.45),
        BLACK,
    ];
    for (i, ink) in inks.into_iter().enumerate() {
        let y = h * (0.27 + 0.072 * i as f32);
        let slope = s.roll(-0.09, 0.09);
        let mut line = s.ridge_line(y, 0.05, (4.0, 6));
        for p in &mut line {
            p.1 += slope * (p.0 - 0.5 * w);
        }
        let rim: Vec<Point> = line
            .iter()
            .map(|p| (p.0, p.1 - 0.011 - 0.008 * s.noise.at(p.0 * 40.0, y)))
            .collect();
        s.land(&rim, paper.mix(Rgb::WHITE, 0.45));
        s.land(&line, ink);
    }
    let line = s.ridge_line(0.645 * h, 0.02, (4.0, 6));
    s.land(&line, paper);
    Ok(at_foot(s))
}

/// A brushed ring with flung ink.
fn splatter(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let dark = s.chance(0.5);
    let (ground, ink) = if dark {
        (BLACK.mix(paper(s), 0.06), paper(s))
    } else {
        (paper(s), BLACK)
    };
    s.canvas.clear(ground);
    let spot = spot(s);
    let c = (0.5 * w, 0.37 * h);
    let (start, sweep) = (s.roll(0.0, 6.3), s.roll(5.2, 5.9));
    for hair in 0..110 {
        let r = 0.2 + 0.11 * hair as f32 / 110.0 + s.roll(-0.004, 0.004);
        let end = sweep * s.roll(0.72, 1.0);
        let lift = s.roll(0.0, 0.25);
        let line: Vec<Point> = (0..=90)
            .map(|i| {
                let t = i as f32 / 90.0;
                let (sin, cos) = (start + lift + end * t).sin_cos();
                let wobble = 1.0 + 0.06 * (s.noise.fbm(t * 3.0, 4.0, 2) - 0.5);
                (c.0 + r * wobble * cos, c.1 + r * wobble * sin)
            })
            .collect();
        s.canvas
            .polyline(&line, s.noise.at(hair as f32, 0.5) * 0.0052, Ink(ink, 0.9));
    }
    s.canvas.circle(c, 0.105, spot);
    for i in 0..150 {
        let angle = s.roll(0.0, 6.3);
        let far = 0.1 + 0.42 * s.roll(0.0, 1.0).powi(2);
        let size = 0.0012 + 0.015 * s.roll(0.0, 1.0).powi(7);
        let colour = if i % 4 == 0 { spot } else { ink };
        let at = (c.0 + far * angle.cos(), c.1 + far * angle.sin());
        // No drop may pass for a part of a letter.
        if at.1 < 0.66 * h {
            s.canvas.circle(at, size, colour);
        }
    }
    let mut l = at_foot(s);
    if dark {
        l.inks.reverse();
    }
    Ok(l)
}
