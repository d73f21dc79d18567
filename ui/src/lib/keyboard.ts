import type { Studio } from './state/studio.svelte';

const SEEK_STEP_S = 5;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));

/** How the focus came where it is. After a click, Space is for the player and not for the button once more. */
let byKeyboard = true;
export const notePointer = (): void => void (byKeyboard = false);

/** Space and the arrows belong to a focused control that uses them itself. */
const usesKey = (target: EventTarget | null, key: string): boolean => {
  if (!(target instanceof HTMLElement)) return false;
  if (key === ' ') return byKeyboard && target.matches('button, a, summary, [role="button"], [role="tab"]');
  return target.matches('[role="slider"], [role="tab"], [role="radio"]');
};

/** The keys that work anywhere on the page. */
export function handleKey(event: KeyboardEvent, studio: Studio): void {
  if (event.key === 'Tab') byKeyboard = true;
  if (studio.phase !== 'open' || event.defaultPrevented) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    void studio.make();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape') {
    if (isTyping(event.target)) (event.target as HTMLElement).blur();
    else studio.sheetOpen = false;
    return;
  }
  if (isTyping(event.target) || usesKey(event.target, event.key)) return;
  const act = actions[event.key];
  if (!act) return;
  event.preventDefault();
  act(studio);
}

const actions: Record<string, (studio: Studio) => void> = {
  ' ': ({ player }) => player.toggle(),
  ArrowLeft: ({ player }) => player.seek(player.time_s - SEEK_STEP_S),
  ArrowRight: ({ player }) => player.seek(player.time_s + SEEK_STEP_S),
  ArrowUp: (studio) => showNeighbour(studio, -1),
  ArrowDown: (studio) => showNeighbour(studio, 1),
};

function showNeighbour(studio: Studio, distance: 1 | -1): void {
  const song = studio.library.neighbour(distance);
  if (!song) return;
  studio.show(song);
  document.getElementById(`song-${song.song_id}`)?.scrollIntoView({ block: 'nearest' });
}
