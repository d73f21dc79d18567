import type { Peaks } from '../api/types';

/** What a recording without peaks looks like: a thin line. */
const FLAT = 0.04;

/** The peaks as that many bars between 0 and 1; the loudest reaches the top. */
export function bars(peaks: Peaks | null, count: number): number[] {
  const size = Math.min(peaks?.min.length ?? 0, peaks?.max.length ?? 0);
  if (!peaks || size === 0) return Array.from({ length: count }, () => FLAT);
  const spans = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * size) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * size) / count));
    let span = 0;
    for (let k = from; k < to; k += 1) span = Math.max(span, Math.abs(peaks.max[k]!), Math.abs(peaks.min[k]!));
    return span;
  });
  const loudest = Math.max(...spans);
  return spans.map((span) => (loudest > 0 ? Math.max(FLAT, span / loudest) : FLAT));
}
