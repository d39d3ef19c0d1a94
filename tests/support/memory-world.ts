import { MemoryAccountStore } from './memory-account-store';
import { MemoryAuditLog } from './memory-audit-log';
import { MemoryDeviceStore } from './memory-device-store';
import { MemoryFetchStore } from './memory-fetch-store';
import { MemoryHistoryStore } from './memory-history-store';
import { MemoryHub } from './memory-hub';
import { MemoryHubSettings } from './memory-hub-settings';
import { MemoryIdentityStore } from './memory-identity-store';
import { MemoryInvitationStore } from './memory-invitation-store';
import { MemoryKeyStore } from './memory-key-store';
import { MemoryLinkedLoginStore } from './memory-linked-login-store';
import { MemoryPasswordStore } from './memory-password-store';
import { MemoryPushStore } from './memory-push-store';
import { MemoryReleaseStore } from './memory-release-store';
import { MemorySessionStore } from './memory-session-store';
import { MemorySettingsStore } from './memory-settings-store';
import { MemoryTagStore } from './memory-tag-store';
import { MemoryTokenStore } from './memory-token-store';
import type { StoreWorld } from './store-world';

/** The stores' stubs over one hub in memory. */
export function memoryWorld(hub = new MemoryHub()): StoreWorld {
  return {
    push: new MemoryPushStore(hub),
    fetch: new MemoryFetchStore(hub),
    identity: new MemoryIdentityStore(hub),
    tokens: new MemoryTokenStore(hub),
    settings: new MemorySettingsStore(hub),
    sessions: new MemorySessionStore(hub),
    accounts: new MemoryAccountStore(hub),
    passwords: new MemoryPasswordStore(hub),
    invitations: new MemoryInvitationStore(hub),
    logins: new MemoryLinkedLoginStore(hub),
    audit: new MemoryAuditLog(hub),
    hubSettings: new MemoryHubSettings(hub),
    keys: new MemoryKeyStore(hub),
    devices: new MemoryDeviceStore(hub),
    tagStore: new MemoryTagStore(hub),
    histories: new MemoryHistoryStore(hub),
    releases: new MemoryReleaseStore(hub),
    setRules: async (repoId, rules) => hub.setRules(repoId, rules),
    setCollaborator: async (repoId, userId, level) => hub.setCollaborator(repoId, userId, level),
    setRepository: async (repoId, settings) => hub.setRepository(repoId, settings),
    disableUser: async (userId) => hub.disableUser(userId),
    addSigningKey: async ({ keyId, publicKey, userId }) => {
      const fresh = { name: '', createdAtMs: hub.now(), revokedAtMs: null };
      hub.signingKeys.set(keyId, { publicKey, userId, ...fresh });
    },
    countRows: async (repoId) => hub.countRows(repoId),
    jobs: async (repoId) =>
      hub.jobs
        .map(({ task, payload }) => ({ task, payload: payload as Record<string, unknown> }))
        .filter(({ payload }) => payload.repoId === repoId),
    lastUse: async (tokenId) => hub.tokens.get(tokenId)?.lastUse ?? null,
  };
}
