import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { ApiClient } from '../api/client';
import type { Song } from '../api/types';
import { Library } from './library.svelte';

const song = (id: string) => ({ song_id: id, title: id, favourite: false }) as Song;
const ids = (library: Library) => library.songs.map((s) => s.song_id).join('');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function shelf(...names: string[]) {
  const client = {
    songs: vi.fn(async ({ offset, limit }: { offset: number; limit: number }) => ({
      songs: names.slice(offset, offset + limit).map(song),
      total: names.length,
    })),
    deleteSong: vi.fn(async () => undefined),
    song: vi.fn(async (id: string) => song(id)),
  };
  const failures: unknown[] = [];
  return { client, failures, library: new Library(client as unknown as ApiClient, (reason) => failures.push(reason)) };
}

it('deletes a song only after the time to undo', async () => {
  const { client, library } = shelf('a', 'b', 'c');
  await library.load();
  library.select(library.songs[1]!);
  library.remove(library.songs[1]!);
  expect(ids(library)).toBe('ac');
  expect(library.selected?.song_id).toBe('c');
  await vi.advanceTimersByTimeAsync(5_900);
  expect(client.deleteSong).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(client.deleteSong).toHaveBeenCalledWith('b');
});

it('puts a song back where it was', async () => {
  const { client, library } = shelf('a', 'b', 'c');
  await library.load();
  library.remove(library.songs[1]!);
  library.undoRemoval();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ids(library)).toBe('abc');
  expect(client.deleteSong).not.toHaveBeenCalled();
});

it('does not lose the first of two deletions', async () => {
  const { client, library } = shelf('a', 'b', 'c');
  await library.load();
  library.remove(library.songs[0]!);
  library.remove(library.songs[0]!);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(client.deleteSong.mock.calls).toEqual([['a'], ['b']]);
});

it('believes the last question, not the last answer', async () => {
  const { client, library } = shelf();
  let answerFirst = (_: { songs: Song[]; total: number }) => {};
  client.songs.mockImplementationOnce(() => new Promise((resolve) => (answerFirst = resolve)));
  client.songs.mockImplementationOnce(async () => ({ songs: [song('new')], total: 1 }));
  const first = library.load();
  await library.load();
  answerFirst({ songs: [song('old')], total: 1 });
  await first;
  expect(ids(library)).toBe('new');
});

it('reads on without repeating what a new song has pushed down', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `s${i} `);
  const { library } = shelf(...names);
  await library.load();
  expect(library.left).toBe(10);
  await library.welcome('fresh ');
  await library.more();
  expect(new Set(library.songs.map((s) => s.song_id)).size).toBe(library.songs.length);
  expect(library.songs[0]!.song_id).toBe('fresh ');
});

it('reports a server that refuses to delete, and shows the song again', async () => {
  const { client, failures, library } = shelf('a');
  await library.load();
  client.deleteSong.mockRejectedValueOnce(new Error('no'));
  library.remove(library.songs[0]!);
  await vi.advanceTimersByTimeAsync(7_000);
  expect(failures).toHaveLength(1);
  expect(ids(library)).toBe('a');
});
