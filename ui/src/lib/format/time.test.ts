import { describe, expect, it } from 'vitest';

import { clock, readClock } from './time';

describe('clock', () => {
  it.each([
    [0, '0:00'],
    [7.9, '0:07'],
    [192, '3:12'],
    [600, '10:00'],
    [3725, '1:02:05'],
    [NaN, '0:00'],
    [-3, '0:00'],
  ])('shows %s s as %s', (seconds, text) => expect(clock(seconds)).toBe(text));
});

describe('readClock', () => {
  it.each([
    ['90', 90],
    ['1:30', 90],
    [' 10:00 ', 600],
    ['1:75', null],
    ['soon', null],
    ['', null],
  ])('reads %j as %s', (text, seconds) => expect(readClock(text)).toBe(seconds));

  it('reads back what clock shows', () => {
    for (const seconds of [10, 59, 60, 61, 599, 600]) expect(readClock(clock(seconds))).toBe(seconds);
  });
});
