/** What the server accepts, so that the page can say it while one is still typing. Lengths count characters after trimming. */
export const TEXT_LIMITS = {
  description: { min: 5, max: 1000 },
  style: { min: 5, max: 500 },
  lyrics: { min: 10, max: 5000 },
  about: { min: 5, max: 1000 },
} as const;

export type TextField = keyof typeof TEXT_LIMITS;

export const LENGTH_S = { min: 10, max: 600, presets: [30, 60, 120, 180, 240] } as const;
export const LARGEST_SEED = 2 ** 31 - 1;

export interface Measure {
  length: number;
  max: number;
  /** Characters that are missing, else 0. */
  missing: number;
  /** Characters that are too many, else 0. */
  over: number;
  fits: boolean;
}

export function measure(field: TextField, text: string): Measure {
  const { min, max } = TEXT_LIMITS[field];
  // Code points, as the server counts: an emoji is one character, not two.
  const length = [...text.trim()].length;
  const missing = Math.max(0, min - length);
  const over = Math.max(0, length - max);
  return { length, max, missing, over, fits: missing === 0 && over === 0 };
}

export const clampLength = (seconds: number): number => Math.round(Math.min(LENGTH_S.max, Math.max(LENGTH_S.min, seconds)));

/** A seed as typed; null (random) for nothing or for what is no seed. */
export function readSeed(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,10}$/.test(digits)) return null;
  return Math.min(Number(digits), LARGEST_SEED);
}
