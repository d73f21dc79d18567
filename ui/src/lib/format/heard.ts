import type { Heard } from '../api/types';

export interface TextPart {
  text: string;
  heard: boolean;
}

/** What was heard, as one list of words and phrases. */
const phrases = (heard: Heard): string[] =>
  [heard.genre, heard.key, heard.voice, ...heard.instruments, ...heard.moods, ...heard.themes].filter(
    (phrase): phrase is string => Boolean(phrase) && phrase!.length > 1,
  );

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Cuts the text where something in it was understood. The parts put together are the text again. */
export function markHeard(text: string, heard: Heard | null): TextPart[] {
  const wanted = heard ? phrases(heard) : [];
  if (heard?.bpm) wanted.push(`${Math.round(heard.bpm)} BPM`);
  if (wanted.length === 0) return [{ text, heard: false }];
  // The longest first: "upright piano" before "piano". A plural is still the word.
  const alternatives = wanted
    .sort((a, b) => b.length - a.length)
    .map((phrase) => escaped(phrase).replace(/[\s-]+/g, '[\\s-]+'));
  const pattern = new RegExp(`((?<![\\p{Script=Latin}\\p{N}])(?:${alternatives.join('|')})(?:e?s)?(?![\\p{Script=Latin}\\p{N}]))`, 'giu');
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, heard: index % 2 === 1 }))
    .filter((part) => part.text !== '');
}
