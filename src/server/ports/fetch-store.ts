import type { Id } from '~/muse/ids';
import type { ObjectLocation } from './push-store';

/** What a fetch needs of the database; every method is bounded by the size of its arguments or streams. */
export interface FetchStore {
  branchHeads(repoId: string): Promise<Record<string, Id>>;
  /** A text that changes whenever any branch, the default branch or the limits' owner row changes. */
  refsVersion(repoId: string): Promise<string>;
  findCommits(repoId: string, ids: Id[]): Promise<Set<Id>>;
  /**
   * Ids and snapshots of the commits that `want` reaches and `have` does not, parents before
   * children, in batches. `have` ids that are not stored are ignored. `depth` keeps that many
   * generations from the wanted ones.
   */
  walkCommits(
    repoId: string,
    want: Id[],
    have: Id[],
    depth: number | null,
  ): AsyncIterable<{ id: Id; snapshotId: Id; parents: Id[] }[]>;
  /** The nearest commits that both sides reach, at most `limit`. */
  commonBase(repoId: string, want: Id[], have: Id[], limit: number): Promise<Id[]>;
  loadRecords(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>>;
  loadSnapshots(
    repoId: string,
    ids: Id[],
  ): Promise<Map<Id, { rootTreeId: Id; entryCount: number; extra: Uint8Array }>>;
  loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>>;
  locateObjects(repoId: string, ids: Id[]): Promise<Map<Id, ObjectLocation & { polyglot: string }>>;
  /** Repositories that hold an object, at most `limit`, public ones first. */
  repositoriesHolding(
    objectId: Id,
    limit: number,
  ): Promise<{ repoId: string; owner: string; slug: string }[]>;
}
