import type { Id } from '~/muse/ids';
import type { AuditEntry } from './audit-log';

/** A label on a commit. A commit may have several, and one name may stand on several commits. */
export interface NewTag {
  /** Chosen by the client that made it, or given by the hub. */
  id: string;
  name: string;
  commitId: Id;
  createdAtMs: number;
}

export interface TagRow extends NewTag {
  /** Who put it there; null when the account is gone. */
  actor: { handle: string; kind: 'human' | 'agent' } | null;
}

/** Names of one commit that are listed with it. */
export const TAGS_PER_COMMIT_LISTED = 20;

/** The tags of repositories. */
export interface TagStore {
  /** Last made first; the names that contain `search`, without case, when it is not ''. */
  listTags(
    repoId: string,
    page: { after: { createdAtMs: number; id: string } | null; search: string; limit: number },
  ): Promise<TagRow[]>;
  countTags(repoId: string): Promise<number>;
  /** Names by commit, in the order of their bytes, at most `TAGS_PER_COMMIT_LISTED` of each. */
  tagsOfCommits(repoId: string, commitIds: Id[]): Promise<Map<Id, string[]>>;
  /** The commit that each name stands for: of several the one whose tag was made last. */
  findTags(repoId: string, names: string[]): Promise<Map<string, Id>>;
  /**
   * Puts tags in, all or none. One whose id is there with the same name and commit, or whose name
   * stands on the commit already, is passed over; the answer is how many were new. An id that is
   * there with another name or commit is the conflict, and nothing is stored.
   */
  putTags(
    repoId: string,
    actorId: string,
    tags: NewTag[],
  ): Promise<{ stored: number } | { conflict: string }>;
  /** Takes a tag away and tells what it was; null when there is none of this id. */
  removeTag(
    repoId: string,
    id: string,
    audit: (removed: NewTag) => AuditEntry,
  ): Promise<NewTag | null>;
}
