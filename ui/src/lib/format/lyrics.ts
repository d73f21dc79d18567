import type { TimedLine } from '../api/types';

export interface SheetLine {
  text: string;
  /** Where it is sung, in seconds; null where nobody timed it. */
  start_s: number | null;
  end_s: number | null;
}

export interface SheetPart {
  /** As the lyrics have it, without brackets: `verse`, `pre-chorus`; empty before the first tag. */
  section: string;
  lines: SheetLine[];
}

const TAG = /^\[([^\]]+)\]$/;

/** The timed lines as a sheet: a new part wherever the section changes. */
export function timedSheet(lines: readonly TimedLine[]): SheetPart[] {
  const parts: SheetPart[] = [];
  let last: string | null = null;
  for (const { section, text, start_s, end_s } of lines) {
    if (TAG.test(text.trim()) || text.trim() === '') continue;
    if (section !== last || parts.length === 0) parts.push({ section, lines: [] });
    last = section;
    parts.at(-1)!.lines.push({ text, start_s, end_s });
  }
  return parts;
}

/** Written lyrics as a sheet, for songs whose lines nobody timed. */
export function plainSheet(lyrics: string): SheetPart[] {
  const parts: SheetPart[] = [];
  for (const raw of lyrics.split('\n')) {
    const text = raw.trim();
    const tag = TAG.exec(text);
    if (tag) parts.push({ section: tag[1]!, lines: [] });
    else if (text !== '') {
      if (parts.length === 0) parts.push({ section: '', lines: [] });
      parts.at(-1)!.lines.push({ text, start_s: null, end_s: null });
    }
  }
  return parts.filter((part) => part.lines.length > 0);
}

/** A section's name in words: `verse 2` keeps its number, an unknown one its own spelling. */
export function sectionName(section: string, names: Record<string, string>): string {
  const [, name = section, number = ''] = /^(.*?)[\s_-]*(\d*)$/.exec(section.trim().toLowerCase().replace(/^\[|\]$/g, '')) ?? [];
  const known = names[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
  return number ? `${known} ${number}` : known;
}
