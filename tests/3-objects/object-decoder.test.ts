import { randomBytes } from 'node:crypto';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Id, objectIdOf } from '~/muse/ids';
import {
  DEFAULT_DECODE_BOUNDS,
  type DecodeBounds,
  type DecodedObject,
  decodeObject,
  type EncodedObject,
  ObjectDecoder,
} from '~/muse/object-decoder';
import { isProblem, type Problem } from '~/muse/problem';
import * as limits from '~/wire/limits';
import { zstdSamples } from '~tests/support/zstd-samples';

const object = (
  content: Uint8Array,
  encoding: EncodedObject['encoding'],
  data: Uint8Array,
): EncodedObject => ({ id: objectIdOf(content), size: content.length, encoding, data });

const raw = (content: Uint8Array) => object(content, 'raw', content);
const zlib = (content: Uint8Array) => object(content, 'zlib', deflateSync(content));

function accepted(result: DecodedObject | Problem): DecodedObject {
  if (isProblem(result)) throw new Error(`${result.code} ${JSON.stringify(result.detail)}`);
  return result;
}

const whole = async (o: EncodedObject, bounds?: DecodeBounds) => decodeObject(o, bounds);

/** The same object in chunks of so many bytes. */
async function inChunks(o: EncodedObject, chunkBytes: number, bounds?: DecodeBounds) {
  const decoder = new ObjectDecoder(o, bounds);
  for (let at = 0; at < o.data.length; at += chunkBytes) {
    const refused = await decoder.write(o.data.subarray(at, at + chunkBytes));
    if (refused) return refused;
  }
  return decoder.finish();
}

const text = Buffer.from('The quick brown fox jumps over the lazy dog.\n'.repeat(60));
const large = Buffer.concat([
  Buffer.from('half of it is text\n'.repeat(90_000)),
  randomBytes(900_000),
]);
const zstd = zstdSamples().map((s) => ({ name: s.name, o: object(s.decoded, 'zstd', s.encoded) }));
const words = zstd.find(({ name }) => name === 'words -3')!.o;

describe('an object that is what it says', () => {
  const all: [string, EncodedObject][] = [
    ['raw', raw(text)],
    ['raw and empty', raw(Buffer.alloc(0))],
    ['raw and large', raw(large)],
    ['zlib', zlib(text)],
    ['zlib and empty', zlib(Buffer.alloc(0))],
    ['zlib of one byte', zlib(Buffer.from('x'))],
    ['zlib and large', zlib(large)],
    ['zlib of exactly the size that is inflated at once', zlib(Buffer.alloc(1024 ** 2, 'ab'))],
    ...zstd.map(({ name, o }): [string, EncodedObject] => [`zstd: ${name}`, o]),
  ];

  it.each(all)('is accepted: %s', async (_, o) => {
    expect(accepted(await whole(o))).toMatchObject({ id: o.id, size: o.size, polyglot: '' });
  });

  it.each(all)('is accepted in chunks: %s', async (_, o) => {
    for (const chunkBytes of [
      Math.max(1, o.data.length),
      Math.max(1, Math.ceil(o.data.length / 7)),
    ])
      expect(await inChunks(o, chunkBytes)).toEqual({
        id: o.id,
        size: o.size,
        encoding: o.encoding,
        polyglot: '',
      });
  });

  it('is answered at once when it is small, or raw', () => {
    for (const o of [raw(text), raw(large), zlib(text), words])
      expect(decodeObject(o)).not.toBeInstanceOf(Promise);
    expect(decodeObject(zlib(large))).toBeInstanceOf(Promise);
  });

  it('is stored as it came when that is smaller', async () => {
    for (const o of [zlib(text), zlib(large), words]) {
      const { encoding, parts } = accepted(await whole(o));
      expect([encoding, parts.length]).toEqual([o.encoding, 1]);
      // The very bytes, not a copy of them.
      expect(parts[0]).toBe(o.data);
    }
  });

  it('is stored decoded when encoding made it no smaller', async () => {
    for (const content of [randomBytes(500), randomBytes(1_500_000), Buffer.from('x')]) {
      const o = zlib(content);
      expect(o.data.length).toBeGreaterThanOrEqual(content.length);
      const { encoding, parts } = accepted(await whole(o));
      expect(encoding).toBe('raw');
      expect(Buffer.concat(parts).equals(content)).toBe(true);
    }
  });
});

