/** Seconds as a player shows them: `0:07`, `3:12`, `1:02:05`. */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const s = String(whole % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${s}`;
}

/** Reads `90`, `1:30` or `1:30.5` as seconds; null when it is neither. */
export function readClock(text: string): number | null {
  const match = /^\s*(?:(\d{1,2}):)?(\d{1,4}(?:\.\d+)?)\s*$/.exec(text);
  if (!match) return null;
  const seconds = Number(match[2]);
  if (match[1] === undefined) return seconds;
  return seconds < 60 ? Number(match[1]) * 60 + seconds : null;
}

/** Day and time in the reader's language. */
export function moment(rfc3339: string, locale: string): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return '';
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}
