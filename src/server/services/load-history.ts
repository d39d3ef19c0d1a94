import type { Id } from '~/muse/ids';
import type { BrowseStore } from '~/server/ports/browse-store';
import type {
  HistoryKey,
  HistoryScope,
  HistoryStore,
  SavedHistory,
} from '~/server/ports/history-store';
import { BoundedCache } from './bounded-cache';
import { CommitHistory } from './commit-history';
import { changeHistory, EMPTY_HISTORY, type HistoryShape } from './history-chunks';
import { walkChange } from './walk-change';

/** A saved history with what a reader changed of it, since the branch has moved. */
type Followed = HistoryShape & { chunks: Map<number, Uint8Array> };

/**
 * What readers keep in memory of histories, each process for itself: chunks, which never change, and
 * histories that followed a branch beyond what is saved, each named by all it was made from.
 */
export class HistoryCache {
  readonly #chunks = new Map<string, Uint8Array>();
  readonly #followed: BoundedCache<Followed>;
  #chunkBytes = 0;

  /** How many bytes each of the two kinds may hold. */
  constructor(private readonly maxBytes = 32 * 1024 ** 2) {
    this.#followed = new BoundedCache(maxBytes, bytesOf);
  }

  chunk(historyId: string, number: number): Uint8Array | undefined {
    const key = `${historyId} ${number}`;
    const chunk = this.#chunks.get(key);
    if (chunk) {
      this.#chunks.delete(key);
      this.#chunks.set(key, chunk);
    }
    return chunk;
  }

  keepChunk(historyId: string, number: number, chunk: Uint8Array): void {
    const key = `${historyId} ${number}`;
    if (this.#chunks.has(key)) return;
    this.#chunks.set(key, chunk);
    this.#chunkBytes += chunk.byteLength;
    for (const [oldest, { byteLength }] of this.#chunks) {
      if (this.#chunkBytes <= this.maxBytes) break;
      this.#chunks.delete(oldest);
      this.#chunkBytes -= byteLength;
    }
  }

  /** What `follow` gives, asked once for a key; a failure is forgotten, so that it is tried again. */
  follow(key: string, follow: () => Promise<Followed>): Promise<Followed> {
    return this.#followed.get(key, follow);
  }
}

function bytesOf({ marks, chunks }: Followed): number {
  let bytes = marks.length * MARK_BYTES;
  for (const chunk of chunks.values()) bytes += chunk.byteLength;
  return bytes;
}

/** About what a mark takes in memory. */
const MARK_BYTES = 200;

export interface HistoryDeps {
  browse: Pick<BrowseStore, 'scanGraph' | 'findGenerations' | 'findOrders'>;
  histories: HistoryStore;
  historyCache: HistoryCache;
}

/** A branch that moved by more commits than this since its history was saved has it saved anew. */
const FOLLOWED_MAX_COMMITS = 256;

/**
 * The commits of a branch in their order, for the heads that are given.
 *
 * What a job saved is taken as it is, and when the branch or what is excluded has moved since, the
 * difference is walked and applied in memory; only where nothing is saved the whole is walked. What
 * is missing or far behind is asked for, so that the next reader finds it.
 */
export async function loadHistory(
  key: HistoryKey,
  scope: HistoryScope,
  deps: HistoryDeps,
): Promise<CommitHistory> {
  const { browse, histories, historyCache } = deps;
  const saved = await histories.find(key);
  const loadSaved = async (numbers: number[]): Promise<Map<number, Uint8Array>> => {
    const chunks = new Map<number, Uint8Array>();
    if (saved === null) return chunks;
    for (const number of numbers) {
      const chunk = historyCache.chunk(saved.id, number);
      if (chunk) chunks.set(number, chunk);
    }
    const wanting = numbers.filter((number) => !chunks.has(number));
    if (wanting.length === 0) return chunks;
    for (const [number, chunk] of await histories.loadChunks(key, saved.id, wanting)) {
      historyCache.keepChunk(saved.id, number, chunk);
      chunks.set(number, chunk);
    }
    return chunks;
  };
  const findOrders = (ids: Id[]) => browse.findOrders(key.repoId, ids);
  const source = { loadChunks: loadSaved, findOrders };
  if (saved && sameScope(saved.scope, scope)) return new CommitHistory(saved.marks, source);

  const follow = async (): Promise<Followed> => {
    const before = new CommitHistory(saved?.marks ?? [], source);
    const areInFrom = async (ids: Id[]) => new Set((await before.placesOf(ids)).keys());
    const from = saved?.scope ?? null;
    const change = await walkChange(key.repoId, from, scope, { browse, areInFrom });
    const behind = change.added.length + change.removed.length;
    if (saved === null || behind > FOLLOWED_MAX_COMMITS) await histories.request(key);
    return changeHistory(saved ?? EMPTY_HISTORY, change, loadSaved);
  };
  const followed = await historyCache.follow(nameOf(key, saved, scope), follow);
  return new CommitHistory(followed.marks, {
    findOrders,
    loadChunks: async (numbers) => {
      const stored = numbers.filter((number) => !followed.chunks.has(number));
      const chunks = stored.length === 0 ? new Map<number, Uint8Array>() : await loadSaved(stored);
      for (const number of numbers) {
        const chunk = followed.chunks.get(number);
        if (chunk) chunks.set(number, chunk);
      }
      return chunks;
    },
  });
}

export const sameScope = (one: HistoryScope, other: HistoryScope): boolean =>
  one.head === other.head && one.exclude === other.exclude;

function nameOf(
  { repoId, branch }: HistoryKey,
  saved: SavedHistory | null,
  { head, exclude }: HistoryScope,
): string {
  const from = saved === null ? '' : `${saved.id} ${saved.version}`;
  return `${repoId} ${head} ${exclude ?? ''} ${from} ${branch}`;
}
