import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GivenUp, type RetryPolicy, Stalled, withRetries } from '~/server/storage/retries';
import { S3_RETRIES } from '~/server/storage/s3-blob-store';
import { Slots } from '~/server/storage/slots';

describe('retries', () => {
  const policy: RetryPolicy = { budgetMs: 300, stallMs: 60, pauseMs: 2, pauseMaxMs: 10 };
  const run = async <T>(
    work: Parameters<typeof withRetries<T>>[0],
    more: { signal?: AbortSignal; worthRetrying?: boolean; policy?: Partial<RetryPolicy> } = {},
  ) => {
    const retried: unknown[] = [];
    const outcome = await withRetries(
      work,
      { ...policy, ...more.policy },
      {
        signal: more.signal,
        worthRetrying: () => more.worthRetrying ?? true,
        onRetry: (error) => retried.push(error),
      },
    ).catch((error: unknown) => error);
    return { outcome, retried };
  };

  it('tries until it succeeds, and tells of every failure before', async () => {
    const { outcome, retried } = await run(async ({ number }) => {
      if (number < 4) throw new Error(`failure ${number}`);
      return 'done';
    });
    expect(outcome).toBe('done');
    expect(retried.map(String)).toEqual([1, 2, 3].map((n) => `Error: failure ${n}`));
  });

  it('gives up when its time is used up, with the last failure as the cause', async () => {
    const begun = performance.now();
    const { outcome, retried } = await run(async ({ number }) => {
      throw new Error(`failure ${number}`);
    });
    expect(outcome).toBeInstanceOf(GivenUp);
    expect((outcome as Error).cause).toMatchObject({ message: `failure ${retried.length + 1}` });
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(retried.length).toBeGreaterThan(3);
  });

  it('does not repeat what fails for good', async () => {
    const { outcome, retried } = await run(
      async () => {
        throw new Error('for good');
      },
      { worthRetrying: false },
    );
    expect(outcome).toMatchObject({ message: 'for good' });
    expect(retried).toEqual([]);
  });

  it('gives up an attempt that moves no byte, and not one that is merely slow', async () => {
    let attempts = 0;
    const slowLine = { policy: { stallMs: 400, budgetMs: 3_000 } };
    const { outcome, retried } = await run(async ({ signal, moved }) => {
      attempts += 1;
      if (attempts === 1) {
        await sleep(60_000, undefined, { signal });
      }
      for (let i = 0; i < 10; i += 1) {
        await sleep(60, undefined, { signal });
        moved();
      }
      return 'slow and done';
    }, slowLine);
    expect(outcome).toBe('slow and done');
    expect(retried).toEqual([expect.any(Stalled)]);
  });

  it('stops for its caller at once, in an attempt or in a pause', async () => {
    for (const where of ['attempt', 'pause']) {
      const stop = new AbortController();
      const begun = performance.now();
      const working = run(
        async ({ signal }) => {
          setTimeout(() => stop.abort(new Error('given up')), 5);
          if (where === 'pause') throw new Error('failure');
          await sleep(60_000, undefined, { signal });
        },
        {
          signal: stop.signal,
          policy: { pauseMs: 1e6, pauseMaxMs: 1e6, budgetMs: 1e9, stallMs: 60_000 },
        },
      );
      expect((await working).outcome).toMatchObject({ message: 'given up' });
      expect(performance.now() - begun).toBeLessThan(5_000);
    }
    const { outcome } = await run(async () => 'never', {
      signal: AbortSignal.abort(new Error('before')),
    });
    expect(outcome).toMatchObject({ message: 'before' });
  });

  it('is set so that a dead S3 store is told apart within 30 s', () => {
    expect(S3_RETRIES.budgetMs + S3_RETRIES.stallMs).toBeLessThan(30_000);
  });
});

describe('slots', () => {
  it('bounds number and sum, first come, first served', async () => {
    const slots = new Slots(2, 100);
    const order: string[] = [];
    expect(slots.tryTake(60)).toBe(true);
    expect(slots.tryTake(60)).toBe(false);
    const large = slots.take(60).then(() => order.push('large'));
    // A small one would fit, but does not overtake.
    expect(slots.tryTake(10)).toBe(false);
    const small = slots.take(10).then(() => order.push('small'));
    await turn();
    expect(order).toEqual([]);
    slots.release(60);
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
    expect([slots.count, slots.bytes]).toEqual([2, 70]);
  });

  it('lets one that is larger than all room through when nothing else is under way', async () => {
    const slots = new Slots(5, 100);
    expect(slots.tryTake(10)).toBe(true);
    const huge = slots.take(1_000);
    slots.release(10);
    await huge;
    expect(slots.tryTake(1)).toBe(false);
    slots.release(1_000);
    expect(slots.tryTake(100)).toBe(true);
  });

  it('forgets one that has given up waiting, and lets those behind it pass', async () => {
    const slots = new Slots(5, 100);
    slots.tryTake(80);
    const stop = new AbortController();
    const first = slots.take(90, stop.signal);
    const second = slots.take(20);
    stop.abort(new Error('given up'));
    await expect(first).rejects.toThrow('given up');
    await second;
    expect([slots.count, slots.bytes]).toEqual([2, 100]);
    await expect(slots.take(1, stop.signal)).rejects.toThrow('given up');
  });
});
