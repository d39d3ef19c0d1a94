import { type ObjectToRead, WHOLE_OBJECT_MAX_BYTES } from '../ports/object-storage';
import type { ObjectLocation } from '../ports/push-store';

/** Objects that are put in the order of the disk together. */
const WINDOW_OBJECTS = 8_192;
/** Neighbours further apart than this are read on their own. */
const GAP_BYTES_MAX = 64 * 1024;
const RUN_BYTES_MAX = 8 * 1024 ** 2;
const PIECE_BYTES = 2 * 1024 ** 2;

/** A stretch of one segment. */
export interface Piece {
  segmentId: string;
  offset: number;
  length: number;
}

/** Objects that one read brings, or objects that cannot be read together with others. */
export interface Run<T extends ObjectToRead> extends Piece {
  kind: 'together' | 'scattered' | 'large';
  objects: T[];
}

export function storedBytes({ extents }: ObjectLocation): number {
  return extents.reduce((sum, { length }) => sum + length, 0);
}

/** Whether an object is read into memory as a whole. */
export function isWhole({ location }: ObjectToRead): boolean {
  const { size } = location;
  return size <= WHOLE_OBJECT_MAX_BYTES && storedBytes(location) <= WHOLE_OBJECT_MAX_BYTES;
}

/** Puts objects in the order in which they lie, window by window, and joins neighbours into runs. */
export async function* planRuns<T extends ObjectToRead>(
  objects: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<Run<T>> {
  let window: T[] = [];
  for await (const object of objects) {
    window.push(object);
    if (window.length < WINDOW_OBJECTS) continue;
    yield* runsOf(window);
    window = [];
  }
  yield* runsOf(window);
}

function* runsOf<T extends ObjectToRead>(window: T[]): Generator<Run<T>> {
  window.sort((a, b) => inStorageOrder(firstExtent(a), firstExtent(b)));
  let run: Run<T> | null = null;
  for (const object of window) {
    const { segmentId, offset, length } = firstExtent(object);
    const whole = isWhole(object);
    if (!whole || object.location.extents.length > 1) {
      // An object that is not read here costs no bytes of read-ahead.
      const bytes = whole ? storedBytes(object.location) : 0;
      const kind = whole ? 'scattered' : 'large';
      yield { kind, segmentId, offset, length: bytes, objects: [object] };
      continue;
    }
    if (run && joins(run, segmentId, offset, length)) {
      run.length = Math.max(run.length, offset + length - run.offset);
      run.objects.push(object);
      continue;
    }
    if (run) yield run;
    run = { kind: 'together', segmentId, offset, length, objects: [object] };
  }
  if (run) yield run;
}

function joins(run: Piece, segmentId: string, offset: number, length: number): boolean {
  return (
    run.segmentId === segmentId &&
    offset <= run.offset + run.length + GAP_BYTES_MAX &&
    offset + length <= run.offset + RUN_BYTES_MAX
  );
}

function inStorageOrder(a: Piece, b: Piece): number {
  if (a.segmentId !== b.segmentId) return a.segmentId < b.segmentId ? -1 : 1;
  return a.offset - b.offset;
}

/** Every object has one; a row without is damage of the database, not of the storage. */
function firstExtent({ id, location }: ObjectToRead): Piece {
  const first = location.extents[0];
  if (!first) throw new Error(`object ${id} has no extents`);
  return first;
}

/** The stored bytes from `start` to `end`, counted over all extents, in pieces of bounded size. */
export function* planPieces(
  { extents }: ObjectLocation,
  { start, end }: { start: number; end: number },
): Generator<Piece> {
  let before = 0;
  for (const { segmentId, offset, length } of extents) {
    const last = Math.min(length, end - before);
    for (let at = Math.max(0, start - before); at < last; at += PIECE_BYTES) {
      yield { segmentId, offset: offset + at, length: Math.min(PIECE_BYTES, last - at) };
    }
    before += length;
  }
}
