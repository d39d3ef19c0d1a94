import {
  backwardBits,
  damagedZstd,
  decodePrefixStream,
  type PrefixTable,
  readPrefixTable,
  readStateTable,
  type StateTable,
  singleState,
  stateTable,
} from './zstd-entropy';

/** The most that one block decodes to, and that one block takes (RFC 8878 §3.1.1.2). */
export const ZSTD_BLOCK_MAX_BYTES = 128 * 1024;

/** Offsets beyond this need more bits than any window that is allowed here. */
const OFFSET_MAX_CODE = 25;
/** Shorter runs are copied byte by byte: a call costs more. */
const CALL_PAYS_BYTES = 32;

const LITERAL_LENGTHS = lengths(
  16,
  0,
  [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const MATCH_LENGTHS = lengths(
  32,
  3,
  [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);

/** Baselines and extra bits of length codes: `plain` codes without bits, then as listed. */
function lengths(plain: number, first: number, extra: number[]) {
  const bits = Uint8Array.from([...new Array<number>(plain).fill(0), ...extra]);
  const base = new Uint32Array(bits.length);
  for (let code = 0, next = first; code < bits.length; code++) {
    base[code] = next;
    next += 1 << bits[code]!;
  }
  return { bits, base };
}

const repeat = (count: number, value: number) => new Array<number>(count).fill(value);

const DEFAULT_LITERAL_LENGTHS = stateTable(
  [4, 3, ...repeat(11, 2), 1, 1, 1, ...repeat(9, 2), 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
  6,
);
const DEFAULT_MATCH_LENGTHS = stateTable(
  [1, 4, 3, 2, 2, 2, 2, 2, 2, ...repeat(37, 1), ...repeat(7, -1)],
  6,
);
const DEFAULT_OFFSETS = stateTable(
  [...repeat(6, 1), 2, 2, 2, ...repeat(15, 1), ...repeat(5, -1)],
  5,
);

/** What one block leaves to the next of its frame. */
export class BlockState {
  huffman: PrefixTable | null = null;
  literalLengths: StateTable | null = null;
  matchLengths: StateTable | null = null;
  offsets: StateTable | null = null;
  /** The last three offsets. */
  recent: [number, number, number] = [1, 4, 8];
}

/** Where a block is written: behind the history that its matches may point at. */
export interface BlockTarget {
  out: Uint8Array;
  at: number;
  /** Bytes before `at` that belong to the frame, at most its window. */
  history: number;
  windowBytes: number;
  blockMaxBytes: number;
}

/** Reused by all blocks of a decoder. */
export class BlockDecoder {
  readonly #literals = new Uint8Array(ZSTD_BLOCK_MAX_BYTES);

  /**
   * Decodes one compressed block and returns where its bytes end in `target.out`, which has room
   * for `blockMaxBytes`. `bytes` has 8 readable bytes beyond `end`. Throws `DecodeError`; never
   * writes outside the room, and works in proportion to it.
   */
  decode(bytes: Uint8Array, end: number, state: BlockState, target: BlockTarget): number {
    const literals = this.#readLiterals(bytes, end, state, target.blockMaxBytes);
    return decodeSequences(bytes, literals.next, end, literals, state, target);
  }

  #readLiterals(bytes: Uint8Array, end: number, state: BlockState, maxBytes: number): Literals {
    if (end < 2) throw damagedZstd('a block is cut off');
    const first = bytes[0]!;
    const kind = first & 3;
    const format = (first >> 2) & 3;
    if (kind < 2) {
      const header = format === 1 ? 2 : format === 3 ? 3 : 1;
      let size = header === 1 ? first >> 3 : (first >> 4) | (bytes[1]! << 4);
      if (header === 3) size |= bytes[2]! << 12;
      const next = header + (kind === 0 ? size : 1);
      if (size > maxBytes || next > end) throw damagedZstd('literals are cut off');
      if (kind === 0) return { from: bytes, at: header, size, next };
      this.#literals.fill(bytes[header]!, 0, size);
      return { from: this.#literals, at: 0, size, next };
    }
    return this.#readHuffman(bytes, end, state, maxBytes, kind === 2, format);
  }

  #readHuffman(
    bytes: Uint8Array,
    end: number,
    state: BlockState,
    maxBytes: number,
    newTable: boolean,
    format: number,
  ): Literals {
    const header = format < 2 ? 3 : format + 2;
    const width = format < 2 ? 10 : format === 2 ? 14 : 18;
    const low = (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
    const word = low + bytes[4]! * 2 ** 32;
    const size = Math.floor(word / 16) % 2 ** width;
    const packed = Math.floor(word / 2 ** (4 + width)) % 2 ** width;
    const next = header + packed;
    if (size > maxBytes || next > end) throw damagedZstd('literals are cut off');
    let at = header;
    if (newTable) {
      const read = readPrefixTable(bytes, at, next);
      state.huffman = read.table;
      at = read.end;
    }
    const table = state.huffman;
    if (!table) throw damagedZstd('a Huffman table is used before it is given');
    const out = this.#literals;
    if (format === 0) {
      decodePrefixStream(bytes, at, next, table, out, 0, size);
    } else {
      const quarter = (size + 3) >> 2;
      if (at + 6 > next || quarter * 3 > size) throw damagedZstd('literals are cut off');
      const one = at + 6 + (bytes[at]! | (bytes[at + 1]! << 8));
      const two = one + (bytes[at + 2]! | (bytes[at + 3]! << 8));
      const three = two + (bytes[at + 4]! | (bytes[at + 5]! << 8));
      if (three > next) throw damagedZstd('literals are cut off');
      decodePrefixStream(bytes, at + 6, one, table, out, 0, quarter);
      decodePrefixStream(bytes, one, two, table, out, quarter, quarter * 2);
      decodePrefixStream(bytes, two, three, table, out, quarter * 2, quarter * 3);
      decodePrefixStream(bytes, three, next, table, out, quarter * 3, size);
    }
    return { from: out, at: 0, size, next };
  }
}

interface Literals {
  from: Uint8Array;
  at: number;
  size: number;
  /** Where the sequences begin in the block. */
  next: number;
}

/** The tables of a block's sequences, as its modes say; `end` is the first byte after them. */
function readTables(bytes: Uint8Array, start: number, limit: number, state: BlockState): number {
  const modes = bytes[start]!;
  if (start >= limit || (modes & 3) !== 0) throw damagedZstd('sequences have unknown modes');
  let at = start + 1;
  const table = (
    mode: number,
    preset: StateTable,
    before: StateTable | null,
    maxSymbol: number,
    maxLog: number,
  ): StateTable => {
    switch (mode) {
      case 0:
        return preset;
      case 1: {
        const symbol = bytes[at++]!;
        if (at > limit || symbol > maxSymbol) throw damagedZstd('a sequence code is unknown');
        return singleState(symbol);
      }
      case 2: {
        const read = readStateTable(bytes, at, limit, maxSymbol, maxLog);
        at = read.end;
        return read.table;
      }
      default:
        if (!before) throw damagedZstd('a table is repeated before it is given');
        return before;
    }
  };
  state.literalLengths = table(modes >> 6, DEFAULT_LITERAL_LENGTHS, state.literalLengths, 35, 9);
  state.offsets = table((modes >> 4) & 3, DEFAULT_OFFSETS, state.offsets, 31, 8);
  state.matchLengths = table((modes >> 2) & 3, DEFAULT_MATCH_LENGTHS, state.matchLengths, 52, 9);
  if (at > limit) throw damagedZstd('sequences are cut off');
  return at;
}

/** Reads how many sequences a block has; the bits 24 and up of the result say in how many bytes. */
function readSequenceCount(bytes: Uint8Array, start: number, end: number) {
  const first = start < end ? bytes[start]! : 0;
  if (first < 128) return { count: first, next: start + 1 };
  const second = bytes[start + 1]!;
  if (first < 255) return { count: ((first - 128) << 8) | second, next: start + 2 };
  return { count: (second | (bytes[start + 2]! << 8)) + 0x7f00, next: start + 3 };
}

/** Executes the sequences: literals and matches in turn, then the literals that are left. */
function decodeSequences(
  bytes: Uint8Array,
  start: number,
  end: number,
  literals: Literals,
  state: BlockState,
  target: BlockTarget,
): number {
  const { out, windowBytes } = target;
  const outEnd = target.at + target.blockMaxBytes;
  const historyStart = target.at - target.history;
  const { from } = literals;
  const literalsEnd = literals.at + literals.size;
  let literal = literals.at;
  let at = target.at;
  if (start >= end) throw damagedZstd('a block is cut off');
  const { count, next } = readSequenceCount(bytes, start, end);
  if (next > end || (count === 0 && next !== end))
    throw damagedZstd('sequences have no valid count');
  if (count > 0) {
    const streamStart = readTables(bytes, next, end, state);
    const lengthTable = state.literalLengths!;
    const matchTable = state.matchLengths!;
    const offsetTable = state.offsets!;
    const lengthStates = lengthTable.states;
    const matchStates = matchTable.states;
    const offsetStates = offsetTable.states;
    const lowest = streamStart * 8;
    let bit = backwardBits(bytes, streamStart, end);
    const take = (width: number): number => {
      bit -= width;
      const i = bit >> 3;
      const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      return (word >>> (bit & 7)) & ((1 << width) - 1);
    };
    let lengthState = lengthStates[take(lengthTable.log)]!;
    let offsetState = offsetStates[take(offsetTable.log)]!;
    let matchState = matchStates[take(matchTable.log)]!;
    let [recent0, recent1, recent2] = state.recent;

    for (let left = count; left > 0; left--) {
      const offsetCode = offsetState & 255;
      const matchCode = matchState & 255;
      const lengthCode = lengthState & 255;
      if (offsetCode > OFFSET_MAX_CODE) throw damagedZstd('a match points too far back');
      const value = (1 << offsetCode) + take(offsetCode);
      const matchBytes = MATCH_LENGTHS.base[matchCode]! + take(MATCH_LENGTHS.bits[matchCode]!);
      const literalBytes =
        LITERAL_LENGTHS.base[lengthCode]! + take(LITERAL_LENGTHS.bits[lengthCode]!);
      if (left > 1) {
        lengthState = lengthStates[(lengthState >>> 16) + take((lengthState >> 8) & 255)]!;
        matchState = matchStates[(matchState >>> 16) + take((matchState >> 8) & 255)]!;
        offsetState = offsetStates[(offsetState >>> 16) + take((offsetState >> 8) & 255)]!;
      }
      if (bit < lowest) throw damagedZstd('sequences are cut off');

      let offset: number;
      if (value > 3) {
        offset = value - 3;
        recent2 = recent1;
        recent1 = recent0;
      } else {
        const which = literalBytes === 0 ? value + 1 : value;
        offset =
          which === 1 ? recent0 : which === 2 ? recent1 : which === 3 ? recent2 : recent0 - 1;
        if (which > 2) recent2 = recent1;
        if (which > 1) recent1 = recent0;
      }
      recent0 = offset;

      if (literal + literalBytes > literalsEnd || at + literalBytes + matchBytes > outEnd)
        throw damagedZstd('a block is longer than it may be');
      if (literalBytes < CALL_PAYS_BYTES)
        for (let i = 0; i < literalBytes; i++) out[at + i] = from[literal + i]!;
      else out.set(from.subarray(literal, literal + literalBytes), at);
      literal += literalBytes;
      at += literalBytes;

      const match = at - offset;
      if (offset <= 0 || match < historyStart || offset > windowBytes)
        throw damagedZstd('a match points too far back');
      if (matchBytes < CALL_PAYS_BYTES || offset < matchBytes)
        for (let i = 0; i < matchBytes; i++) out[at + i] = out[match + i]!;
      else out.copyWithin(at, match, match + matchBytes);
      at += matchBytes;
    }
    if (bit !== lowest) throw damagedZstd('sequences have another length');
    state.recent = [recent0, recent1, recent2];
  }
  const rest = literalsEnd - literal;
  if (at + rest > outEnd) throw damagedZstd('a block is longer than it may be');
  out.set(from.subarray(literal, literalsEnd), at);
  return at + rest;
}
