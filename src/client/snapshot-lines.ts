import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Id, parseId } from '~/muse/ids';
import { errnoOf } from './client-error';

/**
 * Snapshot files compared as lines. A folder holds the whole manifest of every snapshot, and the
 * next one differs in a few lines: looking for those by comparing bytes takes a tenth of the time
 * of reading both as JSON.
 *
 * Only the form in which the public CLI writes is understood, one file in a line; whoever gets no
 * answer here reads the records. An answer can be wrong only for a file that is no proper record,
 * and whoever receives the difference recomputes the snapshot's id.
 */
export interface SnapshotLines {
  id: Id;
  bytes: Buffer;
  /** Where the lines of the manifest begin and end, each with its line feed. */
  start: number;
  end: number;
}

export interface LineDifference {
  add: [path: string, id: Id][];
  remove: string[];
}

const LF = 0x0a;
const MANIFEST_BEGINS = Buffer.from('\n  "manifest": {\n');
const MANIFEST_ENDS = Buffer.from('\n  }');
const FILE = /^ {4}("(?:[^"\\]|\\.)*"): "([^"\\]*)",?$/;
/** Bytes that are compared by one call. */
const BLOCK_BYTES = 16 * 1024;
/** How far a line is looked for that has moved down. */
const WINDOW_BYTES = 64 * 1024;
/** Lines of both files that may differ; for more the records are read. */
const LINES_MAX = 2_000;
/** No line is longer: a path of 4,096 bytes, its id, and what stands around them. */
const LINE_BYTES_MAX = 8 * 1024;
/** Files kept at hand. */
const FILES_KEPT = 4;

/** Reads snapshot files; the bytes of one are good until four others were read. */
export class SnapshotLineReader {
  readonly #pathOf: (id: Id) => string;
  readonly #kept = new Map<Id, { lines: SnapshotLines | null; room: Buffer }>();
  #off = false;
  /** Whether a difference between lines was found. */
  used = false;

  constructor(pathOf: (id: Id) => string) {
    this.#pathOf = pathOf;
  }

  /**
   * What changes from one snapshot to another, and the text of the second without its files; null
   * when the lines do not tell, or all but as many differ as there are.
   */
  difference(from: Id, to: Id): (LineDifference & { rest: string }) | null {
    if (this.#off) return null;
    const old = this.#of(from);
    const own = this.#of(to);
    const found = old && own && lineDifference(old, own);
    if (!found || !isFewer(found.add.length + found.remove.length, own)) return null;
    this.used = true;
    return { ...found, rest: restOf(own) };
  }

  /** Gives no answers any more. */
  turnOff(): void {
    this.#off = true;
    this.used = false;
  }

  #of(id: Id): SnapshotLines | null {
    const known = this.#kept.get(id);
    if (known) {
      this.#kept.delete(id);
      this.#kept.set(id, known);
      return known.lines;
    }
    const room = this.#makeRoom();
    const bytes = readInto(this.#pathOf(id), room);
    if (bytes === null) return null;
    const lines = cutSnapshot(id, bytes);
    this.#kept.set(id, { lines, room: bytes.length > room.length ? bytes : room });
    return lines;
  }

  /** The memory of the file that was used longest ago: fresh memory costs more than reading. */
  #makeRoom(): Buffer {
    const [oldest] = this.#kept;
    if (this.#kept.size < FILES_KEPT || !oldest) return Buffer.alloc(0);
    this.#kept.delete(oldest[0]);
    return oldest[1].room;
  }
}

/** A file's bytes, in `room` when they fit; null when it cannot be read. */
function readInto(file: string, room: Buffer): Buffer | null {
  try {
    const fd = openSync(file, 'r');
    try {
      const { size } = fstatSync(fd);
      const into = size <= room.length ? room : Buffer.allocUnsafeSlow(size);
      let read = 0;
      while (read < size) {
        const step = readSync(fd, into, read, size - read, read);
        if (step === 0) return null;
        read += step;
      }
      return into.subarray(0, size);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return null; // whoever reads the record next says what is wrong
  }
}

/** Finds the manifest in a snapshot file; null when it is not in the form that is known. */
export function cutSnapshot(id: Id, bytes: Buffer): SnapshotLines | null {
  const begins = bytes.indexOf(MANIFEST_BEGINS);
  if (begins === -1) return null;
  const start = begins + MANIFEST_BEGINS.length;
  // From the line feed before the first line, so that an empty manifest ends where it begins.
  const ends = bytes.indexOf(MANIFEST_ENDS, start - 1);
  return ends === -1 ? null : { id, bytes, start, end: ends + 1 };
}

/** Whether there are fewer changes than files; counts the files only when that is not plain. */
function isFewer(changes: number, { bytes, start, end }: SnapshotLines): boolean {
  if (changes < (end - start) / LINE_BYTES_MAX) return true;
  let files = 0;
  for (let at = start; at < end && files <= changes; at = bytes.indexOf(LF, at) + 1) files++;
  return changes < files;
}

/** The text of a snapshot file without its files. */
function restOf({ bytes, start, end }: SnapshotLines): string {
  return bytes.toString('utf8', 0, start) + bytes.toString('utf8', end);
}

/**
 * The files that two snapshot files do not have in common. Every line that differs is read on both
 * sides, so the order of the lines changes nothing in the answer.
 */
export function lineDifference(from: SnapshotLines, to: SnapshotLines): LineDifference | null {
  const gone = new Map<string, Id>();
  const come = new Map<string, Id>();
  let left = from.start;
  let right = to.start;
  for (;;) {
    const same = linesInCommon(from, left, to, right);
    left += same;
    right += same;
    if (left >= from.end && right >= to.end) break;
    if (gone.size + come.size > LINES_MAX) return null;
    const [leftEnd, rightEnd] = nextInCommon(from, left, to, right);
    if (!collect(from, left, leftEnd, gone) || !collect(to, right, rightEnd, come)) return null;
    left = leftEnd;
    right = rightEnd;
  }
  const add = [...come].filter(([path, id]) => gone.get(path) !== id);
  return { add, remove: [...gone.keys()].filter((path) => !come.has(path)) };
}

/** Bytes of the whole lines that both have alike from here on. */
function linesInCommon(
  from: SnapshotLines,
  left: number,
  to: SnapshotLines,
  right: number,
): number {
  const length = Math.min(from.end - left, to.end - right);
  let same = 0;
  while (same < length) {
    const step = Math.min(BLOCK_BYTES, length - same);
    const [a, b] = [left + same, right + same];
    if (from.bytes.compare(to.bytes, b, b + step, a, a + step) !== 0) break;
    same += step;
  }
  while (same < length && from.bytes[left + same] === to.bytes[right + same]) same++;
  if (same === 0) return 0;
  return Math.max(0, from.bytes.lastIndexOf(LF, left + same - 1) + 1 - left);
}

/** Where, on both sides, the lines end that differ here. */
function nextInCommon(
  from: SnapshotLines,
  left: number,
  to: SnapshotLines,
  right: number,
): [number, number] {
  if (left >= from.end) return [left, to.end];
  if (right >= to.end) return [from.end, right];
  const added = lineOfSameFile(from, left, to, right);
  if (added === right) return [lineEnd(from, left), lineEnd(to, right)];
  if (added !== -1) return [left, added];
  const removed = lineOfSameFile(to, right, from, left);
  return removed === -1 ? [lineEnd(from, left), lineEnd(to, right)] : [removed, right];
}

/** Where the file of the line at `at` stands in the other one, from `from` on; -1: nowhere near. */
function lineOfSameFile(
  one: SnapshotLines,
  at: number,
  other: SnapshotLines,
  from: number,
): number {
  const name = one.bytes.indexOf('": "', at);
  const end = lineEnd(one, at);
  if (name === -1 || name >= end) return -1;
  // With the line feed before it, so that nothing but the beginning of a line is found.
  const key = one.bytes.subarray(at - 1, name + 3);
  const window = other.bytes.subarray(from - 1, Math.min(other.end, from + WINDOW_BYTES));
  const found = window.indexOf(key);
  return found === -1 ? -1 : from + found;
}

function lineEnd({ bytes, end }: SnapshotLines, at: number): number {
  const feed = bytes.indexOf(LF, at);
  return feed === -1 || feed >= end ? end : feed + 1;
}

/** Reads the files of some lines; false when one of them is not understood. */
function collect(lines: SnapshotLines, start: number, end: number, into: Map<string, Id>): boolean {
  for (let at = start; at < end; ) {
    const next = lineEnd(lines, at);
    const bytes = lines.bytes.subarray(at, next - 1);
    const match = isUtf8(bytes) ? FILE.exec(bytes.toString('utf8')) : null;
    const id = match && parseId(match[2]);
    if (!id) return false;
    const path = nameOf(match[1]!);
    if (path === null || into.has(path)) return false;
    into.set(path, id.id);
    at = next;
  }
  return true;
}

function nameOf(json: string): string | null {
  try {
    return JSON.parse(json) as string;
  } catch {
    return null;
  }
}
