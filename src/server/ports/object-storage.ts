import type { Id } from '~/muse/ids';
import type { NewObject, NewSegment, ObjectLocation } from './push-store';

/**
 * Objects on their way into and out of segments. A service sees objects; which blobs hold them, how
 * many puts are in flight and how reads are joined is the adapter's business (src/server/storage).
 */
export interface ObjectStorage {
  /** A writer for one push. It stores nothing that a reader could see: rows make objects visible. */
  openWriter(repoId: string): ObjectWriter;
  readonly reader: ObjectReader;
  /** A place for what a push must keep between its frames and its transaction. */
  openSpool(): Spool;
}

/** An object as it came. The caller checks it, before or after, and abandons what holds a bad one. */
export interface IncomingObject {
  id: Id;
  /** Decoded bytes. */
  size: number;
  encoding: ObjectLocation['encoding'];
  /** The two active formats of a polyglot; '' for none. */
  polyglot: string;
  /** The encoded bytes; their joined length is `storedBytes`. Must not change after the call. */
  parts: Uint8Array[];
  storedBytes: number;
}

/**
 * Gathers a push's objects into segments and puts these while more objects come.
 *
 * The first put that fails aborts the others and rejects every call after it with its error
 * (`Refusal` `storage-unavailable` or `storage-full`, or a fault).
 */
export interface ObjectWriter {
  /** What was taken so far; a duplicate id is stored once. */
  readonly objects: SentObjects;
  /**
   * Takes an object. Returns undefined when there is room for the next one at once; a promise is
   * the back-pressure, to be awaited before the next call.
   */
  add(object: IncomingObject): Promise<void> | undefined;
  /** Notes the two formats of an object that was taken. */
  markPolyglot(id: Id, polyglot: string): void;
  /** Takes an object that comes in pieces. No other call until its `end`. */
  beginObject(object: { id: Id; encoding: ObjectLocation['encoding'] }): ChunkedObject;
  /** Says that no object comes any more: what is left is put now. */
  seal(): void;
  /** Puts what is left and waits for every put: then all bytes are durable. */
  finish(): Promise<{ segments: NewSegment[]; objects: SentObjects }>;
  /**
   * Aborts what is in flight and deletes what was put. Only for a push whose transaction was never
   * begun or surely rolled back: after an unknown outcome rows may name these segments, and the
   * sweep, which asks the rows, is the one to tidy up. Takes seconds at most and never rejects: what
   * it cannot delete, the sweep finds too.
   */
  abandon(): Promise<void>;
}

/** One object in pieces; `end` makes it part of the push, and without it the bytes are garbage. */
export interface ChunkedObject {
  write(part: Uint8Array): Promise<void> | undefined;
  end(facts: { size: number; polyglot: string }): Promise<void> | undefined;
}

/** The objects of one push: compact, since there may be a million of them. */
export interface SentObjects {
  has(id: Id): boolean;
  get(id: Id): NewObject | null;
  readonly count: number;
  /** Decoded bytes of all objects. */
  readonly bytes: number;
  /** Encoded bytes of all objects. */
  readonly storedBytes: number;
  /** All objects in the order of their ids, so that concurrent transactions lock in one order. */
  batches(batchObjects?: number): Iterable<NewObject[]>;
}

/** A stored object to be read; a caller's own fields come back with it. */
export interface ObjectToRead {
  id: Id;
  location: ObjectLocation;
}

/**
 * A verified object. `stored` are the bytes as they lie in the segment, `content` the decoded ones
 * (the same for `raw`). Both are null for an object above `WHOLE_OBJECT_MAX_BYTES`, stored or
 * decoded: it is read with `readObject`.
 */
export type ReadObject<T extends ObjectToRead> = { object: T } & (
  | { stored: Uint8Array; content: Uint8Array }
  | { stored: null; content: null }
);

/** What is read whole and verified before anyone sees a byte of it. */
export const WHOLE_OBJECT_MAX_BYTES = 8 * 1024 ** 2;

/**
 * Reads objects back, verified: every one is decoded and hashed again, and one that does not hash
 * to its id, or is not there, is an alarm and a `StoredObjectDamaged`, never skipped.
 */
export interface ObjectReader {
  /**
   * Reads many objects in long runs, with read-ahead; in an order of its own, each exactly once.
   * A batch holds what came together, at most `WHOLE_OBJECT_MAX_BYTES` of content or one object.
   */
  readBatches<T extends ObjectToRead>(
    repoId: string,
    objects: Iterable<T> | AsyncIterable<T>,
    options?: { signal?: AbortSignal },
  ): AsyncIterable<ReadObject<T>[]>;
  /** `readBatches`, one object at a time. */
  readObjects<T extends ObjectToRead>(
    repoId: string,
    objects: Iterable<T> | AsyncIterable<T>,
    options?: { signal?: AbortSignal },
  ): AsyncIterable<ReadObject<T>>;
  /**
   * One object of any size as a stream of parts, `stored` or decoded `content`. The last part comes
   * only after the whole has been verified, so that a damaged object never looks complete.
   *
   * A range is in bytes of `content`, `end` exclusive. The first one of a large object reads all of
   * it, to verify it; for some minutes after that a range of a raw object reads just that.
   *
   * Throws `StoredObjectDamaged`, or `Refusal` `storage-unavailable` when the bytes were wrong once
   * and right when looked at again.
   */
  readObject(
    repoId: string,
    object: ObjectToRead,
    options?: {
      form?: 'stored' | 'content';
      range?: { start: number; end: number };
      signal?: AbortSignal;
    },
  ): AsyncIterable<Uint8Array>;
}

/** The stored bytes of an object are gone or are not those that its id names. */
export class StoredObjectDamaged extends Error {
  constructor(
    readonly id: Id,
    readonly repoId: string,
    readonly segmentId: string,
    readonly reason: 'missing' | 'damaged',
    options?: ErrorOptions,
  ) {
    super(`object ${id} is ${reason}: segment ${segmentId} of repository ${repoId}`, options);
    this.name = 'StoredObjectDamaged';
  }
}

/** Where bytes lie in a spool. */
export interface SpoolSlot {
  offset: number;
  length: number;
}

/** Append-only temporary bytes of one push: in memory while small, then in a nameless file. */
export interface Spool {
  readonly bytes: number;
  /** Copies the bytes; they can be read at once. */
  append(bytes: Uint8Array): SpoolSlot;
  /** Something to await when writing lags behind; undefined when there is room. Rejects as `read` does. */
  ready(): Promise<void> | undefined;
  /** Rejects with `Refusal` `storage-full` when the spool's folder has no room. */
  read(slot: SpoolSlot): Promise<Uint8Array>;
  /** Many reads as few long ones; the answers are in the order of the slots. */
  readMany(slots: SpoolSlot[]): Promise<Uint8Array[]>;
  close(): Promise<void>;
}
