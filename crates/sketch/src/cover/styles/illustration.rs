//! Illustration: scenes in flat colours, as cut from coloured paper.

use songwright_base::EngineError;

use super::lettering;
use crate::cover::scenery::heart;
use crate::cover::studio::{Painted, Scene, Studio};
use crate::cover::theme::Theme;
use songwright_canvas::{Anchor, Lettering, Typeface};
use songwright_canvas::{Area, Ink, Point};
use songwright_canvas::{Ramp, Rgb};

pub(super) const SCENES: &[(Scene, &[Theme])] = &[
    (town, &[Theme::City, Theme::Night, Theme::Rain]),
    (boat, &[Theme::Sea]),
    (
        hills,
        &[
            Theme::Road,
            Theme::Mountains,
            Theme::Sun,
            Theme::Flowers,
            Theme::Desert,
        ],
    ),
    (woods, &[Theme::Forest, Theme::Winter, Theme::Fire]),
    (balloons, &[Theme::Hearts]),
    (rocket, &[Theme::Space]),
];

pub(super) fn finish(s: &mut Studio<'_>) -> Result<(), EngineError> {
    s.weather();
    s.develop(0.02, 0.12)
}

fn titled(s: &Studio<'_>, area: Area, anchor: Anchor) -> Lettering {
    let mut l = lettering(s, Typeface::Round, area);
    l.anchor = anchor;
    l.largest = 0.115;
    l
}

fn on_top(s: &Studio<'_>) -> Lettering {
    let (w, h) = (s.canvas.w, s.canvas.h);
    titled(s, Area::new(0.0, 0.085 * h, w, 0.25 * h), Anchor::Top)
}

/// The sky in flat steps around a moon or sun.
fn stepped_sky(s: &mut Studio<'_>, at: Point, radius: f32) {
    let [zenith, middle, low] = s.palette.sky;
    let ramp = Ramp::new(&[(0.0, low), (0.5, middle), (1.0, zenith)]);
    s.canvas.clear(zenith);
    for i in (1..9).rev() {
        let t = i as f32 / 9.0;
        s.canvas
            .circle(at, radius + 1.15 * t * t + 0.07 * t, ramp.at(t));
    }
    s.canvas.circle(at, radius, s.palette.light);
}

fn craters(s: &mut Studio<'_>, at: Point, radius: f32) {
    let shade = s.palette.light.mix(s.palette.sky[2], 0.35).scale(0.95);
    for (dx, dy, r) in [
        (-0.35, -0.2, 0.2),
        (0.3, 0.32, 0.27),
        (0.38, -0.38, 0.12),
        (-0.28, 0.45, 0.11),
    ] {
        s.canvas
            .circle((at.0 + dx * radius, at.1 + dy * radius), r * radius, shade);
    }
}

/// Roofs and lit windows under a moon.
fn town(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let at = (w * s.roll(0.25, 0.75), 0.46 * h);
    let radius = s.roll(0.09, 0.13);
    stepped_sky(s, at, radius);
    craters(s, at, radius);
    s.stars(130, 0.6 * h);
    let (far, near) = (s.palette.sky[1].mix(s.palette.sky[0], 0.35), s.palette.near);
    let window = s.palette.light.mix(Rgb::hex(0xFFC24A), 0.55);
    for i in 0..3 {
        let t = i as f32 / 2.0;
        let lamps = (i > 0).then_some((window, 0.12 + 0.25 * t));
        s.towers(
            h * (0.84 + 0.13 * t),
            0.46 - 0.12 * t,
            far.mix(near, t.powf(0.7)),
            lamps,
        );
    }
    Ok(on_top(s))
}

