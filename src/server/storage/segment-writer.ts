import { setMaxListeners } from 'node:events';
import type { Id } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type { BlobStore } from '../ports/blob-store';
import type { ChunkedObject, IncomingObject, ObjectWriter } from '../ports/object-storage';
import type { NewSegment, ObjectLocation } from '../ports/push-store';
import { segmentKey } from '../ports/segment-key';
import { type Extent, ObjectIndex } from './object-index';
import { CopyRoom, SegmentBatch } from './segment-batch';
import { Slots } from './slots';

/** How segments are cut and how many are on their way (docs/protocol.md §7). */
export interface SegmentLimits {
  /** Objects of the first segments; see `SEGMENTS_PER_SIZE`. */
  batchObjects: number;
  batchBytes: number;
  putsInFlight: number;
  bytesInFlight: number;
}

interface SegmentWriterOptions {
  repoId: string;
  blobs: BlobStore;
  uuid: () => string;
  limits: SegmentLimits;
  /** Places for puts, shared with other writers; of its own, as the limits say, when absent. */
  slots?: Slots;
  /** Told when segments of an abandoned push could not be deleted. */
  onTrouble?: (what: string, error: unknown) => void;
}

/**
 * Segments of a push before the next ones hold twice as many objects: a large push, whose segments
 * would be hundreds, is not held up by a file, two syncs and a row for every few objects.
 */
const SEGMENTS_PER_SIZE = 4;
const DOUBLINGS_MAX = 5;

/** What the deletions of an abandoned push may take; its sender waits for the answer. */
const ABANDON_MAX_MS = 5_000;

/**
 * Fills one segment after the other and puts each when it is full, while the next one fills.
 *
 * Memory: the puts in flight (bounded by the slots), one full segment that waits for a slot, the
 * one that fills and, while an object comes in pieces, its current piece.
 */
export class SegmentWriter implements ObjectWriter {
  readonly objects = new ObjectIndex();
  readonly #options: SegmentWriterOptions;
  readonly #slots: Slots;
  readonly #room = new CopyRoom();
  readonly #segments: NewSegment[] = [];
  /** Puts under way or waiting for a slot; none of these promises rejects. */
  readonly #under = new Set<Promise<void>>();
  /** Aborted by the first failure, with its error as the reason. */
  readonly #stop = new AbortController();
  #open: { batch: SegmentBatch; number: number } | null = null;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    const { putsInFlight, bytesInFlight } = options.limits;
    this.#slots = options.slots ?? new Slots(putsInFlight, bytesInFlight);
    setMaxListeners(0, this.#stop.signal); // one per put in flight, and these are bounded
  }

