import { Encoder, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { isViolation, type Violation } from '~/wire/errors';
import { encodePushFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import { DEFAULT_LIMITS, type Limits, STREAM_MAX_CONTROL_FRAME_BYTES } from '~/wire/limits';
import { checkWholeValue } from '~/wire/whole-value';
import { frameOf, idOf, piecesOf, recordOf, scanAll } from '~tests/support/wire-samples';

const bytesOf = (...parts: (number | string | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : Buffer.from(part))),
  );

/** The violation of a stream that is given piece by piece, and how many bytes it took. */
function refusal(bytes: Uint8Array, limits: Limits = DEFAULT_LIMITS, piece = 1) {
  const scanner = new FrameScanner(limits);
  let taken = 0;
  for (const part of piecesOf(bytes, piece)) {
    scanner.push(part);
    taken += part.length;
    const answer = scanner.next();
    if (isViolation(answer)) return { violation: answer, taken, held: scanner.heldBytes };
    if (answer !== null) throw new Error('a frame was let through');
  }
  return { violation: null, taken, held: scanner.heldBytes };
}

describe('a whole frame', () => {
  const object = encodePushFrame(frameOf.object(), 'bare');

  it('in one chunk is a part of that chunk, not a copy', () => {
    const chunk = Buffer.concat([object, object]);
    const { frames } = scanAll(chunk);
    expect(frames.map((frame) => frame.byteOffset - chunk.byteOffset)).toEqual([0, object.length]);
    expect(frames.every((frame) => frame.buffer === chunk.buffer)).toBe(true);
  });

  it('over several chunks is gathered in memory of its own', () => {
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    const chunk = Buffer.from(object);
    scanner.push(chunk.subarray(0, 20));
    expect(scanner.next()).toBeNull();
    scanner.push(chunk.subarray(20));
    const frame = scanner.next() as Uint8Array;
    chunk.fill(0);
    expect(Buffer.from(frame)).toEqual(Buffer.from(object));
  });

  it('comes out in order, however many lie in one chunk and however many chunks wait', () => {
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    const ids = ['1', '2', '3', '4', '5'].map(idOf);
    const stream = Buffer.concat(
      ids.map((id) => encodePushFrame(frameOf.object({ id }), 'prefixed')),
    );
    for (const piece of piecesOf(stream, 100)) scanner.push(piece);
    const frames: string[] = [];
    for (let frame = scanner.next(); frame instanceof Uint8Array; frame = scanner.next()) {
      frames.push(Buffer.from(frame).toString('latin1'));
    }
    expect(frames.map((text) => /sha256:(.{64})/.exec(text)?.[1])).toEqual(ids);
    expect(scanner.framesRead).toBe(5);
    expect(scanner.end()).toBeNull();
  });

  it('may be an empty map, and an empty chunk changes nothing', () => {
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    scanner.push(new Uint8Array(0));
    expect(scanner.next()).toBeNull();
    scanner.push(Uint8Array.of(0x80));
    expect(scanner.next()).toEqual(Buffer.of(0x80));
  });

  it('may hold every kind of value, in every width', () => {
    const values = [
      ...[0xc0, 0xc2, 0xc3, 0x00, 0x7f, 0xe0, 0xff].map((byte) => bytesOf(byte)),
      ...['cc80', 'cd0100', 'ce00010000', 'cf0000000100000000', 'd080', 'd18000'],
      ...['d280000000', 'd3ffffffff00000000', 'ca3fc00000', 'cb3ff8000000000000'],
      ...['a0', 'a161', 'd90161', 'da000161', 'db0000000161', 'c40100', 'c5000100', 'c60000000100'],
      ...['90', '9101', 'dc000101', 'dd0000000101', '80', '81a16101', 'de0001a16101'],
      'df00000001a16101',
    ].map((value) => (typeof value === 'string' ? Buffer.from(value, 'hex') : value));
    for (const value of values) {
      const frame = bytesOf(0x82, 0xa1, 't', 0xa1, 'E', 0xa1, 'x', value);
      for (const size of [1, 2, 1000]) {
        const scanner = new FrameScanner(DEFAULT_LIMITS);
        for (const piece of piecesOf(frame, size)) scanner.push(piece);
        expect(scanner.next(), value.toString('hex')).toEqual(frame);
      }
    }
  });
});

describe('what is refused from header bytes alone', () => {
  const limits: Limits = {
    ...DEFAULT_LIMITS,
    maxObjectWireBytes: 1_000_000,
    maxCommitPackBytes: 2_000_000,
  };
  const object = bytesOf(0x86, 0xa1, 't', 0xa1, 'O', 0xa4, 'data');
  const pack = bytesOf(0x84, 0xa1, 't', 0xa1, 'C', 0xa7, 'commits');
  const end = bytesOf(0x83, 0xa1, 't', 0xa1, 'E', 0xa1, 'x');
  const unknown = bytesOf(0x83, 0xa1, 'x');
  const deepDelta = (levels: number) =>
    bytesOf(pack, 0x91, 0x82, 0xb0, 'structured_delta', Buffer.alloc(levels, 0x91), 0xc0);

  const cases: [name: string, bytes: Buffer, detail: Record<string, unknown>][] = [
    [
      'an OBJECT longer than its maximum',
      bytesOf(object, Buffer.from('c6000f4240', 'hex')),
      {
        limit: 'stream_max_object_wire_bytes',
        max: 1_000_000,
      },
    ],
    [
      'a COMMIT_PACK longer than its maximum',
      bytesOf(pack, Buffer.from('c6001e8480', 'hex')),
      {
        limit: 'stream_max_commit_pack_bytes',
        max: 2_000_000,
      },
    ],
    [
      'another frame longer than 64 KiB',
      bytesOf(end, Buffer.from('c600010000', 'hex')),
      {
        limit: 'stream_max_control_frame_bytes',
        max: STREAM_MAX_CONTROL_FRAME_BYTES,
      },
    ],
    [
      'a frame of unknown kind longer than all',
      bytesOf(unknown, Buffer.from('c6001e8480', 'hex')),
      {
        limit: 'frame_max_bytes',
        max: 2_000_000,
      },
    ],
    [
      'a text longer than the frame may be',
      bytesOf(end, Buffer.from('dbffffffff', 'hex')),
      {
        limit: 'stream_max_control_frame_bytes',
      },
    ],
    [
      'a list of more values than fit',
      bytesOf(pack, Buffer.from('ddffffffff', 'hex')),
      {
        limit: 'stream_max_commit_pack_bytes',
      },
    ],
    [
      'a map of more entries than fit',
      bytesOf(pack, Buffer.from('df000f4240', 'hex')),
      {
        limit: 'stream_max_commit_pack_bytes',
      },
    ],
    [
      'lists that fit alone and not together',
      bytesOf(end, Buffer.from('dcc000dcc000', 'hex')),
      {
        limit: 'stream_max_control_frame_bytes',
      },
    ],
    ['a first map of more entries than fit', Buffer.from('dfffffffff', 'hex'), {}],
  ];

  it.each(cases)('%s', (_name, bytes, detail) => {
    const { violation, taken, held } = refusal(bytes, limits);
    expect(violation).toMatchObject({ code: 'limit-exceeded', detail });
    expect(taken).toBe(bytes.length);
    expect(held).toBe(0);
    expect(violation?.detail).toMatchObject({ frame_index: 0, offset: bytes.length });
  });

  const malformed: [name: string, bytes: Buffer, message: RegExp][] = [
    ['a frame that is a list', bytesOf(0x91), /not a map/],
    ['a frame that is nil', bytesOf(0xc0), /not a map/],
    ['a frame that is a number', bytesOf(0x07), /not a map/],
    ['a frame that is a text', bytesOf(0xa1), /not a map/],
    ...[0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8].map((first): [string, Buffer, RegExp] => [
      `the ext type 0x${first.toString(16)}`,
      bytesOf(0x81, 0xa1, 'x', first),
      /ext type/,
    ]),
    ['the reserved byte 0xc1', bytesOf(0x81, 0xa1, 'x', 0xc1), /reserved byte/],
    ['a key that is a number', bytesOf(0x82, 0xa1, 'x', 0x01, 0x07), /key that is not a text/],
    ['a key that is nil', bytesOf(0x81, 0xc0), /key that is not a text/],
    ['a key that is a binary', bytesOf(0x81, 0xc4, 0x01), /key that is not a text/],
    ['a key of an inner map that is a list', bytesOf(0x81, 0xa1, 'x', 0x81, 0x90), /key/],
    ['2^53', bytesOf(0x81, 0xa1, 'x', Buffer.from('cf0020000000000000', 'hex')), /2\^53/],
    ['2^64 - 1', bytesOf(0x81, 0xa1, 'x', Buffer.from('cfffffffffffffffff', 'hex')), /2\^53/],
    ['-2^53', bytesOf(0x81, 0xa1, 'x', Buffer.from('d3ffe0000000000000', 'hex')), /2\^53/],
    ['17 levels', bytesOf(0x81, 0xa1, 'x', Buffer.alloc(16, 0x91)), /more than 16 levels/],
    ['33 levels in a delta', deepDelta(33).subarray(0, -1), /more than 35 levels/],
  ];

  it.each(malformed)('%s', (_name, bytes, message) => {
    const { violation, taken, held } = refusal(bytes, limits);
    expect(violation?.code).toBe('bad-frame');
    expect(violation?.message).toMatch(message);
    expect(taken).toBe(bytes.length);
    expect(held).toBe(0);
  });

  it('not: a length, a nesting or a number that is just allowed', () => {
    const allowed = [
      bytesOf(0x81, 0xa1, 'x', Buffer.from('cf001fffffffffffff', 'hex')),
      bytesOf(0x81, 0xa1, 'x', Buffer.from('d3ffe0000000000001', 'hex')),
      bytesOf(0x81, 0xa1, 'x', Buffer.alloc(15, 0x91), 0xc0),
      bytesOf(deepDelta(32), 0xa1, 'x', 0xc0, 0xa1, 'y', 0xc0, 0xa1, 'z', 0xc0, 0xa1, 'q', 0xc0),
      bytesOf(0x82, 0xa1, 't', 0xa1, 'E', 0xa1, 'x', 0xc6, 0, 0, 0xff, 0xf4, Buffer.alloc(65_524)),
    ];
    for (const frame of allowed) expect(scanAll(frame).frames.length).toBe(1);
    expect(allowed.at(-1)?.length).toBe(STREAM_MAX_CONTROL_FRAME_BYTES);
  });

  it('the depth of a delta only inside the delta', () => {
    const after = bytesOf(
      ...[pack, 0x91, 0x82, 0xb0, 'structured_delta', Buffer.alloc(20, 0x91), 0xc0],
      ...[0xa8, 'metadata', Buffer.alloc(14, 0x91)],
    );
    expect(refusal(after, limits).violation?.message).toMatch(/more than 16 levels/);
    const besideNil = bytesOf(
      ...[pack, 0x91, 0x82, 0xb0, 'structured_delta', 0xc0, 0xa8, 'metadata'],
      Buffer.alloc(14, 0x91),
    );
    expect(refusal(besideNil, limits).violation?.message).toMatch(/more than 16 levels/);
  });

  it('the maximum of a kind even when the kind is named late', () => {
    const late = bytesOf(
      ...[0x82, 0xa4, 'data', 0xc6, 0x00, 0x01, 0x00, 0x00, Buffer.alloc(65_536)],
      ...[0xa1, 't', 0xa1, 'E'],
    );
    expect(refusal(late, limits, 1 << 20).violation).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'stream_max_control_frame_bytes' },
    });
  });
});

