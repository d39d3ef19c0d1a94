import { describe, expect, it } from 'vitest';
import { isViolation } from '~/wire/errors';
import { encodeObjectHead, encodePushFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import { DEFAULT_LIMITS, STREAM_MAX_MAP_ENTRIES } from '~/wire/limits';
import { MsgpackWriter } from '~/wire/msgpack-writer';
import { frameOf, idOf, piecesOf, scanAll } from '~tests/support/wire-samples';

const MIB = 1024 ** 2;

/** Milliseconds that something takes. */
function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** A COMMIT_PACK whose one more key is given as its value's bytes. */
const packWith = (value: Uint8Array): Buffer =>
  Buffer.concat([
    new MsgpackWriter().mapHeader(2).str('t').str('C').str('x').take(),
    Buffer.from(value),
  ]);

describe('a hostile frame', () => {
  it('of 72 KB of list headers is refused at the seventeenth', () => {
    const bomb = packWith(Buffer.alloc(72 * 1024, 0x91));
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    scanner.push(bomb);
    const ms = timed(() => expect(isViolation(scanner.next())).toBe(true));
    expect(scanner.end()?.detail.offset).toBeLessThan(32);
    expect(ms).toBeLessThan(1_000);
  });

  it('of 72 KB of map headers is refused too', () => {
    const nested = Buffer.from('81a178'.repeat(24 * 1024), 'hex');
    expect(scanAll(packWith(nested)).violation).toMatchObject({
      code: 'bad-frame',
      message: expect.stringContaining('levels of nesting'),
    });
  });

  it('of many small maps in a list costs no more than its bytes', () => {
    const maps = Buffer.concat([Buffer.from('dd00700000', 'hex'), Buffer.alloc(0x700000, 0x80)]);
    const ms = timed(() => expect(scanAll(packWith(maps)).violation).toBeNull());
    expect(ms).toBeLessThan(10_000);
  });

  it('with a map of more entries than can be remembered is refused from its header', () => {
    const count = STREAM_MAX_MAP_ENTRIES + 1;
    const header = new MsgpackWriter().mapHeader(count).take();
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    scanner.push(packWith(header));
    expect(scanner.next()).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'stream_max_map_entries', max: STREAM_MAX_MAP_ENTRIES },
    });
  });

  it('with large maps inside each other is refused when they are too much together', () => {
    const writer = new MsgpackWriter();
    for (let level = 0; level < 3; level++) writer.mapHeader(STREAM_MAX_MAP_ENTRIES / 2).str('');
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    scanner.push(packWith(writer.take()));
    expect(scanner.next()).toMatchObject({ detail: { limit: 'stream_max_map_entries' } });
  });

  it('with large maps after each other is not', () => {
    const writer = new MsgpackWriter().arrayHeader(3);
    for (let map = 0; map < 3; map++) {
      writer.mapHeader(STREAM_MAX_MAP_ENTRIES / 2);
      for (let i = 0; i < STREAM_MAX_MAP_ENTRIES / 2; i++)
        writer.str(`${(i * 7919) % 100_003}`).nil();
    }
    expect(scanAll(packWith(writer.take())).violation).toBeNull();
  });

  it('of keys that look like numbers costs no more than others', () => {
    // Engines hash such texts to their value: these would all collide.
    const map = new MsgpackWriter(MIB).mapHeader(100_000);
    for (let i = 0; i < 100_000; i++) map.str(String((100_000 - i) * 2 ** 20)).nil();
    const ms = timed(() => expect(scanAll(packWith(map.take())).violation).toBeNull());
    expect(ms).toBeLessThan(10_000);
  });
});

