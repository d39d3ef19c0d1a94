import { encode } from '@msgpack/msgpack';

/**
 * Writes msgpack, each number and length in its shortest form. Every method returns the writer, so
 * that a map reads as its keys and values in order.
 */
export class MsgpackWriter {
  private bytes: Buffer;
  private used = 0;

  /** `sizeHint`: bytes that are likely to be written; the writer grows by itself. */
  constructor(sizeHint = 256) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(sizeHint, 16));
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.used;
  }

  /** What was written, and an empty writer again. The bytes are the caller's. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.used);
    this.bytes = EMPTY;
    this.used = 0;
    return taken;
  }

  nil(): this {
    return this.byte(0xc0);
  }

  bool(value: boolean): this {
    return this.byte(value ? 0xc3 : 0xc2);
  }

  /** An integer within ±(2^53 - 1). */
  int(value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
    if (value >= 0) {
      if (value < 0x80) return this.byte(value);
      if (value <= 0xff) return this.byteAnd(0xcc, value, 1);
      if (value <= 0xffff) return this.byteAnd(0xcd, value, 2);
      if (value <= 0xffffffff) return this.byteAnd(0xce, value, 4);
      return this.byteAnd(0xcf, Math.floor(value / 2 ** 32), 4).uint(value % 2 ** 32, 4);
    }
    if (value >= -0x20) return this.byte(value + 0x100);
    if (value >= -0x80) return this.byteAnd(0xd0, value + 0x100, 1);
    if (value >= -0x8000) return this.byteAnd(0xd1, value + 0x10000, 2);
    if (value >= -0x80000000) return this.byteAnd(0xd2, value + 2 ** 32, 4);
    const high = Math.floor(value / 2 ** 32);
    return this.byteAnd(0xd3, high + 2 ** 32, 4).uint(value - high * 2 ** 32, 4);
  }

  /** A number as a 64-bit float, also when it is whole: 1.0 stays a float. */
  float(value: number): this {
    this.byte(0xcb).room(8);
    this.bytes.writeDoubleBE(value, this.used);
    this.used += 8;
    return this;
  }

  str(text: string): this {
    // A text of n UTF-16 units has at most 3n bytes of UTF-8.
    const most = text.length * 3;
    if (most < 32) {
      this.room(1 + most);
      const size = this.bytes.write(text, this.used + 1);
      this.bytes[this.used] = 0xa0 | size;
      this.used += 1 + size;
      return this;
    }
    const size = Buffer.byteLength(text);
    this.strHeader(size).room(size);
    this.used += this.bytes.write(text, this.used);
    return this;
  }

  /** A text of ASCII only, such as an id: no search for longer characters. */
  ascii(text: string): this {
    this.strHeader(text.length).room(text.length);
    this.used += this.bytes.write(text, this.used, 'latin1');
    return this;
  }

  /** The header of a text of `size` bytes of UTF-8; the bytes follow by `raw`. */
  strHeader(size: number): this {
    if (size < 32) return this.byte(0xa0 | size);
    if (size <= 0xff) return this.byteAnd(0xd9, size, 1);
    if (size <= 0xffff) return this.byteAnd(0xda, size, 2);
    return this.byteAnd(0xdb, size, 4);
  }

  bin(bytes: Uint8Array): this {
    return this.binHeader(bytes.length).raw(bytes);
  }

  /** The header of a binary of `size` bytes; the bytes follow. */
  binHeader(size: number): this {
    if (size <= 0xff) return this.byteAnd(0xc4, size, 1);
    if (size <= 0xffff) return this.byteAnd(0xc5, size, 2);
    return this.byteAnd(0xc6, size, 4);
  }

  /** The header of an array of `count` values; they follow. */
  arrayHeader(count: number): this {
    if (count < 16) return this.byte(0x90 | count);
    if (count <= 0xffff) return this.byteAnd(0xdc, count, 2);
    return this.byteAnd(0xdd, count, 4);
  }

  /** The header of a map of `count` entries; key, value, key, value … follow. */
  mapHeader(count: number): this {
    if (count < 16) return this.byte(0x80 | count);
    if (count <= 0xffff) return this.byteAnd(0xde, count, 2);
    return this.byteAnd(0xdf, count, 4);
  }

  /** Bytes that are msgpack already, or the payload of a header. */
  raw(bytes: Uint8Array): this {
    this.room(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
    return this;
  }

  /** A whole JSON-like value; see `encodeValue`. */
  value(value: unknown): this {
    return this.raw(encodeValue(value));
  }

  private byte(value: number): this {
    this.room(1);
    this.bytes[this.used++] = value;
    return this;
  }

  private byteAnd(first: number, value: number, size: number): this {
    return this.byte(first).uint(value, size);
  }

  private uint(value: number, size: number): this {
    this.room(size);
    this.used = this.bytes.writeUIntBE(value, this.used, size);
    return this;
  }

  private room(size: number): void {
    const needed = this.used + size;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2, 256));
    this.bytes.copy(grown, 0, 0, this.used);
    this.bytes = grown;
  }
}

const EMPTY = Buffer.alloc(0);

/**
 * One whole JSON-like value as msgpack: whole numbers as integers, others as floats, `undefined` in
 * an object is left out, a Uint8Array becomes a binary. What is written piece by piece, or taken
 * from bytes that exist already, goes through the writer instead.
 */
export function encodeValue(value: unknown): Uint8Array {
  return encode(value, { ignoreUndefined: true });
}
