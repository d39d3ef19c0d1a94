import { describe, expect, it } from 'vitest';
import { DecodeError } from '~/muse/decode-error';
import { ZstdDecoder } from '~/muse/zstd-decoder';
import { seededPrng } from '~tests/support/prng';
import { zstdBlock, zstdFrame, zstdHere, zstdSamples } from '~tests/support/zstd-samples';

const WINDOW_MAX = 8 * 1024 ** 2;

function decode(data: Uint8Array, step = data.length, maxWindowBytes = WINDOW_MAX): Buffer {
  const decoder = new ZstdDecoder(maxWindowBytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length; at += step)
    for (const piece of decoder.push(data.subarray(at, at + step))) pieces.push(Buffer.from(piece));
  decoder.end();
  return Buffer.concat(pieces);
}

/** Why the bytes are refused; the test fails when they are not, or with anything else thrown. */
function refusal(data: Uint8Array, step?: number): string {
  try {
    decode(data, step);
  } catch (error) {
    if (error instanceof DecodeError) return error.reason;
    throw error;
  }
  throw new Error('the bytes were accepted');
}

const samples = zstdSamples();
const small = samples.filter(({ encoded }) => encoded.length < 5_000);

describe('a stream of the reference encoder', () => {
  it.each(samples)('$name is decoded, whole and in pieces', ({ decoded, encoded }) => {
    expect(decode(encoded).equals(decoded)).toBe(true);
    for (const step of [1, 7, 1_000]) expect(decode(encoded, step).equals(decoded)).toBe(true);
  });

  it.each(small)('$name is refused when it is cut anywhere', ({ encoded }) => {
    for (let length = 0; length < encoded.length; length++)
      expect(() => decode(encoded.subarray(0, length))).toThrow(DecodeError);
  });

  it.each(small)('$name is refused when anything follows it', ({ encoded }) => {
    const followed = Buffer.concat([encoded, Buffer.from('junk')]);
    expect(refusal(followed)).toBe('go on after the end of the zstd frame');
    expect(refusal(Buffer.concat([encoded, Buffer.from([0])]))).toMatch(/cut off/);
  });

  it('may be several frames, with skippable ones between', () => {
    const [one, two] = [samples.at(-1)!, samples.find(({ name }) => name.startsWith('words'))!];
    const skippable = Buffer.from('5a2a4d1803000000aabbcc', 'hex');
    const joined = Buffer.concat([one.encoded, skippable, two.encoded, skippable]);
    const decoded = Buffer.concat([one.decoded, two.decoded]);
    for (const step of [joined.length, 3]) expect(decode(joined, step).equals(decoded)).toBe(true);
  });

  it('of this machine is decoded at every level', (context) => {
    if (zstdHere(Buffer.from('x'), []) === null) context.skip('there is no zstd on this machine');
    const random = seededPrng('zstd levels');
    for (let round = 0; round < 4; round++) {
      const text = Array.from({ length: 30_000 }, () => random.below(3 + round * 40).toString(36));
      const data = Buffer.concat([
        Buffer.from(text.join(' ')),
        Buffer.from(random.bytes(random.below(5_000))),
      ]);
      for (const level of ['--fast=4', '-1', '-3', '-7', '-12', '-19']) {
        const encoded = zstdHere(data, [level])!;
        expect(decode(encoded, 65_536).equals(data), level).toBe(true);
      }
    }
  });

  it('keeps its window when far more than the window runs through', (context) => {
    const random = seededPrng('zstd windows');
    const page = Buffer.from(random.bytes(90_000));
    const data = Buffer.concat(Array.from({ length: 60 }, () => page));
    const encoded = zstdHere(data, ['-3', '--zstd=wlog=17']);
    if (encoded === null) return context.skip('there is no zstd on this machine');
    expect(encoded.length).toBeLessThan(data.length / 8);
    expect(decode(encoded, 1_000).equals(data)).toBe(true);
  });
});

/** Three literals "aaa", `count` sequences of one literal and a match of `matchBytes` at distance 1. */
function matchBlock(count: number, extraBits: number): Buffer {
  // Modes: each table is one symbol. Literals 1; offset code 0, so the last offset; match code 52.
  const head = [0x18, 0x61, 0x61, 0x61, count, 0x54, 1, 0, 52];
  const bits = Array.from({ length: count }, () => [extraBits & 255, extraBits >> 8]).flat();
  return Buffer.from([...head, ...bits, 1]);
}

const compressed = (payload: Buffer) =>
  zstdFrame(10, [zstdBlock(2, payload.length, true, payload)]);

