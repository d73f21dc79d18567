import { Unreachable } from './client';
import type { Operation } from './types';

/** The part of `EventSource` that is used here. */
export interface Source {
  readyState: number;
  onerror: ((event: Event) => void) | null;
  addEventListener(type: 'operation', listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface WatchPorts {
  open(): Source;
  /** Asks for the operation as it is now. */
  fetch(): Promise<Operation>;
  onSnapshot(operation: Operation): void;
  /** The server does not answer. The watch goes on. */
  onSilence(reason: Unreachable): void;
  /** The operation is gone, or the key is. Called once, and the watch is over. */
  onLost(reason: unknown): void;
}

const CLOSED = 2;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

export const hasEnded = (operation: Operation): boolean =>
  !['waiting', 'running'].includes(operation.state);

/**
 * Follows one operation until it ends. `EventSource` mends a dropped connection by itself (with `Last-Event-ID`);
 * when it gives up for good, the operation is fetched, which says whether it ended meanwhile, is gone, or is worth another try.
 */
export function watchOperation(ports: WatchPorts): () => void {
  let over = false;
  let source: Source | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = FIRST_RETRY_MS;

  const stop = () => {
    over = true;
    source?.close();
    clearTimeout(timer);
  };

  const take = (operation: Operation) => {
    if (over) return;
    retryMs = FIRST_RETRY_MS;
    if (hasEnded(operation)) stop();
    ports.onSnapshot(operation);
  };

  const connect = () => {
    source = ports.open();
    source.addEventListener('operation', (event) => take(JSON.parse(event.data) as Operation));
    source.onerror = () => {
      if (over) return;
      if (source?.readyState !== CLOSED) return void noticeSilence();
      timer = setTimeout(lookAgain, retryMs);
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    };
  };

  /** A source that mends itself does not say whether there is anybody at the other end. */
  const noticeSilence = async () => {
    try {
      take(await ports.fetch());
    } catch (reason) {
      // Any answer is the source's to learn: it comes to the same one.
      if (reason instanceof Unreachable && !over) ports.onSilence(reason);
    }
  };

  const lookAgain = async () => {
    try {
      const now = await ports.fetch();
      const wait = retryMs;
      take(now);
      retryMs = wait;
      if (!over) connect();
    } catch (reason) {
      if (over) return;
      if (reason instanceof Unreachable) {
        ports.onSilence(reason);
        timer = setTimeout(lookAgain, retryMs);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      } else {
        stop();
        ports.onLost(reason);
      }
    }
  };

  connect();
  return stop;
}
