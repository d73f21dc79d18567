import { afterEach, expect, it, vi } from 'vitest';

import { ApiClient, ApiError, generatePath, Unreachable } from './client';

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: unknown) {
  const fetch = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(
    async () => new Response(body === null ? null : JSON.stringify(body), { status }),
  );
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

it('chooses the endpoint by the fields of the request', () => {
  expect(generatePath({ full_described_song: 'a song' })).toBe('/generate_from_description');
  expect(generatePath({ prompt: 'folk', lyrics: 'la la' })).toBe('/generate_with_lyrics');
  expect(generatePath({ prompt: 'folk', described_lyrics: 'a farewell' })).toBe('/generate_with_described_lyrics');
});

it('asks for an operation instead of waiting for the song', async () => {
  const fetch = answer(202, { operation_id: 'o1' });
  const operation = await new ApiClient({ base: '', token: null }).generate({ full_described_song: 'a song' });
  expect(operation.operation_id).toBe('o1');
  expect(fetch.mock.calls[0]![1].headers).toMatchObject({ prefer: 'respond-async' });
});

it('passes the sentence of the server on', async () => {
  answer(400, { detail: 'Say a little more.', status_code: 400, code: 'too_short' });
  const failure = await new ApiClient({ base: '', token: null }).song('x').catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ message: 'Say a little more.', status: 400, code: 'too_short' });
});

it('tells silence from an answer', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => Promise.reject(new TypeError('Failed to fetch'))));
  await expect(new ApiClient({ base: '', token: null }).song('x')).rejects.toBeInstanceOf(Unreachable);
});

it('carries the token in a header, and in media addresses only the media token', async () => {
  const fetch = answer(200, { media_token: 'short lived' });
  const client = new ApiClient({ base: 'http://127.0.0.1:4000', token: 'secret' });
  await client.openSession();
  expect(fetch.mock.calls[0]![1].headers).toMatchObject({ authorization: 'Bearer secret' });
  const url = client.mediaUrl('/songs/a/audio');
  expect(url).toBe('http://127.0.0.1:4000/songs/a/audio?media_token=short+lived');
});

it('keeps tokens out of addresses in the browser, which has a cookie', async () => {
  answer(200, { media_token: 'm' });
  const client = new ApiClient({ base: '', token: null });
  await client.openSession('key');
  expect(client.mediaUrl('/songs/a/bundle', { stems: true, midi: false })).toBe('/songs/a/bundle?stems=true&midi=false');
});
