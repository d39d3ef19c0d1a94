import type { AuditEntry } from './audit-log';

export interface StoredPassword {
  userId: string;
  handle: string;
  /** null: it has none. */
  hash: string | null;
  disabled: boolean;
}

/** The hashes of passwords. */
export interface PasswordStore {
  /** Of an account by its handle, without regard to case. */
  findPassword(handle: string): Promise<StoredPassword | null>;
  /** Puts the same password's new hash in the place of its old one, unless it was changed since. */
  rehashPassword(userId: string, oldHash: string, newHash: string): Promise<void>;
  /** Sets a password and ends every session of the account but one; returns how many it ended. */
  setPassword(
    userId: string,
    hash: string,
    keptSessionId: string | null,
    audit: AuditEntry,
  ): Promise<number>;
  /**
   * Takes the password away, ends every session and, if so wished, every token and the link to
   * every sign-in of another site, and makes the invitation that lets a new password be set.
   */
  resetPassword(
    userId: string,
    reset: ResetReach & { invitation: ResetInvitation },
    audit: AuditEntry,
  ): Promise<void>;
  /**
   * Uses up the invitation to set a password, sets it, and ends every session of the account. Null
   * when the code is none, used, over or taken back, or the account is disabled.
   */
  redeemReset(
    codeHash: Uint8Array,
    passwordHash: string,
    auditOf: (account: { id: string; handle: string }) => AuditEntry,
  ): Promise<{ userId: string; handle: string } | null>;
  /** The account whose password a code may set; null as for `redeemReset`. */
  findReset(codeHash: Uint8Array): Promise<{ userId: string; handle: string } | null>;
}

/** What a reset takes away beyond the password and the sessions. */
export interface ResetReach {
  revokeTokens: boolean;
  unlinkLogins: boolean;
}

export interface ResetInvitation {
  id: string;
  codeHash: Uint8Array;
  madeById: string;
  expiresAtMs: number;
}
