import { DecodeError } from './decode-error';

/**
 * The two entropy codes of Zstandard (RFC 8878 §4): finite state entropy and Huffman. Tables are
 * flat arrays with all of a state in one number. Every length is checked before it is used.
 */

/** A finite-state table: `symbol | bits << 8 | baseline << 16` per state. */
export interface StateTable {
  log: number;
  states: Int32Array;
}

/** A prefix-code table: `symbol | bits << 8` per peeked value of `bits` bits. */
export interface PrefixTable {
  bits: number;
  codes: Uint16Array;
}

export const damagedZstd = (why: string) => new DecodeError(`are not valid zstd: ${why}`);

const HUFFMAN_MAX_BITS = 11;
const WEIGHTS_MAX_LOG = 6;

/** The position of the highest bit that is set; -1 for 0. */
const highBit = (value: number) => 31 - Math.clz32(value);

/** The number of bits that a stream read backwards has; its last byte marks them with a 1. */
export function backwardBits(bytes: Uint8Array, start: number, end: number): number {
  const last = end > start ? bytes[end - 1]! : 0;
  if (last === 0) throw damagedZstd('a bit stream has no end mark');
  return (end - 1) * 8 + highBit(last);
}

/** Up to 24 bits from a bit position on. */
const bitsAt = (bytes: Uint8Array, bit: number, count: number): number => {
  const at = bit >> 3;
  const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  return (word >>> (bit & 7)) & ((1 << count) - 1);
};

/** Builds a table from how many states each symbol has (-1: one, with a full reset of the state). */
export function stateTable(counts: ArrayLike<number>, log: number): StateTable {
  const size = 1 << log;
  const mask = size - 1;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(counts.length);
  let high = mask;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    const count = counts[symbol]!;
    next[symbol] = count === -1 ? 1 : count;
    if (count === -1) symbols[high--] = symbol;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let symbol = 0; symbol < counts.length; symbol++)
    for (let i = 0; i < counts[symbol]!; i++) {
      symbols[at] = symbol;
      do at = (at + step) & mask;
      while (at > high);
    }
  if (at !== 0) throw damagedZstd('a distribution does not fill its table');
  const states = new Int32Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state]!;
    const value = next[symbol]!;
    next[symbol] = value + 1;
    const bits = log - highBit(value);
    states[state] = symbol | (bits << 8) | (((value << bits) - size) << 16);
  }
  return { log, states };
}

/** A table that always gives one symbol. */
export function singleState(symbol: number): StateTable {
  return { log: 0, states: Int32Array.of(symbol) };
}

/** Reads a distribution of symbols and builds its table. `end` is the first byte after it. */
export function readStateTable(
  bytes: Uint8Array,
  start: number,
  limit: number,
  maxSymbol: number,
  maxLog: number,
): { table: StateTable; end: number } {
  const log = (bytes[start]! & 15) + 5;
  if (start >= limit || log > maxLog) throw damagedZstd('a distribution is too precise');
  const counts: number[] = [];
  let bit = start * 8 + 4;
  let remaining = (1 << log) + 1;
  let threshold = 1 << log;
  let width = log + 1;
  let afterZero = false;
  while (remaining > 1) {
    if (afterZero) {
      for (let repeat = 3; repeat === 3; ) {
        repeat = bitsAt(bytes, bit, 2);
        bit += 2;
        for (let i = 0; i < repeat; i++) counts.push(0);
        if (counts.length > maxSymbol) throw damagedZstd('a distribution has too many symbols');
      }
    }
    const spare = 2 * threshold - 1 - remaining;
    const short = bitsAt(bytes, bit, width - 1);
    let value = short;
    if (short < spare) {
      bit += width - 1;
    } else {
      value = bitsAt(bytes, bit, width);
      if (value >= threshold) value -= spare;
      bit += width;
    }
    const count = value - 1;
    remaining -= Math.abs(count);
    counts.push(count);
    afterZero = count === 0;
    if (counts.length > maxSymbol + 1 || bit > limit * 8)
      throw damagedZstd('a distribution has too many symbols');
    while (remaining < threshold) {
      width--;
      threshold >>= 1;
    }
  }
  if (remaining !== 1) throw damagedZstd('a distribution does not fill its table');
  return { table: stateTable(counts, log), end: (bit + 7) >> 3 };
}

