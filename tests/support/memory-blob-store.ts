import { BlobMissing, type BlobStore, checkBlobKey } from '~/server/ports/blob-store';

type Operation = 'put' | 'read' | 'delete' | 'list' | 'check';

/**
 * The blob store of service tests: keeps every promise of the port except durability, and passes
 * the same contract suite as the real ones.
 *
 * `before` is awaited ahead of each operation and may throw, so that a test can fail the n-th call,
 * hold puts back until it lets them go, or look at what is in flight.
 */
export class MemoryBlobStore implements BlobStore {
  readonly blobs = new Map<string, { bytes: Buffer; modifiedAt: Date }>();
  before: (
    operation: Operation,
    key: string,
    call: { bytes: number; signal?: AbortSignal },
  ) => void | Promise<void> = () => {};
  now: () => number = Date.now;

  async put(key: string, parts: Uint8Array[], options: { signal?: AbortSignal } = {}) {
    requireKey(key);
    options.signal?.throwIfAborted();
    const bytes = Buffer.concat(parts);
    await this.before('put', key, { bytes: bytes.byteLength, signal: options.signal });
    options.signal?.throwIfAborted();
    if (this.blobs.has(key)) throw new Error(`blob ${key} exists already and is not overwritten`);
    this.blobs.set(key, { bytes, modifiedAt: new Date(this.now()) });
  }

  async read(
    key: string,
    offset: number,
    length: number,
    options: { signal?: AbortSignal } = {},
  ): Promise<Buffer> {
    requireKey(key);
    options.signal?.throwIfAborted();
    await this.before('read', key, { bytes: length, signal: options.signal });
    options.signal?.throwIfAborted();
    const blob = this.blobs.get(key);
    if (!blob || offset + length > blob.bytes.byteLength) throw new BlobMissing(key);
    return Buffer.from(blob.bytes.subarray(offset, offset + length));
  }

  async delete(keys: string[], options: { signal?: AbortSignal } = {}): Promise<void> {
    for (const key of keys) {
      requireKey(key);
      options.signal?.throwIfAborted();
      await this.before('delete', key, { bytes: 0 });
      this.blobs.delete(key);
    }
  }

  async *list(prefix: string) {
    await this.before('list', prefix, { bytes: 0 });
    for (const [key, { bytes, modifiedAt }] of this.blobs) {
      if (key.startsWith(prefix)) yield { key, bytes: bytes.byteLength, modifiedAt };
    }
  }

  async removeLeftovers(): Promise<number> {
    return 0;
  }

  async check(): Promise<void> {
    await this.before('check', '', { bytes: 0 });
  }

  async close(): Promise<void> {}
}

function requireKey(key: string): void {
  if (!checkBlobKey(key)) throw new TypeError(`not a blob key: ${JSON.stringify(key)}`);
}
