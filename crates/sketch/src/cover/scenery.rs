//! Things that scenes of several styles show: skies, ridges, trees, towers, weather.

use rand::RngExt as _;
use songwright_base::EngineError;

use super::studio::Studio;
use super::theme::Theme;
use songwright_canvas::{Area, Ink, Point};
use songwright_canvas::{Ramp, Rgb, smoothstep};

/// A lamp in the sky: sun or moon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lamp {
    pub(super) at: Point,
    pub(super) radius: f32,
    pub(super) colour: Rgb,
}

impl Studio<'_> {
    /// The palette's sky down to `horizon`, with the glow of `lamp` and its disc.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub(super) fn sky(&mut self, horizon: f32, lamp: Lamp) -> Result<(), EngineError> {
        let [zenith, middle, low] = self.palette.sky;
        let ramp = Ramp::new(&[(0.0, zenith), (0.55, middle), (1.0, low)]);
        let edge = 1.5 * self.canvas.pixel();
        self.canvas.shade(|(x, y), _| {
            let c = ramp.at((y / horizon).powf(1.25));
            let d = (x - lamp.at.0).hypot(y - lamp.at.1) - lamp.radius;
            let halo = 0.55 * (-d.max(0.0) * 5.5).exp() + 0.25 * (-d.max(0.0) * 22.0).exp();
            let c = c.screen(lamp.colour.mix(low, 0.35), halo * 0.8);
            c.mix(lamp.colour, smoothstep(edge, -edge, d))
        })
    }

    /// Small stars above `lowest`, thinning out towards it.
    pub(super) fn stars(&mut self, count: usize, lowest: f32) {
        let light = self.palette.light;
        for _ in 0..count {
            let at = (
                self.roll(0.0, self.canvas.w),
                self.roll(0.0, 1.0).powf(1.4) * lowest,
            );
            let size = self.roll(0.0, 1.0).powi(5);
            let ink = Ink(light.mix(Rgb::WHITE, 0.5), self.roll(0.25, 0.95));
            self.canvas.circle(at, 0.0007 + 0.0022 * size, ink);
        }
    }

    /// The upper edge of a range of hills around `base`, `height` above and below it.
    pub(super) fn ridge_line(&mut self, base: f32, height: f32, rough: (f32, u32)) -> Vec<Point> {
        let offset = (self.roll(0.0, 90.0), self.roll(0.0, 90.0));
        let steps = 420;
        (0..=steps)
            .map(|i| {
                let x = i as f32 / steps as f32 * self.canvas.w;
                let n = self.noise.fbm(x * rough.0 + offset.0, offset.1, rough.1);
                (x, base + height * (0.5 - n) * 2.0)
            })
            .collect()
    }

    /// Fills everything under `line`.
    pub(super) fn land(&mut self, line: &[Point], ink: impl Into<Ink>) {
        let (w, h) = (self.canvas.w, self.canvas.h);
        let mut points = line.to_vec();
        points.extend([(w + 0.01, h + 0.01), (-0.01, h + 0.01)]);
        self.canvas.polygon(&points, ink);
    }

    /// A conifer standing at `foot`.
    pub(super) fn pine(&mut self, foot: Point, height: f32, ink: impl Into<Ink>) {
        let (x, y) = foot;
        let tiers = 7;
        let mut right = Vec::new();
        let mut left = Vec::new();
        for i in 0..tiers {
            let t = i as f32 / tiers as f32;
            let out = height * 0.24 * (t + 0.16) * self.roll(0.85, 1.15);
            let level = y - height * (1.0 - t - 0.13);
            let inner = out * 0.5;
            right.extend([(x + out, level + height * 0.02), (x + inner, level)]);
            left.extend([(x - out, level + height * 0.02), (x - inner, level)]);
        }
        let mut points = vec![(x, y - height)];
        points.extend(right);
        points.extend([
            (x + height * 0.02, y - height * 0.1),
            (x + height * 0.02, y + 0.02),
            (x - height * 0.02, y + 0.02),
            (x - height * 0.02, y - height * 0.1),
        ]);
        points.extend(left.into_iter().rev());
        self.canvas.polygon(&points, ink);
    }

    /// A row of towers on `base`, up to `tallest` high, in `colour`; lit windows where `lamps`
    /// gives their colour and share.
    pub(super) fn towers(
        &mut self,
        base: f32,
        tallest: f32,
        colour: Rgb,
        lamps: Option<(Rgb, f32)>,
    ) {
        let (w, h) = (self.canvas.w, self.canvas.h);
        let mut x = -0.03;
        while x < w {
            let width = self.roll(0.055, 0.12);
            let centre = 1.0 - ((x + width / 2.0 - w / 2.0) / w).abs() * 0.9;
            let height = tallest * self.roll(0.35, 1.0) * centre;
            let top = base - height;
            self.canvas
                .rect(Area::new(x, top, width, h - top + 0.01), colour);
            match self.rng.random_range(0..6) {
                0 => self.canvas.polygon(
                    &[
                        (x, top + 0.001),
                        (x + width / 2.0, top - width * 0.45),
                        (x + width, top + 0.001),
                    ],
                    colour,
                ),
                1 => {
                    let step = Area::new(x + width * 0.2, top - 0.025, width * 0.6, 0.03);
                    self.canvas.rect(step, colour);
                    let mast = Area::new(x + width * 0.5 - 0.0015, top - 0.085, 0.003, 0.07);
                    self.canvas.rect(mast, colour);
                }
                2 => {
                    let slope = [
                        (x, top + 0.001),
                        (x + width, top + 0.001),
                        (x + width, top - 0.04),
                    ];
                    self.canvas.polygon(&slope, colour);
                }
                _ => {}
            }
            if let Some((lamp, share)) = lamps {
                let columns = (width / 0.021) as usize;
                let gap = width / columns as f32;
                let rows = (height / 0.03) as usize + 3;
                for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
                    if self.chance(share) {
                        let window = Area::new(
                            x + gap * (column as f32 + 0.24),
                            top + 0.018 + row as f32 * 0.03,
                            gap * 0.52,
                            0.015,
                        );
                        let alpha = self.roll(0.6, 1.0);
                        self.canvas.rect(window, Ink(lamp, alpha));
                    }
                }
            }
            x += width + self.roll(-0.004, 0.012);
        }
    }

    /// Rain or snow, where the words ask for it.
    pub(super) fn weather(&mut self) {
        let (w, h) = (self.canvas.w, self.canvas.h);
        let light = self.palette.light.mix(Rgb::WHITE, 0.6);
        if self.about(Theme::Winter) {
            for _ in 0..420 {
                let at = (self.roll(0.0, w), self.roll(0.0, h));
                let near = self.roll(0.0, 1.0).powi(4);
                let alpha = self.roll(0.35, 0.9);
                self.canvas
                    .circle(at, 0.0012 + 0.005 * near, Ink(light, alpha));
            }
        } else if self.about(Theme::Rain) {
            for _ in 0..520 {
                let (x, y) = (self.roll(-0.1, w + 0.1), self.roll(-0.1, h));
                let length = self.roll(0.02, 0.075);
                let alpha = self.roll(0.08, 0.34);
                self.canvas.polyline(
                    &[(x, y), (x - length * 0.22, y + length)],
                    0.0016,
                    Ink(light, alpha),
                );
            }
        }
    }
}

/// A heart of `size` across, its middle at `centre`.
pub(super) fn heart((cx, cy): Point, size: f32) -> Vec<Point> {
    (0..96)
        .map(|i| {
            let t = i as f32 / 96.0 * std::f32::consts::TAU;
            let x = 16.0 * t.sin().powi(3);
            let y =
                13.0 * t.cos() - 5.0 * (2.0 * t).cos() - 2.0 * (3.0 * t).cos() - (4.0 * t).cos();
            (cx + x * size / 32.0, cy - (y + 2.5) * size / 32.0)
        })
        .collect()
}

/// A sickle moon or any other disc as points.
pub(super) fn disc((cx, cy): Point, radius: f32) -> Vec<Point> {
    (0..160)
        .map(|i| {
            let (sin, cos) = (i as f32 / 160.0 * std::f32::consts::TAU).sin_cos();
            (cx + radius * cos, cy + radius * sin)
        })
        .collect()
}
