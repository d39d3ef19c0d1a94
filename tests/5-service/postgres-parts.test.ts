import { describe, expect, it } from 'vitest';
import { refusalOf, troubleOf } from '~/server/postgres/database-error';
import { KeyedQueue } from '~/server/postgres/keyed-queue';
import { slicesOf } from '~/server/postgres/push-rows';
import { isUuid, storableJson, storableText, storableTime } from '~/server/postgres/storable';
import { Refusal } from '~/wire/errors';

describe('the queue of one key', () => {
  it('runs one task after the other, also after one that failed', async () => {
    const queue = new KeyedQueue(4);
    const order: string[] = [];
    const task = (name: string, fails = false) =>
      queue.run('repo', async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      });
    const settled = await Promise.allSettled([task('a'), task('b', true), task('c')]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('runs no more tasks at once than it may, and serves who waited longest', async () => {
    const queue = new KeyedQueue(2);
    const order: string[] = [];
    const gates = new Map<string, () => void>();
    const runs = ['a', 'b', 'c', 'd'].map((name) =>
      queue.run(name, async () => {
        order.push(name);
        await new Promise<void>((resolve) => gates.set(name, resolve));
        if (name === 'a') throw new Error('a failed task gives its place on');
      }),
    );
    const open = async (name: string, run: Promise<void> | undefined) => {
      while (!gates.has(name)) await Promise.resolve();
      gates.get(name)!();
      await run?.catch(() => {});
    };
    await open('a', runs[0]);
    expect(order).toEqual(['a', 'b', 'c']);
    await open('c', runs[2]);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    await open('b', runs[1]);
    await open('d', runs[3]);
    expect(await queue.run('e', async () => 'free again')).toBe('free again');
  });

  it('does not hold up another key', async () => {
    const queue = new KeyedQueue(4);
    let release = () => {};
    const held = queue.run('one', () => new Promise<void>((resolve) => (release = resolve)));
    expect(await queue.run('two', async () => 'free')).toBe('free');
    release();
    await held;
  });
});

describe('what a column can hold', () => {
  it('is text without NUL and without half a character', () => {
    expect(storableText('plain ä 🎵')).toBe('plain ä 🎵');
    expect(storableText('a\0b\ud800c')).toBe('a\ufffdb\ufffdc');
    expect(storableText('ab🎵', 3)).toBe('ab\ufffd');
  });

  it('is JSON whose keys and values are such texts', () => {
    const value = { 'k\0': ['\ud800', { deep: '\0' }], big: 12n, none: null, n: 1.5 };
    expect(JSON.parse(storableJson(value))).toEqual({
      ...{ 'k\ufffd': ['\ufffd', { deep: '\ufffd' }], big: 12, none: null, n: 1.5 },
    });
  });

  it('is a time of years 1 to 9999', () => {
    expect(storableTime(0)).toBe(0);
    expect(storableTime(null)).toBeNull();
    expect(storableTime(8.64e15)).toBeNull();
    expect(storableTime(-8.64e15)).toBeNull();
    expect(storableTime(Number.NaN)).toBeNull();
  });

  it('is an id in the form of a UUID', () => {
    expect(isUuid('0195E1F0-0000-7000-8000-000000000001')).toBe(true);
    expect(isUuid('0195e1f0-0000-7000-8000-00000000000')).toBe(false);
    expect(isUuid("' OR true")).toBe(false);
  });
});

it('a statement carries at most eight MiB and five thousand rows, and at least one row', () => {
  const MiB = 1024 ** 2;
  const sizes = (batch: number[]) => [...slicesOf(batch, (size) => size)].map((s) => s.length);
  expect(sizes([])).toEqual([]);
  expect(sizes([20 * MiB])).toEqual([1]);
  expect(sizes([5 * MiB, 5 * MiB, 3 * MiB, 1])).toEqual([1, 2, 1]);
  expect(sizes(new Array(12_001).fill(1))).toEqual([5_000, 5_000, 2_001]);
});

describe('an error of the database', () => {
  const raw = (originalCode: string) => ({
    code: 'P2010',
    meta: { driverAdapterError: { cause: { originalCode, kind: 'postgres' } } },
  });
  it.each([
    [raw('40P01'), 'conflict'],
    [{ cause: { originalCode: '40001' } }, 'conflict'],
    [{ code: 'P2034' }, 'conflict'],
    [raw('53100'), 'full'],
    [raw('57P01'), 'unavailable'],
    [raw('08006'), 'unavailable'],
    [{ code: 'P2028' }, 'unavailable'],
    [{ code: 'ECONNRESET' }, 'unavailable'],
    [
      { code: 'P2010', meta: { driverAdapterError: { cause: { kind: 'ConnectionClosed' } } } },
      'unavailable',
    ],
    [new Error('Connection terminated unexpectedly'), 'unavailable'],
    [new Error('timeout exceeded when trying to connect'), 'unavailable'],
    [raw('22P02'), null],
    [new Error('division by zero'), null],
    [new Refusal('stale-head'), null],
    [null, null],
  ])('%s means %s', (error, meaning) => {
    expect(troubleOf(error)).toBe(meaning);
  });

  it('becomes a refusal that keeps its cause, or stays the fault it is', () => {
    const full = raw('53100');
    expect(refusalOf(full)).toMatchObject({ code: 'storage-full', cause: full });
    expect(refusalOf(raw('57P01'))).toMatchObject({ code: 'database-unavailable' });
    const fault = new Error('ours');
    expect(refusalOf(fault)).toBe(fault);
  });
});
