//! "Photorealistic": scenes rendered pixel by pixel with light, haze, lens and grain.

use songwright_base::EngineError;

use super::lettering;
use crate::cover::noise::Noise;
use crate::cover::studio::{Painted, Scene, Studio};
use crate::cover::theme::Theme;
use songwright_canvas::{Anchor, Lettering, Typeface};
use songwright_canvas::{Area, Point};
use songwright_canvas::{Ramp, Rgb, smoothstep};

pub(super) const SCENES: &[(Scene, &[Theme])] = &[
    (sea, &[Theme::Sea, Theme::Sun]),
    (
        peaks,
        &[
            Theme::Mountains,
            Theme::Forest,
            Theme::Winter,
            Theme::Flowers,
        ],
    ),
    (lights, &[Theme::City, Theme::Rain, Theme::Hearts]),
    (planet, &[Theme::Space, Theme::Night]),
    (dunes, &[Theme::Desert, Theme::Fire, Theme::Road]),
];

pub(super) fn finish(s: &mut Studio<'_>) -> Result<(), EngineError> {
    s.weather();
    s.develop(0.04, 0.7)
}

fn tracked(s: &Studio<'_>, area: Area, anchor: Anchor) -> Lettering {
    let mut l = lettering(s, Typeface::Grotesk, area);
    l.capitals = true;
    l.tracking = 0.2;
    l.largest = 0.075;
    l.anchor = anchor;
    l.inks = [Rgb::hex(0xFBF8F2), s.palette.ink];
    l
}

fn on_top(s: &Studio<'_>) -> Lettering {
    let (w, h) = (s.canvas.w, s.canvas.h);
    tracked(s, Area::new(0.0, 0.09 * h, w, 0.25 * h), Anchor::Top)
}

/// Daylight at a position of the sky: gradient, sun, clouds lit from below.
struct Sky<'n> {
    ramp: Ramp,
    light: Rgb,
    shade: Rgb,
    sun: Point,
    horizon: f32,
    cover: f32,
    noise: &'n Noise,
}

impl Sky<'_> {
    fn at(&self, x: f32, y: f32) -> Rgb {
        let t = (y / self.horizon).clamp(0.0, 1.0);
        let c = self.ramp.at(t.powf(1.6));
        let d = (x - self.sun.0).hypot((y - self.sun.1) * 1.15);
        let c = c.screen(self.light, 0.8 * (-d * 6.5).exp());
        let depth = 1.0 / (self.horizon - y + 0.09);
        let n = self
            .noise
            .fbm((x - 0.5) * depth * 0.8 + 3.0, depth * 2.2 + 11.0, 6);
        let cloud = smoothstep(self.cover, self.cover + 0.26, n);
        let lit = self
            .shade
            .mix(self.light, (-d * 2.4).exp() * 0.9 + 0.25 * (1.0 - n));
        let c = c.mix(lit, cloud * 0.72 * smoothstep(1.0, 0.8, t));
        let disc = smoothstep(0.036, 0.031, d);
        c.mix(Rgb::hex(0xFFFAEC), disc)
            .screen(self.light, (-(d - 0.033).max(0.0) * 55.0).exp() * 0.7)
    }
}

/// Open water towards a low sun.
fn sea(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let horizon = h * s.roll(0.52, 0.6);
    let sun = (w * s.roll(0.3, 0.7), horizon - s.roll(0.035, 0.12));
    let cover = s.roll(0.44, 0.54);
    let [zenith, middle, low] = s.palette.sky;
    let sky = Sky {
        ramp: Ramp::new(&[(0.0, zenith.scale(0.8)), (0.6, middle), (1.0, low)]),
        light: s.palette.light.mix(low, 0.35),
        shade: zenith.mix(middle, 0.6).scale(0.85),
        sun,
        horizon,
        cover,
        noise: &s.noise,
    };
    let deep = s.palette.near.mix(zenith, 0.35);
    let haze = low.mix(s.palette.light, 0.25);
    s.canvas.shade(|(x, y), _| {
        if y < horizon {
            return sky
                .at(x, y)
                .mix(haze, 0.4 * smoothstep(horizon - 0.06, horizon, y));
        }
        let dy = y - horizon;
        let z = 0.09 / (dy + 0.005);
        let (wx, wz) = ((x - w / 2.0) * z * 14.0, z * 30.0);
        let wave = |a: f32, b: f32| sky.noise.fbm(a, b, 4);
        let e = 0.07;
        let here = wave(wx, wz);
        let (gx, gz) = ((wave(wx + e, wz) - here) / e, (wave(wx, wz + e) - here) / e);
        let calm = 1.0 / (1.0 + z * 0.5);
        let mirror = (
            x + gx * 0.05 * calm,
            (horizon - dy * 0.85 - gz.abs() * 0.22 * calm).clamp(0.0, horizon),
        );
        let fresnel = 0.22 + 0.78 * (1.0 - dy * 1.9).clamp(0.0, 1.0).powi(2);
        let facing = 1.0 + gz * 0.35 * calm;
        let c = deep
            .mix(sky.at(mirror.0, mirror.1).scale(0.92), fresnel)
            .scale(facing);
        let path = ((x - sun.0 + gx * 0.06) / (0.02 + dy * 0.2)).powi(2);
        let glint = (-path).exp() * smoothstep(0.1, 0.9, gz + 0.35);
        let c = c.screen(sky.light.lift(0.1), glint * (0.95 - 0.6 * dy));
        c.mix(haze, 0.55 * (-dy * 26.0).exp())
    })?;
    Ok(on_top(s))
}

