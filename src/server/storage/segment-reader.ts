import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeStored, decodeStoredStream, ObjectDamaged } from '~/muse/object-reader';
import { Refusal } from '~/wire/errors';
import { BlobMissing, type BlobStore } from '../ports/blob-store';
import {
  type ObjectReader,
  type ObjectToRead,
  type ReadObject,
  StoredObjectDamaged,
  WHOLE_OBJECT_MAX_BYTES,
} from '../ports/object-storage';
import { segmentKey } from '../ports/segment-key';
import { readAhead } from './read-ahead';
import { isWhole, planPieces, planRuns, type Run, storedBytes } from './read-plan';

/** Reads under way for one caller. */
const READ_AHEAD = { reads: 4, bytes: 32 * 1024 ** 2 };
const LARGE_READ_AHEAD = { reads: 4, bytes: 8 * 1024 ** 2 };
/** How long a large object that hashed to its id is believed to do so, and how many are kept in mind. */
const VERIFIED_MS = 10 * 60_000;
const VERIFIED_MAX = 1_000;

interface Found {
  stored: Uint8Array;
  content: Uint8Array;
}

interface Range {
  start: number;
  end: number;
}

/** `lost`: the same at the second look. `recovered`: right then, so the way from the store is bad. */
export type DamageOutcome = 'lost' | 'recovered';

/**
 * Reads objects out of segments and hashes each again (docs/protocol.md §4). What is wrong is read
 * once more before it is called damaged: a store or the way to it may err where the bytes do not.
 */
export class SegmentReader implements ObjectReader {
  readonly #blobs: BlobStore;
  readonly #onDamage: (damage: StoredObjectDamaged, outcome: DamageOutcome) => void;
  readonly #now: () => number;
  /** When a large object was last read whole and found true, by repository and id. */
  readonly #verified = new Map<string, number>();

  constructor(options: {
    blobs: BlobStore;
    /** The alarm: told of every damage, before it is thrown. */
    onDamage: (damage: StoredObjectDamaged, outcome: DamageOutcome) => void;
    now?: () => number;
  }) {
    this.#blobs = options.blobs;
    this.#onDamage = options.onDamage;
    this.#now = options.now ?? Date.now;
  }

  async *readBatches<T extends ObjectToRead>(
    repoId: string,
    objects: Iterable<T> | AsyncIterable<T>,
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<ReadObject<T>[]> {
    const runs = readAhead(
      planRuns(objects),
      (run, stop) => this.#readRun(repoId, run, either(stop, signal)),
      READ_AHEAD,
    );
    for await (const { piece: run, result: bytes } of runs) {
      let batch: ReadObject<T>[] = [];
      let contentBytes = 0;
      for (const object of run.objects) {
        if (run.kind === 'large') {
          batch.push({ object, stored: null, content: null });
          continue;
        }
        if (contentBytes + object.location.size > WHOLE_OBJECT_MAX_BYTES && batch.length > 0) {
          yield batch;
          batch = [];
          contentBytes = 0;
        }
        const found = await this.#verify(
          repoId,
          object,
          bytes && within(run, object, bytes),
          signal,
        );
        batch.push({ object, ...found });
        contentBytes += object.location.size;
      }
      yield batch;
      await nextTurn(); // decoding kept this thread busy: let others have theirs
    }
  }

