import type { Oklch } from '../colour/culori';

import { plainAccent, readableAccent, type Accent, type Theme } from '../colour/accent';

export type ThemeChoice = 'auto' | Theme;

const STORED_AS = 'songwright.theme';
const NEXT: Record<ThemeChoice, ThemeChoice> = { auto: 'light', light: 'dark', dark: 'auto' };

/** Light or dark, and the one accent, which comes from the current cover. */
export class Appearance {
  choice = $state<ThemeChoice>('auto');
  #systemTheme = $state<Theme>('dark');
  #vivid = $state.raw<Oklch | null>(null);

  readonly theme = $derived<Theme>(this.choice === 'auto' ? this.#systemTheme : this.choice);
  readonly accent = $derived<Accent>(this.#vivid ? readableAccent(this.#vivid, this.theme) : plainAccent[this.theme]);

  restore(): void {
    const stored = localStorage.getItem(STORED_AS);
    if (stored === 'light' || stored === 'dark') this.choice = stored;
    const light = matchMedia('(prefers-color-scheme: light)');
    this.#systemTheme = light.matches ? 'light' : 'dark';
    light.addEventListener('change', () => (this.#systemTheme = light.matches ? 'light' : 'dark'));
  }

  turn(): void {
    this.choice = NEXT[this.choice];
    localStorage.setItem(STORED_AS, this.choice);
  }

  takeAccentFrom(vivid: Oklch | null): void {
    this.#vivid = vivid;
  }

  /** Writes theme and accent where the stylesheet reads them. */
  apply(): void {
    const root = document.documentElement;
    root.dataset['theme'] = this.theme;
    root.style.setProperty('--accent', this.accent.colour);
    root.style.setProperty('--accent-ink', this.accent.ink);
  }
}
