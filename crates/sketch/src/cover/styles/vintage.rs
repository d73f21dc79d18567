//! Vintage: warm print inks on worn paper, the shapes of the sixties and seventies.

use songwright_base::EngineError;

use super::lettering;
use crate::cover::scenery::heart;
use crate::cover::studio::{Painted, Scene, Studio};
use crate::cover::theme::Theme;
use songwright_canvas::grain;
use songwright_canvas::{Anchor, Lettering, Typeface};
use songwright_canvas::{Area, Ink, Point};
use songwright_canvas::{Rgb, smoothstep};

pub(super) const SCENES: &[(Scene, &[Theme])] = &[
    (arches, &[Theme::Road, Theme::City]),
    (
        sunburst,
        &[Theme::Sun, Theme::Hearts, Theme::Fire, Theme::Desert],
    ),
    (
        striped_sun,
        &[Theme::Mountains, Theme::Forest, Theme::Winter, Theme::Night],
    ),
    (waves, &[Theme::Sea, Theme::Rain]),
    (petals, &[Theme::Flowers, Theme::Space]),
];

const CREAM: Rgb = Rgb::hex(0xF1E2C0);
const PRINT_BLACK: Rgb = Rgb::hex(0x21262B);

/// Five inks of one print: the palette's own, aged.
fn inks(s: &Studio<'_>) -> [Rgb; 5] {
    let aged = |c: Rgb| c.mix(Rgb::hex(0xC98A3C), 0.22);
    let a = s.palette.accents;
    let mut inks = [
        aged(a[3]),
        aged(a[0]),
        aged(a[1]),
        aged(a[2]),
        Rgb::hex(0xEFC368),
    ];
    inks.sort_by(|x, y| x.luminance().total_cmp(&y.luminance()));
    inks
}

/// Print texture: paper fibres, uneven ink, yellowed corners, a sleeve's ring of wear.
pub(super) fn finish(s: &mut Studio<'_>) -> Result<(), EngineError> {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let (cx, cy) = s.canvas.centre();
    let noise = &s.noise;
    s.canvas.shade(|(x, y), c| {
        let stain = noise.fbm(x * 3.0, y * 3.0, 5);
        let fibre = noise.at(x * 260.0, y * 60.0) - 0.5;
        let g = grain((x * 800.0) as u32, (y * 800.0) as u32, 3);
        let edge = x.min(y).min(w - x).min(h - y);
        let wear = smoothstep(
            0.016,
            0.0,
            edge + 0.022 * (noise.fbm(x * 28.0, y * 28.0, 4) - 0.5),
        );
        let d = (x - cx).hypot(y - cy);
        let ring = (-((d - 0.43) / 0.006).powi(2)).exp() * smoothstep(0.5, 0.66, stain);
        let speck = smoothstep(0.8, 0.86, noise.fbm(x * 95.0, y * 95.0, 2));
        let corner = ((x - cx) / w).powi(2) + ((y - cy) / h).powi(2);
        let k = 1.0 - 0.34 * corner + 0.13 * (stain - 0.5) + 0.035 * fibre + 0.05 * g;
        let c = Rgb::new(
            c.r * k,
            c.g * k * (1.0 - 0.06 * corner),
            c.b * k * (0.97 - 0.25 * corner),
        );
        c.mix(
            CREAM.lift(0.02),
            (0.75 * wear + 0.22 * ring + 0.5 * speck).min(0.9),
        )
    })
}

fn below(s: &Studio<'_>, top: f32) -> Lettering {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let mut l = lettering(s, Typeface::Round, Area::new(0.0, top, w, h * 0.935 - top));
    l.artist_face = Typeface::Round;
    l.anchor = Anchor::Middle;
    l.largest = 0.14;
    l.inks = [PRINT_BLACK, CREAM];
    l.accent = Some(inks(s)[1]);
    l
}

/// Concentric arches over running stripes.
fn arches(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    s.canvas.clear(CREAM);
    let (cx, y) = (w * if s.chance(0.6) { 0.5 } else { 0.7 }, 0.57 * h);
    let step = s.roll(0.06, 0.072);
    for (i, &ink) in inks.iter().enumerate() {
        s.canvas.circle((cx, y), step * (6.3 - i as f32), ink);
    }
    s.canvas.circle((cx, y), step * 1.3, CREAM);
    s.canvas.rect(Area::new(0.0, y, w, h), CREAM);
    for (i, &ink) in inks.iter().enumerate() {
        s.canvas
            .rect(Area::new(0.0, y + i as f32 * 0.024, w, 0.017), ink);
    }
    Ok(below(s, y + 0.15))
}