describe('a frame whose code is no short text', () => {
  it.each(['c0', '07', 'a0', 'a3585858', '80', '90', 'c40143'])('(%s) has 64 KiB', (code) => {
    const [start, bytes] = [bytesOf(0x82, 0xa1, 't', Buffer.from(code, 'hex')), 70_000];
    const longer = bytesOf(start, 0xa1, 'x', 0xc6, Buffer.from(`000${bytes.toString(16)}`, 'hex'));
    expect(refusal(longer).violation).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'stream_max_control_frame_bytes' },
    });
  });
});

describe('a violation', () => {
  it('stays the answer, whatever comes', () => {
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    scanner.push(Uint8Array.of(0x80, 0xc1, 0x80));
    expect(scanner.next()).toBeInstanceOf(Uint8Array);
    const violation = scanner.next();
    expect(violation).toMatchObject({ code: 'bad-frame', detail: { frame_index: 1, offset: 1 } });
    scanner.push(Uint8Array.of(0x80));
    expect(scanner.next()).toBe(violation);
    expect(scanner.end()).toBe(violation);
  });

  it('is not confused with a frame', () => {
    const violation = refusal(Uint8Array.of(0xc1)).violation as Violation;
    expect(isViolation(violation)).toBe(true);
    expect(isViolation(new Uint8Array(1))).toBe(false);
    expect(isViolation({ type: 'X', code: 'internal', detail: {} })).toBe(false);
    expect(isViolation(null)).toBe(false);
  });

  it('of a stream that stops inside a frame says where', () => {
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    scanner.push(Uint8Array.of(0x80, 0x81, 0xa3, 0x61));
    scanner.next();
    expect(scanner.next()).toBeNull();
    expect(scanner.end()).toMatchObject({
      code: 'truncated-stream',
      detail: { frame_index: 1, offset: 4 },
    });
  });
});

