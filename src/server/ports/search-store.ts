import type { Id } from '~/muse/ids';
import type { RepositoryQuery, RepositoryRow } from './browse-store';

/** Who searches, as far as it decides what is found. */
export type SearchReader = Pick<RepositoryQuery, 'readerId' | 'readerIsAdmin' | 'readerRepoIds'>;

export interface CommitSearch {
  /** Found by their beginnings, all of them. */
  words: string[];
  /** Found as they stand. */
  phrases: string[];
  author: string | null;
  agent: string | null;
  type: string | null;
  /** Hex digits that the id starts with, which finds a commit whatever its words are. */
  idStart: string | null;
  /** In this repository only; null: in all that the reader may see. */
  repoId: string | null;
}

/** A commit that was found, and where. */
export interface FoundCommit {
  repoId: string;
  owner: string;
  slug: string;
  visibility: 'public' | 'private';
  id: Id;
}

/** A part of what was found. */
export interface SearchPage {
  offset: number;
  limit: number;
}

/**
 * Finds repositories and commits. What the reader may see is decided in the query itself: a private
 * repository is in no answer and no count of those who may not read it. Every search is bounded in
 * rows and in time; one that takes too long is a `Refusal` `limit-exceeded`.
 */
export interface SearchStore {
  /** Those whose name, owner or description has every word; best first. */
  findRepositories(
    reader: SearchReader,
    words: string[],
    page: SearchPage,
  ): Promise<RepositoryRow[]>;
  /**
   * The best first, then the newest. Of more than SEARCH_MAX_RANKED matches the newest are looked at.
   */
  findCommits(reader: SearchReader, search: CommitSearch, page: SearchPage): Promise<FoundCommit[]>;
  /** Makes the commits that a push brought findable; those that are stay as they are. */
  addCommits(repoId: string, seq: number): Promise<void>;
}

export const SEARCH_MAX_RANKED = 1_000;
