import { expect, it } from 'vitest';

import { plainSheet, sectionName, timedSheet } from './lyrics';

it('begins a part where the section changes', () => {
  const line = (section: string, text: string, start_s: number) => ({ section, text, start_s, end_s: start_s + 1 });
  const sheet = timedSheet([line('verse', 'one', 1), line('verse', 'two', 2), line('chorus', 'three', 3), line('verse', '[verse]', 4), line('verse', 'four', 4)]);
  expect(sheet.map((p) => [p.section, p.lines.map((l) => l.text)])).toEqual([
    ['verse', ['one', 'two']],
    ['chorus', ['three']],
    ['verse', ['four']],
  ]);
});

it('reads tags of written lyrics and drops empty parts', () => {
  expect(plainSheet('hum\n[intro]\n\n[verse 1]\n a line \n').map((p) => [p.section, p.lines.length])).toEqual([
    ['', 1],
    ['verse 1', 1],
  ]);
});

it('names sections, with their number', () => {
  const names = { verse: 'Strophe', 'pre-chorus': 'Vorchorus' };
  expect(sectionName('[Verse 2]', names)).toBe('Strophe 2');
  expect(sectionName('pre-chorus', names)).toBe('Vorchorus');
  expect(sectionName('break down', names)).toBe('Break down');
});
