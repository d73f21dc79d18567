import type { ApiClient } from '../api/client';
import { newestTake, type Peaks, type Song, type Take } from '../api/types';

const VOLUME_AS = 'songwright.volume';
const PEAK_BUCKETS = 240;
const PREVIOUS_RESTARTS_AFTER_S = 3;

export interface Neighbours {
  of(song: Song, distance: 1 | -1): Song | null;
}

/** Plays one take of one song. The `<audio>` element is the truth; this mirrors it. */
export class Player {
  song = $state.raw<Song | null>(null);
  takeId = $state<string | null>(null);
  playing = $state(false);
  time_s = $state(0);
  duration_s = $state(0);
  volume = $state(0.9);
  muted = $state(false);
  loop = $state(false);
  broken = $state(false);
  peaks = $state.raw<Peaks | null>(null);

  readonly take = $derived<Take | null>(this.song?.takes.find((t) => t.take_id === this.takeId) ?? null);

  readonly #client: ApiClient;
  readonly #neighbours: Neighbours;
  #audio: HTMLAudioElement | null = null;

  constructor(client: ApiClient, neighbours: Neighbours) {
    this.#client = client;
    this.#neighbours = neighbours;
    const stored = Number(localStorage.getItem(VOLUME_AS) ?? '0.9');
    this.volume = stored >= 0 && stored <= 1 ? stored : 0.9;
  }

  /** Takes over the element; gives the way to let go of it. */
  attach(audio: HTMLAudioElement): () => void {
    this.#audio = audio;
    audio.volume = this.volume;
    let frame = 0;
    const follow = () => {
      this.time_s = audio.currentTime;
      frame = requestAnimationFrame(follow);
    };
    const listeners: Record<string, () => void> = {
      play: () => {
        this.playing = true;
        cancelAnimationFrame(frame);
        follow();
      },
      pause: () => {
        this.playing = false;
        cancelAnimationFrame(frame);
      },
      ended: () => this.#ended(),
      durationchange: () => {
        if (Number.isFinite(audio.duration)) this.duration_s = audio.duration;
      },
      seeked: () => (this.time_s = audio.currentTime),
      error: () => {
        this.broken = audio.hasAttribute('src');
        this.playing = false;
      },
    };
    for (const [event, listener] of Object.entries(listeners)) audio.addEventListener(event, listener);
    return () => {
      cancelAnimationFrame(frame);
      for (const [event, listener] of Object.entries(listeners)) audio.removeEventListener(event, listener);
      audio.pause();
      this.#audio = null;
    };
  }

  /** Puts a song on without starting it. */
  load(song: Song, take: Take | null = newestTake(song)): void {
    const sameRecording = this.song?.song_id === song.song_id && this.takeId === (take?.take_id ?? null);
    this.song = song;
    if (sameRecording && !this.broken) return;
    this.takeId = take?.take_id ?? null;
    this.broken = false;
    this.time_s = 0;
    this.duration_s = take?.audio_duration ?? song.audio_duration;
    this.peaks = null;
    if (this.#audio) this.#audio.src = this.#client.mediaUrl(take?.links.audio ?? song.links.audio);
    void this.#loadPeaks(take?.links.peaks ?? song.links.peaks);
  }

  play(song: Song, take?: Take): void {
    this.load(song, take ?? (this.song?.song_id === song.song_id ? this.take : undefined) ?? newestTake(song));
    this.#start();
  }

  toggle(): void {
    if (!this.song || !this.#audio) return;
    if (this.playing) this.#audio.pause();
    else this.#start();
  }

  seek(time_s: number): void {
    if (!this.#audio || !this.song) return;
    const to = Math.min(Math.max(0, time_s), this.duration_s);
    this.#audio.currentTime = to;
    this.time_s = to;
  }

  next(): void {
    const song = this.song && this.#neighbours.of(this.song, 1);
    if (song) this.#change(song);
  }

  /** Back to the start, or to the song before when already there. */
  previous(): void {
    if (this.time_s > PREVIOUS_RESTARTS_AFTER_S) return this.seek(0);
    const song = this.song && this.#neighbours.of(this.song, -1);
    if (song) this.#change(song);
    else this.seek(0);
  }

  setVolume(volume: number): void {
    this.volume = Math.min(1, Math.max(0, volume));
    this.muted = false;
    this.#applyVolume();
    localStorage.setItem(VOLUME_AS, String(this.volume));
  }

  toggleMute(): void {
    this.muted = !this.muted;
    this.#applyVolume();
  }

  /** Takes a song off that is no more. */
  forget(songId: string): void {
    if (this.song?.song_id !== songId) return;
    this.#audio?.pause();
    this.#audio?.removeAttribute('src');
    this.#audio?.load();
    this.song = null;
    this.takeId = null;
    this.peaks = null;
    this.time_s = this.duration_s = 0;
  }

  #change(song: Song): void {
    if (this.playing) this.play(song);
    else this.load(song);
  }

  #ended(): void {
    this.playing = false;
    if (this.loop) {
      this.seek(0);
      this.#start();
      return;
    }
    const next = this.song && this.#neighbours.of(this.song, 1);
    if (next) this.play(next);
  }

  #start(): void {
    // A refused start (no recording, no permission) shows as the element's own error or as "not playing".
    this.#audio?.play().catch(() => (this.playing = false));
  }

  #applyVolume(): void {
    if (!this.#audio) return;
    this.#audio.volume = this.volume;
    this.#audio.muted = this.muted;
  }

  async #loadPeaks(path: string): Promise<void> {
    const takeId = this.takeId;
    try {
      const peaks = await this.#client.peaks(path, PEAK_BUCKETS);
      if (this.takeId === takeId) this.peaks = peaks;
    } catch {
      // Without peaks the bar is a plain line and still seeks.
    }
  }
}