  async *readObjects<T extends ObjectToRead>(
    repoId: string,
    objects: Iterable<T> | AsyncIterable<T>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<ReadObject<T>> {
    for await (const batch of this.readBatches(repoId, objects, options)) yield* batch;
  }

  async *readObject(
    repoId: string,
    object: ObjectToRead,
    options: { form?: 'stored' | 'content'; range?: Range; signal?: AbortSignal } = {},
  ): AsyncGenerator<Uint8Array> {
    const { form = 'content', signal } = options;
    const range = options.range ?? { start: 0, end: object.location.size };
    if (isWhole(object)) {
      const found = await this.#readVerified(repoId, object, signal);
      const bytes =
        form === 'stored' ? found.stored : found.content.subarray(range.start, range.end);
      if (bytes.byteLength > 0) yield bytes;
      return;
    }
    try {
      if (form === 'stored') yield* this.#largeStored(repoId, object, signal);
      else yield* this.#largeContent(repoId, object, range, signal);
    } catch (error) {
      throw await this.#secondLook(repoId, object, error, signal);
    }
  }

  /** The bytes of a run; null when the objects are to be read one by one, or not here. */
  async #readRun<T extends ObjectToRead>(
    repoId: string,
    run: Run<T>,
    signal: AbortSignal,
  ): Promise<Buffer | null> {
    if (run.kind === 'large') return null;
    try {
      if (run.kind === 'scattered') return await this.#readWhole(repoId, run.objects[0]!, signal);
      return await this.#blobs.read(segmentKey(repoId, run.segmentId), run.offset, run.length, {
        signal,
      });
    } catch (error) {
      if (error instanceof BlobMissing) return null;
      throw error;
    }
  }

  /** Decodes and hashes what a run brought; reads the object on its own when that was not right. */
  async #verify(
    repoId: string,
    object: ObjectToRead,
    stored: Buffer | null,
    signal: AbortSignal | undefined,
  ): Promise<Found> {
    let why: unknown = null;
    if (stored) {
      try {
        return { stored, content: decodeStored(headOf(object), stored) };
      } catch (error) {
        if (!(error instanceof ObjectDamaged)) throw error;
        why = error;
      }
    }
    return this.#readAgain(repoId, object, why, signal);
  }

  async #readVerified(
    repoId: string,
    object: ObjectToRead,
    signal: AbortSignal | undefined,
  ): Promise<Found> {
    const stored = await this.#readWhole(repoId, object, signal).catch((error: unknown) => {
      if (error instanceof BlobMissing) return null;
      throw error;
    });
    return this.#verify(repoId, object, stored, signal);
  }

  async #readAgain(
    repoId: string,
    object: ObjectToRead,
    why: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Found> {
    try {
      const stored = await this.#readWhole(repoId, object, signal);
      const content = decodeStored(headOf(object), stored);
      if (why) this.#onDamage(damageOf(repoId, object, why), 'recovered');
      return { stored, content };
    } catch (error) {
      throw this.#alarm(repoId, object, error);
    }
  }

  /** All stored bytes of an object that fits in memory. */
  async #readWhole(
    repoId: string,
    { location }: ObjectToRead,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (const { segmentId, offset, length } of location.extents) {
      parts.push(await this.#blobs.read(segmentKey(repoId, segmentId), offset, length, { signal }));
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async *#pieces(
    repoId: string,
    { location }: ObjectToRead,
    range: Range,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer> {
    const pieces = readAhead(
      planPieces(location, range),
      ({ segmentId, offset, length }, stop) =>
        this.#blobs.read(segmentKey(repoId, segmentId), offset, length, {
          signal: either(stop, signal),
        }),
      LARGE_READ_AHEAD,
    );
    for await (const { result } of pieces) yield result;
  }

  /** Passes stored bytes on while they are decoded and hashed; the last ones wait for the verdict. */
  async *#largeStored(
    repoId: string,
    object: ObjectToRead,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const taken: Uint8Array[] = [];
    const pieces = this.#pieces(repoId, object, everything(object), signal);
    const tapped = (async function* () {
      for await (const piece of pieces) {
        taken.push(piece);
        yield piece;
      }
    })();
    for await (const _ of decodeStoredStream(headOf(object), tapped)) {
      while (taken.length > 1) yield taken.shift()!;
    }
    this.#rememberVerified(repoId, object);
    yield* taken;
  }

  async *#largeContent(
    repoId: string,
    object: ObjectToRead,
    { start, end }: Range,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    // Who reads all of it anyway has it hashed anyway.
    const isPart = start > 0 || end < object.location.size;
    const verified = isPart && this.#isVerified(repoId, object);
    if (verified && object.location.encoding === 'raw') {
      yield* this.#pieces(repoId, object, { start, end }, signal);
      return;
    }
    const stored = this.#pieces(repoId, object, everything(object), signal);
    let before = 0;
    let held: Uint8Array | null = null;
    for await (const part of decodeStoredStream(headOf(object), stored)) {
      const piece = part.subarray(Math.max(0, start - before), Math.max(0, end - before));
      before += part.byteLength;
      if (piece.byteLength > 0) {
        if (held) yield held;
        held = piece;
      }
      if (verified && before >= end) break;
    }
    if (!verified) this.#rememberVerified(repoId, object);
    if (held) yield held;
  }

  /** After a large object came out wrong: whether it is, or only came so. */
  async #secondLook(
    repoId: string,
    object: ObjectToRead,
    first: unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (!isDamage(first)) return first;
    this.#verified.delete(verifiedKey(repoId, object));
    try {
      const stored = this.#pieces(repoId, object, everything(object), signal);
      for await (const _ of decodeStoredStream(headOf(object), stored));
    } catch (error) {
      return this.#alarm(repoId, object, error);
    }
    this.#onDamage(damageOf(repoId, object, first), 'recovered');
    return new Refusal('storage-unavailable', {}, undefined, { cause: first });
  }

  /** Gives the alarm for damage; any other error is given back as it is. */
  #alarm(repoId: string, object: ObjectToRead, error: unknown): unknown {
    if (!isDamage(error)) return error;
    const damage = damageOf(repoId, object, error);
    this.#onDamage(damage, 'lost');
    return damage;
  }

  #isVerified(repoId: string, object: ObjectToRead): boolean {
    const since = this.#verified.get(verifiedKey(repoId, object));
    return since !== undefined && this.#now() - since < VERIFIED_MS;
  }

  #rememberVerified(repoId: string, object: ObjectToRead): void {
    const key = verifiedKey(repoId, object);
    this.#verified.delete(key);
    this.#verified.set(key, this.#now());
    const oldest = this.#verified.keys().next().value;
    if (this.#verified.size > VERIFIED_MAX && oldest !== undefined) this.#verified.delete(oldest);
  }
}

const headOf = ({ id, location }: ObjectToRead) => ({
  id,
  size: location.size,
  encoding: location.encoding,
});

const everything = ({ location }: ObjectToRead): Range => ({
  start: 0,
  end: storedBytes(location),
});

const verifiedKey = (repoId: string, { id }: ObjectToRead) => `${repoId}/${id}`;

const isDamage = (error: unknown) => error instanceof ObjectDamaged || error instanceof BlobMissing;

function damageOf(repoId: string, { id, location }: ObjectToRead, cause: unknown) {
  const reason = cause instanceof BlobMissing ? 'missing' : 'damaged';
  return new StoredObjectDamaged(id, repoId, location.extents[0]!.segmentId, reason, { cause });
}

/** The bytes of one object within those of its run. */
function within<T extends ObjectToRead>(run: Run<T>, { location }: T, bytes: Buffer): Buffer {
  if (run.kind === 'scattered') return bytes;
  const { offset, length } = location.extents[0]!;
  return bytes.subarray(offset - run.offset, offset - run.offset + length);
}

function either(stop: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal ? AbortSignal.any([stop, signal]) : stop;
}