/// Rays from a disc or a heart.
fn sunburst(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    s.canvas.clear(CREAM);
    let c = (0.5 * w, 0.41 * h);
    let rays = 2 * (s.roll(10.0, 15.0) as usize);
    let turn = s.roll(0.0, 1.0);
    for i in 0..rays {
        let angle = |k: f32| ((i as f32 + k + turn) / rays as f32) * std::f32::consts::TAU;
        let out = |k: f32| (c.0 + 2.0 * angle(k).cos(), c.1 + 2.0 * angle(k).sin());
        let ink = if i % 2 == 0 {
            inks[4]
        } else {
            inks[3].mix(inks[4], 0.25)
        };
        s.canvas.polygon(&[c, out(0.0), out(1.006)], ink);
    }
    for (i, k) in [1.0, 0.84, 0.69, 0.55].into_iter().enumerate() {
        let ink = [inks[0], CREAM, inks[1], inks[2]][i];
        if s.about(Theme::Hearts) {
            s.canvas.polygon(&heart((c.0, c.1 + 0.01), 0.58 * k), ink);
        } else {
            s.canvas.circle(c, 0.27 * k, ink);
        }
    }
    s.canvas.rect(Area::new(0.0, 0.715 * h, w, h), CREAM);
    s.canvas.rect(Area::new(0.0, 0.715 * h, w, 0.014), inks[0]);
    s.canvas
        .rect(Area::new(0.0, 0.715 * h + 0.024, w, 0.007), inks[1]);
    Ok(below(s, 0.775 * h))
}

/// A sun sliced into stripes behind layered hills.
fn striped_sun(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    let sky = if s.about(Theme::Night) {
        inks[0]
    } else {
        CREAM
    };
    s.canvas.clear(sky);
    let c = (0.5 * w, 0.43 * h);
    let radius = 0.3;
    s.canvas.circle(c, radius, inks[3]);
    s.canvas.circle(c, radius * 0.78, inks[3].mix(inks[4], 0.5));
    s.canvas.circle(c, radius * 0.55, inks[4]);
    for i in 0..7 {
        let y = c.1 - 0.02 + i as f32 * 0.039;
        s.canvas
            .rect(Area::new(0.0, y, w, 0.004 + i as f32 * 0.0032), sky);
    }
    for (i, ink) in [inks[2], inks[1], inks[0]].into_iter().enumerate() {
        let base = h * (0.575 + 0.055 * i as f32);
        let line = s.ridge_line(base, 0.12 - 0.015 * i as f32, (1.7, 3));
        s.land(&line, ink);
        let inner: Vec<Point> = line.iter().map(|p| (p.0, p.1 + 0.016)).collect();
        let ridge = ink.mix(CREAM, 0.28);
        s.canvas.polyline(&inner, 0.004, Ink(ridge, 1.0));
    }
    s.canvas.rect(Area::new(0.0, 0.735 * h, w, h), CREAM);
    Ok(below(s, 0.765 * h))
}

/// Bands that run straight, then swing.
fn waves(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    s.canvas.clear(CREAM);
    let sun = (w * s.roll(0.62, 0.76), 0.25 * h);
    s.canvas.circle(sun, 0.125, inks[3]);
    s.canvas.circle(sun, 0.092, inks[4]);
    let (swing, phase, pitch) = (s.roll(0.06, 0.1), s.roll(0.0, 6.3), s.roll(5.0, 7.5));
    for band in 0..9 {
        let y = h * 0.35 + band as f32 * 0.039;
        let line: Vec<Point> = (0..=300)
            .map(|i| {
                let x = i as f32 / 300.0 * w;
                let grow = 0.35 + 0.65 * (1.0 - band as f32 / 9.0);
                (x, y + swing * grow * (x * pitch + phase).sin())
            })
            .collect();
        let ink = [inks[4], inks[3], inks[2], inks[1], inks[0]][band % 5];
        s.land(&line, ink);
    }
    let top = h * 0.35 + 9.0 * 0.039;
    let line: Vec<Point> = (0..=300)
        .map(|i| {
            let x = i as f32 / 300.0 * w;
            (x, top + swing * 0.35 * (x * pitch + phase).sin())
        })
        .collect();
    s.land(&line, CREAM);
    Ok(below(s, top + 0.045))
}

/// A flower of overlapping inks, or a turning star.
fn petals(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let inks = inks(s);
    s.canvas.clear(CREAM);
    let c = (0.5 * w, 0.4 * h);
    let count = 8 + 2 * (s.roll(0.0, 3.0) as usize);
    for (ring, (reach, ink)) in [
        (0.33, inks[1]),
        (0.26, inks[2]),
        (0.19, inks[3]),
        (0.12, inks[4]),
    ]
    .into_iter()
    .enumerate()
    {
        for i in 0..count {
            let angle = (i as f32 + ring as f32 * 0.5) / count as f32 * std::f32::consts::TAU;
            let (sin, cos) = angle.sin_cos();
            let petal: Vec<Point> = (0..=40)
                .map(|k| {
                    let t = k as f32 / 40.0 * std::f32::consts::TAU;
                    let along = reach * (0.5 - 0.5 * t.cos());
                    let across = reach * 0.21 * t.sin() * (0.6 - 0.4 * t.cos());
                    (
                        c.0 + along * cos - across * sin,
                        c.1 + along * sin + across * cos,
                    )
                })
                .collect();
            s.canvas.polygon(&petal, ink);
            s.canvas.polyline(&petal, 0.004, CREAM);
        }
    }
    s.canvas.circle(c, 0.05, inks[0]);
    s.canvas.circle(c, 0.026, CREAM);
    s.canvas
        .rect(Area::new(0.06 * w, 0.765 * h, 0.88 * w, 0.005), inks[0]);
    Ok(below(s, 0.785 * h))
}
