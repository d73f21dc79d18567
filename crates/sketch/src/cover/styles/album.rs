//! Album cover art: one clear motif, painted light, a serif title.

use songwright_base::EngineError;

use super::lettering;
use crate::cover::scenery::{Lamp, disc, heart};
use crate::cover::studio::{Painted, Scene, Studio};
use crate::cover::theme::Theme;
use songwright_canvas::{Anchor, Typeface};
use songwright_canvas::{Area, Ink};
use songwright_canvas::{Rgb, smoothstep};

pub(super) const SCENES: &[(Scene, &[Theme])] = &[
    (
        ridges,
        &[
            Theme::Mountains,
            Theme::Sun,
            Theme::Desert,
            Theme::Road,
            Theme::Fire,
        ],
    ),
    (tide, &[Theme::Sea, Theme::Rain]),
    (pines, &[Theme::Forest, Theme::Winter, Theme::Flowers]),
    (eclipse, &[Theme::Space, Theme::Night, Theme::Hearts]),
    (skyline, &[Theme::City]),
];

pub(super) fn finish(s: &mut Studio<'_>) -> Result<(), EngineError> {
    s.weather();
    s.develop(0.035, 0.55)
}

fn on_top(s: &Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let mut l = lettering(s, Typeface::Serif, Area::new(0.0, 0.085 * h, w, 0.27 * h));
    l.anchor = Anchor::Top;
    l.largest = 0.125;
    Ok(l)
}

fn lamp(s: &mut Studio<'_>, y: f32, radius: f32) -> Lamp {
    let x = s.canvas.w * if s.chance(0.5) { 0.5 } else { s.roll(0.3, 0.7) };
    Lamp {
        at: (x, y),
        radius,
        colour: s.palette.light,
    }
}

/// Ranges of hills fading into the haze in front of a low sun.
fn ridges(s: &mut Studio<'_>) -> Painted {
    let h = s.canvas.h;
    let radius = s.roll(0.1, 0.17);
    let lamp = lamp(s, 0.56 * h, radius);
    s.sky(0.68 * h, lamp)?;
    let (haze, near) = (s.palette.sky[2].mix(s.palette.sky[1], 0.45), s.palette.near);
    let layers = 7;
    for i in 0..layers {
        let t = i as f32 / (layers - 1) as f32;
        let base = h * (0.56 + 0.38 * t.powf(1.15));
        let line = s.ridge_line(base, 0.11 + 0.03 * t, (1.5 + 0.9 * t, 6));
        s.land(&line, haze.mix(near, t.powf(0.75)));
        // Mist gathers at the foot of every range.
        if i + 1 < layers {
            let foot = base + 0.09;
            let path = songwright_canvas::outline(
                &[
                    (0.0, base - 0.2),
                    (s.canvas.w, base - 0.2),
                    (s.canvas.w, h),
                    (0.0, h),
                ],
                true,
            );
            if let Some(path) = path {
                s.canvas.shade_path(&path, |(_, y), _| {
                    Ink(haze, 0.34 * (1.0 - t) * smoothstep(foot - 0.13, foot, y))
                })?;
            }
        }
    }
    on_top(s)
}

/// Bands of water under a lamp, with its path of light.
fn tide(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let horizon = 0.55 * h;
    let radius = s.roll(0.11, 0.16);
    let height = s.roll(-0.06, 0.04);
    let lamp = lamp(s, horizon + height, radius);
    s.sky(horizon, lamp)?;
    let (low, deep) = (s.palette.sky[2], s.palette.near);
    let middle = s.palette.sky[1].mix(s.palette.sky[0], 0.4);
    let rows = 26;
    for i in 0..rows {
        let t = i as f32 / (rows - 1) as f32;
        let y = horizon + (h - horizon) * t.powf(1.7);
        let (phase, pitch) = (s.roll(0.0, 6.3), 30.0 / (1.0 + 9.0 * t));
        let swell = 0.001 + 0.016 * t;
        let line: Vec<_> = (0..=300)
            .map(|k| {
                let x = k as f32 / 300.0 * w;
                let n = s.noise.at(x * pitch * 0.4, i as f32 * 3.7) - 0.5;
                (x, y + swell * ((x * pitch + phase).sin() * 0.6 + n * 1.6))
            })
            .collect();
        let body = low.mix(middle, (t * 3.0).min(1.0)).mix(deep, t.powf(0.7));
        s.land(&line, body);
        for _ in 0..(10.0 - 5.0 * t) as usize {
            let spread = radius * 0.35 + t * 0.16;
            let (from, length) = (
                lamp.at.0 + s.roll(-spread, spread),
                s.roll(0.01, 0.035 + 0.09 * t),
            );
            let ink = Ink(lamp.colour, s.roll(0.35, 0.95) * (1.0 - 0.55 * t));
            let dy = y + swell * 0.5;
            s.canvas.polyline(
                &[(from - length / 2.0, dy), (from + length / 2.0, dy)],
                0.0016 + 0.0045 * t,
                ink,
            );
        }
    }
    on_top(s)
}

