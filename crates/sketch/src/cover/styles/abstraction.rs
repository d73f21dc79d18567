//! Abstract: flowing colour and form without objects.

use songwright_base::EngineError;

use super::lettering;
use crate::cover::studio::{Painted, Scene, Studio};
use crate::cover::theme::Theme;
use songwright_canvas::{Area, Ink, Point};
use songwright_canvas::{Lettering, Typeface};
use songwright_canvas::{Ramp, Rgb, smoothstep};

pub(super) const SCENES: &[(Scene, &[Theme])] = &[
    (marble, &[Theme::Sea, Theme::Fire, Theme::Space]),
    (
        aura,
        &[Theme::Hearts, Theme::Sun, Theme::Night, Theme::Rain],
    ),
    (
        strands,
        &[Theme::Forest, Theme::Road, Theme::Flowers, Theme::City],
    ),
    (contours, &[Theme::Mountains, Theme::Desert, Theme::Winter]),
];

pub(super) fn finish(s: &mut Studio<'_>) -> Result<(), EngineError> {
    s.develop(0.055, 0.35)
}

fn central(s: &Studio<'_>) -> Lettering {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let mut l = lettering(
        s,
        Typeface::Serif,
        Area::new(0.08 * w, 0.3 * h, 0.84 * w, 0.4 * h),
    );
    l.largest = 0.14;
    l
}

/// Dark to light through the palette, so that form reads before colour.
fn tones(s: &Studio<'_>) -> [Rgb; 6] {
    let p = &s.palette;
    [
        p.near,
        p.sky[0].mix(p.accents[3], 0.5),
        p.accents[0],
        p.sky[1],
        p.accents[1].mix(p.sky[2], 0.4),
        p.light,
    ]
}

/// Ink in water: noise bent by noise, lit from the upper left.
fn marble(s: &mut Studio<'_>) -> Painted {
    let ramp = Ramp::even(&tones(s));
    let (dx, dy) = (s.roll(0.0, 80.0), s.roll(0.0, 80.0));
    let noise = &s.noise;
    let form = |x: f32, y: f32| {
        let (x, y) = (x * 1.3 + dx, y * 1.3 + dy);
        let a = noise.fbm(x, y, 3) - 0.5;
        let b = noise.fbm(x + 5.2, y + 1.3, 3) - 0.5;
        let (x2, y2) = (x + 2.6 * a, y + 2.6 * b);
        let c = noise.fbm(x2 + 8.3, y2 + 2.8, 3) - 0.5;
        (noise.fbm(x2 + 2.2 * c, y2 - 1.8 * c, 4), a)
    };
    let e = 0.004;
    s.canvas.shade(|(x, y), _| {
        let (v, a) = form(x, y);
        let slope = form(x + e, y + e).0 - v;
        let c = ramp.at((v - 0.5) * 2.1 + 0.42 + 0.35 * a);
        let vein = smoothstep(0.018, 0.0, (v - 0.56).abs()) * 0.35;
        c.scale(1.0 + (slope * 17.0).clamp(-0.3, 0.4))
            .lift(vein * 0.4)
    })?;
    Ok(central(s))
}

/// Soft fields of light melting into each other.
fn aura(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let tones = tones(s);
    let fields: Vec<(Point, f32, Rgb)> = (0..7)
        .map(|i| {
            let at = (s.roll(0.0, w), s.roll(0.0, h));
            (at, s.roll(0.22, 0.46), tones[[2, 4, 1, 3, 5, 2, 0][i]])
        })
        .collect();
    let ground = tones[0].mix(tones[1], 0.5);
    let noise = &s.noise;
    s.canvas.shade(|(x, y), _| {
        let a = noise.fbm(x * 1.6, y * 1.6, 3) - 0.5;
        let b = noise.fbm(x * 1.6 + 7.0, y * 1.6 + 3.0, 3) - 0.5;
        let (x, y) = (x + 0.5 * a, y + 0.5 * b);
        fields.iter().fold(ground, |c, &((fx, fy), r, colour)| {
            let d2 = ((x - fx).powi(2) + (y - fy).powi(2)) / (r * r);
            c.mix(colour, 0.92 * (-d2 * 1.5).exp())
        })
    })?;
    if s.chance(0.6) {
        let c = s.canvas.centre();
        s.canvas.ring(c, 0.4, 0.0025, Ink(s.palette.light, 0.75));
    }
    Ok(central(s))
}

/// Thousands of hair-thin strokes along a field.
fn strands(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let tones = tones(s);
    let ramp = Ramp::even(&tones[1..]);
    s.canvas.clear(tones[0].mix(tones[1], 0.25));
    let (turn, pitch) = (s.roll(0.0, 6.3), s.roll(0.9, 1.7));
    for i in 0..2600 {
        if i % 200 == 0 {
            s.canvas.check()?;
        }
        let mut at = (s.roll(-0.1, w + 0.1), s.roll(-0.1, h + 0.1));
        let shade = s.noise.fbm(at.0 * 1.4 + 30.0, at.1 * 1.4, 3);
        let colour = ramp.at((shade - 0.5) * 2.4 + 0.45 + s.roll(-0.12, 0.12));
        let line: Vec<Point> = (0..34)
            .map(|_| {
                let n = s.noise.fbm(at.0 * pitch, at.1 * pitch, 2);
                let (sin, cos) = (turn + n * 9.0).sin_cos();
                at = (at.0 + 0.009 * cos, at.1 + 0.009 * sin);
                at
            })
            .collect();
        let width = s.roll(0.0008, 0.0042);
        s.canvas.polyline(&line, width, Ink(colour, 0.75));
    }
    Ok(central(s))
}

/// Sheets of cut paper stacked into a relief, each with the shadow of the one above.
fn contours(s: &mut Studio<'_>) -> Painted {
    let tones = tones(s);
    let ramp = Ramp::even(&tones);
    let sheets = s.roll(9.0, 13.0).floor();
    let (dx, dy) = (s.roll(0.0, 80.0), s.roll(0.0, 80.0));
    let noise = &s.noise;
    let relief =
        |x: f32, y: f32| ((noise.fbm(x * 1.5 + dx, y * 1.5 + dy, 3) - 0.5) * 1.7 + 0.5) * sheets;
    let px = s.canvas.pixel();
    s.canvas.shade(|(x, y), _| {
        let v = relief(x, y);
        let blur = (relief(x + px, y) - v)
            .hypot(relief(x, y + px) - v)
            .max(1e-4);
        let level = v.floor();
        let edge = ((v - level) / blur).min(1.0);
        let tone = |l: f32| ramp.at(l / (sheets - 1.0));
        let above = relief(x - 0.011, y - 0.014);
        let shadow = smoothstep(0.0, 0.55, above - level - 1.0) * 0.5;
        tone(level - 1.0).mix(tone(level), edge).scale(1.0 - shadow)
    })?;
    Ok(central(s))
}
