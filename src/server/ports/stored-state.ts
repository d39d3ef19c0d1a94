import type { Id } from '~/muse/ids';
import type { ObjectLocation } from './push-store';

/**
 * Everything a hub has stored, as it was at one moment, to be looked at row by row. Nothing here is
 * checked or joined: that is what it is looked at for. Iterations hold a bounded number of rows.
 */
export interface StoredState {
  /** Deleted ones too. */
  repositories(): AsyncIterable<StoredRepository>;
  /** Tables that have rows of a repository that is not there. */
  strays(): AsyncIterable<{ table: string; repoId: string; rows: number }>;
  segments(repoId: string): AsyncIterable<{ id: string; bytes: number }>;
  /** The bytes of those of these segments that have a row. */
  segmentBytes(repoId: string, ids: string[]): Promise<Map<string, number>>;
  /** In the order in which they lie: by segment and offset of their beginning. */
  objects(repoId: string): AsyncIterable<ObjectLocation & { id: Id }>;
  trees(repoId: string): AsyncIterable<{ id: Id; entries: Uint8Array }>;
  snapshots(repoId: string): AsyncIterable<StoredSnapshot>;
  commits(repoId: string): AsyncIterable<StoredCommitRow>;
  branches(repoId: string): AsyncIterable<{ name: string; head: Id }>;
  /** Tags and releases. */
  marks(repoId: string): AsyncIterable<StoredMark>;
  /** By their number. */
  acceptedPushes(repoId: string): AsyncIterable<StoredPush>;
  /** Those of these ids that are stored. */
  existing(kind: StoredKind, repoId: string, ids: Id[]): Promise<Set<Id>>;
  loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>>;
  /** The generations of those of these commits that are stored. */
  generations(repoId: string, ids: Id[]): Promise<Map<Id, number>>;
}

export type StoredKind = 'objects' | 'trees' | 'snapshots' | 'commits';

export interface StoredRepository {
  id: string;
  /** `owner/slug`. */
  name: string;
  /** The number of its last accepted push. */
  pushSeq: number;
}

export interface StoredSnapshot {
  id: Id;
  rootTreeId: Id;
  entryCount: number;
  extra: Uint8Array;
  idVerified: boolean;
}

export interface StoredCommitRow {
  id: Id;
  snapshotId: Id;
  parents: Id[];
  generation: number;
  author: string;
  committedAt: string;
  message: string;
  signatureState: string;
  idVerified: boolean;
  record: Uint8Array;
  pushSeq: number;
}

export interface StoredMark {
  kind: 'tag' | 'release';
  name: string;
  commitId: Id;
}

export interface StoredPush {
  id: string;
  seq: number | null;
  kind: string | null;
  branch: string;
  oldHead: Id | null;
  newHead: Id | null;
}