/// A sailing boat on rows of waves.
fn boat(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let at = (w * s.roll(0.3, 0.7), 0.47 * h);
    let radius = s.roll(0.12, 0.16);
    stepped_sky(s, at, radius);
    let (shallow, deep) = (
        s.palette.accents[0].mix(s.palette.sky[1], 0.5),
        s.palette.near,
    );
    let side = if at.0 < 0.5 * w { 0.24 } else { -0.24 };
    let bow = (0.5 * w + side * s.roll(0.6, 1.0), 0.665 * h);
    let (pitch, phase) = (s.roll(13.0, 18.0), s.roll(0.0, 6.3));
    let rows = 8;
    for i in 0..rows {
        let t = i as f32 / (rows - 1) as f32;
        let y = h * (0.6 + 0.34 * t.powf(1.2));
        if i == 2 {
            sailing_boat(s, bow);
        }
        let line: Vec<Point> = (0..=360)
            .map(|k| {
                let x = k as f32 / 360.0 * w;
                let wave = (x * pitch * (1.0 - 0.4 * t) + phase + i as f32 * 1.9).sin();
                (x, y + (0.006 + 0.014 * t) * (1.0 - wave.abs()) * 1.6)
            })
            .collect();
        let ink = shallow.mix(deep, t.powf(0.8));
        s.land(&line, ink);
        s.canvas.polyline(
            &line,
            0.0022 + 0.002 * t,
            Ink(s.palette.light, 0.35 * (1.0 - 0.7 * t)),
        );
    }
    Ok(on_top(s))
}

fn sailing_boat(s: &mut Studio<'_>, (x, y): Point) {
    let p = s.palette;
    let k = s.roll(0.9, 1.2);
    let at = |dx: f32, dy: f32| (x + dx * k, y + dy * k);
    s.canvas
        .polyline(&[at(0.0, 0.0), at(0.0, -0.25)], 0.006, p.near);
    s.canvas.polygon(
        &[at(0.009, -0.24), at(0.12, -0.045), at(0.009, -0.03)],
        p.paper,
    );
    s.canvas.polygon(
        &[at(-0.009, -0.21), at(-0.088, -0.045), at(-0.009, -0.03)],
        p.accents[1],
    );
    s.canvas.polygon(
        &[
            at(-0.115, -0.02),
            at(0.135, -0.02),
            at(0.085, 0.045),
            at(-0.085, 0.045),
        ],
        p.near.mix(p.accents[0], 0.25),
    );
    s.canvas.polygon(
        &[
            at(-0.115, -0.02),
            at(0.135, -0.02),
            at(0.127, -0.009),
            at(-0.107, -0.009),
        ],
        p.accents[1],
    );
}

/// A road over the hills into the sun.
fn hills(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let at = (w * s.roll(0.35, 0.65), 0.53 * h);
    let radius = s.roll(0.11, 0.15);
    stepped_sky(s, at, radius);
    let p = s.palette;
    for (i, tint) in [0.25, 0.5].into_iter().enumerate() {
        let line = s.ridge_line(
            h * (0.56 + 0.045 * i as f32),
            0.13 - 0.03 * i as f32,
            (2.4, 4),
        );
        let ink = p.sky[2].mix(p.accents[3], tint + 0.2);
        s.land(&line, ink);
    }
    let horizon = 0.66 * h;
    let line = s.ridge_line(horizon, 0.02, (1.2, 2));
    let field = p.accents[0].mix(p.near, 0.25);
    s.land(&line, field);
    for i in 0..4 {
        let line = s.ridge_line(h * (0.71 + 0.07 * i as f32), 0.045, (1.1, 2));
        s.land(&line, field.mix(p.near, 0.18 + 0.2 * i as f32));
    }
    // The road winds twice and widens towards the viewer.
    let swing = if s.chance(0.5) { 1.0 } else { -1.0 };
    let middle = |t: f32| at.0 + swing * 0.14 * (t * 5.2).sin() * (0.25 + t) * (1.0 - 0.4 * t);
    let edge = |side: f32, share: f32| {
        (0..=60).map(move |i| {
            let t = i as f32 / 60.0;
            let wide = 0.006 + 0.16 * t.powf(1.6);
            (
                middle(t) + side * wide * share,
                horizon + (h + 0.01 - horizon) * t,
            )
        })
    };
    let road: Vec<Point> = edge(-1.0, 1.0)
        .chain(edge(1.0, 1.0).collect::<Vec<_>>().into_iter().rev())
        .collect();
    s.canvas.polygon(&road, p.near);
    let dashes: Vec<(Point, Point)> = edge(-1.0, 0.05).zip(edge(1.0, 0.05)).collect();
    for pair in dashes.chunks(4) {
        if let [a, b, c, ..] = pair {
            s.canvas.polygon(&[a.0, b.0, c.0, c.1, b.1, a.1], p.light);
        }
    }
    for _ in 0..16 {
        let t = s.roll(0.05, 0.8);
        let x = s.roll(0.0, w);
        if (x - middle(t)).abs() > 0.09 + 0.17 * t {
            let y = horizon + (h - horizon) * t;
            s.pine((x, y), 0.05 + 0.15 * t, p.near.mix(field, 0.25 - 0.2 * t));
        }
    }
    Ok(on_top(s))
}

