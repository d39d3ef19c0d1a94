/**
 * Where segments lie: whole blobs, written once, never changed (docs/decisions on segments).
 *
 * Keys are `[a-z0-9/._-]+`, relative, without `..`. An implementation throws `Refusal` with
 * `storage-unavailable` when the store does not answer after its retries and `storage-full` when
 * it has no room; anything else it throws is a fault.
 */
export interface BlobStore {
  /**
   * Stores the joined parts under the key. Durable when it resolves: it survives kill -9 and power
   * loss. The bytes under a key never change: a second put of the same key rejects where the store
   * can tell, and callers choose fresh random keys.
   */
  put(key: string, parts: Uint8Array[], options?: { signal?: AbortSignal }): Promise<void>;
  /** Exactly `length` bytes from `offset`; `BlobMissing` when the blob is absent or too short. */
  read(
    key: string,
    offset: number,
    length: number,
    options?: { signal?: AbortSignal },
  ): Promise<Buffer>;
  /** Removes blobs; a key that is not there is no error. */
  delete(keys: string[]): Promise<void>;
  /** Every blob under the prefix, in no order. */
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; modifiedAt: Date }>;
  /** Resolves when the store can be written and read now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** A blob that rows name is not in the store, or is shorter than they say. */
export class BlobMissing extends Error {
  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`blob ${key} is missing or too short`, options);
    this.name = 'BlobMissing';
  }
}
