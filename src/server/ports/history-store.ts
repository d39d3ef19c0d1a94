import type { Ordered } from '~/muse/commit-order';
import type { Id } from '~/muse/ids';

/** Which commits a history has: what `head` reaches and `exclude` (null: nothing) does not. */
export interface HistoryScope {
  head: Id;
  exclude: Id | null;
}

/** A run of neighbouring commits of a history, stored as one value that never changes. */
export interface ChunkMark {
  /** Given once within a history. */
  number: number;
  count: number;
  /** Its newest commit. */
  first: Ordered;
}

/** The order of a branch's commits as it was when it was saved; the branch may have moved since. */
export interface SavedHistory {
  /** A history that is made anew for the same branch has another. */
  id: string;
  /** Grows with each save. */
  version: number;
  scope: HistoryScope;
  /** Newest first. */
  marks: ChunkMark[];
  /** Above the number of every chunk that there ever was. */
  nextNumber: number;
  /**
   * How many commits `exclude` reaches and `head` does not; null: nothing is excluded, or it was
   * saved before they were counted.
   */
  behind: number | null;
}

/** What a saved history says of a branch beside the default: commits that only one of them reaches. */
export interface SavedDistance {
  scope: { head: Id; exclude: Id };
  ahead: number;
  behind: number;
}

export interface HistoryKey {
  repoId: string;
  branch: string;
}

/**
 * The order of branches' commits, kept so that a page, a place or a neighbour is found without a
 * walk over the graph. All of it can be made again from the commits.
 */
export interface HistoryStore {
  find(key: HistoryKey): Promise<SavedHistory | null>;
  /** Of several branches at once; those are left out whose distance was not counted. */
  findDistances(repoId: string, branches: string[]): Promise<Map<string, SavedDistance>>;
  /** The bytes of chunks by their number. A chunk that was replaced is there for ten minutes more. */
  loadChunks(key: HistoryKey, id: string, numbers: number[]): Promise<Map<number, Uint8Array>>;
  /**
   * Saves a history whole or not at all. `previous` is what it was made from, null when there was
   * none; resolves to false, and saves nothing, when that is not what is stored any more.
   */
  save(
    key: HistoryKey,
    previous: SavedHistory | null,
    next: Omit<SavedHistory, 'version'>,
    added: Map<number, Uint8Array>,
  ): Promise<boolean>;
  /** The default branch of a repository; null while it has none, or is gone. */
  findDefaultBranch(repoId: string): Promise<string | null>;
  /** Asks for a history to be made or brought up to date soon, by a job. */
  request(key: HistoryKey): Promise<void>;
  /** Branches that have no history yet, or one that lacks what lies behind. */
  listMissing(limit: number): Promise<HistoryKey[]>;
  /** Removes the histories of branches that have been gone for a while; resolves to their number. */
  removeGone(): Promise<number>;
}
