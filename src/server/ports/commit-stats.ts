import type { Id } from '~/muse/ids';

/** A commit whose changes are to be counted, with what it is compared to. */
export interface CommitToCount {
  id: Id;
  rootTreeId: Id;
  /** Files in its snapshot. */
  entryCount: number;
  /** Of its first parent; null for a root commit. */
  parentRootTreeId: Id | null;
}

/** Files that a commit added, removed and modified against its first parent. */
export interface CommitStat {
  id: Id;
  added: number;
  removed: number;
  modified: number;
}

/** The counts of changed files beside the commits, filled in after a push. */
export interface CommitStats {
  /** Commits that a push brought and that have no counts yet, in the order of ids after `after`. */
  missing(repoId: string, seq: number, after: Id | null, limit: number): Promise<CommitToCount[]>;
  /** Asks for the counts of a push's commits: a job makes them, one push after the other. */
  request(repoId: string, seq: number): Promise<void>;
  /** Counts that are there already stay. */
  save(repoId: string, stats: CommitStat[]): Promise<void>;
}
