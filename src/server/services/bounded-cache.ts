/**
 * What was found out before and can never change, such as what differs between two trees that are
 * named by what they hold; each process has its own. The entries used last are kept.
 */
export class BoundedCache<Value> {
  readonly #entries = new Map<string, { value: Promise<Value>; weight: number }>();
  #weight = 0;

  /**
   * @param maxWeight what all entries together may weigh; the last one is kept even if it is heavier
   * @param entryMaxWeight an entry that is heavier is not kept
   */
  constructor(
    private readonly maxWeight: number,
    private readonly weigh: (value: Value) => number,
    private readonly entryMaxWeight = Number.POSITIVE_INFINITY,
  ) {}

  /** The value under this key, found now if it is not known; a failure is not kept. */
  get(key: string, find: () => Promise<Value>): Promise<Value> {
    const known = this.#entries.get(key);
    if (known) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value;
    }
    const entry = { value: find(), weight: 0 };
    this.#entries.set(key, entry);
    entry.value.then(
      (value) => {
        if (this.#entries.get(key) !== entry) return;
        const weight = 1 + this.weigh(value);
        if (weight > this.entryMaxWeight) return this.#entries.delete(key);
        entry.weight = weight;
        this.#weight += entry.weight;
        this.#shrink(key);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry.value;
  }

  #shrink(kept: string): void {
    for (const [oldest, { weight }] of this.#entries) {
      if (this.#weight <= this.maxWeight || oldest === kept) break;
      this.#entries.delete(oldest);
      this.#weight -= weight;
    }
  }
}
