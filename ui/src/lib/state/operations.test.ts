import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { ApiError, type ApiClient } from '../api/client';
import type { Operation, OperationState } from '../api/types';
import { Operations } from './operations.svelte';

class FakeEventSource {
  static open: FakeEventSource[] = [];
  readyState = 1;
  onerror = null;
  #listener: ((event: MessageEvent<string>) => void) | null = null;

  constructor(readonly url: string) {
    FakeEventSource.open.push(this);
  }

  addEventListener(_type: string, listener: (event: MessageEvent<string>) => void): void {
    this.#listener = listener;
  }

  close(): void {
    FakeEventSource.open = FakeEventSource.open.filter((s) => s !== this);
  }

  static send(operation: Operation): void {
    const source = FakeEventSource.open.find((s) => s.url.includes(operation.operation_id));
    if (!source) throw new Error(`Nobody watches ${operation.operation_id}.`);
    source.#listener?.(new MessageEvent('operation', { data: JSON.stringify(operation) }));
  }
}

const operation = (id: string, state: OperationState, part: Partial<Operation> = {}) =>
  ({
    operation_id: id,
    state,
    queue_position: state === 'waiting' ? 0 : null,
    created_at: `2026-01-01T00:00:0${id.at(-1)}Z`,
    song_id: null,
    stages: [],
    request: { full_described_song: 'a song' },
    ...part,
  }) as unknown as Operation;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeEventSource);
  FakeEventSource.open = [];
  localStorage.clear();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function desk(...listed: Operation[]) {
  const client = {
    mediaUrl: (path: string) => path,
    operations: vi.fn(async () => listed),
    operation: vi.fn(async (id: string) => listed.find((o) => o.operation_id === id)!),
    generate: vi.fn(async () => operation('o9', 'waiting')),
    cancel: vi.fn(async () => undefined),
    resume: vi.fn(async () => undefined),
  };
  const songs: string[] = [];
  const failures: unknown[] = [];
  const operations = new Operations(
    client as unknown as ApiClient,
    (id) => songs.push(id),
    (reason) => failures.push(reason),
  );
  return { client, songs, failures, operations };
}

const watched = () => FakeEventSource.open.map((s) => s.url.split('/')[2]).sort();

it('watches two at once, what runs first, and looks at the others now and then', async () => {
  const { client, operations } = desk(operation('o4', 'waiting'), operation('o3', 'waiting'), operation('o2', 'running'), operation('o1', 'failed'));
  await operations.load();
  expect(watched()).toEqual(['o2', 'o3']);
  await vi.advanceTimersByTimeAsync(2_100);
  expect(client.operations).toHaveBeenCalledTimes(2);
});

it('hands a finished song over once and moves on to the next in line', async () => {
  const { songs, operations } = desk(operation('o3', 'waiting'), operation('o2', 'waiting'), operation('o1', 'running'));
  await operations.load();
  FakeEventSource.send(operation('o1', 'succeeded', { song_id: 's1' }));
  expect(songs).toEqual(['s1']);
  expect(watched()).toEqual(['o2', 'o3']);
  expect(operations.cards.map((o) => o.operation_id)).toEqual(['o3', 'o2']);
});

it('finds a song that was finished while nobody watched', async () => {
  const { client, songs, operations } = desk(operation('o1', 'running'));
  await operations.load();
  client.operations.mockResolvedValueOnce([operation('o1', 'succeeded', { song_id: 's1' })]);
  await operations.load();
  expect(songs).toEqual(['s1']);
});

it('does not take an old song for a new one at the start', async () => {
  const { songs, operations } = desk(operation('o1', 'succeeded', { song_id: 's1' }));
  await operations.load();
  expect(songs).toEqual([]);
});

it('does not count what waits since before a restart as being made', async () => {
  const { operations } = desk(operation('o1', 'waiting', { queue_position: null }));
  await operations.load();
  expect(operations.active).toEqual([]);
  expect(operations.cards).toHaveLength(1);
});

it('keeps a failure until it is put away, also over a reload', async () => {
  const failed = operation('o1', 'failed');
  const { operations } = desk(failed);
  await operations.load();
  operations.dismiss(failed);
  expect(operations.cards).toEqual([]);
  const later = desk(failed).operations;
  await later.load();
  expect(later.cards).toEqual([]);
});

it('asks again with the same request and puts the failure away', async () => {
  const failed = operation('o1', 'failed');
  const { client, operations } = desk(failed);
  await operations.load();
  await operations.tryAgain(failed);
  expect(client.generate).toHaveBeenCalledWith(failed.request);
  expect(operations.cards.map((o) => o.operation_id)).toEqual(['o9']);
});

it('keeps the failure when asking again fails too', async () => {
  const failed = operation('o1', 'failed');
  const { client, failures, operations } = desk(failed);
  await operations.load();
  client.generate.mockRejectedValueOnce(new ApiError(429, { detail: 'The queue is full.' }));
  await operations.tryAgain(failed);
  expect(failures).toHaveLength(1);
  expect(operations.cards).toHaveLength(1);
});

it('is not upset when a song ends just before it is cancelled', async () => {
  const running = operation('o1', 'running');
  const { client, failures, songs, operations } = desk(running);
  await operations.load();
  client.cancel.mockRejectedValueOnce(new ApiError(409, { detail: 'It has ended.' }));
  client.operation.mockResolvedValueOnce(operation('o1', 'succeeded', { song_id: 's1' }));
  await operations.cancel(running);
  expect(failures).toEqual([]);
  expect(songs).toEqual(['s1']);
  expect(operations.cancelling.size).toBe(0);
});

it('shows no card for what makes no song', async () => {
  const { operations } = desk(operation('o1', 'running', { request: { prompt: 'folk' } }));
  await operations.load();
  expect(operations.cards).toEqual([]);
});
