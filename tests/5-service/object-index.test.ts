import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ObjectIndex } from '~/server/storage/object-index';

const idOf = (n: number) => createHash('sha256').update(String(n)).digest('hex');

function filled(count: number): ObjectIndex {
  const index = new ObjectIndex();
  const segments = [index.addSegment('segment-0'), index.addSegment('segment-1')];
  for (let n = 0; n < count; n += 1) {
    index.add({
      id: idOf(n),
      size: n * 2,
      encoding: (['raw', 'zlib', 'zstd'] as const)[n % 3]!,
      polyglot: n % 5 === 0 ? 'zip+html' : '',
      extents: [{ segment: segments[n % 2]!, offset: n * 10, length: n }],
    });
  }
  return index;
}

describe('object index', () => {
  it('gives back what was added, and knows what was not', () => {
    const index = filled(10_000);
    expect(index.count).toBe(10_000);
    for (const n of [0, 1, 4_095, 4_096, 9_999]) {
      expect(index.has(idOf(n))).toBe(true);
      expect(index.get(idOf(n))).toEqual({
        id: idOf(n),
        size: n * 2,
        encoding: ['raw', 'zlib', 'zstd'][n % 3],
        polyglot: n % 5 === 0 ? 'zip+html' : '',
        extents: [{ segmentId: `segment-${n % 2}`, offset: n * 10, length: n }],
      });
    }
    expect(index.has(idOf(10_000))).toBe(false);
    expect(index.get(idOf(10_000))).toBeNull();
    expect(index.bytes).toBe(9_999 * 10_000);
    expect(index.storedBytes).toBe((9_999 * 10_000) / 2);
  });

  it('adds an id once', () => {
    const index = filled(3);
    const again = { size: 77, encoding: 'raw', polyglot: 'x', id: idOf(1) } as const;
    expect(index.add({ ...again, extents: [{ segment: 0, offset: 0, length: 9 }] })).toBe(false);
    expect(index.get(idOf(1))).toMatchObject({ size: 2, encoding: 'zlib' });
    expect([index.count, index.bytes, index.storedBytes]).toEqual([3, 6, 3]);
  });

  it('keeps the extents of an object in several segments in their order', () => {
    const index = new ObjectIndex();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => index.addSegment(id)) as [number, number, number];
    const extents = [b, a, c].map((segment, n) => ({ segment, offset: n, length: 10 + n }));
    const [first, ...rest] = extents;
    index.add({ id: idOf(0), size: 99, encoding: 'raw', polyglot: '', extents: [first!, ...rest] });
    expect(index.get(idOf(0))!.extents).toEqual([
      { segmentId: 'b', offset: 0, length: 10 },
      { segmentId: 'a', offset: 1, length: 11 },
      { segmentId: 'c', offset: 2, length: 12 },
    ]);
    expect(index.storedBytes).toBe(33);
  });

  it('lists all objects in the order of their ids, in batches', () => {
    const index = filled(5_000);
    const batches = [...index.batches(1_024)];
    expect(batches.map((batch) => batch.length)).toEqual([1024, 1024, 1024, 1024, 904]);
    const ids = batches.flat().map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 5_000 }, (_, n) => idOf(n)).sort());
    expect([...index.batches()].flat()).toHaveLength(5_000);
    expect([...new ObjectIndex().batches()]).toEqual([]);
  });

  it('holds a million objects in less than 120 MB', () => {
    const before = process.memoryUsage();
    const index = new ObjectIndex();
    const random = randomBytes(32 * 1_000);
    for (let n = 0; n < 1_000_000; n += 1) {
      if (n % 64 === 0) index.addSegment(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
      random.writeUInt32LE(n, (n % 1_000) * 32);
      const at = (n % 1_000) * 32;
      index.add({
        id: random.toString('hex', at, at + 32),
        size: 100,
        encoding: 'raw',
        polyglot: '',
        extents: [{ segment: n >> 6, offset: n & 63, length: 100 }],
      });
    }
    global.gc?.();
    const after = process.memoryUsage();
    const held = after.arrayBuffers - before.arrayBuffers;
    expect(index.count).toBe(1_000_000);
    expect(held).toBeGreaterThan(40e6);
    expect(held).toBeLessThan(110e6);
    let last = '';
    let listed = 0;
    for (const batch of index.batches()) {
      expect(batch[0]!.id > last).toBe(true);
      last = batch.at(-1)!.id;
      listed += batch.length;
    }
    expect(listed).toBe(1_000_000);
  });
});
