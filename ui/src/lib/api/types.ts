/**
 * The shapes that travel between the page and the server. Every other file takes them from here,
 * so that a change of the server's description touches this file alone.
 */

export type OperationState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';
export type StageState = 'pending' | 'running' | 'done' | 'failed' | 'skipped';

export interface StageReport {
  stage: string;
  state: StageState;
  /** In the stage's own unit: seconds of audio for `render`, steps elsewhere. The total is 0 while unknown. */
  done: number;
  total: number;
  /** Seconds it took so far, and what it takes on this machine as a rule. */
  seconds: number | null;
  expected_s: number | null;
}

export interface ErrorBody {
  detail: string;
  status_code: number;
  operation_id: string | null;
  service: string | null;
  code: string | null;
}

export interface Operation {
  operation_id: string;
  service: string;
  kind: string;
  state: OperationState;
  stage: string | null;
  progress: number;
  message: string;
  note: string | null;
  eta_s: number | null;
  queue_position: number | null;
  stages: StageReport[];
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  song_id: string | null;
  request: GenerateRequest;
  error: ErrorBody | null;
}

export interface EngineInfo {
  kind: string;
  name: string;
  version: string | null;
  model_id: string | null;
  device: string | null;
  licence: string | null;
}

export interface TimedLine {
  start_s: number;
  end_s: number;
  text: string;
  section: string | null;
}

export interface Take {
  take_id: string;
  number: number;
  engine: EngineInfo;
  audio_duration: number;
  seed: number;
  bpm: number | null;
  key: string | null;
  stems: string[];
  has_midi: boolean;
  timed_lines: TimedLine[];
  links: { audio: string; peaks: string };
}

/** Oldest first in a song; the newest is the one that is shown. */
export const newestTake = (song: Song): Take | null => song.takes.at(-1) ?? null;

export interface Song {
  song_id: string;
  title: string;
  description: string | null;
  prompt: string;
  lyrics: string;
  instrumental: boolean;
  categories: string[];
  favourite: boolean;
  created_at: string;
  audio_duration: number;
  seed: number;
  bpm: number | null;
  key: string | null;
  engines: Partial<Record<'lyrics' | 'prompt' | 'music' | 'cover' | 'categories', EngineInfo | null>>;
  notes: string[];
  errors: string[];
  cover_label: string | null;
  takes: Take[];
  request: GenerateRequest;
  links: { song: string; audio: string; cover: string | null; bundle: string; peaks: string };
}

/** The three bodies of the generate endpoints in one, told apart by their fields. */
export interface GenerateRequest {
  full_described_song?: string | null;
  prompt?: string | null;
  lyrics?: string | null;
  described_lyrics?: string | null;
  audio_duration?: number;
  seed?: number;
  instrumental?: boolean;
  cover_style?: string | null;
}

export interface Peaks {
  min: number[];
  max: number[];
  audio_duration: number;
}

export interface Heard {
  genre: string | null;
  bpm: number | null;
  key: string | null;
  instruments: string[];
  moods: string[];
  voice: string | null;
  themes: string[];
  not_understood: string[];
}

export interface CoverStyle {
  description: string;
  best_for: string;
}

export interface SongPage {
  songs: Song[];
  total: number;
}

export interface Session {
  /** For addresses that cannot carry a header. */
  media_token: string;
  expires_in_s: number;
}
