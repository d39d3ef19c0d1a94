import type { Id } from '~/muse/ids';
import type { ChunkMark } from '~/server/ports/history-store';
import { chunkOf, commitAt, placeIn } from './history-chunks';

/** Where a history's chunks and its commits' orders are read. */
export interface HistorySource {
  loadChunks(numbers: number[]): Promise<Map<number, Uint8Array>>;
  /** By what these commits are ordered; those that the repository lacks are left out. */
  findOrders(ids: Id[]): Promise<Map<Id, number>>;
}

/**
 * The commits of one branch in the order pages show them, newest first, as they were for one head.
 * Only the chunks that an answer needs are read: one for a place, a commit or a page.
 */
export class CommitHistory {
  readonly count: number;
  /** The place of each chunk's newest commit. */
  readonly #starts: number[] = [];

  constructor(
    private readonly marks: ChunkMark[],
    private readonly source: HistorySource,
  ) {
    let count = 0;
    for (const mark of marks) {
      this.#starts.push(count);
      count += mark.count;
    }
    this.count = count;
  }

  /** The place of a commit, 0 for the newest; -1 when it is not in this history. */
  async indexOf(id: Id): Promise<number> {
    return (await this.placesOf([id])).get(id) ?? -1;
  }

  /** The places of those of the commits that are in this history. */
  async placesOf(ids: Id[]): Promise<Map<Id, number>> {
    const places = new Map<Id, number>();
    if (this.count === 0) return places;
    const asked = [...(await this.source.findOrders(ids))].map(([id, orderMs]) => {
      const index = chunkOf(this.marks, { id, orderMs });
      return { id, orderMs, index, number: this.marks[index]!.number };
    });
    const chunks = await this.#load([...new Set(asked.map(({ number }) => number))]);
    for (const { id, orderMs, index, number } of asked) {
      const place = placeIn(chunks.get(number)!, { id, orderMs });
      if (place >= 0) places.set(id, this.#starts[index]! + place);
    }
    return places;
  }

  /** The commit at a place; null beyond either end. */
  async at(place: number): Promise<Id | null> {
    return (await this.slice(place, place + 1))[0] ?? null;
  }

  /** The commits of places `from` (included) to `to` (not included), cut to what there is. */
  async slice(from: number, to: number): Promise<Id[]> {
    const first = Math.max(0, from);
    const end = Math.min(to, this.count);
    if (first >= end) return [];
    const begin = this.#chunkAt(first);
    const last = this.#chunkAt(end - 1);
    const numbers = this.marks.slice(begin, last + 1).map(({ number }) => number);
    const chunks = await this.#load(numbers);
    const ids: Id[] = [];
    for (let index = begin; index <= last; index++) {
      const start = this.#starts[index]!;
      const { number, count } = this.marks[index]!;
      const chunk = chunks.get(number)!;
      for (let at = Math.max(first, start); at < Math.min(end, start + count); at++) {
        ids.push(commitAt(chunk, at - start).id);
      }
    }
    return ids;
  }

  #chunkAt(place: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= place) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  async #load(numbers: number[]): Promise<Map<number, Uint8Array>> {
    if (numbers.length === 0) return new Map();
    const chunks = await this.source.loadChunks(numbers);
    const missing = numbers.find((number) => !chunks.has(number));
    if (missing !== undefined) throw new Error(`chunk ${missing} of a history is not stored`);
    return chunks;
  }
}
