import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RateStore } from '~/server/ports/rate-store';

const START = Date.UTC(2026, 3, 16);

/** What a store of counted requests promises those who limit them. */
export function describeRateStore(name: string, makeStore: () => RateStore): void {
  const limitOf = (max: number, wanted: number) => ({
    ...{ name: 'token', key: `token ${randomUUID()}`, max, windowMs: 60_000, wanted },
  });

  describe(`${name}: requests that are counted together`, () => {
    it('are given out until the window is used up, and again in the next', async () => {
      const store = makeStore();
      const limit = limitOf(10, 4);
      const take = async (atMs: number) => {
        const [lease] = await store.lease([limit], atMs);
        return [lease!.granted, lease!.left, lease!.resetsAtMs - START];
      };
      expect(await take(START)).toEqual([4, 6, 60_000]);
      expect(await take(START + 1_000)).toEqual([4, 2, 60_000]);
      expect(await take(START + 2_000)).toEqual([2, 0, 60_000]);
      expect(await take(START + 59_999)).toEqual([0, 0, 60_000]);
      expect(await take(START + 60_000)).toEqual([4, 6, 120_000]);
    });

    it('are counted for each key, in the order that was asked', async () => {
      const store = makeStore();
      const [one, two] = [limitOf(5, 5), limitOf(100, 20)];
      await store.lease([one], START);
      const leases = await store.lease([two, one], START);
      expect(leases.map(({ granted }) => granted)).toEqual([20, 0]);
      const turned = await store.lease([one, two], START);
      expect(turned.map(({ granted }) => granted)).toEqual([0, 20]);
    });

    it('are never given out twice, however many ask at once', async () => {
      const store = makeStore();
      const [one, two] = [limitOf(50, 7), limitOf(50, 7)];
      const asked = Array.from({ length: 20 }, (_, n) =>
        store.lease(n % 2 === 0 ? [one, two] : [two, one], START),
      );
      const leases = await Promise.all(asked);
      const sum = (at: (n: number) => number) =>
        leases.reduce((all, lease, n) => all + lease[at(n)]!.granted, 0);
      expect([sum((n) => n % 2), sum((n) => 1 - (n % 2))]).toEqual([50, 50]);
    });
  });
}
