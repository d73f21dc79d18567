import type { Operation, Stage, StageReport } from '../api/types';

/** A stage too short to see would look like a gap in the line. */
const SMALLEST_SHARE = 0.025;

export interface StageSegment {
  stage: Stage;
  state: StageReport['state'];
  /** Part of the whole line, 0 to 1; all of them sum to 1. */
  share: number;
  /** How much of this stage is done, 0 to 1. */
  filled: number;
}

function filledPart({ state, done, total }: StageReport): number {
  if (state === 'done') return 1;
  if (state === 'pending' || total === 0) return 0;
  return Math.min(1, Math.max(0, done / total));
}

/**
 * The line of stages, each as long as it takes on this machine: its expected seconds, or what it has already taken where
 * that is more. A stage nobody has timed yet counts as an average one. Queue and skipped stages have no place in it.
 */
export function stageLine(stages: readonly StageReport[]): StageSegment[] {
  const shown = stages.filter(({ stage, state }) => state !== 'skipped' && stage !== 'queue');
  if (shown.length === 0) return [];
  const seconds = shown.map((s) => {
    const known = s.state === 'done' ? (s.seconds ?? s.expected_s) : Math.max(s.expected_s ?? 0, s.seconds ?? 0);
    return known && known > 0 ? known : null;
  });
  const known = seconds.filter((s) => s !== null);
  const average = known.length > 0 ? known.reduce((sum, s) => sum + s, 0) / known.length : 1;
  const total = seconds.reduce<number>((sum, s) => sum + (s ?? average), 0);
  const shares = seconds.map((s) => Math.max(SMALLEST_SHARE, (s ?? average) / total));
  const whole = shares.reduce((sum, s) => sum + s, 0);
  return shown.map((s, i) => ({ stage: s.stage, state: s.state, share: (shares[i] ?? 0) / whole, filled: filledPart(s) }));
}

/**
 * The stage that is told: the first that runs, so that the words do not jump between the music and a cover painted beside it;
 * else the one it stopped in.
 */
export function currentStage({ stages }: Operation): StageReport | null {
  return stages.find((s) => s.state === 'running') ?? stages.find((s) => s.state === 'failed') ?? null;
}