describe('the frames of a hub', () => {
  it('may have as many branch heads as a pack has bytes', () => {
    const heads = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`branch-${i}`, idOf('a')]),
    );
    const result = encode({ t: 'R', branch_heads: heads });
    const hub = new FrameScanner(DEFAULT_LIMITS, { peer: 'hub' });
    hub.push(result);
    expect(hub.next()).toBeInstanceOf(Uint8Array);
    expect(scanAll(result).violation).toMatchObject({ code: 'limit-exceeded' });
  });
});

describe('a body of one value', () => {
  it('is held to one maximum, whatever it says it is', () => {
    const body = encode({ t: 'E', want: [idOf('a')] });
    expect(checkWholeValue(body, DEFAULT_LIMITS, body.length)).toBeNull();
    expect(checkWholeValue(body, DEFAULT_LIMITS, body.length - 1)).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'body_max_bytes', max: body.length - 1 },
    });
  });

  it('is neither empty, nor cut short, nor followed by more', () => {
    const body = encode({ want: [] });
    const check = (bytes: Uint8Array) => checkWholeValue(bytes, DEFAULT_LIMITS, 1000)?.code;
    expect(check(new Uint8Array(0))).toBe('bad-frame');
    expect(check(body.subarray(0, -1))).toBe('truncated-stream');
    expect(check(Buffer.concat([body, body]))).toBe('bad-frame');
  });
});

