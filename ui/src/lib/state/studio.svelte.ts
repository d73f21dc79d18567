import { ApiClient, ApiError, Unreachable } from '../api/client';
import type { CoverStyle, Song } from '../api/types';
import { coverColour } from '../colour/cover';
import type { Host } from '../host';
import { words } from '../i18n/language.svelte';
import { Appearance } from './appearance.svelte';
import { Composer } from './composer.svelte';
import { Hearing } from './hearing.svelte';
import { Library } from './library.svelte';
import { Operations } from './operations.svelte';
import { Player } from './player.svelte';

export type Phase = 'opening' | 'locked' | 'open';
export type Page = 'create' | 'songs';

/** The whole page: what it is connected to, and what its parts do to each other. */
export class Studio {
  phase = $state<Phase>('opening');
  reachable = $state(true);
  connecting = $state(false);
  /** A failure that has no place of its own. */
  trouble = $state<string | null>(null);
  coverStyles = $state.raw<Record<string, CoverStyle>>({});
  /** Which page a narrow screen shows, and whether the song's sheet lies over it. */
  page = $state<Page>('create');
  sheetOpen = $state(false);

  #renewal: ReturnType<typeof setTimeout> | undefined;

  readonly host: Host;
  readonly client: ApiClient;
  readonly appearance: Appearance;
  readonly composer = new Composer();
  readonly hearing: Hearing;
  readonly library: Library;
  readonly operations: Operations;
  readonly player: Player;

  constructor(host: Host, client: ApiClient, appearance: Appearance) {
    this.host = host;
    this.client = client;
    this.appearance = appearance;
    const onFailure = (reason: unknown) => this.fail(reason);
    this.hearing = new Hearing(client);
    this.library = new Library(client, onFailure);
    this.operations = new Operations(client, (songId) => void this.#welcome(songId), onFailure);
    this.player = new Player(client, { of: (song, distance) => this.library.neighbour(distance, song) });
    this.composer.restore();
  }

  async open(): Promise<void> {
    this.connecting = true;
    try {
      if (this.host.kind === 'window') await this.#openSession();
      const { songs } = await this.client.songs({ limit: 1, offset: 0 });
      await Promise.all([this.library.load(), this.operations.load(), this.#loadCoverStyles()]);
      this.reachable = true;
      this.phase = 'open';
      if (songs.length > 0) this.page = 'songs';
      const first = this.library.selected ?? this.library.songs[0];
      if (first) this.#look(first);
    } catch (reason) {
      this.fail(reason);
      if (reason instanceof Unreachable && this.phase === 'opening') this.phase = 'open';
    } finally {
      this.connecting = false;
    }
  }

  /** Opens a session with an access key; gives the reason when it does not fit. */
  async unlock(key: string): Promise<string | null> {
    try {
      await this.client.openSession(key.trim());
    } catch (reason) {
      if (reason instanceof ApiError && reason.status === 401) return words().key.wrong;
      return this.explain(reason);
    }
    await this.open();
    return null;
  }

  async make(): Promise<void> {
    const { composer } = this;
    composer.tried = true;
    composer.refusal = null;
    if (!composer.complete || composer.sending) return;
    composer.sending = true;
    try {
      await this.operations.start(composer.request());
      composer.tried = false;
      this.page = 'songs';
    } catch (reason) {
      if (reason instanceof ApiError && reason.status !== 401) composer.refusal = reason.message;
      else this.fail(reason);
    } finally {
      composer.sending = false;
    }
  }

  /** Shows a song at the side, and puts it on when nothing plays. */
  show(song: Song): void {
    this.#look(song);
    this.sheetOpen = true;
  }

  remove(song: Song): void {
    this.library.remove(song);
    this.player.forget(song.song_id);
    const next = this.library.selected;
    if (next) this.#look(next);
    else this.sheetOpen = false;
  }

  undoRemoval(): void {
    const song = this.library.undoRemoval();
    if (song) this.#look(song);
  }

  reuse(song: Song, withSeed: boolean): void {
    if (withSeed) this.composer.seed = song.seed;
    else this.composer.reuse(song);
    this.sheetOpen = false;
    this.page = 'create';
  }

  fail(reason: unknown): void {
    if (reason instanceof ApiError && reason.status === 401) this.phase = 'locked';
    else if (reason instanceof Unreachable) this.reachable = false;
    else this.trouble = this.explain(reason);
  }

  /** A failure in words: the server's own where it gave some. */
  explain(reason: unknown): string {
    if (reason instanceof ApiError) return reason.message;
    if (reason instanceof Unreachable) return words().error.unreachable;
    return words().error.unexpected(reason instanceof Error ? reason.message : String(reason));
  }

  /** The window's media token is good for a while only: a new one is there before the old one ends. */
  async #openSession(): Promise<void> {
    const { expires_in_s } = await this.client.openSession();
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => void this.#openSession().catch((reason: unknown) => this.fail(reason)), expires_in_s * 800);
  }

  #look(song: Song): void {
    this.library.select(song);
    if (!this.player.playing) this.player.load(song);
    void this.#takeAccent(song);
  }

  async #takeAccent(song: Song): Promise<void> {
    if (!song.links.cover) return this.appearance.takeAccentFrom(null);
    try {
      const colour = await coverColour(await this.client.bytes(song.links.cover));
      if (this.library.selected?.song_id === song.song_id) this.appearance.takeAccentFrom(colour);
    } catch {
      this.appearance.takeAccentFrom(null);
    }
  }

  async #welcome(songId: string): Promise<void> {
    const song = await this.library.welcome(songId);
    if (song && !this.player.playing) this.#look(song);
  }

  async #loadCoverStyles(): Promise<void> {
    try {
      this.coverStyles = await this.client.coverStyles();
    } catch (reason) {
      // A server without a cover service still makes songs: there is just no style to choose.
      if (!(reason instanceof ApiError) || reason.status === 401) throw reason;
    }
  }
}
