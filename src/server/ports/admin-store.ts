import type { AccountKind, Scope } from '../access';
import type { AuditEntry } from './audit-log';
import type { PushRow, PushState } from './browse-store';
import type { ListedToken, NamedToken } from './token-store';

/** What admins of the hub see of all accounts and repositories together; never a secret. */

/** Where a page goes on: below this time and id. */
export interface TimeCursor {
  atMs: number;
  id: string;
}

interface Page {
  before: TimeCursor | null;
  limit: number;
}

export interface HubToken extends ListedToken {
  account: { handle: string; kind: AccountKind; disabled: boolean };
}

/** What is null does not narrow. */
export interface HubTokenQuery extends Page {
  /** A handle, without case. */
  account: string | null;
  kind: AccountKind | null;
  scope: Scope | null;
  /** Neither used nor made since. */
  unusedSinceMs: number | null;
  /** Those that end before; the ones that ended already too. */
  endsBeforeMs: number | null;
}

export interface HubRepository {
  id: string;
  owner: string;
  slug: string;
  visibility: 'public' | 'private';
  createdAtMs: number;
  /** When the last accepted push began; null: none. */
  lastPushAtMs: number | null;
  bytes: number;
  segments: number;
  objects: number;
}

export interface HubRepositoryQuery extends Page {
  /** A handle, without case. */
  owner: string | null;
  visibility: 'public' | 'private' | null;
}

export interface HubPush extends PushRow {
  address: string;
  /** Null when it was deleted. */
  repository: { owner: string; slug: string } | null;
}

export interface HubPushQuery extends Page {
  outcome: PushState | null;
  errorCode: string | null;
  /** A handle, without case. */
  actor: string | null;
}

export interface StoredTotals {
  repositories: number;
  bytes: number;
  segments: number;
  objects: number;
  /** Pushes that are receiving now, and what they have sent so far. */
  underWay: { pushes: number; bytes: number };
}

export interface AdminStore {
  /** Tokens of everybody that were not revoked, newest first. */
  listTokens(query: HubTokenQuery): Promise<HubToken[]>;
  /** Ends tokens, whoever's they are, and notes each; those that it ended. */
  revokeTokens(ids: string[], auditOf: (token: NamedToken) => AuditEntry): Promise<NamedToken[]>;
  /** Repositories that are not deleted, newest first. */
  listRepositories(query: HubRepositoryQuery): Promise<HubRepository[]>;
  /** Pushes to every repository, newest first, refused and failed ones too. */
  listPushes(query: HubPushQuery): Promise<HubPush[]>;
  storedTotals(): Promise<StoredTotals>;
  /** The repositories that take the most room, deleted ones left out. */
  largestRepositories(limit: number): Promise<HubRepository[]>;
}
