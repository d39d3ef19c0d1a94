import type { RateLease, RateLimit, RateStore } from '~/server/ports/rate-store';

/** Counters of requests in memory. */
export class MemoryRateStore implements RateStore {
  readonly windows = new Map<string, { taken: number; resetsAtMs: number }>();
  /** How often it was asked. */
  asked = 0;

  async lease(limits: (RateLimit & { wanted: number })[], atMs: number): Promise<RateLease[]> {
    this.asked++;
    return limits.map(({ key, max, windowMs, wanted }) => {
      const known = this.windows.get(key);
      const stands = known !== undefined && known.resetsAtMs > atMs;
      const window = stands ? known : { taken: 0, resetsAtMs: atMs + windowMs };
      const granted = Math.max(0, Math.min(wanted, max - window.taken));
      window.taken += wanted;
      this.windows.set(key, window);
      const left = Math.max(0, max - window.taken);
      return { granted, left, resetsAtMs: window.resetsAtMs };
    });
  }
}
