import { compareNewest, type Ordered } from '~/muse/commit-order';
import { ID_BYTES } from '~/muse/ids';
import type { ChunkMark } from '../ports/history-store';

/**
 * A history is a list of commits, newest first, cut into chunks: a chunk is found by a place (the
 * chunks' counts) or by a commit (their first ones), and a push changes few of them. Pure: bytes
 * and values in, bytes and values out.
 *
 * A chunk holds of each commit its order (8 bytes) and its id (32).
 */
const COMMIT_BYTES = 8 + ID_BYTES;
export const CHUNK_MAX_COMMITS = 512;
/** More chunks than this for what fits into one: many small ones are made into few again. */
const CHUNKS_PER_FULL_ONE = 4;

export interface HistoryShape {
  marks: ChunkMark[];
  nextNumber: number;
}

export const EMPTY_HISTORY: HistoryShape = { marks: [], nextNumber: 0 };

/** What makes one history of another, both lists newest first. */
export interface HistoryChange {
  added: Ordered[];
  removed: Ordered[];
}

export function packChunk(commits: Ordered[]): Buffer {
  const bytes = Buffer.allocUnsafe(commits.length * COMMIT_BYTES);
  for (const [index, { orderMs, id }] of commits.entries()) {
    bytes.writeBigInt64BE(BigInt(orderMs), index * COMMIT_BYTES);
    bytes.write(id, index * COMMIT_BYTES + 8, 'hex');
  }
  return bytes;
}

/** The commit at a place of a chunk. */
export function commitAt(chunk: Uint8Array, place: number): Ordered {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const at = place * COMMIT_BYTES;
  return {
    orderMs: Number(bytes.readBigInt64BE(at)),
    id: bytes.toString('hex', at + 8, at + COMMIT_BYTES),
  };
}

/** The place of a commit in a chunk; -1 when it is not there. */
export function placeIn(chunk: Uint8Array, commit: Ordered): number {
  let low = 0;
  let high = chunk.byteLength / COMMIT_BYTES;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareNewest(commitAt(chunk, middle), commit);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/** The index of the chunk that has a commit, if any has; the first for one newer than all. */
export function chunkOf(marks: ChunkMark[], commit: Ordered): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNewest(marks[middle]!.first, commit) <= 0) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

const unpackChunk = (chunk: Uint8Array): Ordered[] =>
  Array.from({ length: chunk.byteLength / COMMIT_BYTES }, (_, place) => commitAt(chunk, place));

/**
 * Applies a change. Chunks that it does not touch stay what they are; `load` is asked for those
 * that it touches, and `chunks` of the answer holds the new ones by their number.
 */
export async function changeHistory(
  shape: HistoryShape,
  change: HistoryChange,
  load: (numbers: number[]) => Promise<Map<number, Uint8Array>>,
): Promise<HistoryShape & { chunks: Map<number, Uint8Array> }> {
  const result = await changeTouched(shape, change, load);
  const count = result.marks.reduce((sum, mark) => sum + mark.count, 0);
  const full = Math.ceil(count / CHUNK_MAX_COMMITS);
  if (result.marks.length <= full * CHUNKS_PER_FULL_ONE) return result;
  // Scattered: all of it is cut anew.
  const stored = result.marks.filter(({ number }) => !result.chunks.has(number));
  const chunks = new Map([...(await load(stored.map(({ number }) => number))), ...result.chunks]);
  const commits = result.marks.flatMap(({ number }) => unpackChunk(chunks.get(number)!));
  const cut = new Cut(result.nextNumber);
  cut.newest(commits);
  return cut.shape();
}

async function changeTouched(
  { marks, nextNumber }: HistoryShape,
  { added, removed }: HistoryChange,
  load: (numbers: number[]) => Promise<Map<number, Uint8Array>>,
): Promise<HistoryShape & { chunks: Map<number, Uint8Array> }> {
  const cut = new Cut(nextNumber);
  if (marks.length === 0) {
    cut.newest(added);
    return cut.shape();
  }
  const addedTo = groupByChunk(marks, added);
  const removedFrom = groupByChunk(marks, removed);
  const touched = marks.filter((_, index) => addedTo.has(index) || removedFrom.has(index));
  const chunks = await load(touched.map(({ number }) => number));
  for (const [index, mark] of marks.entries()) {
    const come = addedTo.get(index);
    const gone = removedFrom.get(index);
    if (!come && !gone) {
      cut.keep(mark);
      continue;
    }
    const goneIds = new Set(gone?.map(({ id }) => id));
    const rest = unpackChunk(chunks.get(mark.number)!).filter(({ id }) => !goneIds.has(id));
    const commits = come ? mergeNewest(rest, come) : rest;
    if (index === 0) cut.newest(commits);
    else cut.evenly(commits);
  }
  return cut.shape();
}

function groupByChunk(marks: ChunkMark[], commits: Ordered[]): Map<number, Ordered[]> {
  const groups = new Map<number, Ordered[]>();
  for (const commit of commits) {
    const index = chunkOf(marks, commit);
    const group = groups.get(index);
    if (group) group.push(commit);
    else groups.set(index, [commit]);
  }
  return groups;
}

/** Merges two lists, each newest first; what is in both comes once. */
function mergeNewest(one: Ordered[], other: Ordered[]): Ordered[] {
  const merged: Ordered[] = [];
  let at = 0;
  for (const commit of other) {
    while (at < one.length && compareNewest(one[at]!, commit) < 0) merged.push(one[at++]!);
    if (one[at]?.id === commit.id) continue;
    merged.push(commit);
  }
  return merged.concat(one.slice(at));
}

/** The chunks of a new shape, given from the newest to the oldest. */
class Cut {
  readonly #marks: ChunkMark[] = [];
  readonly #chunks = new Map<number, Uint8Array>();

  constructor(private nextNumber: number) {}

  keep(mark: ChunkMark): void {
    this.#marks.push(mark);
  }

  /** Full chunks from the oldest on; the newest keeps room for what comes. */
  newest(commits: Ordered[]): void {
    const head = commits.length % CHUNK_MAX_COMMITS;
    if (head > 0) this.#add(commits.slice(0, head));
    for (let from = head; from < commits.length; from += CHUNK_MAX_COMMITS) {
      this.#add(commits.slice(from, from + CHUNK_MAX_COMMITS));
    }
  }

  /** Chunks of one size, so that each keeps room. */
  evenly(commits: Ordered[]): void {
    const pieces = Math.ceil(commits.length / CHUNK_MAX_COMMITS);
    for (let piece = 0; piece < pieces; piece++) {
      const from = Math.floor((piece * commits.length) / pieces);
      const to = Math.floor(((piece + 1) * commits.length) / pieces);
      this.#add(commits.slice(from, to));
    }
  }

  #add(commits: Ordered[]): void {
    const number = this.nextNumber++;
    this.#marks.push({ number, count: commits.length, first: commits[0]! });
    this.#chunks.set(number, packChunk(commits));
  }

  shape(): HistoryShape & { chunks: Map<number, Uint8Array> } {
    return { marks: this.#marks, nextNumber: this.nextNumber, chunks: this.#chunks };
  }
}
