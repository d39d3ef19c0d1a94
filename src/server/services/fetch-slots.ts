import { Refusal } from '~/wire/errors';
import { FETCHES_PER_ADDRESS, FETCHES_PER_PROCESS } from '~/wire/limits';

const RETRY_AFTER_S = 5;

/**
 * How many answers of history and objects are under way in this process; each holds some memory. One
 * address has a share of them, so that it cannot keep out the others.
 */
export class FetchSlots {
  readonly #perAddress = new Map<string, number>();
  #taken = 0;

  constructor(
    private readonly max = FETCHES_PER_PROCESS,
    private readonly maxPerAddress = FETCHES_PER_ADDRESS,
  ) {}

  /** Takes a slot; the returned function gives it back, once. Throws `rate-limited` when none is free. */
  take(network: string): () => void {
    const held = this.#perAddress.get(network) ?? 0;
    if (held >= this.maxPerAddress) throw full('fetches_per_address', this.maxPerAddress);
    if (this.#taken >= this.max) throw full('fetches_per_process', this.max);
    this.#perAddress.set(network, held + 1);
    this.#taken++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#taken--;
      const left = this.#perAddress.get(network)! - 1;
      if (left === 0) this.#perAddress.delete(network);
      else this.#perAddress.set(network, left);
    };
  }
}

const full = (limit: string, max: number): Refusal =>
  new Refusal(
    'rate-limited',
    { limit, max, retry_after_s: RETRY_AFTER_S },
    'Too many fetches are under way; wait a moment and fetch again.',
  );
