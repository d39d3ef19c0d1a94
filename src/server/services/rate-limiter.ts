import type { Clock } from '~/server/ports/clock';
import type { RateLimit, RateStore } from '~/server/ports/rate-store';

/**
 * How much of a limit a process takes ahead: the database is asked once for so many requests, and
 * that much of a window can lie unused in a process that gets no more of them.
 */
const SHARE = 1 / 20;
/** Keys that this process remembers; beyond it, it asks the database again. */
const KEYS_MAX = 20_000;

interface Allowance {
  /** Requests that were taken ahead and not used yet. */
  held: number;
  /** What nobody had taken of the window when it was asked last. */
  left: number;
  resetsAtMs: number;
}

/** How a limit stands after a request, for the headers of its answer. */
export interface RateState {
  limit: RateLimit;
  remaining: number;
  resetsAtMs: number;
}

export interface RateVerdict {
  /** When the request may come again, ms since the epoch; null: it may be answered. */
  heardAgainAtMs: number | null;
  states: RateState[];
}

/**
 * Counts requests against limits that all processes share. Each process takes a share of a window
 * ahead and counts it off in memory, so most requests cost no query. A key that is used up is
 * refused from memory until its window ends.
 *
 * When the database does not answer, nothing is limited: the request itself will say what is wrong.
 */
export class RateLimiter {
  readonly #allowances = new Map<string, Allowance>();
  readonly #leasing = new Map<string, Promise<boolean>>();

  constructor(
    private readonly deps: {
      store: RateStore;
      clock: Pick<Clock, 'now'>;
      onTrouble: (what: string, error: unknown) => void;
    },
  ) {}

  /** Counts a request against each of the limits; it may be answered when none is used up. */
  async take(limits: RateLimit[]): Promise<RateVerdict> {
    if (limits.length === 0) return { heardAgainAtMs: null, states: [] };
    const now = this.deps.clock.now();
    for (const limit of limits) this.#forgetOver(limit.key, now);
    for (;;) {
      const empty = limits.filter(({ key }) => !this.#allowances.has(key) || this.#mayAsk(key));
      if (empty.length === 0) break;
      // Others may use up what comes before it is this request's turn: then it asks again.
      if (!(await this.#lease(empty, now))) return { heardAgainAtMs: null, states: [] };
    }
    const used = limits.flatMap(({ key }) => {
      const allowance = this.#allowances.get(key);
      return allowance && allowance.held === 0 ? [allowance.resetsAtMs] : [];
    });
    if (used.length === 0) {
      for (const { key } of limits) {
        const allowance = this.#allowances.get(key);
        if (allowance) allowance.held--;
      }
    }
    const heardAgainAtMs = used.length === 0 ? null : Math.max(...used);
    return { heardAgainAtMs, states: limits.flatMap((limit) => this.#stateOf(limit)) };
  }

  #forgetOver(key: string, now: number): void {
    const allowance = this.#allowances.get(key);
    if (allowance && allowance.resetsAtMs <= now) this.#allowances.delete(key);
  }

  /** Nothing is held, but the window may have more. */
  #mayAsk(key: string): boolean {
    const { held, left } = this.#allowances.get(key)!;
    return held === 0 && left > 0;
  }

  /** Requests that come while a key is asked for wait for that one answer. False: there is none. */
  async #lease(limits: RateLimit[], now: number): Promise<boolean> {
    const fresh = limits.filter(({ key }) => !this.#leasing.has(key));
    if (fresh.length > 0) {
      const asking = this.#ask(fresh, now).finally(() => {
        for (const { key } of fresh) this.#leasing.delete(key);
      });
      for (const { key } of fresh) this.#leasing.set(key, asking);
    }
    const answers = await Promise.all(limits.map(({ key }) => this.#leasing.get(key)));
    return answers.every((answered) => answered !== false);
  }

  async #ask(limits: RateLimit[], now: number): Promise<boolean> {
    const { store, onTrouble } = this.deps;
    const wanted = limits.map((limit) => ({ ...limit, wanted: Math.ceil(limit.max * SHARE) }));
    try {
      const leases = await store.lease(wanted, now);
      if (this.#allowances.size >= KEYS_MAX) this.#allowances.clear();
      for (const [n, { granted, left, resetsAtMs }] of leases.entries()) {
        this.#allowances.set(limits[n]!.key, { held: granted, left, resetsAtMs });
      }
      return true;
    } catch (error) {
      onTrouble('requests could not be counted', error);
      return false;
    }
  }

  #stateOf(limit: RateLimit): RateState[] {
    const allowance = this.#allowances.get(limit.key);
    if (!allowance) return [];
    const { held, left, resetsAtMs } = allowance;
    return [{ limit, remaining: held + left, resetsAtMs }];
  }
}
