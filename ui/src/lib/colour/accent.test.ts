import { wcagContrast } from './culori';
import { describe, expect, it } from 'vitest';

import { plainAccent, readableAccent, vividColour, type Theme } from './accent';

const grounds: Record<Theme, string[]> = { dark: ['#15120f', '#1b1814', '#24201b'], light: ['#f6f1e7', '#fbf8f1', '#ffffff'] };

function picture(...areas: [pixels: number, rgb: [number, number, number]][]): Uint8ClampedArray {
  return new Uint8ClampedArray(areas.flatMap(([pixels, rgb]) => Array.from({ length: pixels }, () => [...rgb, 255]).flat()));
}

describe('vividColour', () => {
  it('finds a lamp in a dull room', () => {
    const lamp = vividColour(picture([900, [96, 104, 112]], [60, [255, 150, 20]]));
    expect(lamp?.h).toBeGreaterThan(40);
    expect(lamp?.h).toBeLessThan(90);
  });

  it('takes the print, not the yellowed paper', () => {
    const colour = vividColour(picture([900, [228, 212, 168]], [50, [232, 84, 62]]));
    expect(colour!.h).toBeLessThan(45);
  });

  it('finds none in a grey picture', () => {
    expect(vividColour(picture([100, [128, 128, 128]], [100, [20, 20, 20]]))).toBeNull();
  });

  it('keeps the pure colour among its shades', () => {
    const colour = vividColour(picture([200, [90, 60, 30]], [100, [240, 160, 60]]));
    expect(colour!.l).toBeGreaterThan(0.7);
  });

  it('sees one red on both sides of hue zero', () => {
    const red = vividColour(picture([50, [230, 20, 60]]));
    expect(red!.h).toBeGreaterThanOrEqual(0);
    expect(red!.h! < 40 || red!.h! > 340).toBe(true);
  });
});

describe('readableAccent', () => {
  it('stands at 4.5:1 on every ground and under its own ink, whatever the cover', () => {
    for (let hue = 0; hue < 360; hue += 15) {
      for (const l of [0.25, 0.5, 0.75, 0.92]) {
        for (const theme of ['dark', 'light'] as const) {
          const { colour, ink } = readableAccent({ mode: 'oklch', l, c: 0.18, h: hue }, theme);
          for (const ground of grounds[theme]) expect(wcagContrast(colour, ground)).toBeGreaterThanOrEqual(4.5);
          expect(wcagContrast(colour, ink)).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });

  it('holds for the plain accents too', () => {
    for (const theme of ['dark', 'light'] as const) {
      const { colour, ink } = plainAccent[theme];
      for (const ground of grounds[theme]) expect(wcagContrast(colour, ground)).toBeGreaterThanOrEqual(4.5);
      expect(wcagContrast(colour, ink)).toBeGreaterThanOrEqual(4.5);
    }
  });
});
