import { setTimeout as sleep } from 'node:timers/promises';

/** How long a store that does not answer, or answers badly, is tried. */
export interface RetryPolicy {
  /** No attempt begins later than this after the first. */
  budgetMs: number;
  /**
   * An attempt that moves no byte for so long is given up. There is no other bound on it: a slow
   * line that moves is slow, not broken. A dead store is given up after budget + stall.
   */
  stallMs: number;
  /** The pause before the n-th retry is a random part of `pauseMs` · 2^n, at most `pauseMaxMs`. */
  pauseMs: number;
  pauseMaxMs: number;
}

export interface Attempt {
  /** From 1. */
  number: number;
  /** Aborted when the attempt stalls or the caller gives up. */
  signal: AbortSignal;
  /** To be called whenever bytes go through. */
  moved: () => void;
}

/** All attempts failed; `cause` is the last one's error. */
export class GivenUp extends Error {
  constructor(attempts: number, ms: number, cause: unknown) {
    super(`given up after ${attempts} attempts in ${ms} ms`, { cause });
    this.name = 'GivenUp';
  }
}

/**
 * Runs `work` until it succeeds, fails for good or the budget is used up, with pauses of full jitter
 * so that many who failed together do not come back together.
 *
 * Rejects with the caller's abort reason, with the error that `worthRetrying` denies, or `GivenUp`.
 */
export async function withRetries<T>(
  work: (attempt: Attempt) => Promise<T>,
  policy: RetryPolicy,
  options: {
    worthRetrying: (error: unknown) => boolean;
    onRetry: (error: unknown, attempt: number) => void;
    signal?: AbortSignal;
  },
): Promise<T> {
  const { signal, worthRetrying, onRetry } = options;
  const begun = performance.now();
  for (let number = 1; ; number += 1) {
    signal?.throwIfAborted();
    try {
      return await attemptOnce(work, number, policy.stallMs, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!worthRetrying(error)) throw error;
      const pause = Math.random() * Math.min(policy.pauseMaxMs, policy.pauseMs * 2 ** number);
      const spent = performance.now() - begun;
      if (spent + pause >= policy.budgetMs) throw new GivenUp(number, Math.round(spent), error);
      onRetry(error, number);
      await sleep(pause, undefined, { signal }).catch(() => {}); // the loop's head looks at the signal
    }
  }
}

async function attemptOnce<T>(
  work: (attempt: Attempt) => Promise<T>,
  number: number,
  stallMs: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const stop = new AbortController();
  const giveUp = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', giveUp, { once: true });
  let lastMoved = performance.now();
  let timer: NodeJS.Timeout;
  const watch = (afterMs: number) => {
    timer = setTimeout(() => {
      const left = lastMoved + stallMs - performance.now();
      if (left > 0) watch(left);
      else stop.abort(new Stalled(stallMs));
    }, afterMs);
  };
  watch(stallMs);
  try {
    return await work({
      number,
      signal: stop.signal,
      moved: () => {
        lastMoved = performance.now();
      },
    });
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    clearTimeout(timer!);
    signal?.removeEventListener('abort', giveUp);
  }
}

/** An attempt moved no byte for too long. */
export class Stalled extends Error {
  constructor(ms: number) {
    super(`no byte went through for ${ms} ms`);
    this.name = 'Stalled';
  }
}