describe('memory', () => {
  it('holds nothing for frames that end in their chunk', () => {
    const object = encodePushFrame(frameOf.object(), 'bare');
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    for (let i = 0; i < 1_000; i++) {
      scanner.push(object);
      expect(scanner.next()).toBeInstanceOf(Uint8Array);
      expect(scanner.heldBytes).toBe(0);
    }
  });

  it('takes its place for a long payload once, of the length that its header says', () => {
    const head = encodeObjectHead(
      { type: 'O', id: idOf('0'), size: 8 * MIB, encoding: 'raw' },
      8 * MIB,
      'bare',
    );
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    scanner.push(head);
    expect(scanner.next()).toBeNull();
    const total = head.length + 8 * MIB;
    const held = scanner.heldBytes;
    expect(held).toBeGreaterThanOrEqual(total);
    expect(held).toBeLessThan(total + 64);
    const part = Buffer.alloc(64 * 1024, 0x55);
    for (let i = 0; i < 127; i++) {
      scanner.push(part);
      expect(scanner.next()).toBeNull();
      expect(scanner.heldBytes).toBe(held);
    }
    scanner.push(part);
    const frame = scanner.next() as Uint8Array;
    expect(frame.length).toBe(total);
    expect(scanner.heldBytes).toBe(0);
    expect(frame.subarray(head.length).every((byte) => byte === 0x55)).toBe(true);
  });

  it('grows with what came when a frame has many small values, and stays below its maximum', () => {
    const limits = { ...DEFAULT_LIMITS, maxCommitPackBytes: 4 * MIB };
    const writer = new MsgpackWriter(4 * MIB).mapHeader(2).str('t').str('C').str('commits');
    writer.arrayHeader(30_000);
    for (let i = 0; i < 30_000; i++) writer.str(`value ${i}`.padEnd(100));
    const frame = writer.take();
    const scanner = new FrameScanner(limits);
    let given = 0;
    for (const piece of piecesOf(frame.subarray(0, -1), 10_000)) {
      scanner.push(piece);
      given += piece.length;
      expect(scanner.next()).toBeNull();
      expect(scanner.heldBytes).toBeLessThanOrEqual(Math.max(2 * given, given + 40_000));
      expect(scanner.heldBytes).toBeLessThanOrEqual(4 * MIB + 64);
    }
    scanner.push(frame.subarray(-1));
    expect(scanner.next()).toBeInstanceOf(Uint8Array);
  });

  it('is let go when a stream is refused', () => {
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    scanner.push(packWith(Buffer.from('93c60010000000', 'hex')));
    expect(scanner.next()).toBeNull();
    expect(scanner.heldBytes).toBeGreaterThan(MIB);
    scanner.push(Buffer.alloc(MIB));
    expect(scanner.next()).toBeNull();
    scanner.push(Uint8Array.of(0xc1));
    expect(isViolation(scanner.next())).toBe(true);
    expect(scanner.heldBytes).toBe(0);
  });
});

describe('a stream in chunks of one byte', () => {
  it('costs in proportion to its length: nothing is looked at or copied again', () => {
    // Were every chunk copied with what came before, this would be 2^41 bytes.
    const frame = encodePushFrame(
      frameOf.object({ data: Buffer.alloc(2 * MIB, 1), size: 2 * MIB }),
      'bare',
    );
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    let frames = 0;
    const ms = timed(() => {
      for (let at = 0; at < frame.length; at++) {
        scanner.push(frame.subarray(at, at + 1));
        if (scanner.next() !== null) frames += 1;
      }
    });
    expect(frames).toBe(1);
    expect(ms).toBeLessThan(30_000);
  });

  it('gathers many small values without copying them at every chunk', () => {
    const writer = new MsgpackWriter(MIB).mapHeader(2).str('t').str('C').str('commits');
    writer.arrayHeader(100_000);
    for (let i = 0; i < 100_000; i++) writer.str(`${i}`);
    const frame = writer.take();
    const scanner = new FrameScanner(DEFAULT_LIMITS);
    const sizes = new Set<number>();
    let whole: unknown = null;
    for (let at = 0; at < frame.length; at++) {
      scanner.push(frame.subarray(at, at + 1));
      whole = scanner.next();
      sizes.add(scanner.heldBytes);
    }
    expect(whole).toBeInstanceOf(Uint8Array);
    expect(sizes.size, 'moves to a larger place').toBeLessThan(30);
  });
});
