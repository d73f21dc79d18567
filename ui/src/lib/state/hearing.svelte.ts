import type { ApiClient } from '../api/client';
import { ApiError } from '../api/client';
import type { Heard } from '../api/types';

const PAUSE_MS = 350;
const SHORTEST = 5;

/** What the server understands of the words while they are typed. */
export class Hearing {
  heard = $state<Heard | null>(null);

  readonly #client: ApiClient;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | null = null;
  /** A server without ears is not asked again. */
  #deaf = false;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  listen(text: string): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const said = text.trim();
    if (this.#deaf || said.length < SHORTEST) {
      this.heard = null;
      return;
    }
    this.#timer = setTimeout(() => void this.#ask(said), PAUSE_MS);
  }

  async #ask(said: string): Promise<void> {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const heard = await this.#client.hear(said.slice(0, 1000), signal);
      if (!signal.aborted) this.heard = heard;
    } catch (reason) {
      if (signal.aborted) return;
      this.heard = null;
      if (reason instanceof ApiError && reason.status === 404) this.#deaf = true;
    }
  }
}