describe('texts and keys', () => {
  const notUtf8 = ['ff', 'c080', 'c3', 'eda080', 'f4908080', '80', 'e0a0'];
  const put = (hex: string, pad = '') => Buffer.concat([Buffer.from(pad), Buffer.from(hex, 'hex')]);

  it.each(notUtf8)('a text with the bytes %s is refused, short or long', (hex) => {
    for (const pad of ['', 'x'.repeat(200)]) {
      const text = put(hex, pad);
      const frame = bytesOf(0x81, 0xa1, 'x', 0xda, text.length >> 8, text.length & 255, text);
      const { violation } = scanAll(frame);
      expect(violation).toMatchObject({ code: 'bad-frame', detail: { frame_index: 0, offset: 6 } });
      expect(violation?.message).toMatch(/not UTF-8/);
    }
  });

  it('a key that is not UTF-8 is refused', () => {
    expect(scanAll(bytesOf(0x81, 0xa1, 0xff, 0xc0)).violation?.message).toMatch(/not UTF-8/);
  });

  it('UTF-8 of every length passes, and binaries may hold anything', () => {
    const frame = encode({
      a: 'é',
      b: '日本語',
      c: '😀'.repeat(100),
      d: '\ufeffx',
      e: Buffer.of(0xff),
    });
    expect(scanAll(frame).frames.length).toBe(1);
  });

  it.each([2, 3, 31, 32, 33, 34, 1_000])('a key twice among %i is refused', (count) => {
    for (const shuffle of [false, true]) {
      for (const [first, second] of [
        [0, count - 1],
        [Math.floor(count / 2), count - 1],
        [0, 1],
      ] as const) {
        const keys = Array.from({ length: count }, (_, i) =>
          String(shuffle ? (i * 7919) % 100_003 : i).padStart(6, '0'),
        );
        expect(scanAll(mapOf(keys)).violation, `${count} different keys`).toBeNull();
        if (first === second) continue;
        keys[second] = keys[first]!;
        const { violation } = scanAll(mapOf(keys));
        expect(violation?.code).toBe('bad-frame');
        expect(violation?.message).toContain(`"${keys[first]}" twice`);
      }
    }
  });

  it('a key twice is refused in an inner map, in another width, and not across maps', () => {
    expect(scanAll(bytesOf(0x82, 0xa1, 'x', 0xc0, 0xd9, 1, 'x', 0xc0)).violation?.message).toMatch(
      /"x" twice/,
    );
    const inner = bytesOf(0x81, 0xa1, 'x', 0x91, 0x82, 0xa1, 'y', 0xc0, 0xa1, 'y', 0xc0);
    expect(scanAll(inner).violation?.message).toMatch(/"y" twice/);
    expect(
      scanAll(encode({ a: { a: { a: 1 }, b: 2 }, b: [{ a: 1 }, { a: 1 }] })).violation,
    ).toBeNull();
    expect(scanAll(mapOf(['1', '\u00001', '', 'k1'])).violation).toBeNull();
    const many = Array.from({ length: 40 }, (_, i) => `${40 - i}`);
    expect(scanAll(mapOf([...many, '\u00001', '\u0000\u00001'])).violation).toBeNull();
  });

  it('a key twice is found after thousands of other maps', () => {
    const maps = Array.from({ length: 2_000 }, () => ({ a: { b: 1 }, c: [] }));
    const twice = bytesOf(0x82, 0xa1, 'a', 0xc0, 0xa1, 'a', 0xc0);
    const frame = bytesOf(0x82, 0xa1, 't', 0xa1, 'C', 0xa1, 'x', 0x92, encode(maps), twice);
    expect(scanAll(frame).violation?.message).toMatch(/"a" twice/);
  });

  function mapOf(keys: string[]): Uint8Array {
    const head = Buffer.alloc(3);
    head[0] = 0xde;
    head.writeUInt16BE(keys.length, 1);
    return bytesOf(head, ...keys.flatMap((key) => [Buffer.from(new Encoder().encode(key)), 0xc0]));
  }
});

describe('a commit pack with records', () => {
  it('passes with a delta of 32 levels, as a real record has it', () => {
    let delta: unknown = 'leaf';
    for (let level = 0; level < 32; level++) delta = level % 2 ? [delta] : { ops: delta };
    const frame = encodePushFrame(
      frameOf.pack({ commits: [recordOf({ structured_delta: delta, metadata: {} })] }),
      'bare',
    );
    expect(scanAll(frame).violation).toBeNull();
  });
});
