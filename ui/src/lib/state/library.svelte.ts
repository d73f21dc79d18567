import type { ApiClient } from '../api/client';
import type { Song, SongChange } from '../api/types';

const PAGE_SIZE = 30;
const UNDO_MS = 6_000;

export interface Removal {
  song: Song;
  index: number;
}

/** The songs on the shelf: a filtered list that is read page by page, and the one that is looked at. */
export class Library {
  songs = $state.raw<Song[]>([]);
  total = $state(0);
  query = $state('');
  favouritesOnly = $state(false);
  loading = $state(false);
  loaded = $state(false);
  selected = $state.raw<Song | null>(null);
  /** The song that is gone unless someone says undo. */
  removal = $state.raw<Removal | null>(null);

  readonly filtered = $derived(this.query.trim() !== '' || this.favouritesOnly);
  readonly left = $derived(Math.max(0, this.total - this.songs.length));

  readonly #client: ApiClient;
  readonly #onFailure: (reason: unknown) => void;
  #removalTimer: ReturnType<typeof setTimeout> | undefined;
  /** Answers may overtake each other: only the last question counts. */
  #question = 0;

  constructor(client: ApiClient, onFailure: (reason: unknown) => void) {
    this.#client = client;
    this.#onFailure = onFailure;
  }

  /** Reads the first page anew. Gives false when it could not. */
  async load(): Promise<boolean> {
    return this.#read(0);
  }

  more = (): Promise<boolean> => this.#read(this.songs.length);

  select(song: Song | null): void {
    this.selected = song;
  }

  /** The song so many places from the selected one (or from `from`), if there is one. */
  neighbour(distance: 1 | -1, from: Song | null = this.selected): Song | null {
    const index = this.songs.findIndex((s) => s.song_id === from?.song_id);
    if (index < 0) return distance > 0 ? (this.songs[0] ?? null) : null;
    return this.songs[index + distance] ?? null;
  }

  /** Puts a song that has just been made on top. */
  async welcome(songId: string): Promise<Song | null> {
    try {
      const song = await this.#client.song(songId);
      if (this.filtered) await this.load();
      else if (this.#replace(song) === false) {
        this.songs = [song, ...this.songs];
        this.total += 1;
      }
      return song;
    } catch (reason) {
      this.#onFailure(reason);
      return null;
    }
  }

  async rename(song: Song, title: string): Promise<void> {
    const wanted = title.trim();
    if (wanted !== '' && wanted !== song.title) await this.#change(song, { title: wanted });
  }

  turnFavourite = (song: Song): Promise<void> => this.#change(song, { favourite: !song.favourite });

  /** Takes a song from the list now and from the shelf in six seconds. */
  remove(song: Song): void {
    this.#finishRemoval();
    const index = this.songs.findIndex((s) => s.song_id === song.song_id);
    if (index < 0) return;
    const next = this.neighbour(1, song) ?? this.neighbour(-1, song);
    this.songs = this.songs.filter((s) => s.song_id !== song.song_id);
    this.total -= 1;
    this.removal = { song, index };
    if (this.selected?.song_id === song.song_id) this.select(next);
    this.#removalTimer = setTimeout(() => this.#finishRemoval(), UNDO_MS);
  }

  undoRemoval(): Song | null {
    clearTimeout(this.#removalTimer);
    const removal = this.removal;
    this.removal = null;
    if (!removal) return null;
    this.songs = this.songs.toSpliced(removal.index, 0, removal.song);
    this.total += 1;
    this.select(removal.song);
    return removal.song;
  }

  #finishRemoval(): void {
    clearTimeout(this.#removalTimer);
    const removal = this.removal;
    this.removal = null;
    if (!removal) return;
    this.#client.deleteSong(removal.song.song_id).catch((reason: unknown) => {
      this.#onFailure(reason);
      void this.load();
    });
  }

  async #change(song: Song, change: SongChange): Promise<void> {
    try {
      this.#replace(await this.#client.changeSong(song.song_id, change));
    } catch (reason) {
      this.#onFailure(reason);
    }
  }

  #replace(song: Song): boolean {
    const same = (s: Song) => s.song_id === song.song_id;
    if (this.selected && same(this.selected)) this.selected = song;
    if (!this.songs.some(same)) return false;
    this.songs = this.songs.map((s) => (same(s) ? song : s));
    return true;
  }

  async #read(offset: number): Promise<boolean> {
    const question = ++this.#question;
    this.loading = true;
    try {
      const { songs, total } = await this.#client.songs({
        q: this.query.trim(),
        favourite: this.favouritesOnly,
        limit: PAGE_SIZE,
        offset,
      });
      if (question !== this.#question) return true;
      const gone = this.removal?.song.song_id;
      const page = songs.filter((s) => s.song_id !== gone);
      const known = new Set(offset === 0 ? [] : this.songs.map((s) => s.song_id));
      this.songs = offset === 0 ? page : [...this.songs, ...page.filter((s) => !known.has(s.song_id))];
      this.total = total - (songs.length - page.length);
      this.loaded = true;
      return true;
    } catch (reason) {
      if (question === this.#question) this.#onFailure(reason);
      return false;
    } finally {
      if (question === this.#question) this.loading = false;
    }
  }
}
