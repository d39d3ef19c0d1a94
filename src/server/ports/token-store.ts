import type { Scope } from '../access';
import type { AuditEntry } from './audit-log';

/** A new token: its text, to be shown once, and its SHA-256, to be stored. */
export interface MintedToken {
  text: string;
  hash: Uint8Array;
}

/** A token as its account sees it; its text is not kept. */
export interface ListedToken {
  id: string;
  name: string;
  scopes: Scope[];
  /** Those of the repositories it is narrowed to that still exist; null: it is not narrowed. */
  repositories: { owner: string; slug: string }[] | null;
  branchPattern: string | null;
  createdAtMs: number;
  expiresAtMs: number | null;
  lastUse: { atMs: number; address: string; client: string } | null;
}

/** Whose token it is, and what it is called. */
export interface NamedToken {
  id: string;
  name: string;
  userId: string;
  handle: string;
}

/** Access tokens, for those who manage them. */
export interface TokenStore {
  /** An account's tokens that were not revoked, newest first; expired ones too. */
  listTokens(userId: string, limit: number): Promise<ListedToken[]>;
  /** How many of an account's tokens can be used. */
  countTokens(userId: string): Promise<number>;
  /** A token by its id, revoked or not; null when there is none. */
  nameToken(tokenId: string): Promise<NamedToken | null>;
  /** Ends a token of the account; false when there is none that was not ended before. */
  revokeOwnToken(userId: string, tokenId: string, audit: AuditEntry): Promise<boolean>;
}