/// The height of a crest along the picture, worked out once for all its pixels.
struct Profile {
    heights: Vec<f32>,
}

impl Profile {
    /// Samples per unit, and how far beyond either side of the picture they reach.
    const DENSITY: f32 = 1400.0;
    const BEYOND: f32 = 1.0;

    fn new(w: f32, height: impl Fn(f32) -> f32) -> Self {
        let count = ((w + 2.0 * Self::BEYOND) * Self::DENSITY) as usize + 2;
        Self {
            heights: (0..count)
                .map(|i| height(i as f32 / Self::DENSITY - Self::BEYOND))
                .collect(),
        }
    }

    fn at(&self, x: f32) -> f32 {
        let last = (self.heights.len() - 2) as f32;
        let i = ((x + Self::BEYOND) * Self::DENSITY).clamp(0.0, last);
        let (a, b) = (self.heights[i as usize], self.heights[i as usize + 1]);
        a + (b - a) * i.fract()
    }
}

/// The nearest of the crests, far to near, that hides everything behind it at a position.
fn nearest_cover(crests: &[Profile], (x, y): Point) -> Option<usize> {
    crests.iter().rposition(|crest| y - crest.at(x) > 0.002)
}

/// Ranges with snow and shade, valley mist between them.
fn peaks(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let horizon = 0.66 * h;
    let sun = (w * s.roll(0.2, 0.8), h * s.roll(0.36, 0.46));
    let [zenith, middle, low] = s.palette.sky;
    let sky = Sky {
        ramp: Ramp::new(&[(0.0, zenith), (0.6, middle), (1.0, low)]),
        light: s.palette.light.mix(low, 0.3),
        shade: middle.scale(0.9),
        sun,
        horizon,
        cover: 0.5,
        noise: &s.noise,
    };
    let snow = if s.themes.contains(&Theme::Winter) {
        0.75
    } else {
        0.5
    };
    let haze = low.mix(middle, 0.45);
    let (rock, layers) = (s.palette.near.mix(zenith, 0.3), 6);
    let noise = &s.noise;
    let height = |layer: usize, x: f32| {
        let t = layer as f32 / (layers - 1) as f32;
        let k = layer as f32 * 13.7;
        let n = noise.ridged(x * (0.95 + 0.7 * t) + k, k * 0.7, 7);
        h * (0.66 + 0.3 * t) - (0.5 - 0.3 * t) * n.powf(1.6)
    };
    let crests: Vec<Profile> = (0..layers)
        .map(|layer| Profile::new(w, |x| height(layer, x)))
        .collect();
    s.canvas.shade(|(x, y), _| {
        let first = nearest_cover(&crests, (x, y));
        let mut c = first.map_or_else(|| sky.at(x, y), |_| haze);
        for (layer, crest) in crests.iter().enumerate().skip(first.unwrap_or(0)) {
            let t = layer as f32 / (layers - 1) as f32;
            let top = crest.at(x);
            let depth = y - top;
            if depth < -0.003 {
                continue;
            }
            // Slopes fall away from the crest: light depends on the side that they face.
            let k = layer as f32 * 5.1;
            let f = |dx: f32, dy: f32| noise.ridged((x + dx) * 5.0 + k, (y + dy) * 3.6 + k, 5);
            let side = (f(0.004, 0.0) - f(-0.004, 0.0)) * ((sun.0 - x) * 6.0).tanh();
            let lit = (0.5 + side * 3.4).clamp(0.0, 1.0);
            let body = rock.scale(0.75).mix(rock.mix(sky.light, 0.42), lit);
            let white = smoothstep(0.16 * snow, 0.0, depth - 0.1 * (f(0.0, 0.0) - 0.45));
            let body = body.mix(
                sky.light.mix(zenith, 0.5 - 0.45 * lit),
                white * snow * (1.0 - t),
            );
            let mist = (0.78 * (1.0 - t) + 0.65 * smoothstep(0.02, 0.2, depth) * (1.0 - 0.75 * t))
                .min(0.95);
            c = c.mix(body.mix(haze, mist), smoothstep(-0.0015, 0.0015, depth));
        }
        c
    })?;
    Ok(on_top(s))
}

