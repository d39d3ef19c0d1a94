import { IdSet } from '~/muse/id-set';
import type { Id } from '~/muse/ids';

/** What the lists beside the ids take for each of these, about. */
const LIST_ENTRY_BYTES = 24;

/**
 * The snapshots of the commits of a fetch, each once, at the place where it is first named; between
 * them those that the peer has, for the others to be told apart from. About 60 bytes each.
 */
export class PlannedSnapshots {
  readonly #ids = new IdSet();
  readonly #bases: number[] = [];
  readonly #held: boolean[] = [];
  readonly #commitPlaces: number[] = [];
  /** How many are to be sent. */
  sendCount = 0;

  /** Places, held ones included. */
  get size(): number {
    return this.#ids.size;
  }

  /** Bytes it keeps in memory, about. */
  get heldBytes(): number {
    return this.#ids.heldBytes + LIST_ENTRY_BYTES * this.size;
  }

  at(place: number): Id {
    return this.#ids.at(place);
  }

  /** Whether the peer has it. */
  isHeld(place: number): boolean {
    return this.#held[place] ?? false;
  }

  /** The place of the snapshot of the commit that was pushed at an index. */
  ofCommit(commitIndex: number): number {
    return this.#commitPlaces[commitIndex]!;
  }

  /** The place of a snapshot that the peer has or gets before this one and that resembles it; or null. */
  baseOf(place: number): number | null {
    const base = this.#bases[place] ?? -1;
    return base < 0 ? null : base;
  }

  /** Notes a snapshot that the peer has; returns its place. */
  addHeld(id: Id): number {
    const place = this.#ids.indexOf(id);
    return place < 0 ? this.#append(id, null, true) : place;
  }

  /** Notes the snapshot of the next commit, whose first parent's snapshot is at `base`. */
  push(id: Id, base: number | null): void {
    const place = this.#ids.indexOf(id);
    this.#commitPlaces.push(place < 0 ? this.#append(id, base, false) : place);
  }

  #append(id: Id, base: number | null, held: boolean): number {
    this.#ids.add(id);
    this.#bases.push(base ?? -1);
    this.#held.push(held);
    if (!held) this.sendCount++;
    return this.#ids.size - 1;
  }
}
