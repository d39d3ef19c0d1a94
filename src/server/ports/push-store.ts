import type { Id, IdFormat } from '~/muse/ids';
import type { SignatureState } from '~/muse/signature';
import type { ErrorFrame, PushKind, PushPhase, ResultFrame, Warning } from '~/wire/frames';
import type { Principal } from '../access';
import type { AuditEntry } from './audit-log';

/** Where an object's stored bytes lie. More than one extent: a large object in several segments. */
export interface ObjectLocation {
  encoding: 'raw' | 'zlib' | 'zstd';
  /** Decoded bytes. */
  size: number;
  extents: { segmentId: string; offset: number; length: number }[];
}

export interface NewObject extends ObjectLocation {
  id: Id;
  /** The two active formats of a polyglot, e.g. `zip+html`; '' for none. */
  polyglot: string;
}

export interface NewSegment {
  id: string;
  bytes: number;
  objectCount: number;
}

export interface NewTree {
  id: Id;
  /** As `encodeTree` writes it. */
  bytes: Uint8Array;
}

export interface NewSnapshot {
  id: Id;
  rootTreeId: Id;
  entryCount: number;
  /** A msgpack map of the record's other keys. */
  extra: Uint8Array;
  idVerified: boolean;
}

export interface NewCommit {
  id: Id;
  snapshotId: Id;
  parents: Id[];
  /** 1 + the highest generation of the parents; 1 for a root. */
  generation: number;
  author: string;
  committedAt: string;
  /** `committedAt` as milliseconds since the epoch; null when it is not a time. */
  committedAtMs: number | null;
  /** By what histories order it: `orderOf` of muse/commit-order.ts. */
  orderMs: number;
  branch: string;
  message: string;
  /** Of the conventional-commit subject: `feat`, scope `wire`, breaking; '' and false when it is none. */
  type: string;
  scope: string;
  breaking: boolean;
  semVerBump: string;
  agentId: string;
  modelId: string;
  signatureState: SignatureState;
  idVerified: boolean;
  /** The exact msgpack bytes of the record. */
  record: Uint8Array;
}

/** A stored commit that is pushed again: what a check needs to know. */
export interface StoredCommit {
  id: Id;
  generation: number;
  orderMs: number;
  snapshotId: Id;
}

/** An accepted change of `reviewed_by` and `test_runs`: the whole record with the two replaced. */
export interface RecordUpdate {
  id: Id;
  /** The stored record this was derived from; the update applies only while it still stands. */
  previous: Uint8Array;
  record: Uint8Array;
}

/** A repository as a push finds it. */
export interface PushRepository {
  id: string;
  owner: string;
  slug: string;
  visibility: 'public' | 'private';
  defaultBranch: string | null;
  idFormat: IdFormat | null;
  /** Every new commit needs a valid signature of a registered key. */
  requireSigned: boolean;
  /** Polyglot objects are refused instead of marked. */
  refusePolyglot: boolean;
}

/** A rule over the branches whose names match a pattern (`*` within a segment, `**` across). */
export interface BranchRule {
  pattern: string;
  allowForce: boolean;
  allowDelete: boolean;
  /** The least role that may push: those with write, or admins only. */
  pushRole: 'write' | 'admin';
  requireSigned: boolean;
}

/** The push row, as it is when the HEADER was read. */
export interface PushOpening {
  repoId: string;
  pushId: string;
  branch: string;
  head: Id | null;
  principal: Principal;
  client: string;
  address: string;
  startedAtMs: number;
  /** `seq` of the entry of the history that the branch is put back to by hand. */
  restoredSeq?: number;
}

/** What the first look at the database tells a push. */
export interface PushFacts {
  /** The branch's head; null when there is no such branch. */
  branchHead: Id | null;
  branchHeads: Record<string, Id>;
  rules: BranchRule[];
  /**
   * Set when this push id is taken: it was accepted before (then with the RESULT that was sent), or
   * stands for another branch or head (then without). The row was left as it is.
   */
  earlier: { branch: string; head: Id | null; result: ResultFrame | null } | null;
}

/** Milliseconds that the phases of a push took which are over. */
export type PhaseTimes = Partial<Record<PushPhase, number>>;

export interface PushCounts {
  objects: number;
  objectsReused: number;
  commits: number;
  bytesReceived: number;
  phases?: PhaseTimes;
}

/**
 * Everything that one accepted push changes.
 *
 * Batches are drawn in order, inside the transaction, and drawn again from their start when the
 * transaction has to be repeated (a deadlock, a database that was restarted). Drawing them must not
 * ask the database: with a pool of n connections, n pushes would wait for each other.
 */
