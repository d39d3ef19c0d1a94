/**
 * How this process ends (docs/operating.md): first it drains, taking no new requests while those in
 * flight go on; at the deadline these are told to end too.
 */
export class Lifecycle {
  /** No new requests are taken; /ready says no. */
  draining = false;
  readonly #deadline = new AbortController();

  /** Aborted when requests in flight have had their time. */
  get deadline(): AbortSignal {
    return this.#deadline.signal;
  }

  drain(): void {
    this.draining = true;
  }

  expire(): void {
    this.draining = true;
    this.#deadline.abort();
  }
}
