import type { CoverStyle, ErrorBody, GenerateRequest, Heard, Operation, Peaks, Session, Song, SongChange, SongPage } from './types';

/** Where the server is. In the browser the page comes from it: no base, and a cookie instead of a token. */
export interface ApiConnection {
  base: string;
  token: string | null;
}

/** The server answered, and the answer was no. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;

  constructor(status: number, body: Partial<ErrorBody>) {
    super(body.detail ?? `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code ?? null;
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('The server does not answer.', { cause });
    this.name = 'Unreachable';
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

function withQuery(path: string, query: Query): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (set.length === 0) return path;
  const search = new URLSearchParams(set.map(([name, value]) => [name, String(value)]));
  return `${path}${path.includes('?') ? '&' : '?'}${search}`;
}

/** The generate endpoint for a request, by the fields it carries: the same order in which the server tells them apart. */
export function generatePath(request: GenerateRequest): string {
  if (request.full_described_song) return '/generate_from_description';
  if (request.lyrics) return '/generate_with_lyrics';
  return '/generate_with_described_lyrics';
}

export class ApiClient {
  readonly #connection: ApiConnection;
  #mediaToken: string | null = null;

  constructor(connection: ApiConnection) {
    this.#connection = connection;
  }

  /** Opens a session: a cookie in the browser; in the window a token for the URLs that cannot carry a header. */
  async openSession(accessKey: string | null = this.#connection.token): Promise<Session> {
    const headers: Record<string, string> = accessKey ? { authorization: `Bearer ${accessKey}` } : {};
    const session = await this.#json<Session>('POST', '/session', { headers });
    if (this.#connection.token) this.#mediaToken = session.media_token;
    return session;
  }

  /** An address for `<audio>`, `<img>`, `EventSource` and downloads. */
  mediaUrl(path: string, query: Query = {}): string {
    return this.#address(withQuery(path, { ...query, media_token: this.#mediaToken }));
  }

  songs = (query: { q?: string; favourite?: boolean; limit: number; offset: number }): Promise<SongPage> =>
    this.#json('GET', withQuery('/songs', { ...query, favourite: query.favourite || undefined }));

  song = (id: string): Promise<Song> => this.#json('GET', `/songs/${id}`);

  changeSong = (id: string, change: SongChange): Promise<Song> =>
    this.#json('PATCH', `/songs/${id}`, { body: change });

  deleteSong = (id: string): Promise<void> => this.#none('DELETE', `/songs/${id}`);

  peaks = (path: string, buckets: number): Promise<Peaks> => this.#json('GET', withQuery(path, { buckets }));

  hear = (description: string, signal: AbortSignal): Promise<Heard> =>
    this.#json('GET', withQuery('/hear', { description }), { signal });

  coverStyles = async (): Promise<Record<string, CoverStyle>> => {
    const answer = await this.#json<{ available_styles: Record<string, CoverStyle> }>('GET', '/image/get_available_styles');
    return answer.available_styles;
  };

  generate = (request: GenerateRequest): Promise<Operation> =>
    this.#json('POST', generatePath(request), { body: request, headers: { prefer: 'respond-async' } });

  operations = async (limit: number): Promise<Operation[]> => {
    const answer = await this.#json<{ operations: Operation[] }>('GET', withQuery('/operations', { limit }));
    return answer.operations;
  };

  operation = (id: string): Promise<Operation> => this.#json('GET', `/operations/${id}`);

  cancel = (id: string): Promise<void> => this.#none('DELETE', `/operations/${id}`);

  resume = (id: string): Promise<void> => this.#none('POST', `/operations/${id}/resume`);

  bytes = async (path: string): Promise<Blob> => (await this.#send('GET', path)).blob();

  /** The server's links are paths, or whole addresses where it is told its public one. */
  #address(path: string): string {
    return /^https?:/.test(path) ? path : this.#connection.base + path;
  }

  async #json<T>(method: string, path: string, extra: SendOptions = {}): Promise<T> {
    return (await (await this.#send(method, path, extra)).json()) as T;
  }

  async #none(method: string, path: string): Promise<void> {
    await this.#send(method, path);
  }

  async #send(method: string, path: string, { body, headers = {}, signal }: SendOptions = {}): Promise<Response> {
    const all: Record<string, string> = { accept: 'application/json', ...headers };
    if (this.#connection.token) all['authorization'] ??= `Bearer ${this.#connection.token}`;
    if (body !== undefined) all['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(this.#address(path), {
        method,
        headers: all,
        credentials: this.#connection.base ? 'omit' : 'same-origin',
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new Unreachable(cause);
    }
    if (!response.ok) throw new ApiError(response.status, await errorBody(response));
    return response;
  }
}

interface SendOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

async function errorBody(response: Response): Promise<Partial<ErrorBody>> {
  try {
    return (await response.json()) as ErrorBody;
  } catch {
    return {};
  }
}
