import { describe, expect, it } from 'vitest';

import type { Stage, StageReport } from '../api/types';
import { stageLine } from './stages';

const stage = (name: Stage, part: Partial<StageReport> = {}): StageReport => ({
  stage: name, state: 'pending', done: 0, total: 0, seconds: null, expected_s: null, ...part,
});
const share = (line: ReturnType<typeof stageLine>, name: string) => line.find((s) => s.stage === name)!.share;

describe('stageLine', () => {
  it('makes each stage as long as it takes', () => {
    const line = stageLine([stage('lyrics', { expected_s: 10 }), stage('render', { expected_s: 30 })]);
    expect(share(line, 'lyrics')).toBeCloseTo(0.25);
    expect(share(line, 'render')).toBeCloseTo(0.75);
  });

  it('believes the clock over the estimate', () => {
    const line = stageLine([
      stage('lyrics', { state: 'done', expected_s: 10, seconds: 30 }),
      stage('render', { state: 'running', expected_s: 10, seconds: 2 }),
    ]);
    expect(share(line, 'lyrics')).toBeCloseTo(0.75);
  });

  it('leaves out the queue and what is skipped, and always sums to one', () => {
    const line = stageLine([
      stage('queue', { expected_s: 50 }),
      stage('lyrics', { state: 'skipped', expected_s: 9 }),
      stage('prompt', { expected_s: 0.01 }),
      stage('render', { expected_s: 100 }),
      stage('save'),
    ]);
    expect(line.map((s) => s.stage)).toEqual(['prompt', 'render', 'save']);
    expect(line.reduce((sum, s) => sum + s.share, 0)).toBeCloseTo(1);
    expect(share(line, 'prompt')).toBeGreaterThan(0.01);
  });

  it('shares evenly when nothing was ever timed', () => {
    expect(stageLine([stage('render'), stage('cover')]).map((s) => s.share)).toEqual([0.5, 0.5]);
  });

  it('fills by what is done, whole when done', () => {
    const [a, b, c] = stageLine([
      stage('lyrics', { state: 'done' }),
      stage('render', { state: 'running', done: 12, total: 60 }),
      stage('cover', { done: 1, total: 2 }),
    ]);
    expect([a!.filled, b!.filled, c!.filled]).toEqual([1, 0.2, 0]);
  });
});
