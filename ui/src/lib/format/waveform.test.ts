import { expect, it } from 'vitest';

import { bars } from './waveform';

it('keeps the loudest of what a bar covers and lets it reach the top', () => {
  const peaks = { min: [-0.1, -0.5, 0, 0], max: [0.1, 0.2, 0.25, 0.1], audio_duration: 1 };
  expect(bars(peaks, 2)).toEqual([1, 0.5]);
});

it('draws a thin line for silence and for no peaks', () => {
  const silence = bars({ min: [0, 0], max: [0, 0], audio_duration: 1 }, 2);
  expect(silence).toEqual(bars(null, 2));
  expect(silence.every((bar) => bar > 0 && bar < 0.1)).toBe(true);
});

it('stretches few peaks over many bars', () => {
  expect(bars({ min: [0, 0], max: [1, 0.5], audio_duration: 1 }, 4)).toEqual([1, 1, 0.5, 0.5]);
});
