/** Time and chance, so that a test can hold both. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A timer; the returned function cancels it. Never keeps the process alive. */
  setTimer(afterMs: number, fire: () => void): () => void;
  uuid(): string;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(afterMs, fire) {
    const timer = setTimeout(fire, afterMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  uuid: () => crypto.randomUUID(),
};
