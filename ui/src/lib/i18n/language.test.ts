import { expect, it } from 'vitest';

import { en } from './en';
import { zh } from './zh';

/** The compiler sees to the keys of the known shape; the open dictionaries need a look. */
it('has every dictionary entry in both languages', () => {
  const keys = (of: Record<string, string>) => Object.keys(of).sort();
  expect(keys(zh.song.section)).toEqual(keys(en.song.section));
  expect(keys(zh.create.coverStyles)).toEqual(keys(en.create.coverStyles));
});

it('leaves no text empty', () => {
  const empty = (value: unknown): boolean =>
    typeof value === 'string' ? value.trim() === '' : typeof value === 'object' && value !== null && Object.values(value).some(empty);
  expect(empty(en)).toBe(false);
  expect(empty(zh)).toBe(false);
});
