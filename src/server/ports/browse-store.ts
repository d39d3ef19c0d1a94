import type { Id } from '~/muse/ids';
import type { SignatureState } from '~/muse/signature';
import type { ErrorFrame, PushKind, ResultFrame } from '~/wire/frames';
import type { RepositoryAccess } from '../access';
import type { AuditEntry } from './audit-log';
import type { PhaseTimes } from './push-store';
import type { ReleaseStore } from './release-store';
import type { TagStore } from './tag-store';

/** A commit as the graph sees it. */
export interface GraphRow {
  id: Id;
  /** First parent first; every parent has a lower generation. */
  parents: Id[];
  generation: number;
  /** By what histories order it: `orderOf` of muse/commit-order.ts. */
  orderMs: number;
}

/** A commit as lists and pages show it, without its record. */
export interface CommitRow extends GraphRow {
  /** Milliseconds since the epoch; null when the record's time is not one. */
  timeMs: number | null;
  snapshotId: Id;
  author: string;
  committedAt: string;
  branch: string;
  message: string;
  type: string;
  scope: string;
  breaking: boolean;
  semVerBump: string;
  agentId: string;
  modelId: string;
  signatureState: SignatureState;
  idVerified: boolean;
  pushSeq: number;
}

export interface BranchRow {
  name: string;
  head: Id;
  updatedAtMs: number;
  /** The push that moved it last. */
  pushSeq: number;
}

/** A repository in a list, with what decides about it for the one who asks. */
export interface RepositoryRow {
  id: string;
  owner: string;
  slug: string;
  description: string;
  visibility: 'public' | 'private';
  domain: string;
  defaultBranch: string | null;
  updatedAtMs: number;
  access: RepositoryAccess;
}

/** Whose repositories are listed, and what the reader may see of them. */
export interface RepositoryQuery {
  /** Only this account's; null: everyone's. */
  ownerId: string | null;
  /** null: nobody is signed in. */
  readerId: string | null;
  /** An admin of the hub sees every repository. */
  readerIsAdmin: boolean;
  /** Private repositories are narrowed to these; null: not narrowed. */
  readerRepoIds: string[] | null;
  /** Only public ones. */
  publicOnly: boolean;
  after: { updatedAtMs: number; id: string } | null;
  limit: number;
}

export type PushState = 'receiving' | 'accepted' | 'refused' | 'failed';

export interface PushRow {
  id: string;
  seq: number | null;
  outcome: PushState;
  kind: string | null;
  branch: string;
  /** What the client declared; null deletes. */
  head: Id | null;
  oldHead: Id | null;
  newHead: Id | null;
  /** null: the account is gone, or nobody was signed in. */
  actor: { handle: string; kind: 'human' | 'agent' } | null;
  tokenName: string | null;
  client: string;
  objectsNew: number;
  objectsReused: number;
  commitsNew: number;
  snapshotsNew: number;
  bytesReceived: number;
  bytesStored: number;
  startedAtMs: number;
  finishedAtMs: number | null;
  durationMs: number | null;
  errorCode: string | null;
  /** Of the phases that are over; null: it was not timed. */
  phases: PhaseTimes | null;
  /** `seq` of the entry that the branch was put back to by hand. */
  restoredSeq: number | null;
}

/** A push with what only its own page shows. */
export interface WholePushRow extends PushRow {
  /** The address it came from. */
  address: string;
  /** The ending frame; null while it is under way. */
  frame: ResultFrame | ErrorFrame | null;
}

/** What a history is narrowed to; null: not by this. */
export interface PushFilter {
  branch: string | null;
  /** An account's handle, without case. */
  actor: string | null;
  actorKind: 'human' | 'agent' | null;
  kind: PushKind | null;
  outcome: PushState | null;
  /** Started at this time or later, and before that one. */
  fromMs: number | null;
  toMs: number | null;
}

export interface PushQuery extends PushFilter {
  /** Refused, failed and running pushes too, not only the accepted ones. */
  all: boolean;
  before: { startedAtMs: number; id: string } | null;
  limit: number;
}

