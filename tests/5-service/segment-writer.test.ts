import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { IncomingObject } from '~/server/ports/object-storage';
import type { NewObject } from '~/server/ports/push-store';
import { segmentKey } from '~/server/ports/segment-key';
import { SegmentWriter } from '~/server/storage/segment-writer';
import { Slots } from '~/server/storage/slots';
import { Refusal } from '~/wire/errors';
import { MemoryBlobStore } from '~tests/support/memory-blob-store';

const repoId = randomUUID();
const LIMITS = { batchObjects: 4, batchBytes: 1000, putsInFlight: 3, bytesInFlight: 3000 };

function object(bytes: Uint8Array, parts: Uint8Array[] = [bytes]): IncomingObject {
  const id = createHash('sha256').update(bytes).digest('hex');
  return {
    id,
    size: bytes.byteLength,
    encoding: 'raw',
    polyglot: '',
    parts,
    storedBytes: bytes.byteLength,
  };
}

function setUp(limits: Partial<typeof LIMITS> = {}, slots?: Slots) {
  const blobs = new MemoryBlobStore();
  const writer = new SegmentWriter({
    repoId,
    blobs,
    uuid: randomUUID,
    limits: { ...LIMITS, ...limits },
    slots,
  });
  return { blobs, writer };
}

/** The stored bytes of an object, by its extents. */
function stored(blobs: MemoryBlobStore, { extents }: NewObject): Buffer {
  return Buffer.concat(
    extents.map(({ segmentId, offset, length }) => {
      const blob = blobs.blobs.get(segmentKey(repoId, segmentId))!;
      return blob.bytes.subarray(offset, offset + length);
    }),
  );
}

const all = (batches: Iterable<NewObject[]>) => [...batches].flat();

