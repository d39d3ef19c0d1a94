/**
 * Where segments lie: whole blobs, written once, never changed (docs/decisions on segments).
 *
 * Keys are as `checkBlobKey` allows. An implementation throws `Refusal` with
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
  delete(keys: string[], options?: { signal?: AbortSignal }): Promise<void>;
  /** Every blob under the prefix, in no order. */
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; modifiedAt: Date }>;
  /** Removes what interrupted puts left behind before this time; resolves with how many. */
  removeLeftovers(before: Date): Promise<number>;
  /**
   * Resolves when the store can be written and read now. Rejects with `Refusal` `storage-full`, or
   * with an error whose message tells an operator what is wrong.
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

const KEY_MAX_BYTES = 512;
const KEY = /^[a-z0-9_-][a-z0-9._-]*(\/[a-z0-9_-][a-z0-9._-]*)*$/;

/**
 * Whether a text can be a key: relative, `/` between non-empty names of lowercase letters, digits,
 * `.`, `_` and `-` that do not begin with a dot; `tmp/` is an adapter's own. Every adapter refuses
 * other keys, so that no key can leave its folder or mean different things in two stores.
 */
export function checkBlobKey(key: string): boolean {
  return key.length <= KEY_MAX_BYTES && KEY.test(key) && key !== 'tmp' && !key.startsWith('tmp/');
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
