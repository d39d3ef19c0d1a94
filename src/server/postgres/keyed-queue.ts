/**
 * Runs tasks of one key one after the other, those of different keys at the same time.
 *
 * Pushes to one repository would wait for its row lock anyway; waiting here instead, they hold no
 * connection meanwhile, and a busy repository cannot use up the pool of all others.
 */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(task);
    const ended = () => {};
    const tail = result.then(ended, ended); // the task's error goes to its own caller
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
