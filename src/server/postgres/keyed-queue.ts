/**
 * Runs tasks of one key one after the other, those of different keys at the same time, but never
 * more than so many in all.
 *
 * Pushes to one repository would wait for its row lock anyway; waiting here instead, they hold no
 * connection meanwhile. A busy repository cannot use up the pool, nor can many of them: what reads
 * always finds a connection.
 */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();
  /** Those whose turn it is in their key, and who wait for a place; first come, first served. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(private readonly runningMax: number) {}

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(() => this.#inPlace(task));
    const ended = () => {};
    const tail = result.then(ended, ended); // the task's error goes to its own caller
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }

  async #inPlace<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.runningMax) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift(); // takes over the place
      if (next) next();
      else this.#running--;
    }
  }
}
