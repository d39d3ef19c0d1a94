/**
 * The lowest layer of the wire: one msgpack header at a time, without building values.
 *
 * A header is the first byte of a value and the length or number bytes behind it (at most nine in
 * all). The scanner reads headers to find where a value ends; the codec reads them to pick fields
 * out of a frame; both therefore agree on what a header means.
 *
 * The reader is given what `FrameScanner` let through, or bytes that were stored after that. It
 * judges nothing, but it never leaves its bytes: on a value that is cut short it throws RangeError,
 * which is a mistake of the caller.
 */

export const NIL = 0;
export const BOOL = 1;
export const INT = 2;
export const FLOAT = 3;
export const STR = 4;
export const BIN = 5;
export const ARRAY = 6;
export const MAP = 7;
/** Ext types and the byte 0xc1, which have no place in the protocol. */
export const REFUSED = 8;

/** Bytes of the header that begins with a byte; 0 for what is refused. */
export const HEAD_BYTES: Uint8Array = headBytes();

/** The longest header: a first byte and eight of a 64-bit number. */
export const HEAD_BYTES_MAX = 9;

function headBytes(): Uint8Array {
  const table = new Uint8Array(256).fill(1);
  const rows: [bytes: number, ...firsts: number[]][] = [
    [0, 0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8],
    [2, 0xc4, 0xcc, 0xd0, 0xd9],
    [3, 0xc5, 0xcd, 0xd1, 0xda, 0xdc, 0xde],
    [5, 0xc6, 0xca, 0xce, 0xd2, 0xdb, 0xdd, 0xdf],
    [9, 0xcb, 0xcf, 0xd3],
  ];
  for (const [bytes, ...firsts] of rows) for (const first of firsts) table[first] = bytes;
  return table;
}

/** The same memory as a Buffer; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads headers of msgpack values; `kind`, `size` and `value` describe the one last read. */
export class MsgpackReader {
  bytes: Buffer;
  pos: number;
  kind = NIL;
  /** Bytes of a text or binary, elements of an array, entries of a map. */
  size = 0;
  /** The number; 1 or 0 for true and false. */
  value = 0;

  constructor(bytes: Uint8Array, pos = 0) {
    this.bytes = asBuffer(bytes);
    this.pos = pos;
  }

  /** Reads the header at `pos`, which then stands behind it: at the payload or the first element. */
  head(): void {
    const { bytes, pos } = this;
    if (pos >= bytes.length) throw cutShort();
    const first = bytes[pos]!;
    this.pos = pos + HEAD_BYTES[first]!;
    if (this.pos > bytes.length) throw cutShort();
    if (first < 0x80) this.number(INT, first);
    else if (first < 0x90) this.sized(MAP, first & 0x0f);
    else if (first < 0xa0) this.sized(ARRAY, first & 0x0f);
    else if (first < 0xc0) this.sized(STR, first & 0x1f);
    else if (first >= 0xe0) this.number(INT, first - 0x100);
    else this.longHead(first, bytes, pos + 1);
  }