/// Street lights out of focus behind a wet window.
fn lights(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let p = s.palette;
    let street = 0.6 * h;
    let hearts = s.about(Theme::Hearts);
    let lamps: Vec<(Point, f32, Rgb, f32)> = (0..95)
        .map(|i| {
            let depth = s.roll(0.0, 1.0);
            let colours = [
                p.light,
                p.accents[0],
                p.accents[1],
                p.accents[2],
                Rgb::hex(0xFFC27A),
                p.sky[2],
            ];
            let colour = colours[(s.roll(0.0, 5.99)) as usize].varied(0.0, 0.06, 1.1);
            let radius = 0.014 + 0.05 * depth;
            let rise = s.roll(0.0, 0.5) * (0.2 + depth) * if i % 3 == 0 { 1.0 } else { 0.55 };
            (
                (s.roll(-0.05, w + 0.05), street - 1.15 * radius - rise),
                radius,
                colour,
                s.roll(0.16, 0.6),
            )
        })
        .collect();
    let ground = p.near.mix(p.sky[0], 0.25).scale(0.75);
    let glow = p.sky[1].scale(0.6);
    let noise = &s.noise;
    let edge = 2.0 * s.canvas.pixel() + 0.002;
    s.canvas.shade(|(x, y), _| {
        let wet = y > street;
        // The wet road mirrors the lamps, drawn out and broken.
        let ripple = noise.fbm(x * 14.0, y * 46.0, 3) - 0.5;
        let (lx, ly) = if wet {
            (
                x + ripple * 0.05,
                street - (y - street) * 0.72 + ripple * 0.05,
            )
        } else {
            (x, y)
        };
        let mut c = ground.mix(glow, 0.8 * (-((ly - street) / 0.24).powi(2)).exp());
        for &(at, r, colour, alpha) in &lamps {
            let (dx, dy) = (lx - at.0, (ly - at.1) * if wet { 0.45 } else { 1.0 });
            if dx.abs() > r * 1.6 || dy.abs() > r * 1.6 {
                continue;
            }
            let d = if hearts {
                heart_distance(dx / r, dy / r) * r
            } else {
                dx.hypot(dy) - r
            };
            let rim = 0.72 + 0.28 * smoothstep(-0.3 * r, -edge, d);
            let inside = smoothstep(edge, -edge, d);
            let strength = alpha * rim * if wet { 0.5 } else { 1.0 };
            c = c.screen(colour, inside * strength);
        }
        c.scale(if wet { 0.9 - 0.5 * (y - street) } else { 1.0 })
    })?;
    let area = Area::new(0.0, 0.72 * h, w, 0.2 * h);
    Ok(tracked(s, area, Anchor::Bottom))
}

/// About the signed distance to a heart of radius 1.
fn heart_distance(x: f32, y: f32) -> f32 {
    let (x, y) = (x.abs() * 1.15, -y * 1.15 + 0.1);
    let k = x * x + y * y - 1.0;
    let v = k * k * k - x * x * y * y * y;
    v.signum() * v.abs().cbrt() * 0.5
}

