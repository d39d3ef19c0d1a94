import { ID_BYTES, type Id } from '~/muse/ids';
import type { GraphRow } from '~/server/ports/browse-store';

const hex = (id: Id) => Buffer.from(id, 'hex');

/**
 * The commits of one branch in the order pages show them, newest first, immutable and compact: a
 * commit costs some 50 bytes, so that a history of 100,000 of them stays in memory and a page, a
 * position or a neighbour is an array access.
 *
 * The order is by time, but never a parent before its child: the time a commit is sorted by is its
 * own, or a millisecond after its latest parent's when its clock was behind.
 */
export class CommitHistory {
  private constructor(
    readonly count: number,
    private readonly ids: Buffer,
    /** What each commit is sorted by, in milliseconds; descending. */
    private readonly keys: Float64Array,
    /** Open addressing over the first 32 bits of an id: place + 1, or 0. */
    private readonly table: Int32Array,
  ) {}

  /**
   * Builds a history of rows given children first, and of the whole of an earlier history.
   * Parents that are in neither are outside of it.
   */
  static build(rows: GraphRow[], earlier: CommitHistory | null): CommitHistory {
    const keyOf = new Map<Id, number>();
    for (let i = rows.length - 1; i >= 0; i--) {
      const row = rows[i]!;
      let key = row.timeMs ?? 0;
      for (const parent of row.parents) {
        const parentKey = keyOf.get(parent) ?? earlier?.keyOf(parent);
        if (parentKey !== undefined) key = Math.max(key, parentKey + 1);
      }
      keyOf.set(row.id, key);
    }
    const added = [...keyOf].sort(([a, keyA], [b, keyB]) => keyB - keyA || (a < b ? -1 : 1));
    return merge(added, earlier);
  }

  /** @internal used by `merge` */
  static of(count: number, ids: Buffer, keys: Float64Array): CommitHistory {
    const size = 2 ** Math.ceil(Math.log2(count * 2 + 2));
    const table = new Int32Array(size);
    for (let place = 0; place < count; place++) {
      let slot = ids.readUInt32BE(place * ID_BYTES) & (size - 1);
      while (table[slot] !== 0) slot = (slot + 1) & (size - 1);
      table[slot] = place + 1;
    }
    return new CommitHistory(count, ids, keys, table);
  }

  /** The place of a commit, 0 for the newest; -1 when it is not in this history. */
  indexOf(id: Id): number {
    const bytes = hex(id);
    const mask = this.table.length - 1;
    let slot = bytes.readUInt32BE(0) & mask;
    for (;;) {
      const place = this.table[slot]! - 1;
      if (place < 0) return -1;
      const at = place * ID_BYTES;
      if (bytes.compare(this.ids, at, at + ID_BYTES) === 0) return place;
      slot = (slot + 1) & mask;
    }
  }

  /** The commit at a place; null beyond either end. */
  at(place: number): Id | null {
    if (place < 0 || place >= this.count) return null;
    return this.ids.toString('hex', place * ID_BYTES, (place + 1) * ID_BYTES);
  }

  /** The commits of places `from` (included) to `to` (not included), cut to what there is. */
  slice(from: number, to: number): Id[] {
    const ids: Id[] = [];
    for (let place = Math.max(0, from); place < Math.min(to, this.count); place++) {
      ids.push(this.at(place)!);
    }
    return ids;
  }

  private keyOf(id: Id): number | undefined {
    const place = this.indexOf(id);
    return place < 0 ? undefined : this.keys[place];
  }

  /** @internal used by `merge` */
  copyInto(place: number, ids: Buffer, keys: Float64Array, to: number): void {
    this.ids.copy(ids, to * ID_BYTES, place * ID_BYTES, (place + 1) * ID_BYTES);
    keys[to] = this.keys[place]!;
  }

  /** @internal used by `merge` */
  keyAt(place: number): number {
    return this.keys[place]!;
  }
}

/** Merges new commits, sorted, into an earlier history; equal times are ordered by id. */
function merge(added: [Id, number][], earlier: CommitHistory | null): CommitHistory {
  const earlierCount = earlier?.count ?? 0;
  const count = added.length + earlierCount;
  const ids = Buffer.alloc(count * ID_BYTES);
  const keys = new Float64Array(count);
  let fromAdded = 0;
  let fromEarlier = 0;
  for (let to = 0; to < count; to++) {
    const next = added[fromAdded];
    const other = fromEarlier < earlierCount ? earlier!.keyAt(fromEarlier) : null;
    const takeNext =
      next !== undefined &&
      (other === null ||
        next[1] > other ||
        (next[1] === other && next[0] < earlier!.at(fromEarlier)!));
    if (takeNext) {
      ids.write(next[0], to * ID_BYTES, 'hex');
      keys[to] = next[1];
      fromAdded++;
    } else {
      earlier!.copyInto(fromEarlier, ids, keys, to);
      fromEarlier++;
    }
  }
  return CommitHistory.of(count, ids, keys);
}
