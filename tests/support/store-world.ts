import type { AccountStore } from '~/server/ports/account-store';
import type { AuditLog } from '~/server/ports/audit-log';
import type { DeviceStore } from '~/server/ports/device-store';
import type { FetchStore } from '~/server/ports/fetch-store';
import type { HistoryStore } from '~/server/ports/history-store';
import type { HubSettingsStore } from '~/server/ports/hub-settings';
import type { IdentityStore } from '~/server/ports/identity-store';
import type { InvitationStore } from '~/server/ports/invitation-store';
import type { KeyStore } from '~/server/ports/key-store';
import type { LinkedLoginStore } from '~/server/ports/linked-login-store';
import type { PasswordStore } from '~/server/ports/password-store';
import type { BranchRule, PushStore } from '~/server/ports/push-store';
import type { ReleaseStore } from '~/server/ports/release-store';
import type { SessionStore } from '~/server/ports/session-store';
import type { SettingsStore } from '~/server/ports/settings-store';
import type { TagStore } from '~/server/ports/tag-store';
import type { TokenStore } from '~/server/ports/token-store';

export interface RepositorySettings {
  visibility?: 'public' | 'private';
  requireSigned?: boolean;
  refusePolyglot?: boolean;
  deleted?: boolean;
}

export interface StoredCounts {
  segments: number;
  objects: number;
  trees: number;
  snapshots: number;
  commits: number;
  branches: number;
  acceptedPushes: number;
}

/**
 * A hub's stores over one database, and the hands of those who are not in the ports: an owner who
 * changes settings, an admin who disables an account, a test that counts rows. Contract suites run
 * on the memory stubs and on PostgreSQL through this.
 */
export interface StoreWorld {
  push: PushStore;
  fetch: FetchStore;
  identity: IdentityStore;
  tokens: TokenStore;
  settings: SettingsStore;
  sessions: SessionStore;
  accounts: AccountStore;
  passwords: PasswordStore;
  invitations: InvitationStore;
  logins: LinkedLoginStore;
  audit: AuditLog;
  hubSettings: HubSettingsStore;
  devices: DeviceStore;
  keys: KeyStore;
  tagStore: TagStore;
  histories: HistoryStore;
  releases: ReleaseStore;
  setRules(repoId: string, rules: BranchRule[]): Promise<void>;
  setCollaborator(
    repoId: string,
    userId: string,
    level: 'read' | 'write' | 'admin' | null,
  ): Promise<void>;
  setRepository(repoId: string, settings: RepositorySettings): Promise<void>;
  disableUser(userId: string): Promise<void>;
  addSigningKey(key: { keyId: string; publicKey: Uint8Array; userId: string }): Promise<void>;
  countRows(repoId: string): Promise<StoredCounts>;
  /** Queued jobs of a repository's pushes, oldest first. */
  jobs(repoId: string): Promise<{ task: string; payload: Record<string, unknown> }[]>;
  /** The last use noted of a token. */
  lastUse(tokenId: string): Promise<{ atMs: number; address: string; client: string } | null>;
}
