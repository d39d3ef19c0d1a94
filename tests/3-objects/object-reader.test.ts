import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import { decodeStored, decodeStoredStream, ObjectDamaged } from '~/muse/object-reader';
import type { Encoding } from '~/muse/stream-decoder';
import { zstdBlock, zstdFrame, zstdSamples } from '~tests/support/zstd-samples';

interface Stored {
  id: string;
  size: number;
  encoding: Encoding;
  data: Uint8Array;
}

const stored = (content: Uint8Array, encoding: Encoding, data: Uint8Array): Stored => ({
  id: objectIdOf(content),
  size: content.length,
  encoding,
  data,
});

const content = Buffer.concat([Buffer.from('stored text\n'.repeat(30_000)), randomBytes(300_000)]);
const sample = zstdSamples().find(({ name }) => name === 'lines -19')!;
const all: [string, Stored, Buffer][] = [
  ['raw', stored(content, 'raw', content), content],
  ['zlib', stored(content, 'zlib', deflateSync(content)), content],
  ['zstd', stored(sample.decoded, 'zstd', sample.encoded), sample.decoded],
  ['raw and empty', stored(Buffer.alloc(0), 'raw', Buffer.alloc(0)), Buffer.alloc(0)],
];

async function* pieces(data: Uint8Array, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += bytes) yield data.subarray(at, at + bytes);
}

async function readAll(object: Stored, bytes = 70_000): Promise<{ read: Buffer; error: unknown }> {
  const read: Uint8Array[] = [];
  try {
    for await (const piece of decodeStoredStream(object, pieces(object.data, bytes)))
      read.push(piece);
  } catch (error) {
    return { read: Buffer.concat(read), error };
  }
  return { read: Buffer.concat(read), error: null };
}

describe('a stored object', () => {
  it.each(all)('is read whole: %s', (_, object, decoded) => {
    expect(Buffer.compare(decodeStored(object, object.data), decoded)).toBe(0);
  });

  it.each(all)(
    'is read as a stream, in pieces that stay what they were: %s',
    async (_, object, decoded) => {
      for (const bytes of [1_000_000, 999]) {
        const { read, error } = await readAll(object, bytes);
        expect(error).toBeNull();
        expect(read.equals(decoded)).toBe(true);
      }
    },
  );

  it('comes in pieces that later ones do not write over', async () => {
    // Forty blocks through a window of one: the decoder has room for two.
    const block = 128 * 1024;
    const blocks = Array.from({ length: 40 }, (_, i) =>
      zstdBlock(1, block, i === 39, Uint8Array.of(i)),
    );
    const runs = Buffer.concat(Array.from({ length: 40 }, (_, i) => Buffer.alloc(block, i)));
    const { read, error } = await readAll(stored(runs, 'zstd', zstdFrame(7, blocks)));
    expect(error).toBeNull();
    expect(read.equals(runs)).toBe(true);
  });

  it('comes in pieces of bounded size', async () => {
    const zeros = Buffer.alloc(1024 ** 2);
    const object = stored(zeros, 'zlib', deflateSync(zeros));
    let largest = 0;
    for await (const piece of decodeStoredStream(object, pieces(object.data, 2 ** 20)))
      largest = Math.max(largest, piece.length);
    expect(largest).toBeLessThanOrEqual(128 * 1024);
  });

  it('may be left in the middle', async () => {
    let closed = false;
    const [, object] = all[1]!;
    async function* source() {
      try {
        yield* pieces(object.data, 10_000);
      } finally {
        closed = true;
      }
    }
    for await (const piece of decodeStoredStream(object, source())) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(closed).toBe(true);
  });
});

describe('a damaged object', () => {
  const flip = (data: Uint8Array, at: number) => {
    const copy = Buffer.from(data);
    copy[at]! ^= 1;
    return copy;
  };
  const damage: [string, Stored][] = all.slice(0, 3).flatMap(([name, object]) => [
    [
      `${name}, a bit in the middle`,
      { ...object, data: flip(object.data, object.data.length >> 1) },
    ],
    [`${name}, cut off`, { ...object, data: object.data.subarray(0, -1) }],
    [`${name}, something after it`, { ...object, data: Buffer.concat([object.data, object.data]) }],
    [`${name}, another size in its row`, { ...object, size: object.size + 1 }],
    [`${name}, another object`, { ...object, id: objectIdOf(Buffer.from('another')) }],
  ]);

  it.each(damage)('is never given for whole: %s', async (_, object) => {
    expect(() => decodeStored(object, object.data)).toThrow(ObjectDamaged);
    const { read, error } = await readAll(object);
    expect(error).toBeInstanceOf(ObjectDamaged);
    // The reader of the stream has less than the object, so it cannot take it for the object.
    expect(read.length).toBeLessThan(object.size);
  });

  it('is told apart from trouble of the store', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield all[1]![1].data.subarray(0, 1_000);
      throw new Error('the store is away');
    }
    const reading = async () => {
      for await (const piece of decodeStoredStream(all[1]![1], broken())) void piece;
    };
    await expect(reading()).rejects.toThrow('the store is away');
  });
});
