import type { GenerateRequest, Song } from '../api/types';
import { clampLength, measure, type Measure, type TextField } from './limits';

export type Tab = 'describe' | 'lyrics' | 'about';

const STORED_AS = 'songwright.draft';

/** The fields of each tab, in the order in which they stand. */
export const TAB_FIELDS: Record<Tab, readonly TextField[]> = {
  describe: ['description'],
  lyrics: ['style', 'lyrics'],
  about: ['style', 'about'],
};

/** The song that is being asked for. Each tab keeps its own text. */
export class Composer {
  tab = $state<Tab>('describe');
  texts = $state<Record<TextField, string>>({ description: '', style: '', lyrics: '', about: '' });
  seconds = $state(60);
  instrumental = $state(false);
  /** null is a random one. */
  seed = $state<number | null>(null);
  coverStyle = $state('album cover art');

  sending = $state(false);
  /** Why the server refused the last request. */
  refusal = $state<string | null>(null);
  /** Becomes true at the first try: until then an empty field is not scolded. */
  tried = $state(false);

  readonly measures = $derived<Record<TextField, Measure>>({
    description: measure('description', this.texts.description),
    style: measure('style', this.texts.style),
    lyrics: measure('lyrics', this.texts.lyrics),
    about: measure('about', this.texts.about),
  });
  readonly complete = $derived(TAB_FIELDS[this.tab].every((field) => this.measures[field].fits));

  /** The words from which a sound is heard: the description, or the style beside lyrics. */
  readonly spoken = $derived(this.tab === 'describe' ? this.texts.description : this.texts.style);

  request(): GenerateRequest {
    const shared = {
      audio_duration: clampLength(this.seconds),
      seed: this.seed ?? -1,
      // Only a description can ask for no voice: lyrics someone wrote are never dropped.
      instrumental: this.tab === 'describe' && this.instrumental,
      cover_style: this.coverStyle,
    };
    const { description, style, lyrics, about } = this.texts;
    if (this.tab === 'describe') return { full_described_song: description.trim(), ...shared };
    if (this.tab === 'lyrics') return { prompt: style.trim(), lyrics: lyrics.trim(), ...shared };
    return { prompt: style.trim(), described_lyrics: about.trim(), ...shared };
  }

  /** Fills the form with what a song was asked for with. */
  reuse(song: Song): void {
    const { request } = song;
    this.refusal = null;
    this.tried = false;
    if (request.full_described_song) {
      this.tab = 'describe';
      this.texts.description = request.full_described_song;
      this.instrumental = request.instrumental ?? song.instrumental;
    } else {
      this.texts.style = request.prompt ?? song.prompt;
      if (request.described_lyrics) {
        this.tab = 'about';
        this.texts.about = request.described_lyrics;
      } else {
        this.tab = 'lyrics';
        this.texts.lyrics = request.lyrics ?? song.lyrics;
      }
    }
    this.seconds = clampLength(request.audio_duration ?? song.audio_duration);
    this.coverStyle = request.cover_style ?? this.coverStyle;
  }

  example(text: string, seconds: number, instrumental: boolean): void {
    this.tab = 'describe';
    this.texts.description = text;
    this.seconds = seconds;
    this.instrumental = instrumental;
    this.seed = null;
    this.refusal = null;
  }

  /** What to remember over a reload. */
  get draft(): string {
    const { tab, texts, seconds, instrumental, seed, coverStyle } = this;
    return JSON.stringify({ tab, texts, seconds, instrumental, seed, coverStyle });
  }

  store(): void {
    localStorage.setItem(STORED_AS, this.draft);
  }

  restore(): void {
    const stored = localStorage.getItem(STORED_AS);
    if (!stored) return;
    try {
      const draft = JSON.parse(stored) as Partial<Composer>;
      if (draft.tab && draft.tab in TAB_FIELDS) this.tab = draft.tab;
      Object.assign(this.texts, draft.texts);
      this.seconds = clampLength(draft.seconds ?? 60);
      this.instrumental = draft.instrumental ?? false;
      this.seed = draft.seed ?? null;
      this.coverStyle = draft.coverStyle ?? this.coverStyle;
    } catch {
      localStorage.removeItem(STORED_AS);
    }
  }
}

