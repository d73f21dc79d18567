//! Electronic: neon light, grids and glow in the dark.

use songwright_base::EngineError;

use super::lettering;
use crate::cover::scenery::{disc, heart};
use crate::cover::studio::{Painted, Scene, Studio};
use crate::cover::theme::Theme;
use songwright_canvas::{Anchor, Lettering, Typeface};
use songwright_canvas::{Area, Ink, Point};
use songwright_canvas::{Ramp, Rgb, smoothstep};

pub(super) const SCENES: &[(Scene, &[Theme])] = &[
    (
        grid,
        &[
            Theme::Sun,
            Theme::Road,
            Theme::Mountains,
            Theme::Desert,
            Theme::Night,
        ],
    ),
    (tunnel, &[Theme::Hearts, Theme::Fire, Theme::Winter]),
    (spectrum, &[Theme::Space, Theme::Flowers]),
    (waveform, &[Theme::Sea, Theme::Rain, Theme::Forest]),
    (neon_city, &[Theme::City]),
];

/// Colours that glow, whatever the palette: two hues far apart and a white-hot core.
struct Neon {
    night: Rgb,
    one: Rgb,
    two: Rgb,
}

fn neon(s: &Studio<'_>) -> Neon {
    let glow = |c: Rgb| {
        let peak = c.r.max(c.g).max(c.b).max(0.01);
        let low = c.r.min(c.g).min(c.b);
        let stretch = |v: f32| ((v - low * 0.8) / (peak - low * 0.8)).powf(0.9);
        Rgb::new(stretch(c.r), stretch(c.g), stretch(c.b))
    };
    let p = &s.palette;
    Neon {
        night: p.near.mix(Rgb::hex(0x07040F), 0.5),
        one: glow(p.accents[0]),
        two: glow(p.accents[1].varied(0.0, 0.05, 1.2)),
    }
}

/// Scan lines and a little colour shift to the sides, as of a worn tube.
pub(super) fn finish(s: &mut Studio<'_>) -> Result<(), EngineError> {
    let source = s.canvas.snapshot();
    let (cx, _) = s.canvas.centre();
    s.canvas.shade(|(x, y), c| {
        let shift = 0.0035 * (x - cx);
        let red = source.at((x + shift, y)).r;
        let blue = source.at((x - shift, y)).b;
        let line = 1.0 - 0.045 * (0.5 + 0.5 * (y * 1000.0).sin());
        Rgb::new(red, c.g, blue).scale(line)
    })?;
    s.develop(0.03, 0.6)
}

fn sign(s: &Studio<'_>, area: Area, glow: Rgb) -> Lettering {
    let mut l = lettering(s, Typeface::Wide, area);
    l.capitals = true;
    l.tracking = 0.06;
    l.largest = 0.1;
    l.inks = [Rgb::hex(0xFDF7FF), Rgb::hex(0x0A0612)];
    l.glow = Some(glow);
    l
}

fn on_top(s: &Studio<'_>, glow: Rgb) -> Lettering {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let mut l = sign(s, Area::new(0.0, 0.085 * h, w, 0.2 * h), glow);
    l.anchor = Anchor::Top;
    l
}

/// A line as a tube: halo, colour, white core.
fn tube(s: &mut Studio<'_>, line: &[Point], (width, colour): (f32, Rgb)) {
    for (k, alpha) in [(9.0, 0.05), (5.0, 0.09), (2.6, 0.2)] {
        s.canvas.polyline(line, width * k, Ink(colour, alpha));
    }
    s.canvas.polyline(line, width, colour);
    s.canvas.polyline(line, width * 0.4, Ink(Rgb::WHITE, 0.75));
}