  private longHead(first: number, bytes: Buffer, at: number): this {
    switch (first) {
      case 0xc0:
        return this.number(NIL, 0);
      case 0xc2:
        return this.number(BOOL, 0);
      case 0xc3:
        return this.number(BOOL, 1);
      case 0xc4:
        return this.sized(BIN, bytes[at]!);
      case 0xc5:
        return this.sized(BIN, bytes.readUInt16BE(at));
      case 0xc6:
        return this.sized(BIN, bytes.readUInt32BE(at));
      case 0xca:
        return this.number(FLOAT, bytes.readFloatBE(at));
      case 0xcb:
        return this.number(FLOAT, bytes.readDoubleBE(at));
      case 0xcc:
        return this.number(INT, bytes[at]!);
      case 0xcd:
        return this.number(INT, bytes.readUInt16BE(at));
      case 0xce:
        return this.number(INT, bytes.readUInt32BE(at));
      case 0xcf:
        return this.number(INT, bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4));
      case 0xd0:
        return this.number(INT, bytes.readInt8(at));
      case 0xd1:
        return this.number(INT, bytes.readInt16BE(at));
      case 0xd2:
        return this.number(INT, bytes.readInt32BE(at));
      case 0xd3:
        return this.number(INT, bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4));
      case 0xd9:
        return this.sized(STR, bytes[at]!);
      case 0xda:
        return this.sized(STR, bytes.readUInt16BE(at));
      case 0xdb:
        return this.sized(STR, bytes.readUInt32BE(at));
      case 0xdc:
        return this.sized(ARRAY, bytes.readUInt16BE(at));
      case 0xdd:
        return this.sized(ARRAY, bytes.readUInt32BE(at));
      case 0xde:
        return this.sized(MAP, bytes.readUInt16BE(at));
      case 0xdf:
        return this.sized(MAP, bytes.readUInt32BE(at));
      default:
        return this.number(REFUSED, 0);
    }
  }

  private number(kind: number, value: number): this {
    this.kind = kind;
    this.value = value;
    this.size = 0;
    return this;
  }

  private sized(kind: number, size: number): this {
    this.kind = kind;
    this.size = size;
    return this;
  }

  /** After `head` of a text: the text; `pos` then stands behind it. */
  text(): string {
    const start = this.pos;
    return this.bytes.toString('utf8', start, this.stepOver());
  }

  /** After `head` of a binary: its bytes, not copied; `pos` then stands behind them. */
  binary(): Buffer {
    const start = this.pos;
    return this.bytes.subarray(start, this.stepOver());
  }

  /** After `head` of a text or binary: steps over its payload and returns where that ends. */
  stepOver(): number {
    const end = this.pos + this.size;
    if (end > this.bytes.length) throw cutShort();
    this.pos = end;
    return end;
  }

  /** Whether the value at `pos` is nil; if so, steps over it. */
  nil(): boolean {
    if (this.bytes[this.pos] !== 0xc0) return false;
    this.pos += 1;
    return true;
  }

  /** Steps over the value at `pos` and everything in it. */
  skip(): void {
    for (let left = 1; left > 0; left--) {
      this.head();
      if (this.kind === STR || this.kind === BIN) this.stepOver();
      else if (this.kind === ARRAY) left += this.size;
      else if (this.kind === MAP) left += 2 * this.size;
    }
  }

  /** The value at `pos` as a JavaScript value; maps become objects, binaries copies of their bytes. */
  any(levelsMax = LEVELS_MAX): unknown {
    if (levelsMax === 0) throw new RangeError('the value is nested too deeply');
    this.head();
    switch (this.kind) {
      case NIL:
        return null;
      case BOOL:
        return this.value === 1;
      case STR:
        return this.text();
      case BIN:
        return Uint8Array.from(this.binary());
      case ARRAY: {
        const list: unknown[] = [];
        for (let left = this.size; left > 0; left--) list.push(this.any(levelsMax - 1));
        return list;
      }
      case MAP: {
        const object: Record<string, unknown> = {};
        for (let left = this.size; left > 0; left--) {
          this.head();
          const key = this.text();
          setOwn(object, key, this.any(levelsMax - 1));
        }
        return object;
      }
      default:
        return this.value;
    }
  }
}

/** More than any value that was scanned has. */
const LEVELS_MAX = 64;

function cutShort(): RangeError {
  return new RangeError('the msgpack value is cut short');
}

/** Sets a key that may have any name: to assign to `__proto__` would set no key at all. */
export function setOwn<T>(object: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else object[key] = value;
}

/**
 * One whole msgpack value as a JavaScript value, for small values that were checked before. Texts
 * keep a leading byte order mark and any key is kept, which libraries do not promise. Throws
 * RangeError when the bytes are not one.
 */
export function decodeValue(bytes: Uint8Array): unknown {
  return new MsgpackReader(bytes).any();
}