export interface CommentRow {
  id: string;
  authorId: string;
  author: { handle: string; kind: 'human' | 'agent' };
  body: string;
  createdAtMs: number;
  /** null: never. */
  editedAtMs: number | null;
}

export interface CommitFilter {
  author: string | null;
  type: string | null;
  agent: string | null;
  /** Text inside the message, without case. */
  text: string | null;
}

/** What pages and the API read of the database; every method is bounded by its arguments. */
export interface BrowseStore
  extends Pick<TagStore, 'countTags' | 'tagsOfCommits' | 'findTags'>,
    Pick<ReleaseStore, 'countReleases'> {
  findOwner(handle: string): Promise<{
    id: string;
    handle: string;
    displayName: string;
    kind: 'human' | 'agent';
    /** Who answers for it, when it is an agent. */
    agentOf: string | null;
  } | null>;
  /** Which of these texts are handles of accounts: text → the handle as written. */
  findHandles(texts: string[]): Promise<Map<string, string>>;
  /** Last updated first. */
  listRepositories(query: RepositoryQuery): Promise<RepositoryRow[]>;

  countBranches(repoId: string): Promise<number>;
  /** In the order of their names' bytes; the names that contain `search` when it is not ''. */
  listBranches(
    repoId: string,
    page: { after: string | null; search: string; limit: number },
  ): Promise<BranchRow[]>;
  findBranches(repoId: string, names: string[]): Promise<Map<string, BranchRow>>;

  /**
   * The repository's commits by generation, highest first, then id, both descending, strictly below
   * `before`: the order in which children come before their parents.
   */
  scanGraph(
    repoId: string,
    before: { generation: number; id: Id },
    limit: number,
  ): Promise<GraphRow[]>;
  findGenerations(repoId: string, ids: Id[]): Promise<Map<Id, number>>;
  /** By what histories order these commits. */
  findOrders(repoId: string, ids: Id[]): Promise<Map<Id, number>>;
  loadCommits(repoId: string, ids: Id[]): Promise<Map<Id, CommitRow>>;
  /** Which of these commits the filter lets through. */
  filterCommits(repoId: string, ids: Id[], filter: CommitFilter): Promise<Set<Id>>;
  /**
   * Keys that were registered under these ids (64 hex, or the first 16), revoked ones too, with the
   * handle of their account.
   */
  findSigners(keyIds: string[]): Promise<{ handle: string; publicKey: Uint8Array }[]>;

  /** Last started first. */
  listPushes(repoId: string, query: PushQuery): Promise<PushRow[]>;
  /** Accepted pushes by their number. */
  findPushes(repoId: string, seqs: number[]): Promise<Map<number, PushRow>>;
  findPushById(repoId: string, id: string): Promise<WholePushRow | null>;
  /** The commits that an accepted push brought, children before their parents. */
  listPushedCommits(
    repoId: string,
    seq: number,
    page: { before: { generation: number; id: Id } | null; limit: number },
  ): Promise<{ id: Id; generation: number }[]>;
  /** The deletions of branches that are not there again, latest first. */
  listDeletedBranches(
    repoId: string,
    page: { before: { startedAtMs: number; id: string } | null; limit: number },
  ): Promise<PushRow[]>;

  countComments(repoId: string, commitIds: Id[]): Promise<Map<Id, number>>;
  /** Oldest first, after the given one. */
  listComments(
    repoId: string,
    commitId: Id,
    page: { after: { createdAtMs: number; id: string } | null; limit: number },
  ): Promise<CommentRow[]>;
  findComment(repoId: string, commitId: Id, id: string): Promise<CommentRow | null>;
  /** False when it is not there any more. */
  editComment(repoId: string, id: string, body: string, editedAtMs: number): Promise<boolean>;
  /** Takes a comment away and notes the act. False when it was gone before. */
  deleteComment(repoId: string, id: string, audit: AuditEntry): Promise<boolean>;
  addComment(comment: {
    id: string;
    repoId: string;
    commitId: Id;
    authorId: string;
    body: string;
    createdAtMs: number;
  }): Promise<void>;
}
