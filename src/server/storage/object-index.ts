import { IdSet } from '~/muse/id-set';
import type { Id } from '~/muse/ids';
import type { SentObjects } from '../ports/object-storage';
import type { NewObject, ObjectLocation } from '../ports/push-store';

const PAGE_OBJECTS = 4_096;
const BATCH_OBJECTS = 10_000;
const ENCODINGS = ['raw', 'zlib', 'zstd'] as const;
const POLYGLOTS_MAX = 65_536;

/** A piece of an object: which of the push's segments, by its number, and where in it. */
export interface Extent {
  segment: number;
  /** Bytes; below 4 GiB, as segments are. */
  offset: number;
  length: number;
}

/** The facts of 4,096 objects, a column each. */
class Page {
  readonly sizes = new Float64Array(PAGE_OBJECTS);
  readonly segments = new Uint32Array(PAGE_OBJECTS);
  readonly offsets = new Uint32Array(PAGE_OBJECTS);
  readonly lengths = new Uint32Array(PAGE_OBJECTS);
  readonly polyglots = new Uint16Array(PAGE_OBJECTS);
  readonly encodings = new Uint8Array(PAGE_OBJECTS);
}

/**
 * The objects of one push and where they lie, in some 70 bytes each: a million of them would take
 * several hundred MB as JavaScript objects, and a push's memory must not grow so.
 */
export class ObjectIndex implements SentObjects {
  readonly #ids = new IdSet();
  readonly #pages: Page[] = [];
  readonly #segmentIds: string[] = [];
  /** The extents after the first, of the few objects that have several. */
  readonly #furtherExtents = new Map<number, Extent[]>();
  readonly #polyglots: string[] = [''];
  #bytes = 0;
  #storedBytes = 0;

  get count(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get storedBytes(): number {
    return this.#storedBytes;
  }

  has(id: Id): boolean {
    return this.#ids.has(id);
  }

  get(id: Id): NewObject | null {
    const position = this.#ids.indexOf(id);
    return position === -1 ? null : this.#at(position);
  }

  /** Registers a segment and returns its number, for extents. */
  addSegment(segmentId: string): number {
    return this.#segmentIds.push(segmentId) - 1;
  }

  /** Adds an object with at least one extent; false when its id is there already. */
  add(object: {
    id: Id;
    size: number;
    encoding: ObjectLocation['encoding'];
    polyglot: string;
    extents: [Extent, ...Extent[]];
  }): boolean {
    const position = this.#ids.size;
    if (!this.#ids.add(object.id)) return false;
    const [first, ...further] = object.extents;
    const row = position % PAGE_OBJECTS;
    if (row === 0) this.#pages.push(new Page());
    const page = this.#pages.at(-1)!;
    page.sizes[row] = object.size;
    page.segments[row] = first.segment;
    page.offsets[row] = first.offset;
    page.lengths[row] = first.length;
    page.encodings[row] = ENCODINGS.indexOf(object.encoding);
    page.polyglots[row] = this.#polyglotNumber(object.polyglot);
    if (further.length > 0) this.#furtherExtents.set(position, further);
    this.#bytes += object.size;
    for (const { length } of object.extents) this.#storedBytes += length;
    return true;
  }

  /** Sets the two formats of an object that is in the index. */
  markPolyglot(id: Id, polyglot: string): void {
    const position = this.#ids.indexOf(id);
    if (position === -1) throw new RangeError(`object ${id} is not here`);
    const page = this.#pages[Math.floor(position / PAGE_OBJECTS)]!;
    page.polyglots[position % PAGE_OBJECTS] = this.#polyglotNumber(polyglot);
  }

  *batches(batchObjects: number = BATCH_OBJECTS): Generator<NewObject[]> {
    const positions = this.#ids.sortedPositions();
    for (let at = 0; at < positions.length; at += batchObjects) {
      yield Array.from(positions.subarray(at, at + batchObjects), (position) => this.#at(position));
    }
  }

  #at(position: number): NewObject {
    const page = this.#pages[Math.floor(position / PAGE_OBJECTS)]!;
    const row = position % PAGE_OBJECTS;
    const first = {
      segment: page.segments[row]!,
      offset: page.offsets[row]!,
      length: page.lengths[row]!,
    };
    const further = this.#furtherExtents.get(position) ?? [];
    return {
      id: this.#ids.at(position),
      size: page.sizes[row]!,
      encoding: ENCODINGS[page.encodings[row]!]!,
      polyglot: this.#polyglots[page.polyglots[row]!]!,
      extents: [first, ...further].map(({ segment, offset, length }) => ({
        segmentId: this.#segmentIds[segment]!,
        offset,
        length,
      })),
    };
  }

  /** Pairs of formats are few; each is kept once. */
  #polyglotNumber(polyglot: string): number {
    const known = this.#polyglots.indexOf(polyglot);
    if (known !== -1) return known;
    if (this.#polyglots.length === POLYGLOTS_MAX)
      throw new RangeError('too many kinds of polyglot');
    return this.#polyglots.push(polyglot) - 1;
  }
}
