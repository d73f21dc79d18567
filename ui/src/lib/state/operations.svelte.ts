import { ApiError, type ApiClient } from '../api/client';
import { hasEnded, watchOperation } from '../api/events';
import type { GenerateRequest, Operation } from '../api/types';

const DISMISSED_AS = 'songwright.dismissed';
const LISTED = 40;
const DISMISSED_KEPT = 200;
/** A browser opens six connections to a server at most, and the player needs one of them. */
const WATCHED_AT_ONCE = 2;
const LOOK_AROUND_MS = 2_000;

const urgency = (o: Operation): number => (o.state === 'running' ? 2 : isKept(o) ? 0 : 1);

/** Whether an operation makes a whole song: only those have a card. */
export const makesSong = ({ request }: Operation): boolean =>
  Boolean(request?.full_described_song ?? (request?.prompt && (request.lyrics ?? request.described_lyrics)));

/** Waits since before a restart until somebody says go on: it has no place in the queue. */
export const isKept = ({ state, queue_position }: Operation): boolean => state === 'waiting' && queue_position === null;

/** What is being made, and what did not work out and has not been put away. */
export class Operations {
  all = $state.raw<Operation[]>([]);
  cancelling = $state.raw<ReadonlySet<string>>(new Set());
  #dismissed = $state.raw<ReadonlySet<string>>(new Set());

  readonly cards = $derived(
    this.all.filter((o) => o.state !== 'succeeded' && makesSong(o) && !this.#dismissed.has(o.operation_id)),
  );
  readonly active = $derived(this.all.filter((o) => !hasEnded(o) && !isKept(o) && makesSong(o)));

  readonly #client: ApiClient;
  readonly #onFailure: (reason: unknown) => void;
  readonly #onSong: (songId: string) => void;
  readonly #watches = new Map<string, () => void>();
  #lookAround: ReturnType<typeof setTimeout> | undefined;

  constructor(client: ApiClient, onSong: (songId: string) => void, onFailure: (reason: unknown) => void) {
    this.#client = client;
    this.#onSong = onSong;
    this.#onFailure = onFailure;
    this.#dismissed = new Set(JSON.parse(localStorage.getItem(DISMISSED_AS) ?? '[]') as string[]);
  }

  async load(): Promise<void> {
    const before = new Map(this.all.map((o) => [o.operation_id, o]));
    const now = await this.#client.operations(LISTED);
    this.all = now;
    for (const operation of now) {
      const was = before.get(operation.operation_id);
      if (was && !hasEnded(was) && operation.state === 'succeeded') this.#announce(operation);
    }
    this.#keepWatch();
  }

  async start(request: GenerateRequest): Promise<void> {
    this.#take(await this.#client.generate(request));
  }

  async cancel(operation: Operation): Promise<void> {
    const id = operation.operation_id;
    this.cancelling = new Set(this.cancelling).add(id);
    await this.#ask(async () => {
      await this.#client.cancel(id).catch((reason: unknown) => {
        // It ended a moment before: nothing is left to cancel.
        if (!(reason instanceof ApiError && reason.status === 409)) throw reason;
      });
      this.#take(await this.#client.operation(id));
    });
  }

  async tryAgain(operation: Operation): Promise<void> {
    await this.#ask(async () => {
      await this.start(operation.request);
      this.dismiss(operation);
    });
  }

  async goOn(operation: Operation): Promise<void> {
    await this.#ask(async () => {
      await this.#client.resume(operation.operation_id);
      await this.load();
    });
  }

  dismiss(operation: Operation): void {
    const kept = [...this.#dismissed, operation.operation_id].slice(-DISMISSED_KEPT);
    this.#dismissed = new Set(kept);
    localStorage.setItem(DISMISSED_AS, JSON.stringify(kept));
  }

  async #ask(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (reason) {
      this.#onFailure(reason);
      await this.load().catch(() => undefined);
    }
  }

  #take(operation: Operation): void {
    const index = this.all.findIndex((o) => o.operation_id === operation.operation_id);
    const was = this.all[index];
    this.all = index < 0 ? [operation, ...this.all] : this.all.with(index, operation);
    if (hasEnded(operation)) {
      this.cancelling = new Set([...this.cancelling].filter((id) => id !== operation.operation_id));
      if (operation.state === 'succeeded' && was?.state !== 'succeeded') this.#announce(operation);
    }
    this.#keepWatch();
  }

  #announce({ song_id }: Operation): void {
    if (song_id) this.#onSong(song_id);
  }

  /** Follows what runs by events; looks at the rest of the queue now and then. */
  #keepWatch(): void {
    const wanted = this.all
      .filter((o) => !hasEnded(o))
      .sort((a, b) => urgency(b) - urgency(a) || a.created_at.localeCompare(b.created_at))
      .slice(0, WATCHED_AT_ONCE)
      .map((o) => o.operation_id);
    for (const [id, stop] of this.#watches) {
      if (wanted.includes(id)) continue;
      stop();
      this.#watches.delete(id);
    }
    for (const id of wanted) if (!this.#watches.has(id)) this.#watches.set(id, this.#watch(id));
    clearTimeout(this.#lookAround);
    if (this.all.some((o) => !hasEnded(o) && !wanted.includes(o.operation_id))) {
      this.#lookAround = setTimeout(() => void this.load().catch(this.#onFailure), LOOK_AROUND_MS);
    }
  }

  #watch(id: string): () => void {
    return watchOperation({
      open: () => new EventSource(this.#client.mediaUrl(`/operations/${id}/events`)),
      fetch: () => this.#client.operation(id),
      onSnapshot: (operation) => this.#take(operation),
      onSilence: this.#onFailure,
      onLost: (reason) => {
        this.#watches.delete(id);
        this.all = this.all.filter((o) => o.operation_id !== id);
        this.#onFailure(reason);
      },
    });
  }
}
