import { randomBytes } from 'node:crypto';
import { ID_BYTES, type Id } from './ids';

const PAGE_IDS = 4096;
const TABLE_BITS_MIN = 6;

/** Odd factors of this process alone: nobody can choose ids that crowd one part of the table. */
const [FACTOR_A, FACTOR_B] = (() => {
  const random = randomBytes(8);
  return [random.readUInt32LE(0) | 1, random.readUInt32LE(4) | 1] as const;
})();

/**
 * A set of ids that remembers the order in which they were added, in about 44 bytes each: for
 * walks over a whole history, where a `Set` of texts would take several times as much.
 */
export class IdSet {
  #pages: Buffer[] = [];
  #size = 0;
  /** Open addressing: 1 + the position of an id, 0 for a free slot; at most half full. */
  #table = new Uint32Array(1 << TABLE_BITS_MIN);
  #shift = 32 - TABLE_BITS_MIN;

  get size(): number {
    return this.#size;
  }

  has(id: Id): boolean {
    return this.indexOf(id) !== -1;
  }

  /** The position at which an id was added, from 0; -1 when it was not. */
  indexOf(id: Id): number {
    return this.#table[this.#slot(Buffer.from(id, 'hex'))]! - 1;
  }

  /** Adds an id; false when it was there already. */
  add(id: Id): boolean {
    const bytes = Buffer.from(id, 'hex');
    const slot = this.#slot(bytes);
    if (this.#table[slot] !== 0) return false;
    const within = this.#size % PAGE_IDS;
    if (within === 0) this.#pages.push(Buffer.allocUnsafe(PAGE_IDS * ID_BYTES));
    bytes.copy(this.#pages.at(-1)!, within * ID_BYTES);
    this.#size++;
    this.#table[slot] = this.#size;
    if (this.#size * 2 > this.#table.length) this.#grow();
    return true;
  }

  /** The id added at a position. */
  at(index: number): Id {
    if (index < 0 || index >= this.#size) throw new RangeError(`no id at ${index}`);
    const [page, start] = this.#place(index);
    return page.toString('hex', start, start + ID_BYTES);
  }

  /** The ids in the order in which they were added. */
  *[Symbol.iterator](): Generator<Id> {
    for (let index = 0; index < this.#size; index++) yield this.at(index);
  }

  /** The slot that holds these bytes, or the free one where they belong. */
  #slot(bytes: Buffer): number {
    const mask = this.#table.length - 1;
    let slot = this.#home(bytes, 0);
    for (;;) {
      const position = this.#table[slot]!;
      if (position === 0) return slot;
      const [page, start] = this.#place(position - 1);
      if (page.compare(bytes, 0, ID_BYTES, start, start + ID_BYTES) === 0) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #home(bytes: Buffer, start: number): number {
    const a = Math.imul(bytes.readInt32LE(start), FACTOR_A);
    const b = Math.imul(bytes.readInt32LE(start + 4), FACTOR_B);
    return (a + b) >>> this.#shift;
  }

  #place(index: number): [page: Buffer, start: number] {
    return [this.#pages[Math.floor(index / PAGE_IDS)]!, (index % PAGE_IDS) * ID_BYTES];
  }

  #grow(): void {
    this.#table = new Uint32Array(this.#table.length * 2);
    this.#shift--;
    const mask = this.#table.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let slot = this.#home(...this.#place(index));
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
      this.#table[slot] = index + 1;
    }
  }
}