/** Reads the description of a Huffman code. `end` is the first byte after it. */
export function readPrefixTable(
  bytes: Uint8Array,
  start: number,
  limit: number,
): { table: PrefixTable; end: number } {
  const header = bytes[start]!;
  const first = start + 1;
  const direct = header >= 128;
  const end = first + (direct ? (header - 127 + 1) >> 1 : header);
  if (start >= limit || end > limit) throw damagedZstd('a Huffman table is cut off');
  const weights: number[] = [];
  if (direct)
    for (let i = 0; i < header - 127; i++)
      weights.push(i & 1 ? bytes[first + (i >> 1)]! & 15 : bytes[first + (i >> 1)]! >> 4);
  else readWeights(bytes, first, end, weights);
  return { table: prefixTable(weights), end };
}

/** Weights in finite-state code: two states take turns until the bits run out. */
function readWeights(bytes: Uint8Array, start: number, end: number, weights: number[]): void {
  const { table, end: streamStart } = readStateTable(bytes, start, end, 255, WEIGHTS_MAX_LOG);
  let bit = backwardBits(bytes, streamStart, end);
  const lowest = streamStart * 8;
  const state = [0, 0];
  const width = [table.log, table.log];
  for (let turn = 0; ; turn ^= 1) {
    bit -= width[turn]!;
    if (bit < lowest) return;
    const entry = table.states[state[turn]! + bitsAt(bytes, bit, width[turn]!)]!;
    weights.push(entry & 255);
    if (weights.length > 255) throw damagedZstd('a Huffman table has too many symbols');
    width[turn] = (entry >> 8) & 255;
    state[turn] = entry >>> 16;
  }
}

/** Builds the table of a Huffman code; the weight of the last symbol follows from the others. */
function prefixTable(weights: number[]): PrefixTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > HUFFMAN_MAX_BITS) throw damagedZstd('a Huffman code is too long');
    if (weight > 0) sum += 1 << (weight - 1);
  }
  const bits = highBit(sum) + 1;
  const rest = (1 << bits) - sum;
  if (sum === 0 || bits > HUFFMAN_MAX_BITS || (rest & (rest - 1)) !== 0)
    throw damagedZstd('a Huffman code is not complete');
  const all = [...weights, highBit(rest) + 1];
  const codes = new Uint16Array(1 << bits);
  let at = 0;
  for (let weight = 1; weight <= bits; weight++)
    for (let symbol = 0; symbol < all.length; symbol++) {
      if (all[symbol] !== weight) continue;
      const next = at + (1 << (weight - 1));
      codes.fill(symbol | ((bits + 1 - weight) << 8), at, next);
      at = next;
    }
  return { bits, codes };
}

/**
 * Decodes one Huffman stream, which is read backwards, into `out`. It must end exactly where its
 * symbols do.
 */
export function decodePrefixStream(
  bytes: Uint8Array,
  start: number,
  end: number,
  { bits, codes }: PrefixTable,
  out: Uint8Array,
  from: number,
  to: number,
): void {
  const mask = (1 << bits) - 1;
  // Below its start a peek sees bytes that are not its own: the code is in the bits above them.
  let bit = backwardBits(bytes, start, end) - bits;
  for (let i = from; i < to; i++) {
    const at = bit >> 3;
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const code = codes[(word >> (bit & 7)) & mask]!;
    out[i] = code;
    bit -= code >> 8;
  }
  if (bit + bits !== start * 8) throw damagedZstd('a Huffman stream has another length');
}
