//! Colours as the styles think of them: sRGB components from 0 to 1, blended in Oklab where the
//! way between two colours is seen.

/// An opaque sRGB colour, each component gamma-encoded from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rgb {
    /// Red.
    pub r: f32,
    /// Green.
    pub g: f32,
    /// Blue.
    pub b: f32,
}

impl Rgb {
    /// No light.
    pub const BLACK: Self = Self::new(0.0, 0.0, 0.0);
    /// All light.
    pub const WHITE: Self = Self::new(1.0, 1.0, 1.0);

    /// Of its components.
    #[must_use]
    pub const fn new(r: f32, g: f32, b: f32) -> Self {
        Self { r, g, b }
    }

    /// `0xRRGGBB`.
    pub const fn hex(code: u32) -> Self {
        Self::new(
            ((code >> 16) & 255) as f32 / 255.0,
            ((code >> 8) & 255) as f32 / 255.0,
            (code & 255) as f32 / 255.0,
        )
    }

    /// `t` of the way to `other`, straight through sRGB: cheap enough for every pixel.
    pub fn mix(self, other: Self, t: f32) -> Self {
        let t = t.clamp(0.0, 1.0);
        Self::new(
            self.r + (other.r - self.r) * t,
            self.g + (other.g - self.g) * t,
            self.b + (other.b - self.b) * t,
        )
    }

    /// Light laid over light: never darker than either, never above white.
    pub fn screen(self, light: Self, amount: f32) -> Self {
        let over = |a: f32, b: f32| 1.0 - (1.0 - a) * (1.0 - (b * amount).clamp(0.0, 1.0));
        Self::new(
            over(self.r, light.r),
            over(self.g, light.g),
            over(self.b, light.b),
        )
    }

    /// Ink over ink, as in a two-colour print.
    pub fn multiply(self, ink: Self) -> Self {
        Self::new(self.r * ink.r, self.g * ink.g, self.b * ink.b)
    }

    /// Every component times `k`.
    pub fn scale(self, k: f32) -> Self {
        Self::new(self.r * k, self.g * k, self.b * k)
    }

    /// Every component plus `d`.
    pub fn lift(self, d: f32) -> Self {
        Self::new(self.r + d, self.g + d, self.b + d)
    }

    /// Relative luminance after WCAG 2: 0 is black, 1 is white.
    pub fn luminance(self) -> f32 {
        0.2126 * linear(self.r) + 0.7152 * linear(self.g) + 0.0722 * linear(self.b)
    }

    /// The colour with its hue turned by `degrees`, its Oklab lightness shifted by `lightness`
    /// and its chroma multiplied by `chroma`.
    pub fn varied(self, degrees: f32, lightness: f32, chroma: f32) -> Self {
        let [l, a, b] = self.oklab();
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self::from_oklab([
            (l + lightness).clamp(0.0, 1.0),
            (a * cos - b * sin) * chroma,
            (a * sin + b * cos) * chroma,
        ])
    }

    fn oklab(self) -> [f32; 3] {
        let (r, g, b) = (linear(self.r), linear(self.g), linear(self.b));
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        [
            0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ]
    }

    fn from_oklab([l, a, b]: [f32; 3]) -> Self {
        let cube = |v: f32| v * v * v;
        let x = cube(l + 0.396_337_78 * a + 0.215_803_76 * b);
        let y = cube(l - 0.105_561_346 * a - 0.063_854_17 * b);
        let z = cube(l - 0.089_484_18 * a - 1.291_485_5 * b);
        Self::new(
            encoded(4.076_741_7 * x - 3.307_711_6 * y + 0.230_969_94 * z),
            encoded(-1.268_438 * x + 2.609_757_4 * y - 0.341_319_38 * z),
            encoded(-0.004_196_086 * x - 0.703_418_6 * y + 1.707_614_7 * z),
        )
    }
}

/// How far apart two luminances are: WCAG 2's contrast ratio, 1 to 21.
pub fn contrast(a: f32, b: f32) -> f32 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn linear(v: f32) -> f32 {
    if v <= 0.040_45 {
        v.max(0.0) / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

fn encoded(v: f32) -> f32 {
    if v <= 0.003_130_8 {
        v.max(0.0) * 12.92
    } else {
        (1.055 * v.powf(1.0 / 2.4) - 0.055).min(1.0)
    }
}

/// A gradient through several colours, blended in Oklab and read from a table.
pub struct Ramp {
    table: Vec<Rgb>,
}

impl Ramp {
    const STEPS: usize = 512;

    /// `stops` are `(position from 0 to 1, colour)` in rising order.
    pub fn new(stops: &[(f32, Rgb)]) -> Self {
        let at = |t: f32| {
            let after = stops.iter().position(|s| s.0 >= t);
            match after {
                Some(0) | None => {
                    let end = if after.is_none() {
                        stops.last()
                    } else {
                        stops.first()
                    };
                    end.map_or(Rgb::BLACK, |s| s.1)
                }
                Some(i) => {
                    let ((t0, from), (t1, to)) = (stops[i - 1], stops[i]);
                    let k = (t - t0) / (t1 - t0).max(1e-6);
                    let (p, q) = (from.oklab(), to.oklab());
                    Rgb::from_oklab(std::array::from_fn(|c| p[c] + (q[c] - p[c]) * k))
                }
            }
        };
        Self {
            table: (0..Self::STEPS)
                .map(|i| at(i as f32 / (Self::STEPS - 1) as f32))
                .collect(),
        }
    }

    /// Evenly spaced `colours`.
    pub fn even(colours: &[Rgb]) -> Self {
        let last = colours.len().saturating_sub(1).max(1) as f32;
        let stops: Vec<_> = colours
            .iter()
            .enumerate()
            .map(|(i, &c)| (i as f32 / last, c))
            .collect();
        Self::new(&stops)
    }

    /// The colour at `t`, held at the ends.
    pub fn at(&self, t: f32) -> Rgb {
        let x = t.clamp(0.0, 1.0) * (self.table.len() - 1) as f32;
        let i = x as usize;
        let next = self.table[(i + 1).min(self.table.len() - 1)];
        self.table[i].mix(next, x - i as f32)
    }
}

/// 0 below `from`, 1 above `to`, smooth between; `from` may be the larger.
pub fn smoothstep(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_of_black_and_white_is_21() {
        let ratio = contrast(Rgb::BLACK.luminance(), Rgb::WHITE.luminance());
        assert!((ratio - 21.0).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn oklab_there_and_back() {
        let c = Rgb::hex(0x3A7BD5);
        let back = c.varied(0.0, 0.0, 1.0);
        assert!((c.r - back.r).abs() < 2e-3 && (c.b - back.b).abs() < 2e-3);
    }
}