describe('an object that is not what it says', () => {
  const small = zlib(text);
  const big = zlib(large);

  /** Both ways in, which must agree on the code. */
  async function code(o: EncodedObject, chunkBytes = 100_000): Promise<string> {
    const [one, two] = [await whole(o), await inChunks(o, chunkBytes)];
    if (!isProblem(one) || !isProblem(two)) throw new Error('it was accepted');
    expect(two.code).toBe(one.code);
    expect(one.detail.object_id).toBe(o.id);
    return one.code;
  }

  it('is object-decode-failed when it is cut off, at any byte', () => {
    for (let length = 0; length < small.data.length; length++)
      expect(decodeObject({ ...small, data: small.data.subarray(0, length) })).toMatchObject({
        code: 'object-decode-failed',
      });
  });

  it('is object-decode-failed when it is cut off in chunks or is large', async () => {
    for (const o of [small, big, words])
      for (const length of [o.data.length >> 1, o.data.length - 1])
        expect(await code({ ...o, data: o.data.subarray(0, length) })).toBe('object-decode-failed');
  });

  it('is object-decode-failed when anything follows its end', async () => {
    for (const o of [small, big, words]) {
      const data = Buffer.concat([o.data, Buffer.from('junk')]);
      expect(await code({ ...o, data })).toBe('object-decode-failed');
      // The end exactly at the end of a chunk, the junk in one of its own.
      expect(await code({ ...o, data }, o.data.length)).toBe('object-decode-failed');
    }
  });

  it('is object-decode-failed when its bytes are damaged', async () => {
    for (const o of [small, big]) {
      const checksum = Buffer.from(o.data);
      checksum[checksum.length - 1]! ^= 1;
      expect(await code({ ...o, data: checksum })).toBe('object-decode-failed');
      const header = Buffer.from(o.data);
      header[0]! ^= 0xff;
      expect(await code({ ...o, data: header })).toBe('object-decode-failed');
    }
  });

  it('is object-decode-failed in an encoding that only resembles the declared one', async () => {
    const withDictionary = deflateSync(text, { dictionary: Buffer.from('quick brown fox') });
    for (const data of [gzipSync(text), deflateRawSync(text), withDictionary, text, words.data])
      expect(await code({ ...small, data })).toBe('object-decode-failed');
    expect(await code({ ...words, data: deflateSync(text) })).toBe('object-decode-failed');
  });

  it('is object-size-mismatch when it is longer or shorter than declared', async () => {
    for (const o of [raw(text), small, big, words])
      for (const size of [o.size - 1, o.size + 1, 0])
        expect(await code({ ...o, size })).toBe('object-size-mismatch');
  });

  it('is object-hash-mismatch when it is another object', async () => {
    const other: Id = objectIdOf(Buffer.from('another'));
    for (const o of [raw(text), small, big, words])
      expect(await code({ ...o, id: other })).toBe('object-hash-mismatch');
  });

  it('says what was found', async () => {
    expect(await whole({ ...raw(text), size: 3 })).toEqual({
      code: 'object-size-mismatch',
      detail: { object_id: objectIdOf(text), size: 3, decoded_bytes: text.length },
    });
    const id = objectIdOf(Buffer.from('another'));
    expect(await whole({ ...raw(text), id })).toEqual({
      code: 'object-hash-mismatch',
      detail: { object_id: id, hash: objectIdOf(text) },
    });
  });
});