export interface PushPlan {
  repoId: string;
  pushId: string;
  principal: Principal;
  branch: string;
  kind: PushKind;
  /** What the branch pointed at when the fast-forward was decided; null: did not exist. */
  oldHead: Id | null;
  newHead: Id | null;
  /** Fixed by the repository's first accepted push that has ids. */
  idFormat: IdFormat | null;
  /** The `repo_id` of the pushed records; taken over by a repository that has none yet. */
  museRepoId?: string;
  /** Muse's plugin kind; taken over by the repository's first accepted push. */
  domain?: string;
  segments: NewSegment[];
  /** Each batch sorted by id, so that concurrent pushes lock in one order. */
  objects: () => Iterable<NewObject[]>;
  trees: () => AsyncIterable<NewTree[]>;
  snapshots: () => AsyncIterable<NewSnapshot[]>;
  /**
   * Parents before children. Only commits that were not stored when the pack was checked: one that
   * another push has stored since must have the same record.
   */
  commits: () => AsyncIterable<NewCommit[]>;
  recordUpdates: RecordUpdate[];
  counts: PushCounts;
  bytesStored: number;
  warnings: Warning[];
  startedAtMs: number;
  /** What is noted with the move, when it is made by hand. */
  audit?: AuditEntry;
  /** Base of the pages' addresses, for the RESULT's `url`. */
  commitUrl: (id: Id) => string;
}

/** What a push needs of the database. No method holds a connection after it resolves. */
export interface PushStore {
  /**
   * Records the push as `receiving` and returns what its first checks need. Called again with an
   * id that was refused, failed or is still `receiving`, it takes the row over when branch and head
   * are the same.
   */
  openPush(opening: PushOpening): Promise<PushFacts>;
  /** A sign of life of a push that is under way. */
  touchPush(repoId: string, pushId: string, counts: PushCounts): Promise<void>;
  /** Bytes of all segments of this repository. */
  storedBytes(repoId: string): Promise<number>;
  /** The ids of these that are stored in this repository. */
  findObjects(repoId: string, ids: Id[]): Promise<Set<Id>>;
  findSnapshots(
    repoId: string,
    ids: Id[],
  ): Promise<Map<Id, { rootTreeId: Id; entryCount: number }>>;
  findCommits(repoId: string, ids: Id[]): Promise<Map<Id, StoredCommit>>;
  /** The stored record bytes of these commits; absent ids are left out. */
  loadRecords(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>>;
  loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>>;
  /** Whether `ancestor` is one of `heads` or reachable from them; all are stored in this repository. */
  isAncestor(repoId: string, ancestor: Id, heads: Id[]): Promise<boolean>;
  /**
   * Registered Ed25519 public keys (32 bytes) by key id: the 64 hex of SHA-256 of the key, or the
   * first 16 of them. The answer has the ids as they were asked; a short one that two keys have is
   * left out.
   */
  findSigningKeys(
    keyIds: string[],
  ): Promise<Map<string, { publicKey: Uint8Array; userId: string }>>;
  /**
   * The one transaction of a push: all rows, compare-and-set of the branch, history row with the
   * next `seq`, the job `push-accepted` (none for a `noop`). Throws `Refusal`: `stale-head` (with
   * `current_head` in its detail, an id or null) when the branch does not point at `oldHead` any
   * more, `token-revoked`, `token-expired`, `unauthenticated` (the session ended), `access-denied`,
   * `insufficient-scope`, `repo-not-found`, `branch-protected` or `signature-required` when the
   * right to push was lost since, `id-format-mismatch` when another first push fixed the other form,
   * `commit-record-conflict` when a record changed underneath, `storage-full` and
   * `database-unavailable`. Whatever it throws, nothing changed; only after `database-unavailable`
   * with `outcome: 'unknown'` in its detail the transaction may still turn out to have landed, and
   * `findPush` tells. When the push id was accepted meanwhile, it returns that RESULT with
   * `replayed`.
   */
  applyPush(plan: PushPlan): Promise<ResultFrame>;
  /**
   * Records how a push ended that changed nothing. `frame` is what was, or would have been, sent.
   * The row of an accepted push stays as it is.
   */
  closePush(
    repoId: string,
    pushId: string,
    outcome: 'refused' | 'failed',
    frame: ErrorFrame,
    counts: PushCounts,
  ): Promise<void>;
  /** The outcome of a push, for "did it land?"; null when the repository never saw the id. */
  findPush(repoId: string, pushId: string): Promise<PushOutcome | null>;
  /**
   * Ends pushes of all repositories that are `receiving` without a sign of life for this long, as
   * `failed` with `truncated-stream`: their process is gone. Returns how many.
   */
  failStalePushes(silentForMs: number): Promise<number>;
}

export interface PushOutcome {
  pushId: string;
  outcome: 'receiving' | 'accepted' | 'refused' | 'failed';
  branch: string;
  head: Id | null;
  /** The ending frame; null while `receiving`. */
  frame: ResultFrame | ErrorFrame | null;
  startedAtMs: number;
  finishedAtMs: number | null;
}