/// A planet with its air lit by a far sun.
fn planet(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let p = s.palette;
    let radius = s.roll(0.34, 0.62);
    let c = (w * s.roll(0.35, 0.65), h * 0.74 + radius * 0.35);
    let (sin, cos) = s.roll(-2.5, -0.7).sin_cos();
    let light = [cos * 0.8, sin * 0.8, 0.45];
    let ground = p.near.scale(0.5);
    let noise = &s.noise;
    s.canvas.shade(|(x, y), _| {
        let veil = noise.fbm(x * 2.2, y * 2.2, 6);
        let band = (-(((x - 0.5 * w) * 0.5 + (y - 0.3 * h)) / 0.28).powi(2)).exp();
        ground
            .screen(p.sky[1], smoothstep(0.36, 0.85, veil) * (0.2 + 0.6 * band))
            .screen(p.sky[2], smoothstep(0.55, 0.9, veil) * band * 0.6)
    })?;
    s.stars(620, h);
    let land = Ramp::even(&[p.sky[0], p.sky[1].mix(p.accents[0], 0.5), p.sky[2], p.light]);
    let noise = &s.noise;
    let px = s.canvas.pixel();
    s.canvas.shade(|(x, y), under| {
        let (dx, dy) = ((x - c.0) / radius, (y - c.1) / radius);
        let r = dx.hypot(dy);
        let toward = ((dx * light[0] + dy * light[1]) / r.max(1e-3)).max(0.0);
        let air = (-(r - 1.0).max(0.0) * 22.0).exp() * toward.powf(1.3);
        let sky = under.screen(p.light.mix(p.sky[2], 0.5), air * 0.85);
        let z = (1.0 - r * r).max(0.0).sqrt();
        let (u, v) = (dx / (1.0 + z), dy / (1.0 + z));
        let warp = noise.fbm(u * 4.0 + 20.0, v * 9.0 + 3.0, 4) - 0.5;
        let bands = noise.fbm(u * 1.8 + warp * 1.2, v * 8.0 + warp * 2.6, 5);
        let day = (dx * light[0] + dy * light[1] + z * light[2]).max(0.0);
        let body = land
            .at((bands - 0.5) * 2.2 + 0.45)
            .scale(0.02 + 1.15 * day.powf(0.85));
        let rim = (1.0 - z).powi(4) * toward;
        let body = body.screen(p.light.mix(p.sky[2], 0.4), rim * 0.9);
        sky.mix(body, smoothstep(1.0 + px / radius, 1.0 - px / radius, r))
    })?;
    Ok(on_top(s))
}

/// Sand with wind ripples in low light.
fn dunes(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let horizon = 0.56 * h;
    let sun = (w * s.roll(0.25, 0.75), h * s.roll(0.4, 0.48));
    let [zenith, middle, low] = s.palette.sky;
    let sky = Sky {
        ramp: Ramp::new(&[(0.0, zenith), (0.6, middle), (1.0, low)]),
        light: s.palette.light.mix(low, 0.4),
        shade: middle,
        sun,
        horizon,
        cover: 0.56,
        noise: &s.noise,
    };
    let wind = if sun.0 > 0.5 * w { -1.0 } else { 1.0 };
    let sand = low.mix(Rgb::hex(0xD9965B), 0.55);
    let dark = s.palette.near.mix(sand, 0.2);
    let noise = &s.noise;
    let layers = 5;
    let seat = |layer: usize| {
        let t = layer as f32 / (layers - 1) as f32;
        (t, layer as f32 * 9.3 + 2.0)
    };
    let crests: Vec<Profile> = (0..layers)
        .map(|layer| {
            let (t, k) = seat(layer);
            Profile::new(w, |x| {
                let n = noise.ridged(x * (0.75 + 0.2 * t) + k, k, 2);
                horizon + 0.3 * t.powf(1.2) + 0.03 - (0.06 + 0.13 * t) * (n - 0.3)
            })
        })
        .collect();
    s.canvas.shade(|(x, y), _| {
        let first = nearest_cover(&crests, (x, y));
        let mut c = first.map_or_else(|| sky.at(x, y), |_| low);
        for (layer, crest) in crests.iter().enumerate().skip(first.unwrap_or(0)) {
            let (t, k) = seat(layer);
            let depth = y - crest.at(x);
            if depth < -0.003 {
                continue;
            }
            // The slip face lies below a line that leaves the crest and wanders down.
            let bend = noise.fbm(x * 1.6 + k, y * 3.0 + k, 3) - 0.5;
            let foot = x + depth * (1.5 + 1.6 * bend);
            let slope = (crest.at(foot + 0.012) - crest.at(foot - 0.012)) / 0.024;
            let lit = smoothstep(-0.16, 0.2, slope * wind + bend * 0.5 + 0.04);
            let scale = 90.0 / (1.0 + 2.2 * t);
            let ripple =
                ((depth * scale * 4.0 + bend * 16.0 + x * 26.0).sin()) * (0.02 + 0.05 * t) * lit;
            let body = dark
                .mix(sand.mix(sky.light, 0.3), lit * (0.9 - 0.3 * depth))
                .scale(1.0 + ripple);
            c = c.mix(
                body.mix(low, 0.55 * (1.0 - t)),
                smoothstep(-0.0015, 0.0015, depth),
            );
        }
        c
    })?;
    Ok(on_top(s))
}