describe('segment writer', () => {
  it('closes a segment at so many objects or so many bytes, whichever comes first', async () => {
    const { blobs, writer } = setUp();
    for (let i = 0; i < 6; i += 1) await writer.add(object(Buffer.from(`small ${i}`)));
    const large = [randomBytes(600), randomBytes(600), randomBytes(400), randomBytes(100)];
    for (const bytes of large) await writer.add(object(bytes));
    const { segments, objects } = await writer.finish();
    expect(segments.map((s) => [s.objectCount, s.bytes])).toEqual([
      [4, 28],
      [3, 614],
      [2, 1000],
      [1, 100],
    ]);
    expect(blobs.blobs.size).toBe(4);
    for (const { id, bytes } of segments) {
      expect(blobs.blobs.get(segmentKey(repoId, id))!.bytes.byteLength).toBe(bytes);
    }
    for (const bytes of large) {
      expect(stored(blobs, objects.get(object(bytes).id)!).equals(bytes)).toBe(true);
    }
    expect(objects.count).toBe(10);
  });

  it('stores objects of every size and cut byte for byte', async () => {
    const { blobs, writer } = setUp({ batchBytes: 300_000, bytesInFlight: 900_000 });
    const sizes = [0, 1, 63, 65_535, 65_536, 70_000, 299_999, 300_000, 300_001, 1_000_000];
    const originals = sizes.map((size) => randomBytes(size));
    for (const bytes of originals) {
      const cut = Math.floor(bytes.byteLength / 3);
      const parts = [bytes.subarray(0, cut), bytes.subarray(cut)];
      await writer.add(object(bytes, parts));
    }
    const { segments, objects } = await writer.finish();
    for (const bytes of originals) {
      const found = objects.get(object(bytes).id)!;
      expect(found.size).toBe(bytes.byteLength);
      expect(stored(blobs, found).equals(bytes), String(bytes.byteLength)).toBe(true);
    }
    expect(Math.max(...segments.map((s) => s.bytes))).toBeLessThanOrEqual(300_000);
    expect(objects.storedBytes).toBe(segments.reduce((sum, s) => sum + s.bytes, 0));
  });

  it('splits an object above the limit of a segment into extents in order', async () => {
    const { blobs, writer } = setUp();
    const bytes = randomBytes(2_500);
    await writer.add(object(bytes));
    const { objects } = await writer.finish();
    const [found] = all(objects.batches());
    expect(found!.extents.map((e) => [e.offset, e.length])).toEqual([
      [0, 1000],
      [0, 1000],
      [0, 500],
    ]);
    expect(stored(blobs, found!).equals(bytes)).toBe(true);
  });

  it('takes an object in pieces, small ones into the common segment', async () => {
    const { blobs, writer } = setUp();
    const [big, small] = [randomBytes(3_333), randomBytes(40)];
    await writer.add(object(Buffer.from('before')));
    for (const bytes of [big, small]) {
      const chunked = writer.beginObject({ id: object(bytes).id, encoding: 'zlib' });
      for (let at = 0; at < bytes.byteLength; at += 7) {
        await chunked.write(bytes.subarray(at, at + 7));
      }
      await chunked.end({ size: 9_999, polyglot: 'zip+html' });
    }
    const { segments, objects } = await writer.finish();
    expect(objects.get(object(big).id)).toMatchObject({
      encoding: 'zlib',
      size: 9_999,
      polyglot: 'zip+html',
    });
    expect(stored(blobs, objects.get(object(big).id)!).equals(big)).toBe(true);
    expect(stored(blobs, objects.get(object(small).id)!).equals(small)).toBe(true);
    expect(segments).toHaveLength(5);
  });

  it('stores a duplicate once, whole or in pieces', async () => {
    const { blobs, writer } = setUp();
    const bytes = randomBytes(100);
    await writer.add(object(bytes));
    await writer.add(object(bytes));
    const chunked = writer.beginObject(object(bytes));
    await chunked.write(bytes);
    await chunked.end({ size: 100, polyglot: '' });
    const { segments, objects } = await writer.finish();
    expect(objects.count).toBe(1);
    expect(segments).toMatchObject([{ bytes: 100, objectCount: 1 }]);
    expect(blobs.blobs.size).toBe(1);
  });

  it('asks for patience only when no slot is free, and never has more in flight than said', async () => {
    const { blobs, writer } = setUp({ putsInFlight: 2 });
    const held: (() => void)[] = [];
    let most = 0;
    blobs.before = (operation) => {
      if (operation !== 'put') return;
      return new Promise((resolve) => {
        held.push(resolve);
        most = Math.max(most, held.length);
      });
    };
    const fill = () => writer.add(object(randomBytes(1000)));
    expect(fill()).toBeUndefined();
    expect(fill()).toBeUndefined();
    const third = fill();
    expect(third).toBeInstanceOf(Promise);
    await turn();
    expect(held).toHaveLength(2);
    held.shift()!();
    await third;
    await turn();
    expect(held).toHaveLength(2);
    const finished = writer.finish();
    while (held.length > 0) {
      held.shift()!();
      await turn();
    }
    expect((await finished).segments).toHaveLength(3);
    expect(most).toBe(2);
  });

  it('bounds the bytes in flight as well as the puts', async () => {
    const slots = new Slots(100, 2_500);
    const { blobs, writer } = setUp({}, slots);
    let most = 0;
    blobs.before = async (operation, _key, { bytes }) => {
      if (operation !== 'put') return;
      most = Math.max(most, slots.bytes);
      expect(bytes).toBeGreaterThan(0);
      await turn();
    };
    for (let i = 0; i < 50; i += 1) await writer.add(object(randomBytes(900)));
    await writer.finish();
    expect(most).toBe(1_800);
    expect(slots.bytes).toBe(0);
    expect(slots.count).toBe(0);
  });

  it('fails with the first failed put, promptly, and stops the others, for every put', async () => {
    for (let failing = 0; failing < 8; failing += 1) {
      const slots = new Slots(3, 3_000);
      const { blobs, writer } = setUp({}, slots);
      let puts = 0;
      const aborted: boolean[] = [];
      blobs.before = async (operation, _key, { signal }) => {
        if (operation !== 'put') return;
        if (puts++ === failing) throw new Refusal('storage-full');
        if (puts <= failing) return;
        await new Promise((resolve) => signal!.addEventListener('abort', resolve));
        aborted.push(true);
      };
      const push = (async () => {
        for (let i = 0; i < 9; i += 1) await writer.add(object(randomBytes(1000)));
        await writer.finish();
      })();
      await expect(push).rejects.toMatchObject({ code: 'storage-full' });
      await expect(writer.add(object(randomBytes(3)))).rejects.toMatchObject({
        code: 'storage-full',
      });
      await expect(writer.finish()).rejects.toMatchObject({ code: 'storage-full' });
      blobs.before = () => {};
      await writer.abandon();
      expect(blobs.blobs.size, `put ${failing}`).toBe(0);
      expect(slots.count).toBe(0);
    }
  });

  it('abandons a push: puts in flight are stopped and what was put is deleted', async () => {
    const { blobs, writer } = setUp();
    await writer.add(object(randomBytes(1000)));
    await turn();
    expect(blobs.blobs.size).toBe(1);
    blobs.before = (operation, _key, { signal }) => {
      if (operation !== 'put') return;
      return new Promise((resolve) => signal!.addEventListener('abort', () => resolve()));
    };
    await writer.add(object(randomBytes(1000)));
    await writer.abandon();
    expect(blobs.blobs.size).toBe(0);
    await expect(writer.add(object(randomBytes(3)))).rejects.toThrow('abandoned');
    await expect(writer.finish()).rejects.toThrow('abandoned');
  });

  it('leaves to the sweep what it cannot delete, without a second error', async () => {
    for (const code of ['storage-unavailable', 'storage-full'] as const) {
      const blobs = new MemoryBlobStore();
      const troubles: string[] = [];
      const writer = new SegmentWriter({
        repoId,
        blobs,
        uuid: randomUUID,
        limits: LIMITS,
        onTrouble: (what) => troubles.push(what),
      });
      await writer.add(object(randomBytes(1000)));
      const deletions: string[] = [];
      blobs.before = (operation, key) => {
        if (operation === 'delete') deletions.push(key);
        throw new Refusal(code);
      };
      await writer.add(object(randomBytes(1000)));
      await expect(writer.finish()).rejects.toMatchObject({ code });
      await writer.abandon();
      // A store that does not answer is not asked again while a client waits.
      expect(deletions.length).toBe(code === 'storage-full' ? 1 : 0);
      expect(troubles.length).toBe(deletions.length);
    }
  });

  it('does not keep a large buffer alive for a small view of it', async () => {
    const { blobs, writer } = setUp({ batchBytes: 1024 ** 2, bytesInFlight: 8 * 1024 ** 2 });
    const seen: number[] = [];
    const put = blobs.put.bind(blobs);
    blobs.put = (key, parts, options) => {
      for (const part of parts) seen.push(part.buffer.byteLength / part.byteLength);
      return put(key, parts, options);
    };
    const huge = Buffer.alloc(4 * 1024 ** 2, 1);
    await writer.add(object(huge.subarray(0, 100_000)));
    await writer.add(object(huge.subarray(0, 1000)));
    const whole = Buffer.alloc(900_000, 2);
    await writer.add(object(whole));
    const { objects } = await writer.finish();
    expect(stored(blobs, objects.get(object(whole).id)!).equals(whole)).toBe(true);
    // The copy of the small one shares a chunk with what follows it; the large ones fit exactly.
    expect(seen.filter((ratio) => ratio > 2)).toHaveLength(1);
    expect(seen.length).toBe(3);
  });

  it('joins small objects into one part, so that a put is one write', async () => {
    const { blobs, writer } = setUp({ batchObjects: 64, batchBytes: 8 * 1024 ** 2 });
    const counts: number[] = [];
    const put = blobs.put.bind(blobs);
    blobs.put = (key, parts, options) => {
      counts.push(parts.length);
      return put(key, parts, options);
    };
    for (let i = 0; i < 640; i += 1) await writer.add(object(randomBytes(100)));
    await writer.finish();
    expect(counts).toEqual(Array(7).fill(1));
  });

  it('makes the segments of a large push larger as it goes on', async () => {
    const { blobs, writer } = setUp({ batchObjects: 2, batchBytes: 8 * 1024 ** 2 });
    const originals = Array.from({ length: 600 }, (_, i) => Buffer.from(`object ${i}`));
    for (const bytes of originals) await writer.add(object(bytes));
    const { segments, objects } = await writer.finish();
    expect(segments.map(({ objectCount }) => objectCount)).toEqual([
      ...[2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 16, 16, 16, 16, 32, 32, 32, 32],
      ...[64, 64, 64, 64, 64, 32],
    ]);
    for (const bytes of originals) {
      expect(stored(blobs, objects.get(object(bytes).id)!).equals(bytes)).toBe(true);
    }
  });

  it('puts what it has when no more objects come, before it is asked to finish', async () => {
    const { blobs, writer } = setUp();
    await writer.add(object(Buffer.from('the only one')));
    await turn();
    expect(blobs.blobs.size).toBe(0);
    writer.seal();
    await turn();
    expect(blobs.blobs.size).toBe(1);
    expect((await writer.finish()).segments).toHaveLength(1);
    expect(blobs.blobs.size).toBe(1);
  });

  it('tells by finish that the put of a sealed segment failed', async () => {
    const { blobs, writer } = setUp();
    blobs.put = () => Promise.reject(new Refusal('storage-unavailable'));
    await writer.add(object(Buffer.from('lost')));
    writer.seal();
    await turn();
    await expect(writer.finish()).rejects.toMatchObject({ code: 'storage-unavailable' });
  });

  it('finishes a push without objects with no segment at all', async () => {
    const { blobs, writer } = setUp();
    expect(await writer.finish()).toMatchObject({ segments: [] });
    expect(blobs.blobs.size).toBe(0);
  });
});
