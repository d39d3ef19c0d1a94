/**
 * How this process ends (docs/operating.md): first it drains, taking no new requests while those in
 * flight go on; at the deadline these are told to end too.
 */
export class Lifecycle {
  readonly #stopping = new AbortController();
  readonly #deadline = new AbortController();

  /** No new requests are taken; /ready says no. */
  get draining(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Aborted as the draining begins, for what would go on by itself for ever. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborted when requests in flight have had their time. */
  get deadline(): AbortSignal {
    return this.#deadline.signal;
  }

  drain(): void {
    this.#stopping.abort();
  }

  expire(): void {
    this.drain();
    this.#deadline.abort();
  }
}