  add(object: IncomingObject): Promise<void> | undefined {
    if (this.#stop.signal.aborted) return Promise.reject(this.#stop.signal.reason);
    if (this.objects.has(object.id)) return undefined;
    const stored = object.parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (stored !== object.storedBytes) {
      throw new RangeError(
        `object ${object.id}: ${stored} bytes given, ${object.storedBytes} said`,
      );
    }
    if (stored > this.#options.limits.batchBytes) return this.#addLarge(object);
    return this.#append(object);
  }

  markPolyglot(id: Id, polyglot: string): void {
    this.objects.markPolyglot(id, polyglot);
  }

  beginObject(object: { id: Id; encoding: ObjectLocation['encoding'] }): ChunkedObject {
    const { batchBytes } = this.#options.limits;
    const duplicate = this.objects.has(object.id);
    const extents: Extent[] = [];
    let piece = this.#newBatch();

    const write = (part: Uint8Array): Promise<void> | undefined => {
      if (this.#stop.signal.aborted) return Promise.reject(this.#stop.signal.reason);
      if (duplicate) return undefined;
      let wait: Promise<void> | undefined;
      for (let at = 0; at < part.byteLength; ) {
        if (piece.bytes === batchBytes) {
          wait = this.#closePiece(piece, extents) ?? wait;
          piece = this.#newBatch();
        }
        const end = Math.min(part.byteLength, at + batchBytes - piece.bytes);
        piece.append(part.subarray(at, end));
        at = end;
      }
      return wait;
    };

    const end = (facts: { size: number; polyglot: string }): Promise<void> | undefined => {
      if (this.#stop.signal.aborted) return Promise.reject(this.#stop.signal.reason);
      if (duplicate) return undefined;
      if (extents.length === 0) {
        const { parts, bytes } = piece;
        return this.#append({ ...object, ...facts, parts, storedBytes: bytes });
      }
      const wait = this.#closePiece(piece, extents);
      this.objects.add({ ...object, ...facts, extents: extents as [Extent, ...Extent[]] });
      return wait;
    };
    return { write, end };
  }

  seal(): void {
    // Whoever waits for room waits in `finish`, where a failure is heard of as well.
    this.#closeOpen();
  }

  async finish(): Promise<{ segments: NewSegment[]; objects: ObjectIndex }> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    this.seal();
    await Promise.race([Promise.all(this.#under), this.#stopped()]);
    signal.throwIfAborted();
    return { segments: this.#segments, objects: this.objects };
  }

  async abandon(): Promise<void> {
    this.#stop.abort(new Error('the push was abandoned'));
    await Promise.all(this.#under);
    const { reason } = this.#stop.signal;
    if (Refusal.is(reason) && reason.code === 'storage-unavailable') return;
    const { repoId, blobs, onTrouble } = this.#options;
    const keys = this.#segments.map(({ id }) => segmentKey(repoId, id));
    try {
      await blobs.delete(keys, { signal: AbortSignal.timeout(ABANDON_MAX_MS) });
    } catch (error) {
      onTrouble?.('segments of an abandoned push are left to the sweep', error);
    }
  }

  #newBatch(): SegmentBatch {
    return new SegmentBatch(this.#options.uuid(), this.#room);
  }

  #append(object: IncomingObject): Promise<void> | undefined {
    const { batchBytes } = this.#options.limits;
    let wait: Promise<void> | undefined;
    if (this.#open && this.#open.batch.bytes + object.storedBytes > batchBytes) {
      wait = this.#closeOpen();
    }
    if (!this.#open) {
      const batch = this.#newBatch();
      this.#open = { batch, number: this.objects.addSegment(batch.id) };
    }
    const { batch, number } = this.#open;
    const extent = { segment: number, offset: batch.bytes, length: object.storedBytes };
    for (const part of object.parts) batch.append(part);
    batch.objectCount += 1;
    this.objects.add({ ...object, extents: [extent] });
    if (batch.objectCount >= this.#objectsMax() || batch.bytes >= batchBytes) {
      wait = this.#closeOpen() ?? wait;
    }
    return wait;
  }

  /** Objects of the segment that fills. */
  #objectsMax(): number {
    const doublings = Math.floor(this.#segments.length / SEGMENTS_PER_SIZE);
    return this.#options.limits.batchObjects * 2 ** Math.min(doublings, DOUBLINGS_MAX);
  }

  /** An object above the limit of a segment, come in one frame. */
  async #addLarge(object: IncomingObject): Promise<void> {
    const chunked = this.beginObject(object);
    for (const part of object.parts) await chunked.write(part);
    await chunked.end(object);
  }

  #closeOpen(): Promise<void> | undefined {
    if (!this.#open) return undefined;
    const { batch } = this.#open;
    this.#open = null;
    return this.#close(batch);
  }

  #closePiece(piece: SegmentBatch, extents: Extent[]): Promise<void> | undefined {
    piece.objectCount = 1;
    extents.push({ segment: this.objects.addSegment(piece.id), offset: 0, length: piece.bytes });
    return this.#close(piece);
  }

  /** Hands a full segment over; a promise when it has to wait for a slot. */
  #close(batch: SegmentBatch): Promise<void> | undefined {
    this.#segments.push(batch.facts());
    if (this.#slots.tryTake(batch.bytes)) {
      this.#track(this.#put(batch));
      return undefined;
    }
    const slot = this.#slots.take(batch.bytes, this.#stop.signal);
    this.#track(slot.then(() => this.#put(batch)));
    return slot;
  }

  async #put(batch: SegmentBatch): Promise<void> {
    const { blobs, repoId } = this.#options;
    const { id, parts, bytes } = batch;
    try {
      await blobs.put(segmentKey(repoId, id), parts, { signal: this.#stop.signal });
    } finally {
      this.#slots.release(bytes);
    }
  }

  /** The first failure stops everything; those after it are its consequences. */
  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#stop.abort(error))
      .finally(() => this.#under.delete(tracked));
    this.#under.add(tracked);
  }

  /** Resolves when a failure has stopped the writer. */
  #stopped(): Promise<void> {
    return new Promise((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
