interface Waiting {
  bytes: number;
  grant: () => void;
}

/**
 * A bound on what is under way: so many at once and so many bytes of them, first come, first
 * served. One that alone exceeds the bytes gets its place when nothing else has one.
 */
export class Slots {
  #count = 0;
  #bytes = 0;
  readonly #waiting: Waiting[] = [];

  constructor(
    private readonly countMax: number,
    private readonly bytesMax: number,
  ) {}

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a place now; false when there is none or others wait already. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.#count += 1;
    this.#bytes += bytes;
    return true;
  }

  /** Waits for a place; `abort` leaves the queue and rejects with the signal's reason. */
  take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.tryTake(bytes)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
        this.#grantNext();
      };
      const waiting: Waiting = {
        bytes,
        grant: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
    });
  }

  /** Gives a place back, with the bytes it was taken for. */
  release(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
    this.#grantNext();
  }

  #fits(bytes: number): boolean {
    if (this.#count === 0) return true;
    return this.#count < this.countMax && this.#bytes + bytes <= this.bytesMax;
  }

  #grantNext(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#count += 1;
      this.#bytes += next.bytes;
      next.grant();
    }
  }
}
