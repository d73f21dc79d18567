import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ApiError, Unreachable } from './client';
import { watchOperation, type Source, type WatchPorts } from './events';
import type { Operation, OperationState } from './types';

class FakeSource implements Source {
  readyState = 1;
  onerror: ((event: Event) => void) | null = null;
  #listener: ((event: MessageEvent<string>) => void) | null = null;

  addEventListener(_type: 'operation', listener: (event: MessageEvent<string>) => void): void {
    this.#listener = listener;
  }

  close(): void {
    this.readyState = 2;
  }

  send(state: OperationState): void {
    this.#listener?.(new MessageEvent('operation', { data: JSON.stringify({ state }) }));
  }

  fail(forGood: boolean): void {
    this.readyState = forGood ? 2 : 0;
    this.onerror?.(new Event('error'));
  }
}

const operation = (state: OperationState) => ({ state }) as Operation;

describe('watchOperation', () => {
  let sources: FakeSource[];
  let seen: OperationState[];
  let lost: unknown[];
  let silences: number;
  let ports: WatchPorts;

  beforeEach(() => {
    vi.useFakeTimers();
    sources = [];
    seen = [];
    lost = [];
    silences = 0;
    ports = {
      open: () => {
        const source = new FakeSource();
        sources.push(source);
        return source;
      },
      fetch: vi.fn(async () => operation('running')),
      onSnapshot: (o) => seen.push(o.state),
      onSilence: () => (silences += 1),
      onLost: (reason) => lost.push(reason),
    };
  });

  afterEach(() => vi.useRealTimers());

  it('passes snapshots on and closes after the last', () => {
    watchOperation(ports);
    sources[0]!.send('running');
    sources[0]!.send('succeeded');
    sources[0]!.send('running');
    expect(seen).toEqual(['running', 'succeeded']);
    expect(sources[0]!.readyState).toBe(2);
  });

  it('leaves a connection alone that mends itself', async () => {
    watchOperation(ports);
    sources[0]!.fail(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sources).toHaveLength(1);
    expect(silences).toBe(0);
  });

  it('says when there is nobody at the other end, and waits on', async () => {
    ports.fetch = async () => Promise.reject(new Unreachable('down'));
    watchOperation(ports);
    sources[0]!.fail(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(silences).toBe(1);
    sources[0]!.send('succeeded');
    expect(seen).toEqual(['succeeded']);
    expect(lost).toEqual([]);
  });

  it('asks and opens anew when the connection is gone for good', async () => {
    watchOperation(ports);
    sources[0]!.fail(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sources).toHaveLength(2);
    sources[1]!.send('succeeded');
    expect(seen).toEqual(['running', 'succeeded']);
  });

  it('learns of an end that came while it was away', async () => {
    ports.fetch = async () => operation('failed');
    watchOperation(ports);
    sources[0]!.fail(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen).toEqual(['failed']);
    expect(sources).toHaveLength(1);
  });

  it('keeps asking a silent server, ever more slowly', async () => {
    const fetch = vi.fn(async (): Promise<Operation> => Promise.reject(new Unreachable('down')));
    ports.fetch = fetch;
    watchOperation(ports);
    sources[0]!.fail(true);
    await vi.advanceTimersByTimeAsync(4_000);
    const early = fetch.mock.calls.length;
    expect(early).toBeGreaterThanOrEqual(3);
    await vi.advanceTimersByTimeAsync(16_000);
    expect(fetch.mock.calls.length - early).toBeLessThanOrEqual(3);
    expect(lost).toEqual([]);
  });

  it('gives up on an operation that is no more', async () => {
    const gone = new ApiError(404, { detail: 'No such operation.' });
    ports.fetch = async () => Promise.reject(gone);
    watchOperation(ports);
    sources[0]!.fail(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lost).toEqual([gone]);
  });

  it('is still after it was stopped', async () => {
    const stop = watchOperation(ports);
    sources[0]!.fail(true);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ports.fetch).not.toHaveBeenCalled();
    expect(sources).toHaveLength(1);
  });
});
