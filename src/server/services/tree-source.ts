import type { Id } from '~/muse/ids';
import { asBuffer, EMPTY_TREE, EMPTY_TREE_ID, treeIdOf } from '~/muse/tree';
import { BatchSize } from './batch-size';

/** Encoded trees kept for the next snapshot, which shares most of them. */
export const TREE_CACHE_MAX_BYTES = 16 * 1024 ** 2;

/** A tree, snapshot or record that rows name is gone or is not what its id names: an alarm. */
export class StoredRecordDamaged extends Error {
  constructor(
    readonly kind: 'tree' | 'snapshot' | 'commit' | 'object',
    readonly id: Id,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`stored ${kind} ${id} is damaged: ${reason}`, options);
    this.name = 'StoredRecordDamaged';
  }
}

/**
 * The trees of one repository for one walk: read in batches of bounded bytes, hashed again as they
 * come, and the ones last used kept.
 */
export class TreeSource {
  readonly #load: (ids: Id[]) => Promise<Map<Id, Uint8Array>>;
  readonly #cacheBytesMax: number;
  /** In the order of their last use, oldest first. */
  readonly #cache = new Map<Id, Buffer>();
  #cacheBytes = 0;
  readonly #batch = new BatchSize();

  constructor(
    load: (ids: Id[]) => Promise<Map<Id, Uint8Array>>,
    cacheBytesMax = TREE_CACHE_MAX_BYTES,
  ) {
    this.#load = load;
    this.#cacheBytesMax = cacheBytesMax;
  }

  /** How many trees to ask for at once, so that they are a few MiB together. */
  get batchTrees(): number {
    return this.#batch.count;
  }

  /** The encoded bytes of these trees. Throws `StoredRecordDamaged`. */
  async load(ids: Iterable<Id>): Promise<Map<Id, Buffer>> {
    const found = new Map<Id, Buffer>();
    const missing: Id[] = [];
    for (const id of ids) {
      if (found.has(id)) continue;
      const cached = id === EMPTY_TREE_ID ? asBuffer(EMPTY_TREE) : this.#use(id);
      if (cached) found.set(id, cached);
      else missing.push(id);
    }
    const distinct = missing.length > 1 ? [...new Set(missing)] : missing;
    while (distinct.length > 0) {
      const wanted = distinct.splice(0, this.#batch.count);
      const loaded = await this.#load(wanted);
      let bytes = 0;
      for (const id of wanted) {
        const tree = loaded.get(id);
        if (!tree) throw new StoredRecordDamaged('tree', id, 'missing');
        if (treeIdOf(tree) !== id) throw new StoredRecordDamaged('tree', id, 'wrong bytes');
        bytes += tree.byteLength;
        const buffer = asBuffer(tree);
        found.set(id, buffer);
        this.#keep(id, buffer);
      }
      this.#batch.note(wanted.length, bytes);
    }
    return found;
  }

  #use(id: Id): Buffer | undefined {
    const tree = this.#cache.get(id);
    if (tree) {
      this.#cache.delete(id);
      this.#cache.set(id, tree);
    }
    return tree;
  }

  #keep(id: Id, tree: Buffer): void {
    if (tree.byteLength > this.#cacheBytesMax / 4) return;
    this.#cache.set(id, tree);
    this.#cacheBytes += tree.byteLength;
    for (const [oldest, bytes] of this.#cache) {
      if (this.#cacheBytes <= this.#cacheBytesMax) break;
      this.#cache.delete(oldest);
      this.#cacheBytes -= bytes.byteLength;
    }
  }
}
