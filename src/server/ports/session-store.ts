import type { AuditEntry } from './audit-log';

/** A browser session as its account sees it. */
export interface ListedSession {
  id: string;
  createdAtMs: number;
  lastUsedAtMs: number;
  /** Where and with what it was used last. */
  address: string;
  userAgent: string;
  /** The token that signed it in; null: none. */
  tokenName: string | null;
}

/** Browser sessions, for those who look after their own. */
export interface SessionStore {
  /** When a session of the account began, ms since the epoch; null when none of this id stands. */
  startedAt(userId: string, sessionId: string): Promise<number | null>;
  /** An account's sessions that stand, last used first. */
  listSessions(userId: string, limit: number): Promise<ListedSession[]>;
  /** Ends a session of the account; false when it has none of this id that stands. */
  revokeOwnSession(userId: string, sessionId: string, audit: AuditEntry): Promise<boolean>;
  /** Ends every session of the account but one; returns how many. */
  revokeOtherSessions(userId: string, keptId: string | null, audit: AuditEntry): Promise<number>;
}
