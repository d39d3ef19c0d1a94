import type { Principal, RepositoryAccess, Scope } from '../access';
import type { AuditEntry } from './audit-log';
import type { PushRepository } from './push-store';

/** What an access token's row says, found by the SHA-256 of the token. */
export interface TokenRecord {
  id: string;
  userId: string;
  handle: string;
  accountKind: 'human' | 'agent';
  role: 'user' | 'admin';
  /** The account, or who answers for it. */
  userDisabled: boolean;
  scopes: Scope[];
  repoIds: string[] | null;
  branchPattern: string | null;
  expiresAtMs: number | null;
  revoked: boolean;
}

export interface NewToken {
  id: string;
  userId: string;
  name: string;
  /** SHA-256 of the token text. */
  hash: Uint8Array;
  scopes: Scope[];
  repoIds: string[] | null;
  branchPattern: string | null;
  expiresAtMs: number | null;
}

/** A repository with what decides about it for one principal. */
export interface RepositoryEntry {
  repository: PushRepository & { description: string; domain: string; museRepoId: string };
  access: RepositoryAccess;
}

/** Failed authentications that are counted together, over all processes. */
export interface FailureLimit {
  key: string;
  /** So many may fail in `windowMs`, which begins with the first. */
  max: number;
  windowMs: number;
}

/** Accounts, tokens, sessions and repositories, as authentication and routing need them. */
export interface IdentityStore {
  findToken(hash: Uint8Array): Promise<TokenRecord | null>;
  /** Notes the last use, at most once a minute per token. */
  touchToken(
    tokenId: string,
    use: { atMs: number; address: string; client: string },
  ): Promise<void>;
  /** When the limit is used up: the time at which its window ends, ms since the epoch; else null. */
  heardAgainAt(limit: FailureLimit, atMs: number): Promise<number | null>;
  /** Counts a failure; when it was one too many, the time at which the window ends, else null. */
  countFailure(
    limit: FailureLimit,
    atMs: number,
    /** Goes to the audit log when this is the first failure of its window. */
    note?: AuditEntry | null,
  ): Promise<number | null>;
  createToken(token: NewToken, audit: AuditEntry): Promise<void>;
  /** Ends a token; one that was ended before stays as it is, and nothing is noted. */
  revokeToken(tokenId: string, audit: AuditEntry): Promise<void>;
  findUser(handle: string): Promise<{
    id: string;
    handle: string;
    kind: 'human' | 'agent';
    role: 'user' | 'admin';
    disabled: boolean;
  } | null>;
  createSession(
    session: {
      id: string;
      userId: string;
      tokenId: string | null;
      expiresAtMs: number;
      userAgent: string;
      address: string;
    },
    audit: AuditEntry,
  ): Promise<void>;
  /** The principal of a session that is neither revoked nor expired; null otherwise. */
  findSession(sessionId: string): Promise<Principal | null>;
  /** Notes the last use, at most once a minute per session. */
  touchSession(
    sessionId: string,
    use: { atMs: number; address: string; client: string },
  ): Promise<void>;
  /** Ends a session; one that was ended before stays as it is, and nothing is noted. */
  revokeSession(sessionId: string, audit: AuditEntry): Promise<void>;
  /** Finds a repository by owner handle and slug, both without case; null when absent or deleted. */
  findRepository(
    owner: string,
    slug: string,
    principal: Principal,
  ): Promise<RepositoryEntry | null>;
  /** Null when owner and slug are taken. */
  createRepository(
    repo: {
      id: string;
      ownerId: string;
      slug: string;
      description: string;
      visibility: 'public' | 'private';
    },
    audit: AuditEntry,
  ): Promise<{ id: string } | null>;
}