describe('a bomb', () => {
  /** 64 MiB in 64 KiB. */
  const zeros = Buffer.alloc(64 * 1024 ** 2);
  const bomb = object(zeros, 'zlib', deflateSync(zeros));

  it('is refused by its declared size alone', () => {
    expect(decodeObject(bomb)).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'decode_max_ratio', max: 200 },
    });
  });

  it('is stopped one step after the size it claims', async () => {
    for (const size of [10, 1024 ** 2]) {
      for (const result of [
        await whole({ ...bomb, size }),
        await inChunks({ ...bomb, size }, 4_096),
      ]) {
        expect(result).toMatchObject({ code: 'object-size-mismatch' });
        const found = isProblem(result) ? Number(result.detail.decoded_bytes) : 0;
        expect(found).toBeLessThanOrEqual(size + 128 * 1024);
      }
    }
  });

  it('in chunks is stopped where the ratio is passed', async () => {
    const decoder = new ObjectDecoder(bomb);
    expect(await decoder.write(bomb.data.subarray(0, 20_000))).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'decode_max_ratio' },
    });
    // It stays refused, without reading on.
    expect(await decoder.write(bomb.data.subarray(20_000))).toMatchObject({
      code: 'limit-exceeded',
    });
    expect(await decoder.finish()).toMatchObject({ code: 'limit-exceeded' });
  });

  it('of zstd is stopped in the same way', async () => {
    const noRoom = { ...DEFAULT_DECODE_BOUNDS, ratioFreeBytes: 100_000 };
    const { o } = zstd.find(({ name }) => name === 'zeros -3')!;
    for (const result of [await whole(o, noRoom), await inChunks(o, 5, noRoom)])
      expect(result).toMatchObject({
        code: 'limit-exceeded',
        detail: { limit: 'decode_max_ratio' },
      });
    expect(await whole({ ...o, size: 10 })).toMatchObject({ code: 'object-size-mismatch' });
  });

  it('may be sent raw: what takes its room on the wire is no bomb', async () => {
    expect(accepted(await whole(raw(zeros))).size).toBe(zeros.length);
  });

  it('of one MiB is taken: the ratio counts after that', async () => {
    const content = Buffer.alloc(1024 ** 2);
    expect(accepted(await whole(zlib(content))).encoding).toBe('zlib');
  });
});

describe('the bounds of decoding', () => {
  it('are those that the wire advertises', () => {
    expect(DEFAULT_DECODE_BOUNDS).toEqual({
      maxObjectBytes: limits.STREAM_MAX_OBJECT_BYTES,
      maxRatio: limits.DECODE_MAX_RATIO,
      ratioFreeBytes: limits.DECODE_RATIO_FREE_BYTES,
      zstdMaxWindowBytes: limits.ZSTD_MAX_WINDOW_BYTES,
    });
  });

  it('hold for the declared size of any encoding', async () => {
    const bounds = { ...DEFAULT_DECODE_BOUNDS, maxObjectBytes: 100 };
    for (const o of [raw(text), zlib(text), words])
      for (const result of [await whole(o, bounds), await inChunks(o, 50, bounds)])
        expect(result).toMatchObject({
          code: 'limit-exceeded',
          detail: { limit: 'stream_max_object_bytes', max: 100 },
        });
  });

  it('hold for the window of a zstd frame', async () => {
    const bounds = { ...DEFAULT_DECODE_BOUNDS, zstdMaxWindowBytes: 1_024 };
    for (const result of [await whole(words, bounds), await inChunks(words, 100, bounds)])
      expect(result).toMatchObject({
        code: 'limit-exceeded',
        detail: { limit: 'zstd_max_window_bytes', max: 1_024 },
      });
  });
});

describe('an object that is given up', () => {
  it('takes no more and holds nothing', async () => {
    const decoder = new ObjectDecoder(zlib(large));
    await decoder.write(zlib(large).data.subarray(0, 1_000));
    decoder.destroy();
    await decoder.write(zlib(large).data.subarray(1_000));
    expect(await decoder.finish()).toMatchObject({ code: 'object-size-mismatch' });
  });
});
