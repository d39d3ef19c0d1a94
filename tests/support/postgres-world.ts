import { PostgresAccountStore } from '~/server/postgres/account-store';
import { PostgresAuditLog } from '~/server/postgres/audit-log';
import { PostgresDeviceStore } from '~/server/postgres/device-store';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { PostgresHistoryStore } from '~/server/postgres/history-store';
import { PostgresHubSettings } from '~/server/postgres/hub-settings';
import { PostgresIdentityStore } from '~/server/postgres/identity-store';
import { PostgresInvitationStore } from '~/server/postgres/invitation-store';
import { PostgresKeyStore } from '~/server/postgres/key-store';
import { PostgresLinkedLoginStore } from '~/server/postgres/linked-login-store';
import { PostgresPasswordStore } from '~/server/postgres/password-store';
import type { PrismaClient } from '~/server/postgres/prisma-client';
import { PostgresPushStore, type PushStoreOptions } from '~/server/postgres/push-store';
import { PostgresReleaseStore } from '~/server/postgres/release-store';
import { PostgresSessionStore } from '~/server/postgres/session-store';
import { PostgresSettingsStore } from '~/server/postgres/settings-store';
import { PostgresTagStore } from '~/server/postgres/tag-store';
import { PostgresTokenStore } from '~/server/postgres/token-store';
import type { StoreWorld } from './store-world';

/** The stores over PostgreSQL. */
export function postgresWorld(prisma: PrismaClient, options: PushStoreOptions = {}): StoreWorld {
  return {
    push: new PostgresPushStore(prisma, options),
    fetch: new PostgresFetchStore(prisma),
    identity: new PostgresIdentityStore(prisma),
    tokens: new PostgresTokenStore(prisma),
    settings: new PostgresSettingsStore(prisma),
    sessions: new PostgresSessionStore(prisma),
    accounts: new PostgresAccountStore(prisma),
    passwords: new PostgresPasswordStore(prisma),
    invitations: new PostgresInvitationStore(prisma),
    logins: new PostgresLinkedLoginStore(prisma),
    audit: new PostgresAuditLog(prisma),
    hubSettings: new PostgresHubSettings(prisma),
    keys: new PostgresKeyStore(prisma),
    devices: new PostgresDeviceStore(prisma),
    tagStore: new PostgresTagStore(prisma),
    histories: new PostgresHistoryStore(prisma),
    releases: new PostgresReleaseStore(prisma),
    async setRules(repoId, rules) {
      await prisma.branchRule.deleteMany({ where: { repoId } });
      await prisma.branchRule.createMany({ data: rules.map((rule) => ({ repoId, ...rule })) });
    },
    async setCollaborator(repoId, userId, level) {
      await prisma.collaborator.deleteMany({ where: { repoId, userId } });
      if (level) await prisma.collaborator.create({ data: { repoId, userId, permission: level } });
    },
    async setRepository(repoId, { deleted, ...settings }) {
      const end = deleted ? { deletedAt: new Date(), slugKey: null } : {};
      await prisma.repository.update({ where: { id: repoId }, data: { ...settings, ...end } });
    },
    async disableUser(userId) {
      await prisma.user.update({ where: { id: userId }, data: { disabledAt: new Date() } });
    },
    async addSigningKey({ keyId, publicKey, userId }) {
      const data = { keyId, publicKey: new Uint8Array(publicKey), userId };
      await prisma.signingKey.create({ data });
    },
    async countRows(repoId) {
      const where = { repoId };
      return {
        segments: await prisma.segment.count({ where }),
        objects: await prisma.storedObject.count({ where }),
        trees: await prisma.tree.count({ where }),
        snapshots: await prisma.snapshot.count({ where }),
        commits: await prisma.commit.count({ where }),
        branches: await prisma.branch.count({ where }),
        acceptedPushes: await prisma.push.count({ where: { repoId, outcome: 'accepted' } }),
      };
    },
    jobs: (repoId) => prisma.$queryRaw`
      SELECT t.identifier AS task, j.payload
        FROM graphile_worker._private_jobs j
        JOIN graphile_worker._private_tasks t ON t.id = j.task_id
       WHERE j.payload->>'repoId' = ${repoId}
       ORDER BY j.id`,
    async lastUse(tokenId) {
      const token = await prisma.accessToken.findUniqueOrThrow({ where: { id: tokenId } });
      const { lastUsedAt, lastUsedFrom, lastUsedClient } = token;
      if (!lastUsedAt) return null;
      return {
        atMs: lastUsedAt.getTime(),
        address: lastUsedFrom ?? '',
        client: lastUsedClient ?? '',
      };
    },
  };
}
