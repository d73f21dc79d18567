import { expect, it } from 'vitest';

import type { Heard } from '../api/types';
import { markHeard } from './heard';

const heard = (part: Partial<Heard>): Heard => ({
  genre: null, bpm: null, key: null, instruments: [], moods: [], voice: null, themes: [], not_understood: [], ...part,
});

const marked = (text: string, part: Partial<Heard>): string[] =>
  markHeard(text, heard(part)).filter((p) => p.heard).map((p) => p.text);

it('marks what was understood and keeps the text whole', () => {
  const text = 'A slow Folk ballad, upright pianos and (maybe) 92 bpm.';
  const parts = markHeard(text, heard({ genre: 'folk', instruments: ['piano', 'upright piano'], bpm: 92, moods: ['slow'] }));
  expect(parts.map((p) => p.text).join('')).toBe(text);
  expect(parts.filter((p) => p.heard).map((p) => p.text)).toEqual(['slow', 'Folk', 'upright pianos', '92 bpm']);
});

it('leaves alone words that only contain an understood one', () => {
  expect(marked('harpoon, popular, harp', { genre: 'pop', instruments: ['harp'] })).toEqual(['harp']);
});

it('marks Chinese, which has no spaces', () => {
  expect(marked('一首缓慢的民谣配钢琴', { genre: '民谣', instruments: ['钢琴'] })).toEqual(['民谣', '钢琴']);
});

it('takes no word for a pattern', () => {
  expect(marked('r&b (soul)', { genre: '(soul' })).toEqual(['(soul']);
  expect(marked('anything', { genre: '.*' })).toEqual([]);
});
