//! Gradient noise and its sums: clouds, ridges, paper, ink.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

const SIDE: usize = 256;

/// Gradient noise over the plane, repeating every 256 cells.
pub(super) struct Noise {
    gradients: Vec<(f32, f32)>,
}

impl Noise {
    pub(super) fn new(rng: &mut ChaCha8Rng) -> Self {
        Self {
            gradients: (0..SIDE * SIDE)
                .map(|_| {
                    let (sin, cos) = rng.random_range(0.0..std::f32::consts::TAU).sin_cos();
                    (cos, sin)
                })
                .collect(),
        }
    }

    /// About 0 to 1, mean 0.5; one cell is one unit.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (xi, yi) = (x.floor(), y.floor());
        let (fx, fy) = (x - xi, y - yi);
        let ease = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let (u, v) = (ease(fx), ease(fy));
        let (i, j) = (xi as i64 as usize, yi as i64 as usize);
        let corner = |di: usize, dj: usize| {
            let (gx, gy) =
                self.gradients[(j.wrapping_add(dj) % SIDE) * SIDE + i.wrapping_add(di) % SIDE];
            gx * (fx - di as f32) + gy * (fy - dj as f32)
        };
        let top = corner(0, 0) * (1.0 - u) + corner(1, 0) * u;
        let bottom = corner(0, 1) * (1.0 - u) + corner(1, 1) * u;
        0.5 + 0.75 * (top * (1.0 - v) + bottom * v)
    }

    /// Fractal sum of `octaves`, about 0 to 1, mean 0.5.
    pub(super) fn fbm(&self, x: f32, y: f32, octaves: u32) -> f32 {
        self.sum((x, y), octaves, |n| n)
    }

    /// Fractal sum with sharp crests, about 0 to 1.
    pub(super) fn ridged(&self, x: f32, y: f32, octaves: u32) -> f32 {
        self.sum((x, y), octaves, |n| {
            let crest = 1.0 - (2.0 * n - 1.0).abs();
            crest * crest
        })
    }

    fn sum(&self, (mut x, mut y): (f32, f32), octaves: u32, shape: impl Fn(f32) -> f32) -> f32 {
        let (mut weight, mut total, mut norm) = (0.5, 0.0, 0.0);
        for _ in 0..octaves {
            total += weight * shape(self.at(x, y));
            norm += weight;
            weight *= 0.5;
            // Turned and shifted, so that the lattices of the octaves do not line up.
            (x, y) = (1.62 * x + 1.18 * y + 17.3, -1.18 * x + 1.62 * y + 9.1);
        }
        total / norm
    }
}