/// The sliced sun over the grid.
fn grid(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let n = neon(s);
    let horizon = 0.64 * h;
    let c = (0.5 * w, horizon - 0.15);
    let radius = s.roll(0.19, 0.235);
    let dusk = n.night.mix(n.one, 0.42);
    let sky = Ramp::new(&[(0.0, n.night), (0.6, n.night.mix(n.one, 0.16)), (1.0, dusk)]);
    let disc = Ramp::new(&[
        (0.0, Rgb::hex(0xFFF0A0)),
        (0.45, n.one.mix(Rgb::hex(0xFFB040), 0.5)),
        (1.0, n.one),
    ]);
    let px = s.canvas.pixel();
    s.canvas.shade(|(x, y), _| {
        if y > horizon {
            let t = (y - horizon) / (h - horizon);
            return n.night.scale(0.7).mix(dusk, 0.65 * (-t * 7.0).exp());
        }
        let d = (x - c.0).hypot(y - c.1) - radius;
        let base = sky
            .at(y / horizon)
            .screen(n.one, 0.5 * (-d.max(0.0) * 8.0).exp());
        let t = (y - c.1 + radius) / (2.0 * radius);
        let slice = ((t - 0.42) * 13.0).fract();
        let open = if t > 0.42 {
            smoothstep(0.02, 0.06, (t - 0.42) * 0.95 - slice)
        } else {
            0.0
        };
        base.mix(disc.at(t), smoothstep(px, -px, d) * (1.0 - open))
    })?;
    s.stars(160, 0.45 * h);
    let rough = s.roll(3.0, 6.0);
    let mut line = s.ridge_line(horizon, 0.11, (rough, 4));
    for p in &mut line {
        let side = ((p.0 - 0.5 * w).abs() / (0.5 * w)).powf(1.3);
        p.1 = (horizon - 0.21 * side * (0.35 + (horizon - p.1) / 0.11).max(0.05)).min(horizon);
    }
    let mut range = line.clone();
    range.extend([(w, horizon), (0.0, horizon)]);
    s.canvas.polygon(&range, n.night);
    s.canvas.polyline(&line, 0.005, Ink(n.two, 0.25));
    s.canvas.polyline(&line, 0.0018, Ink(n.two, 0.9));
    for i in -22..=22 {
        let x = i as f32;
        let ray = [(0.5 * w + x * 0.035, horizon), (0.5 * w + x * 0.26, h)];
        s.canvas.polyline(&ray, 0.007, Ink(n.two, 0.1));
        s.canvas.polyline(&ray, 0.0018, Ink(n.two, 0.85));
    }
    for i in 0..13 {
        let y = horizon + (h - horizon) * (i as f32 / 12.0).powf(2.1);
        s.canvas
            .polyline(&[(0.0, y), (w, y)], 0.008, Ink(n.two, 0.12));
        s.canvas.polyline(
            &[(0.0, y), (w, y)],
            0.0012 + 0.0016 * i as f32 / 12.0,
            Ink(n.two, 0.9),
        );
    }
    Ok(on_top(s, n.one))
}

/// Nested, turning outlines going off into the distance.
fn tunnel(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let n = neon(s);
    let c = (0.5 * w, 0.43 * h);
    s.canvas.shade(|(x, y), _| {
        let d = (x - c.0).hypot(y - c.1);
        n.night.screen(n.one, 0.55 * (-d * 4.2).exp())
    })?;
    let sides = 3 + (s.roll(0.0, 4.0) as usize);
    let twist = s.roll(0.07, 0.17) * if s.chance(0.5) { 1.0 } else { -1.0 };
    let ramp = Ramp::even(&[n.two, n.one, n.two.mix(n.one, 0.4)]);
    for i in 0..15 {
        let t = i as f32 / 14.0;
        let size = 0.03 + 0.82 * t.powf(1.9);
        let mut shape: Vec<Point> = if s.about(Theme::Hearts) {
            heart(c, size * 1.7)
        } else {
            (0..sides)
                .map(|k| {
                    let (sin, cos) = (k as f32 / sides as f32 * std::f32::consts::TAU
                        - std::f32::consts::FRAC_PI_2
                        + i as f32 * twist)
                        .sin_cos();
                    (c.0 + size * cos, c.1 + size * sin)
                })
                .collect()
        };
        shape.extend_from_within(..2);
        tube(s, &shape, (0.0016 + 0.0035 * t, ramp.at(t)));
    }
    let mut l = sign(s, Area::new(0.0, 0.74 * h, w, 0.2 * h), n.one);
    l.anchor = Anchor::Bottom;
    Ok(l)
}