/// A tent or cabin light among tall trees.
fn woods(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let at = (w * s.roll(0.3, 0.7), 0.42 * h);
    let radius = s.roll(0.08, 0.12);
    stepped_sky(s, at, radius);
    s.stars(70, 0.5 * h);
    let p = s.palette;
    let far = p.sky[1].mix(p.accents[3], 0.5);
    let ground = if s.about(Theme::Winter) {
        p.paper
    } else {
        p.near
    };
    for i in 0..4 {
        let t = i as f32 / 3.0;
        let ink = far.mix(p.near, t);
        let base = h * (0.66 + 0.1 * t);
        let line = s.ridge_line(base, 0.03, (1.4, 3));
        s.land(&line, ink);
        let mut x = -0.05 + s.roll(0.0, 0.04);
        while x < w + 0.05 {
            let gap = if i == 3 {
                (x - 0.5 * w).abs() < 0.22 * w
            } else {
                false
            };
            let tall = (0.13 + 0.19 * t) * s.roll(0.7, 1.25);
            if !gap {
                s.pine((x, base + 0.02), tall, ink);
            }
            x += tall * s.roll(0.28, 0.5);
        }
    }
    let line = s.ridge_line(0.8 * h, 0.02, (1.1, 2));
    s.land(&line, ground);
    let foot = (0.5 * w, 0.835 * h);
    for i in 0..7 {
        s.canvas.circle(
            (foot.0, foot.1 - 0.03),
            0.04 + 0.022 * i as f32,
            Ink(Rgb::hex(0xFFB347), 0.075),
        );
    }
    let tip = (foot.0, foot.1 - 0.12);
    s.canvas.polygon(
        &[(foot.0 - 0.11, foot.1), tip, (foot.0 + 0.11, foot.1)],
        p.accents[1],
    );
    s.canvas.polygon(
        &[(foot.0 - 0.045, foot.1), tip, (foot.0 + 0.045, foot.1)],
        Rgb::hex(0xFFE2A0),
    );
    s.canvas.polygon(
        &[(foot.0 - 0.11, foot.1), tip, (foot.0 - 0.045, foot.1)],
        p.accents[0],
    );
    Ok(on_top(s))
}

