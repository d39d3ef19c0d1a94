import { isUtf8 } from 'node:buffer';
import { ARRAY, BIN, MAP, MsgpackReader, STR } from './msgpack-reader';

/**
 * What can only be seen once a value is whole (docs/protocol.md §2): texts are UTF-8, and no map
 * names a key twice. A decoder would let both pass: it replaces bad bytes and keeps the last of two
 * equal keys, so that two readers of one frame could see different things.
 */
export interface TextProblem {
  /** Byte of the value where the text begins. */
  offset: number;
  message: string;
}

/** Up to this many keys are compared with each other; more are put in a set. */
const PAIRWISE_KEYS_MAX = 32;
/** Texts up to this length are looked through here; a call into native code costs more. */
const SHORT_TEXT_BYTES = 96;
/** Nesting is bounded by the scanner before this runs (16, or 3 + 32 inside a delta). */
const LEVELS_MAX = 40;

/** Checks one whole value; null when nothing is wrong with it. */
export function checkTexts(bytes: Buffer): TextProblem | null {
  return new TextChecker(bytes).run();
}

// Keys of the open maps, level after level; shared, since a check runs without a pause.
const keyAt = new Float64Array(PAIRWISE_KEYS_MAX * LEVELS_MAX);
const keySize = new Float64Array(PAIRWISE_KEYS_MAX * LEVELS_MAX);
const keyMark = new Int32Array(PAIRWISE_KEYS_MAX * LEVELS_MAX);

class TextChecker {
  private readonly reader: MsgpackReader;
  private problem: TextProblem | null = null;
  private keys = 0;

  constructor(private readonly bytes: Buffer) {
    this.reader = new MsgpackReader(bytes);
  }

  run(): TextProblem | null {
    this.value();
    return this.problem;
  }

  private value(): boolean {
    const reader = this.reader;
    reader.head();
    switch (reader.kind) {
      case STR:
        return this.text();
      case BIN:
        reader.pos += reader.size;
        return true;
      case ARRAY:
        for (let left = reader.size; left > 0; left--) if (!this.value()) return false;
        return true;
      case MAP:
        return reader.size <= PAIRWISE_KEYS_MAX
          ? this.smallMap(reader.size)
          : this.largeMap(reader.size);
      default:
        return true;
    }
  }

  private text(): boolean {
    const start = this.reader.pos;
    const end = start + this.reader.size;
    this.reader.pos = end;
    if (isText(this.bytes, start, end)) return true;
    this.problem = { offset: start, message: 'a text is not UTF-8' };
    return false;
  }

  private smallMap(count: number): boolean {
    const base = this.keys;
    for (let i = base; i < base + count; i++) {
      this.reader.head();
      const at = this.reader.pos;
      const size = this.reader.size;
      if (!this.text()) return false;
      const mark = markOf(this.bytes, at, size);
      for (let j = base; j < i; j++) {
        if (keyMark[j] !== mark || keySize[j] !== size) continue;
        if (compare(this.bytes, at, size, keyAt[j]!, size) === 0) return this.duplicate(at, size);
      }
      keyAt[i] = at;
      keySize[i] = size;
      keyMark[i] = mark;
      this.keys = i + 1;
      if (!this.value()) return false;
    }
    this.keys = base;
    return true;
  }

  /** Keys in ascending order cannot repeat and cost nothing; from the first that is not, a set. */
  private largeMap(count: number): boolean {
    const first = this.reader.pos;
    let seen: Set<string> | null = null;
    let lastAt = 0;
    let lastSize = -1;
    for (let i = 0; i < count; i++) {
      this.reader.head();
      const at = this.reader.pos;
      const size = this.reader.size;
      if (!this.text()) return false;
      if (seen === null && lastSize >= 0) {
        if (compare(this.bytes, lastAt, lastSize, at, size) >= 0) seen = this.keysFrom(first, i);
      }
      if (seen !== null) {
        const key = setKey(this.bytes, at, size);
        if (seen.has(key)) return this.duplicate(at, size);
        seen.add(key);
      }
      lastAt = at;
      lastSize = size;
      if (!this.value()) return false;
    }
    return true;
  }

  private keysFrom(start: number, count: number): Set<string> {
    const reader = new MsgpackReader(this.bytes, start);
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) {
      reader.head();
      seen.add(setKey(this.bytes, reader.pos, reader.size));
      reader.pos += reader.size;
      reader.skip();
    }
    return seen;
  }

  private duplicate(at: number, size: number): false {
    const key = this.bytes.toString('utf8', at, at + Math.min(size, 64));
    this.problem = { offset: at, message: `a map names the key ${JSON.stringify(key)} twice` };
    return false;
  }
}

function isText(bytes: Buffer, start: number, end: number): boolean {
  if (end - start <= SHORT_TEXT_BYTES) {
    let all = 0;
    let at = start;
    for (const last = end - 3; at < last; at += 4) {
      all |= bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!;
    }
    for (; at < end; at++) all |= bytes[at]!;
    if (all < 0x80) return true;
  }
  return isUtf8(bytes.subarray(start, end));
}

/** Tells most different keys apart without looking at all their bytes. */
function markOf(bytes: Buffer, at: number, size: number): number {
  if (size === 0) return 0;
  return (bytes[at]! << 16) | (bytes[at + (size >> 1)]! << 8) | bytes[at + size - 1]!;
}

function compare(bytes: Buffer, a: number, aSize: number, b: number, bSize: number): number {
  const size = Math.min(aSize, bSize);
  for (let i = 0; i < size; i++) {
    const difference = bytes[a + i]! - bytes[b + i]!;
    if (difference !== 0) return difference;
  }
  return aSize - bSize;
}

/**
 * A key's bytes as a text for a set. Keys that look like numbers get a prefix: some engines hash
 * those to their value, and a peer could make all of them collide.
 */
function setKey(bytes: Buffer, at: number, size: number): string {
  const text = bytes.toString('latin1', at, at + size);
  const first = bytes[at]!;
  return size > 0 && (first === 0 || (first >= 0x30 && first <= 0x39)) ? `\0${text}` : text;
}
