import {
  STREAM_MAX_BYTES_IN_FLIGHT,
  STREAM_MAX_PUTS_IN_FLIGHT,
  STREAM_OBJECT_BATCH_BYTES,
  STREAM_OBJECT_BATCH_SIZE,
} from '~/wire/limits';
import type { BlobStore } from '../ports/blob-store';
import type {
  ObjectReader,
  ObjectStorage,
  ObjectWriter,
  Spool,
  StoredObjectDamaged,
} from '../ports/object-storage';
import { FileSpool } from './file-spool';
import { type DamageOutcome, SegmentReader } from './segment-reader';
import { type SegmentLimits, SegmentWriter } from './segment-writer';
import { Slots } from './slots';

/**
 * The limits of docs/protocol.md §7, with half of the bytes it allows: a push of 2 GiB into local
 * files took no longer with 32 MiB in flight than with 64, and 121 MiB of memory instead of 164,
 * since buffers are freed only some time after they were put.
 */
export const SEGMENT_LIMITS: SegmentLimits = {
  batchObjects: STREAM_OBJECT_BATCH_SIZE,
  batchBytes: STREAM_OBJECT_BATCH_BYTES,
  putsInFlight: STREAM_MAX_PUTS_IN_FLIGHT,
  bytesInFlight: STREAM_MAX_BYTES_IN_FLIGHT / 2,
};

interface SegmentObjectStorageOptions {
  blobs: BlobStore;
  /** For spools; made when it is missing. Its files have no names and end with the process. */
  spoolFolder: string;
  uuid: () => string;
  limits?: SegmentLimits;
  /** The alarm for objects that do not come back as they went in. */
  onDamage: (damage: StoredObjectDamaged, outcome: DamageOutcome) => void;
  /** Told of trouble that changes nothing for the one who asked. */
  onTrouble: (what: string, error: unknown) => void;
}

/**
 * Objects in segments over any blob store. All pushes of a process share the places for puts, so
 * that many at once take no more memory and no more connections than one.
 */
export class SegmentObjectStorage implements ObjectStorage {
  readonly reader: ObjectReader;
  readonly #options: SegmentObjectStorageOptions;
  readonly #limits: SegmentLimits;
  readonly #slots: Slots;

  constructor(options: SegmentObjectStorageOptions) {
    const { blobs, onDamage } = options;
    this.#options = options;
    this.#limits = options.limits ?? SEGMENT_LIMITS;
    this.#slots = new Slots(this.#limits.putsInFlight, this.#limits.bytesInFlight);
    this.reader = new SegmentReader({ blobs, onDamage });
  }

  /** What is on its way to the blob store now. */
  get inFlight(): { puts: number; bytes: number } {
    return { puts: this.#slots.count, bytes: this.#slots.bytes };
  }

  openWriter(repoId: string): ObjectWriter {
    const { blobs, uuid, onTrouble } = this.#options;
    return new SegmentWriter({
      repoId,
      blobs,
      uuid,
      limits: this.#limits,
      slots: this.#slots,
      onTrouble,
    });
  }

  openSpool(): Spool {
    return new FileSpool({ folder: this.#options.spoolFolder });
  }
}
