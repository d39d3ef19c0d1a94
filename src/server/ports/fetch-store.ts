import type { Id } from '~/muse/ids';
import type { ObjectLocation } from './push-store';

/** What a fetch needs of the database; every method is bounded by the size of its arguments or streams. */
export interface FetchStore {
  branchHeads(repoId: string): Promise<Record<string, Id>>;
  /**
   * A text that changes whenever a branch or what `GET refs` says of the repository changes; '' when
   * there is no such repository.
   */
  refsVersion(repoId: string): Promise<string>;
  findCommits(repoId: string, ids: Id[]): Promise<Set<Id>>;
  /**
   * Ids and snapshots of the commits that `want` reaches and `have` does not, parents before
   * children, in batches. Ids that are not stored are ignored. `depth` keeps the commits that are
   * fewer than that many steps away from a wanted one: 1 is the wanted ones alone.
   */
  walkCommits(
    repoId: string,
    want: Id[],
    have: Id[],
    depth: number | null,
  ): AsyncIterable<{ id: Id; snapshotId: Id; parents: Id[] }[]>;
  /**
   * The nearest commits that both sides reach, those from which no other such commit descends;
   * highest generation first, at most `limit`. Ids that are not stored are ignored.
   */
  commonBase(repoId: string, want: Id[], have: Id[], limit: number): Promise<Id[]>;
  loadRecords(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>>;
  loadSnapshots(
    repoId: string,
    ids: Id[],
  ): Promise<Map<Id, { rootTreeId: Id; entryCount: number; extra: Uint8Array }>>;
  loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>>;
  locateObjects(repoId: string, ids: Id[]): Promise<Map<Id, ObjectLocation & { polyglot: string }>>;
  /**
   * Repositories that hold an object, at most `limit`, public ones first; the deleted ones left out.
   * Given a `readerId`, private ones only where this account is owner or collaborator (null: none),
   * so that those of others do not use up the limit.
   */
  repositoriesHolding(
    objectId: Id,
    limit: number,
    readerId?: string | null,
  ): Promise<{ repoId: string; owner: string; slug: string }[]>;
}
