import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import {
  ARRAY,
  BIN,
  BOOL,
  decodeValue,
  FLOAT,
  HEAD_BYTES,
  INT,
  MAP,
  MsgpackReader,
  NIL,
  REFUSED,
  STR,
} from '~/wire/msgpack-reader';
import { encodeValue, MsgpackWriter } from '~/wire/msgpack-writer';
import { seededPrng } from '~tests/support/prng';
import { randomValue } from '~tests/support/random-value';

const edges = [
  0,
  1,
  0x1f,
  0x20,
  0x7f,
  0x80,
  0xff,
  0x100,
  0xffff,
  0x10000,
  2 ** 31 - 1,
  2 ** 31,
].concat([2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52, Number.MAX_SAFE_INTEGER]);

describe('the writer', () => {
  it.each(edges.flatMap((n) => [n, -n, -n - 1]).filter(Number.isSafeInteger))(
    'writes the integer %i in its shortest form, as the library does',
    (n) => {
      const value = n === 0 ? 0 : n;
      expect(Buffer.from(encodeValue(value))).toEqual(Buffer.from(encode(value)));
      expect(decodeValue(encodeValue(value))).toBe(value);
    },
  );

  it.each([2 ** 53, -(2 ** 53), 1.5, Number.NaN])('has no integer %d', (n) => {
    expect(() => new MsgpackWriter().int(n)).toThrow(RangeError);
  });

  it('writes a float that is whole as a float', () => {
    const bytes = new MsgpackWriter().float(1).take();
    expect(Buffer.from(bytes).toString('hex')).toBe('cb3ff0000000000000');
    expect(decode(bytes)).toBe(1);
    expect(Object.is(decodeValue(new MsgpackWriter().float(-0).take()), -0)).toBe(true);
  });

  it.each([0, 1, 10, 31, 32, 255, 256, 65_535, 65_536])(
    'writes texts of %i bytes and units',
    (n) => {
      for (const text of ['x'.repeat(n), 'é'.repeat(n >> 1), '日'.repeat(n), '😀'.repeat(n >> 2)]) {
        expect(Buffer.from(new MsgpackWriter().str(text).take())).toEqual(
          Buffer.from(encode(text)),
        );
      }
      expect(Buffer.from(new MsgpackWriter().ascii('x'.repeat(n)).take())).toEqual(
        Buffer.from(encode('x'.repeat(n))),
      );
      const bin = new Uint8Array(n);
      expect(Buffer.from(encodeValue(bin))).toEqual(Buffer.from(encode(bin)));
      const list = Array(n).fill(null);
      expect(Buffer.from(encodeValue(list))).toEqual(Buffer.from(encode(list)));
    },
  );

  it('leaves out what is undefined, and writes a key of any name', () => {
    expect(decode(encodeValue({ a: undefined, b: null }))).toEqual({ b: null });
    const odd = JSON.parse('{"__proto__":1,"":2}');
    expect(Object.entries(decodeValue(encodeValue(odd)) as object)).toEqual(Object.entries(odd));
  });

  it('has no form for what is not data', () => {
    expect(() => encodeValue(() => 1)).toThrow();
    expect(() => encodeValue(1n)).toThrow();
  });

  it('hands its bytes over and begins again', () => {
    const writer = new MsgpackWriter(16).str('first');
    const first = writer.take();
    expect(writer.length).toBe(0);
    const second = writer.value(['second', 'x'.repeat(1000)]).take();
    expect(decode(first)).toBe('first');
    expect(decode(second)).toEqual(['second', 'x'.repeat(1000)]);
  });
});

describe('the reader', () => {
  const kinds: [first: number, kind: number, bytes: number][] = [
    ...[0x00, 0x7f, 0xe0, 0xff].map((b): [number, number, number] => [b, INT, 1]),
    ...[0x80, 0x8f].map((b): [number, number, number] => [b, MAP, 1]),
    ...[0x90, 0x9f].map((b): [number, number, number] => [b, ARRAY, 1]),
    ...[0xa0, 0xbf].map((b): [number, number, number] => [b, STR, 1]),
    ...[
      [0xc0, NIL, 1],
      [0xc2, BOOL, 1],
      [0xc3, BOOL, 1],
    ].map((r) => r as [number, number, number]),
    ...[
      [0xc4, BIN, 2],
      [0xc5, BIN, 3],
      [0xc6, BIN, 5],
    ].map((r) => r as [number, number, number]),
    ...[
      [0xca, FLOAT, 5],
      [0xcb, FLOAT, 9],
    ].map((r) => r as [number, number, number]),
    ...[0xcc, 0xcd, 0xce, 0xcf].map((b, i): [number, number, number] => [b, INT, 1 + 2 ** i]),
    ...[0xd0, 0xd1, 0xd2, 0xd3].map((b, i): [number, number, number] => [b, INT, 1 + 2 ** i]),
    ...[
      [0xd9, STR, 2],
      [0xda, STR, 3],
      [0xdb, STR, 5],
    ].map((r) => r as [number, number, number]),
    ...[
      [0xdc, ARRAY, 3],
      [0xdd, ARRAY, 5],
      [0xde, MAP, 3],
      [0xdf, MAP, 5],
    ].map((r) => r as [number, number, number]),
  ];

  it('knows the kind and the length of every header', () => {
    for (const [first, kind, bytes] of kinds) {
      const reader = new MsgpackReader(Buffer.concat([Buffer.of(first), Buffer.alloc(8)]));
      expect(HEAD_BYTES[first], first.toString(16)).toBe(bytes);
      reader.head();
      expect([reader.kind, reader.pos], first.toString(16)).toEqual([kind, bytes]);
    }
    for (const first of [0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8]) {
      expect(HEAD_BYTES[first]).toBe(0);
      const reader = new MsgpackReader(Buffer.of(first, 0, 0));
      reader.head();
      expect(reader.kind).toBe(REFUSED);
    }
  });

  it('reads what the library writes, and the library what the writer writes', () => {
    const prng = seededPrng('msgpack');
    for (let round = 0; round < 500; round++) {
      const value = randomValue(prng);
      const bytes = encode(value);
      expect(decodeValue(bytes)).toEqual(value);
      expect(decode(Uint8Array.from(encodeValue(value)))).toEqual(value);
      const reader = new MsgpackReader(bytes);
      reader.skip();
      expect(reader.pos).toBe(bytes.length);
    }
  });

  it('keeps a byte order mark', () => {
    const text = `\ufeff${'x'.repeat(300)}`;
    expect(decodeValue(encodeValue(text))).toBe(text);
  });

  it('throws on a value that is cut short, wherever it is cut', () => {
    const value = { a: [1, 300, 70_000, 2 ** 40, -5, 1.5], b: 'text', c: Buffer.alloc(300), d: {} };
    const bytes = encode(value);
    for (let at = 0; at < bytes.length; at++) {
      expect(() => decodeValue(bytes.subarray(0, at)), `cut at ${at}`).toThrow(RangeError);
      const reader = new MsgpackReader(bytes.subarray(0, at));
      expect(() => reader.skip(), `cut at ${at}`).toThrow(RangeError);
    }
  });

  it('throws on lengths and nesting that cannot be, without memory or time', () => {
    for (const hex of [
      'ddffffffff',
      'dfffffffff',
      'c6ffffffff',
      'dbffffffff',
      '91'.repeat(72_000),
    ]) {
      expect(() => decodeValue(Buffer.from(hex, 'hex'))).toThrow(RangeError);
    }
  });
});
