import type { AccountKind } from '../access';
import type { AuditEntry } from './audit-log';

export type Role = 'user' | 'admin';

export interface Account {
  id: string;
  handle: string;
  displayName: string;
  kind: AccountKind;
  role: Role;
  /** Who answers for an agent; null: nobody, or it is a person. */
  owner: { id: string; handle: string; disabled: boolean } | null;
  /** By itself; what an agent may do ends with its owner too. */
  disabled: boolean;
  hasPassword: boolean;
  createdAtMs: number;
}

/** An account of another site, as its provider names it. */
export interface LoginKey {
  /** The address of the site. */
  provider: string;
  /** What the provider calls the person, for ever. */
  subject: string;
}

export interface NewAccount {
  id: string;
  handle: string;
  displayName: string;
  kind: AccountKind;
  ownerId: string | null;
  role: Role;
  passwordHash: string | null;
  /** Signs the new account in from now on. */
  login: (LoginKey & { name: string }) | null;
  /** Used once more by this account; it must still stand. */
  invitationId: string | null;
}

export type CreationProblem = 'handle-taken' | 'login-taken' | 'invitation-gone';

/** `last-admin`: nobody could look after the hub afterwards. Nothing is changed then. */
export type AccountChange = 'done' | 'unchanged' | 'last-admin';

export interface AccountQuery {
  /** What handle or display name contain, without case; '': whatever. */
  text: string;
  kind: AccountKind | null;
  role: Role | null;
  disabled: boolean | null;
  /** Below this handle; null: from the beginning. */
  after: string | null;
  limit: number;
}

export interface ListedAccount extends Account {
  /** Tokens that can be used. */
  tokens: number;
  /** When a token or session of it was used last. */
  lastUsedAtMs: number | null;
}

/** Accounts, for those who make them and look after them. */
export interface AccountStore {
  findAccount(userId: string): Promise<Account | null>;
  /** Without regard to case. */
  findAccountByHandle(handle: string): Promise<Account | null>;
  /** Makes an account with all that comes with it, or nothing and says why. */
  createAccount(account: NewAccount, audit: AuditEntry): Promise<CreationProblem | null>;
  setDisplayName(userId: string, displayName: string, audit: AuditEntry): Promise<void>;
  /** By handle. */
  listAgents(ownerId: string, limit: number): Promise<ListedAccount[]>;
  /** By handle. */
  listAccounts(query: AccountQuery): Promise<ListedAccount[]>;
  /** Disables or enables; effective at once on every process. The last enabled admin stays. */
  setDisabled(userId: string, disabled: boolean, audit: AuditEntry): Promise<AccountChange>;
  /** The last enabled admin stays one. */
  setRole(userId: string, role: Role, audit: AuditEntry): Promise<AccountChange>;
}