/// A ring of level bars around a dark disc.
fn spectrum(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let n = neon(s);
    let c = (0.5 * w, 0.41 * h);
    let radius = s.roll(0.14, 0.18);
    s.canvas.shade(|(x, y), _| {
        let d = ((x - c.0).hypot(y - c.1) - radius).abs();
        let turn = 0.5 + 0.5 * ((y - c.1).atan2(x - c.0)).sin();
        n.night
            .screen(n.one.mix(n.two, turn), 0.5 * (-d * 6.0).exp())
    })?;
    s.stars(240, h);
    let bars = 120;
    let salt = s.roll(0.0, 60.0);
    for i in 0..bars {
        let angle = i as f32 / bars as f32 * std::f32::consts::TAU - std::f32::consts::FRAC_PI_2;
        let (sin, cos) = angle.sin_cos();
        let v = s.noise.fbm(cos * 3.0 + salt, sin.abs() * 3.0 + salt, 4)
            + 0.25 * s.noise.at(i as f32 * 0.9, salt)
            - 0.28;
        let long = 0.014 + 0.21 * v.max(0.0).powf(1.3);
        let at = |r: f32| (c.0 + r * cos, c.1 + r * sin);
        let colour = n.one.mix(n.two, 0.5 + 0.5 * sin);
        let bar = [at(radius + 0.018), at(radius + 0.018 + long)];
        s.canvas.polyline(&bar, 0.014, Ink(colour, 0.14));
        s.canvas.polyline(&bar, 0.0055, colour);
    }
    s.canvas.circle(c, radius, n.night.scale(0.6));
    let mut edge = disc(c, radius);
    edge.extend_from_within(..2);
    tube(s, &edge, (0.0035, n.two));
    let mut l = sign(s, Area::new(0.0, 0.755 * h, w, 0.185 * h), n.one);
    l.anchor = Anchor::Bottom;
    Ok(l)
}

/// Beams of a slow oscilloscope laid over each other.
fn waveform(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let n = neon(s);
    let middle = 0.55 * h;
    s.canvas.shade(|(x, y), _| {
        let d = (y - middle).abs();
        let side = (x / w - 0.5).abs();
        n.night.screen(
            n.one.mix(n.two, x / w),
            0.45 * (-d * 5.5).exp() * (1.0 - side),
        )
    })?;
    let beams = 34;
    let (pitch, phase) = (s.roll(3.2, 5.0), s.roll(0.0, 6.3));
    for i in 0..beams {
        let t = i as f32 / (beams - 1) as f32;
        let line: Vec<Point> = (0..=220)
            .map(|k| {
                let u = k as f32 / 220.0;
                let swell = (u * std::f32::consts::PI).sin().max(0.0).powf(1.5);
                let a = (u * pitch * 2.0 + phase + t * 2.2).sin();
                let b = (u * pitch * 4.6 - phase + t * 3.4).sin() * 0.4;
                (u * w, middle + swell * 0.23 * (a + b) * (0.25 + 0.75 * t))
            })
            .collect();
        let colour = n.one.mix(n.two, t);
        s.canvas.polyline(&line, 0.008, Ink(colour, 0.06));
        s.canvas.polyline(&line, 0.0019, Ink(colour, 0.8));
    }
    Ok(on_top(s, n.one))
}

/// Towers edged with light over their reflection.
fn neon_city(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let n = neon(s);
    let street = 0.72 * h;
    let c = (w * s.roll(0.4, 0.6), 0.48 * h);
    s.canvas.shade(|(x, y), _| {
        let d = (x - c.0).hypot(y - c.1);
        let low = (-(y - street).abs() * 4.5).exp();
        n.night
            .screen(n.one, 0.6 * low)
            .screen(n.two, 0.3 * (-d * 4.0).exp())
    })?;
    s.stars(110, 0.4 * h);
    s.canvas.circle(c, 0.15, n.one.mix(Rgb::hex(0xFFD9A0), 0.3));
    for i in 0..3 {
        let t = i as f32 / 2.0;
        let lamp = if i == 1 {
            n.two
        } else {
            n.one.mix(Rgb::WHITE, 0.4)
        };
        let lamps = (i > 0).then_some((lamp, 0.16 + 0.16 * t));
        s.towers(
            street,
            0.47 - 0.13 * t,
            n.night.mix(n.one, 0.3 * (1.0 - t)),
            lamps,
        );
    }
    let source = s.canvas.snapshot();
    let noise = &s.noise;
    s.canvas.shade(|(x, y), under| {
        if y < street {
            return under;
        }
        let t = y - street;
        let ripple = (noise.fbm(x * 9.0, y * 70.0, 3) - 0.5) * (0.02 + 0.12 * t);
        source
            .at((x + ripple, street - t * 0.95))
            .scale(0.62 - 0.9 * t)
    })?;
    tube(s, &[(0.0, street), (w, street)], (0.0025, n.two));
    Ok(on_top(s, n.one))
}