/// A forest in the mist, nearer trees darker and taller.
fn pines(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let radius = s.roll(0.09, 0.14);
    let lamp = lamp(s, 0.47 * h, radius);
    s.sky(0.75 * h, lamp)?;
    let (haze, near) = (s.palette.sky[2].mix(s.palette.sky[1], 0.5), s.palette.near);
    let layers = 5;
    for i in 0..layers {
        let t = i as f32 / (layers - 1) as f32;
        let colour = haze.mix(near, 0.18 + 0.82 * t);
        let line = s.ridge_line(h * (0.63 + 0.3 * t), 0.09, (1.3, 3));
        s.land(&line, colour);
        let mut x = -0.02;
        while x < w + 0.02 {
            let k = ((x / w).clamp(0.0, 1.0) * (line.len() - 1) as f32) as usize;
            let tall = (0.05 + 0.15 * t) * s.roll(0.55, 1.35);
            s.pine((x, line[k].1 + 0.012), tall, colour);
            x += tall * s.roll(0.2, 0.5);
        }
    }
    on_top(s)
}

/// A dark disc with its corona, or a heart, over a still horizon.
fn eclipse(s: &mut Studio<'_>) -> Painted {
    let (w, h) = (s.canvas.w, s.canvas.h);
    let (cx, cy) = (0.5 * w, 0.42 * h);
    let radius = s.roll(0.17, 0.22);
    let [zenith, middle, low] = s.palette.sky;
    let light = s.palette.light;
    let deep = zenith.mix(s.palette.near, 0.55);
    let noise = &s.noise;
    s.canvas.shade(|(x, y), _| {
        let d = (x - cx).hypot(y - cy) - radius;
        let angle = (y - cy).atan2(x - cx);
        let rays = noise.fbm(angle.cos() * 2.2 + 9.0, angle.sin() * 2.2 + 4.0, 4);
        let veil = noise.fbm(x * 2.6, y * 2.6 + 7.0, 5);
        let c = deep.mix(
            middle,
            0.75 * (veil - 0.3).max(0.0) * smoothstep(0.9, 0.0, d),
        );
        let corona = (-d.max(0.0) * (5.0 + 16.0 * (1.0 - rays))).exp();
        let c = c.screen(low, corona * 0.85);
        c.screen(light, (-d.max(0.0) * 34.0).exp())
    })?;
    s.stars(260, h);
    let shape = if s.about(Theme::Hearts) {
        heart((cx, cy), radius * 1.9)
    } else {
        disc((cx, cy), radius)
    };
    let ink = if s.about(Theme::Hearts) {
        s.palette.accents[0]
    } else {
        s.palette.near
    };
    s.canvas.polygon(&shape, ink);
    let line = s.ridge_line(0.93 * h, 0.05, (1.6, 5));
    s.land(&line, s.palette.near);
    let mut l = lettering(s, Typeface::Serif, Area::new(0.0, 0.68 * h, w, 0.25 * h));
    l.anchor = Anchor::Middle;
    l.largest = 0.12;
    Ok(l)
}

/// A city in the haze.
fn skyline(s: &mut Studio<'_>) -> Painted {
    let h = s.canvas.h;
    let radius = s.roll(0.1, 0.17);
    let lamp = lamp(s, 0.55 * h, radius);
    s.sky(0.8 * h, lamp)?;
    let (haze, near) = (s.palette.sky[2].mix(s.palette.sky[1], 0.5), s.palette.near);
    for i in 0..4 {
        let t = i as f32 / 3.0;
        let lamps =
            (i > 1).then_some((s.palette.light.mix(Rgb::hex(0xFFC866), 0.5), 0.1 + 0.08 * t));
        s.towers(
            h * (0.86 + 0.12 * t),
            0.42 - 0.09 * t,
            haze.mix(near, 0.12 + 0.88 * t.powf(0.8)),
            lamps,
        );
    }
    on_top(s)
}
