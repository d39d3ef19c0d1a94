import { Refusal } from '~/wire/errors';
import { networkOf } from '../auth/failure-limits';
import type { FetchSlots } from '../services/fetch-slots';
import { clientOf } from './client-address';

/** What long answers share: how many there may be, and the end of the process. */
export interface AnswerPlaceDeps {
  slots: FetchSlots;
  /** Aborted when the hub goes down and requests in flight have had their time. */
  closing: AbortSignal;
}

/** A place among the answers under way. */
export interface AnswerPlace {
  /** Aborted when the reader is gone, or with a `Refusal` when the hub goes down. */
  stop: AbortController;
  /** Gives the place back; once is enough. */
  leave(): void;
  /** The pieces, and the place given back with the last of them. */
  held<T>(pieces: AsyncGenerator<T>): AsyncGenerator<T>;
}

/** Takes a place for a request. Throws `Refusal` `rate-limited` or `shutting-down`. */
export function takeAnswerPlace(request: Request, deps: AnswerPlaceDeps): AnswerPlace {
  const stop = new AbortController();
  const close = () => stop.abort(new Refusal('shutting-down', { retry_after_s: 5 }));
  if (deps.closing.aborted) close();
  stop.signal.throwIfAborted();
  const release = deps.slots.take(networkOf(clientOf(request).address));
  deps.closing.addEventListener('abort', close, { once: true });
  const leave = () => {
    deps.closing.removeEventListener('abort', close);
    release();
  };
  return {
    stop,
    leave,
    async *held(pieces) {
      try {
        yield* pieces;
      } finally {
        leave();
      }
    },
  };
}