/// Heart balloons over a small town.
fn balloons(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let at = (w * s.roll(0.35, 0.65), 0.62 * h);
    stepped_sky(s, at, 0.13);
    let p = s.palette;
    let hand = (0.5 * w, 0.885 * h);
    let mut hearts: Vec<(Point, f32, Rgb)> = (0..11)
        .map(|i| {
            let angle = i as f32 * 2.4;
            let r = 0.062 * (i as f32).sqrt();
            let c = (0.5 * w + r * 1.25 * angle.cos(), 0.6 * h + r * angle.sin());
            (
                c,
                s.roll(0.09, 0.135),
                [
                    p.accents[0],
                    p.accents[1],
                    p.accents[0].mix(p.accents[3], 0.4),
                ][i % 3],
            )
        })
        .collect();
    hearts.sort_by(|a, b| b.0.1.total_cmp(&a.0.1));
    for &(c, size, _) in &hearts {
        s.canvas
            .polyline(&[(c.0, c.1 + size * 0.4), hand], 0.0018, Ink(p.near, 0.7));
    }
    for (c, size, ink) in hearts {
        s.canvas.polygon(&heart(c, size), ink);
        let shine = (c.0 - size * 0.23, c.1 - size * 0.2);
        s.canvas.circle(shine, size * 0.075, Ink(p.light, 0.75));
    }
    let line = s.ridge_line(0.875 * h, 0.025, (1.4, 3));
    s.land(&line, p.near);
    Ok(on_top(s))
}

/// A rocket past planets.
fn rocket(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let p = s.palette;
    let at = (w * s.roll(0.2, 0.35), 0.78 * h);
    stepped_sky(s, at, 0.15);
    craters(s, at, 0.15);
    s.stars(150, h);
    let ringed = (w * s.roll(0.7, 0.8), h * s.roll(0.44, 0.5));
    s.canvas.circle(ringed, 0.085, p.accents[0]);
    s.canvas.circle(
        (ringed.0 - 0.02, ringed.1 - 0.02),
        0.055,
        p.accents[0].mix(p.light, 0.2),
    );
    let ellipse: Vec<Point> = (0..=120)
        .map(|i| {
            let (sin, cos) = (i as f32 / 120.0 * std::f32::consts::TAU - 0.5).sin_cos();
            (
                ringed.0 + 0.15 * cos - 0.02 * sin,
                ringed.1 + 0.04 * sin - 0.045 * cos,
            )
        })
        .filter(|q| {
            q.1 > ringed.1 - 0.045 * (q.0 - ringed.0) / 0.15 || (q.0 - ringed.0).abs() > 0.084
        })
        .collect();
    for q in ellipse
        .windows(2)
        .filter(|q| (q[0].0 - q[1].0).hypot(q[0].1 - q[1].1) < 0.02)
    {
        s.canvas.polyline(q, 0.009, p.light);
    }
    let nose = (w * s.roll(0.52, 0.6), h * s.roll(0.5, 0.56));
    let (sin, cos) = 0.62f32.sin_cos();
    let q = |x: f32, y: f32| (nose.0 + x * cos - y * sin, nose.1 + x * sin + y * cos);
    for (i, long) in [0.36, 0.24, 0.14].into_iter().enumerate() {
        let ink = [p.accents[1], p.sky[2], p.light][i];
        let wide = 0.034 - 0.009 * i as f32;
        s.canvas.polygon(
            &[q(-wide, 0.2), q(0.0, 0.2 + long * 0.5), q(wide, 0.2)],
            ink,
        );
    }
    s.canvas.polygon(
        &[q(-0.04, 0.11), q(-0.085, 0.2), q(-0.035, 0.185)],
        p.accents[0],
    );
    s.canvas.polygon(
        &[q(0.04, 0.11), q(0.085, 0.2), q(0.035, 0.185)],
        p.accents[0],
    );
    let side = |k: f32| {
        (0..=20).map(move |i| {
            let t = i as f32 / 20.0;
            (k * 0.052 * (t * 2.6).sin().max(0.0).powf(0.7), t * 0.2)
        })
    };
    let hull: Vec<Point> = side(-1.0)
        .chain(side(1.0).collect::<Vec<_>>().into_iter().rev())
        .map(|(x, y)| q(x, y))
        .collect();
    s.canvas.polygon(&hull, p.paper);
    s.canvas.circle(q(0.0, 0.085), 0.024, p.near);
    s.canvas.circle(q(0.0, 0.085), 0.016, p.sky[1]);
    Ok(on_top(s))
}
