import type { Id } from '~/muse/ids';
import type { ReleaseChannel } from '~/muse/semver';
import type { AuditEntry } from './audit-log';

/** A version that was published, or is being prepared (a draft). */
export interface NewRelease {
  /** Chosen by the client that made it, or given by the hub. */
  id: string;
  /** The version; one release each. */
  tag: string;
  channel: ReleaseChannel;
  title: string;
  /** Markdown. */
  body: string;
  isDraft: boolean;
  commitId: Id;
  snapshotId: Id;
  createdAtMs: number;
}

export interface ReleaseRow extends NewRelease {
  editedAtMs: number | null;
  /** Who made it; null when the account is gone. */
  actor: { handle: string; kind: 'human' | 'agent' } | null;
}

/** What is replaced of a release. */
export interface ReleaseChange {
  title: string;
  body: string;
  channel: ReleaseChannel;
  isDraft: boolean;
}

export interface ReleaseQuery {
  after: { createdAtMs: number; id: string } | null;
  /** null: of every channel. */
  channel: ReleaseChannel | null;
  /** Drafts too. */
  drafts: boolean;
  limit: number;
}

/** The releases of repositories. */
export interface ReleaseStore {
  /** Last made first. */
  listReleases(repoId: string, query: ReleaseQuery): Promise<ReleaseRow[]>;
  countReleases(repoId: string, drafts: boolean): Promise<number>;
  findRelease(repoId: string, tag: string): Promise<ReleaseRow | null>;
  /** The other keys of the records that clients sent, by the releases' ids. */
  loadReleaseRecords(repoId: string, ids: string[]): Promise<Map<string, Record<string, unknown>>>;
  /** False when there is a release of the same id or tag; nothing is stored then. */
  addRelease(
    repoId: string,
    actorId: string,
    release: NewRelease,
    record: Record<string, unknown>,
  ): Promise<boolean>;
  /** False when there is no release of this tag. */
  updateRelease(
    repoId: string,
    tag: string,
    change: ReleaseChange,
    editedAtMs: number,
  ): Promise<boolean>;
  /** False when there is no release of this tag. */
  deleteRelease(repoId: string, tag: string, audit: AuditEntry): Promise<boolean>;
}