describe('a stream of a stranger', () => {
  it('written by hand is decoded as the format says', () => {
    const decoded = decode(compressed(matchBlock(1, 0)));
    // one literal, a match of 65,539, the two literals that are left
    expect(decoded.equals(Buffer.alloc(65_542, 'a'))).toBe(true);
  });

  it('cannot make one block longer than a block', () => {
    expect(refusal(compressed(matchBlock(2, 0)))).toMatch(/longer than it may be/);
    expect(refusal(compressed(matchBlock(1, 0xffff)))).toMatch(/longer than it may be/);
  });

  it('cannot buy work with matches that lead nowhere', () => {
    // 40,000 matches of 128 KiB each in 80 KiB: a decoder without bounds copies 5 GiB.
    const many = Buffer.alloc(40_000 * 2, 255);
    const head = [0x18, 0x61, 0x61, 0x61, 255, (40_000 - 0x7f00) & 255, (40_000 - 0x7f00) >> 8];
    const block = Buffer.concat([Buffer.from([...head, 0x54, 1, 0, 52]), many, Buffer.from([1])]);
    expect(refusal(compressed(block))).toMatch(/longer than it may be/);
  });

  it('cannot buy work with blocks of nothing', () => {
    const nothing = zstdBlock(0, 0, false, Buffer.alloc(0));
    const blocks = Array.from({ length: 5_000 }, () => nothing);
    const end = zstdBlock(0, 1, true, Buffer.from('x'));
    expect(refusal(zstdFrame(10, [...blocks, end]))).toMatch(/too many blocks/);
    expect(decode(zstdFrame(10, [...blocks.slice(0, 1_000), end])).toString()).toBe('x');
  });

  it('cannot ask for a window beyond the maximum', () => {
    const frame = (descriptor: number) =>
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, descriptor, 1, 0, 0]);
    // 2^23 bytes, the maximum, and one eighth more
    expect(decode(frame(13 << 3))).toHaveLength(0);
    expect(refusal(frame((13 << 3) | 1))).toMatch(/too large a window/);
    expect(refusal(frame(31 << 3))).toMatch(/too large a window/);
  });

  it('cannot ask for one as a frame that is its own window', () => {
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
    header.writeUInt32LE(WINDOW_MAX + 1, 5);
    expect(refusal(header)).toMatch(/too large a window/);
    const huge = Buffer.from('28b52ffde0ffffffffffffffff', 'hex');
    expect(refusal(huge)).toMatch(/too large a window/);
  });

  it('cannot use a dictionary, a reserved bit or an unknown block', () => {
    expect(refusal(Buffer.from('28b52ffd010007010000', 'hex'))).toMatch(/dictionary/);
    expect(refusal(Buffer.from('28b52ffd0800010000', 'hex'))).toMatch(/reserved/);
    expect(refusal(zstdFrame(0, [zstdBlock(3, 0, true, Buffer.alloc(0))]))).toMatch(/unknown kind/);
  });

  it('cannot have a block beyond the window, raw, repeated or compressed', () => {
    // The window is 1 KiB.
    for (const kind of [0, 1, 2])
      expect(refusal(zstdFrame(0, [zstdBlock(kind, 1_025, true, Buffer.alloc(1_025))]))).toMatch(
        /too long/,
      );
  });

  it('cannot declare another length than it has', () => {
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 5]);
    const block = zstdBlock(0, 4, true, Buffer.from('four'));
    expect(refusal(Buffer.concat([frame, block]))).toMatch(/another length than it declares/);
  });

  it('cannot point before the start of its frame', () => {
    const before = zstdFrame(10, [zstdBlock(0, 4, true, Buffer.from('four'))]);
    // No literal before the match: offset code 0 then means the second last offset, 4.
    const block = Buffer.from([0x08, 0x61, 1, 0x54, 0, 0, 0, 1]);
    const after = compressed(block);
    expect(refusal(Buffer.concat([before, after]))).toMatch(/too far back/);
  });

  it('is refused or decoded, but nothing else, whatever bits are changed', () => {
    const random = seededPrng('zstd damage');
    let refused = 0;
    for (const { encoded, decoded } of small)
      for (let round = 0; round < 400; round++) {
        const spoilt = Buffer.from(encoded);
        for (let i = 1 + random.below(3); i > 0; i--)
          spoilt[random.below(spoilt.length)] = random.below(256);
        try {
          expect(decode(spoilt).length).toBeLessThanOrEqual(decoded.length + 2 ** 20);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          refused++;
        }
      }
    expect(refused).toBeGreaterThan(1_000);
  });
});
