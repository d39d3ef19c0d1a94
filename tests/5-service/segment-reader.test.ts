import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ObjectToRead, StoredObjectDamaged } from '~/server/ports/object-storage';
import type { ObjectLocation } from '~/server/ports/push-store';
import { segmentKey } from '~/server/ports/segment-key';
import { type DamageOutcome, SegmentReader } from '~/server/storage/segment-reader';
import { SegmentWriter } from '~/server/storage/segment-writer';
import { MemoryBlobStore } from '~tests/support/memory-blob-store';

const MIB = 1024 ** 2;
const repoId = randomUUID();
const idOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

describe('segment reader', () => {
  let blobs: MemoryBlobStore;
  let reader: SegmentReader;
  let alarms: [StoredObjectDamaged, DamageOutcome][];
  let now: number;

  beforeEach(() => {
    blobs = new MemoryBlobStore();
    alarms = [];
    now = 0;
    reader = new SegmentReader({
      blobs,
      onDamage: (...alarm) => alarms.push(alarm),
      now: () => now,
    });
  });

  /** Stores contents as a push would and says where they lie, in the order given. */
  async function store(
    contents: Uint8Array[],
    encoding: ObjectLocation['encoding'] = 'raw',
    batchBytes = 8 * MIB,
  ): Promise<ObjectToRead[]> {
    const writer = new SegmentWriter({
      repoId,
      blobs,
      uuid: randomUUID,
      limits: { batchObjects: 64, batchBytes, putsInFlight: 100, bytesInFlight: 64 * MIB },
    });
    for (const content of contents) {
      const data = encoding === 'zlib' ? deflateSync(content) : content;
      const facts = { id: idOf(content), size: content.byteLength, encoding, polyglot: '' };
      await writer.add({ ...facts, parts: [data], storedBytes: data.byteLength });
    }
    const { objects } = await writer.finish();
    return contents.map((content) => {
      const { id, ...location } = objects.get(idOf(content))!;
      return { id, location };
    });
  }

  const readParts = async (
    object: ObjectToRead,
    options?: Parameters<SegmentReader['readObject']>[2],
  ) => {
    return collect(reader.readObject(repoId, object, options));
  };
  const keyOf = ({ location }: ObjectToRead, extent = 0) =>
    segmentKey(repoId, location.extents[extent]!.segmentId);
  const flip = (object: ObjectToRead, extent = 0) => {
    const { offset, length } = object.location.extents[extent]!;
    blobs.blobs.get(keyOf(object, extent))!.bytes[offset + length - 1]! ^= 1;
  };
  /** Counts reads; the n-th may be tampered with. */
  function watch(tamper: (bytes: Buffer, call: number) => void = () => {}) {
    const calls: number[] = [];
    const read = blobs.read.bind(blobs);
    blobs.read = async (key, offset, length, options) => {
      const call = calls.push(length) - 1;
      const bytes = await read(key, offset, length, options);
      tamper(bytes, call);
      return bytes;
    };
    return calls;
  }

  it.each(['raw', 'zlib'] as const)(
    'gives back %s objects, each once, with few reads',
    async (encoding) => {
      const contents = Array.from({ length: 1_000 }, (_, n) =>
        Buffer.concat([Buffer.from(`${n} `), randomBytes(n % 300)]),
      );
      const objects = await store(contents, encoding);
      objects.sort((a, b) => (a.id < b.id ? -1 : 1));
      const reads = watch();
      const found = new Map<string, Uint8Array>();
      for await (const { object, stored, content } of reader.readObjects(repoId, objects)) {
        expect(found.has(object.id)).toBe(false);
        expect(stored!.byteLength).toBe(object.location.extents[0]!.length);
        found.set(object.id, content!);
      }
      expect(found.size).toBe(1_000);
      for (const content of contents) expect(found.get(idOf(content))).toEqual(content);
      // One for each segment: four of 64 objects, four of 128, and the rest.
      expect(reads).toHaveLength(9);
    },
  );

  it('keeps what the caller had with an object', async () => {
    const [object] = await store([Buffer.from('x')]);
    for await (const { object: same } of reader.readObjects(repoId, [
      { ...object!, path: 'a/b' },
    ])) {
      expect(same.path).toBe('a/b');
    }
    expect(await collect(reader.readObjects(repoId, []))).toEqual([]);
  });

  it('reads through small gaps and not through large ones', async () => {
    const objects = await store(Array.from({ length: 5 }, () => randomBytes(60_000)));
    const reads = watch();
    const [a, b, c, , e] = objects as [
      ObjectToRead,
      ObjectToRead,
      ObjectToRead,
      unknown,
      ObjectToRead,
    ];
    await collect(reader.readBatches(repoId, [a, c]));
    expect(reads.splice(0)).toEqual([180_000]);
    await collect(reader.readBatches(repoId, [e, b]));
    expect(reads).toEqual([60_000, 60_000]);
  });

  it('takes its objects from a source that is slow, empty or endless', async () => {
    const objects = await store([Buffer.from('a'), Buffer.from('b')]);
    async function* endless() {
      for (;;) {
        await turn();
        yield* objects;
      }
    }
    let seen = 0;
    for await (const { content } of reader.readObjects(repoId, endless())) {
      expect(content!.byteLength).toBe(1);
      if (++seen === 20_000) break;
    }
    expect(seen).toBe(20_000);
  });

  it('reads ahead within bounds, and stops when its consumer leaves', async () => {
    const objects = await store(Array.from({ length: 30 }, () => randomBytes(3 * MIB)));
    let [under, most] = [0, 0];
    const aborted: boolean[] = [];
    blobs.before = async (operation, _key, { signal }) => {
      if (operation !== 'read') return;
      most = Math.max(most, ++under);
      signal!.addEventListener('abort', () => aborted.push(true));
      await turn();
      under -= 1;
    };
    let seen = 0;
    for await (const batch of reader.readBatches(repoId, objects)) {
      seen += batch.length;
      if (seen >= 20) break;
    }
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    expect(aborted.length).toBeGreaterThan(0);
  });

  it('gives no batch more content than a whole object may have', async () => {
    const objects = await store(
      Array.from({ length: 40 }, (_, n) => Buffer.alloc(MIB, n)),
      'zlib',
    );
    const sizes: number[] = [];
    for await (const batch of reader.readBatches(repoId, objects)) {
      sizes.push(batch.reduce((sum, { content }) => sum + content!.byteLength, 0));
    }
    expect(sizes).toEqual([8, 8, 8, 8, 8].map((n) => n * MIB));
  });

  it('gives the alarm for an object that is damaged, missing or cut', async () => {
    const damages: Record<string, (object: ObjectToRead) => void> = {
      damaged: flip,
      missing: (object) => blobs.blobs.delete(keyOf(object)),
      cut: (object) => {
        const blob = blobs.blobs.get(keyOf(object))!;
        blob.bytes = blob.bytes.subarray(0, blob.bytes.byteLength - 1);
      },
    };
    for (const [how, damage] of Object.entries(damages)) {
      for (const encoding of ['raw', 'zlib'] as const) {
        const objects = await store([randomBytes(50), randomBytes(60), randomBytes(70)], encoding);
        const victim = objects[2]!;
        damage(victim);
        const reading = collect(reader.readBatches(repoId, objects));
        const error = await reading.catch((e: unknown) => e);
        expect(error, how).toBeInstanceOf(StoredObjectDamaged);
        const expected = {
          segmentId: victim.location.extents[0]!.segmentId,
          repoId,
          reason: how === 'damaged' ? 'damaged' : 'missing',
          id: how === 'missing' ? expect.any(String) : victim.id,
        };
        expect(error).toMatchObject(expected);
        expect(alarms.at(-1)).toEqual([error, 'lost']);
        await expect(readParts(victim)).rejects.toBeInstanceOf(StoredObjectDamaged);
      }
    }
    expect(alarms).toHaveLength(12);
  });

  it('reads once more before it calls an object damaged', async () => {
    const objects = await store([randomBytes(50), randomBytes(60)]);
    const reads = watch((bytes, call) => {
      if (call === 0) bytes[55]! ^= 1;
    });
    const [batch] = await collect(reader.readBatches(repoId, objects));
    expect(batch!.map(({ content }) => idOf(content!))).toEqual(objects.map(({ id }) => id));
    expect(reads).toEqual([110, 60]);
    expect(alarms).toMatchObject([[{ id: objects[1]!.id }, 'recovered']]);
  });

  it('reads a small object in several segments as a whole', async () => {
    const content = randomBytes(5_000);
    const objects = await store([content, randomBytes(100)], 'raw', 1_000);
    const all = await collect(reader.readObjects(repoId, objects));
    expect(all.map(({ content: c }) => idOf(c!)).sort()).toEqual(objects.map((o) => o.id).sort());
    expect(Buffer.concat(await readParts(objects[0]!))).toEqual(content);
  });

  describe('of large objects', () => {
    const content = Buffer.concat([randomBytes(17 * MIB), Buffer.alloc(4 * MIB, 'muse')]);

    it('leaves them out of batches', async () => {
      const [large] = await store([content]);
      const [found] = await collect(reader.readObjects(repoId, [large!]));
      expect(found).toEqual({ object: large, stored: null, content: null });
    });

    it.each(['raw', 'zlib'] as const)('streams a %s one in both forms', async (encoding) => {
      const [large] = await store([content], encoding);
      expect(large!.location.extents.length).toBeGreaterThan(1);
      const decoded = await readParts(large!);
      expect(decoded.length).toBeGreaterThan(5);
      expect(Buffer.concat(decoded).equals(content)).toBe(true);
      const stored = Buffer.concat(await readParts(large!, { form: 'stored' }));
      const expected = encoding === 'zlib' ? deflateSync(content) : content;
      expect(stored.equals(expected)).toBe(true);
    });

    it.each(['raw', 'zlib'] as const)('gives any range of a %s one', async (encoding) => {
      const [large] = await store([content], encoding);
      const end = content.byteLength;
      for (const [from, to] of [
        [0, 1],
        [8 * MIB - 1, 8 * MIB + 1],
        [5, 19 * MIB],
        [end - 1, end],
        [0, end],
        [7, 7],
      ] as const) {
        for (const _ of ['first time', 'verified']) {
          const parts = await readParts(large!, { range: { start: from, end: to } });
          expect(Buffer.concat(parts).equals(content.subarray(from, to)), `${from}-${to}`).toBe(
            true,
          );
        }
      }
    });

    it('verifies the whole before a range of it, then reads just the range for a while', async () => {
      const [large] = await store([content]);
      const reads = watch();
      const range = { start: 9 * MIB, end: 9 * MIB + 10 };
      await readParts(large!, { range });
      expect(reads.splice(0).reduce((a, b) => a + b)).toBe(content.byteLength);
      await readParts(large!, { range });
      expect(reads.splice(0)).toEqual([10]);
      now += 3_600_000;
      flip(large!, 1);
      await expect(readParts(large!, { range })).rejects.toBeInstanceOf(StoredObjectDamaged);
    });

    it.each(['content', 'stored'] as const)('never completes a damaged one (%s)', async (form) => {
      for (const encoding of ['raw', 'zlib'] as const) {
        const [large] = await store([content], encoding);
        flip(large!, large!.location.extents.length - 1);
        let given = 0;
        const reading = (async () => {
          for await (const part of reader.readObject(repoId, large!, { form })) {
            given += part.byteLength;
          }
        })();
        await expect(reading).rejects.toMatchObject({ id: large!.id, reason: 'damaged' });
        const asStored = encoding === 'raw' ? content : deflateSync(content);
        expect(given).toBeLessThan((form === 'content' ? content : asStored).byteLength);
      }
      expect(alarms.map(([, outcome]) => outcome)).toEqual(['lost', 'lost']);
    });

    it('tells a lost extent from a read that went wrong once', async () => {
      const [large, other] = await store([content, randomBytes(9 * MIB)]);
      blobs.blobs.delete(keyOf(large!, 1));
      await expect(readParts(large!)).rejects.toMatchObject({ reason: 'missing' });
      watch((bytes, call) => {
        if (call === 1) bytes[0]! ^= 1;
      });
      await expect(readParts(other!)).rejects.toMatchObject({ code: 'storage-unavailable' });
      expect(alarms.map(([, outcome]) => outcome)).toEqual(['lost', 'recovered']);
      expect(idOf(Buffer.concat(await readParts(other!)))).toBe(other!.id);
    });

    it('stops for a caller that has given up', async () => {
      const [large] = await store([content]);
      const stop = new AbortController();
      const reading = (async () => {
        for await (const _ of reader.readObject(repoId, large!, { signal: stop.signal })) {
          stop.abort(new Error('given up'));
        }
      })();
      await expect(reading).rejects.toThrow('given up');
      expect(alarms).toEqual([]);
    });
  });
});
