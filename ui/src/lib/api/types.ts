/**
 * The shapes that travel between the page and the server, from the server's own description (`npm run types`).
 * Every other file takes them from here, so that a change of that description touches this file alone.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

/** The description calls every nullable field optional too; the server always writes it. */
type Written<T> = Required<T>;
type With<T, Narrowed> = Omit<Written<T>, keyof Narrowed> & Narrowed;

export type OperationState = Schemas['OperationState'];
export type Stage = Schemas['Stage'];
export type StageState = Schemas['StageState'];

/** `done` and `total` are in the stage's own unit; the total is 0 while unknown. */
export type StageReport = Written<Schemas['StageStatus']>;
export type Operation = With<Schemas['Snapshot'], { stages: StageReport[]; request: GenerateRequest }>;

/** The three bodies of the generate endpoints in one, told apart by their fields. */
export type GenerateRequest = Schemas['SongRequest'];

export type TimedLine = Written<Schemas['TimedLine']>;
export type Take = With<Schemas['Take'], { timed_lines: TimedLine[] }>;
export type Song = With<Schemas['Song'], { takes: Take[]; request: GenerateRequest }>;
export type SongChange = Schemas['SongChange'];
export type SongPage = With<Schemas['SongList'], { songs: Song[] }>;

/** Takes are in the order in which they were made; the newest is the one that is shown. */
export const newestTake = (song: Song): Take | null => song.takes.at(-1) ?? null;

export type Peaks = Schemas['Peaks'];
export type Heard = Written<Schemas['Heard']>;
export type CoverStyle = Schemas['StyleText'];
export type Session = Schemas['SessionResponse'];
export type ErrorBody = Written<Schemas['ErrorBody']>;
