import { clampChroma, formatHex, toOklch, wcagContrast, type Oklch } from './culori';

export type Theme = 'dark' | 'light';

export interface Accent {
  colour: string;
  /** The ink to write with on the accent itself. */
  ink: string;
}

const CONTRAST = 4.5;

/** The ground of each theme on which an accent is hardest to read: the lightest dark one, the darkest light one. */
const GROUND: Record<Theme, string> = { dark: '#24201b', light: '#f6f1e7' };
const AMBER: Accent = { colour: '#f0a35e', ink: '#1d1206' };
const RUST: Accent = { colour: '#ad5418', ink: '#fff8ef' };

export const plainAccent: Record<Theme, Accent> = { dark: AMBER, light: RUST };

const HUE_BINS = 24;
const GREY_BELOW = 0.035;

/**
 * The most vivid colour of a picture that also holds some room in it, or null for a grey one.
 * `pixels` are RGBA bytes, as a canvas gives them.
 */
export function vividColour(pixels: Uint8ClampedArray): Oklch | null {
  const bins = Array.from({ length: HUE_BINS }, () => ({ weight: 0, core: 0, l: 0, c: 0, x: 0, y: 0 }));
  for (let i = 0; i + 3 < pixels.length; i += 4) {
    if (pixels[i + 3]! < 200) continue;
    const { l, c, h = 0 } = toOklch({ mode: 'rgb', r: pixels[i]! / 255, g: pixels[i + 1]! / 255, b: pixels[i + 2]! / 255 });
    if (c < GREY_BELOW || l < 0.2 || l > 0.96) continue;
    const bin = bins[Math.floor((h / 360) * HUE_BINS) % HUE_BINS]!;
    // To the fourth, so that a small bright lamp outweighs a wide dull wall.
    bin.weight += c ** 4;
    // Within one hue only its purest pixels count: their shades would turn amber into brown.
    const core = c ** 8;
    const angle = (h * Math.PI) / 180;
    bin.core += core;
    bin.l += l * core;
    bin.c += c * core;
    bin.x += Math.cos(angle) * core;
    bin.y += Math.sin(angle) * core;
  }
  const best = bins.reduce((a, b) => (b.weight > a.weight ? b : a));
  if (best.weight === 0) return null;
  const hue = (Math.atan2(best.y, best.x) * 180) / Math.PI;
  return { mode: 'oklch', l: best.l / best.core, c: best.c / best.core, h: (hue + 360) % 360 };
}

/** Pulls a colour towards the theme's ink until it stands at 4.5:1 on the theme's ground. */
export function readableAccent(vivid: Oklch, theme: Theme): Accent {
  const step = theme === 'dark' ? 0.01 : -0.01;
  const start = theme === 'dark' ? Math.max(vivid.l, 0.62) : Math.min(vivid.l, 0.6);
  const chroma = Math.min(Math.max(vivid.c, 0.07), 0.16);
  for (let l = start; l > 0.05 && l < 0.99; l += step) {
    const colour = formatHex(clampChroma({ mode: 'oklch', l, c: chroma, h: vivid.h ?? 60 }, 'oklch'));
    if (wcagContrast(colour, GROUND[theme]) >= CONTRAST) return { colour, ink: inkOn(colour) };
  }
  return plainAccent[theme];
}

function inkOn(colour: string): string {
  return wcagContrast(colour, AMBER.ink) >= wcagContrast(colour, RUST.ink) ? AMBER.ink : RUST.ink;
}
