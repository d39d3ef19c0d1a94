import { randomUUID } from 'node:crypto';
import { encode } from 'next-auth/jwt';
import type { Principal } from '~/server/access';
import type { ApiDeps } from '~/server/api/trpc';
import { ScryptHasher } from '~/server/auth/scrypt-hasher';
import { invitationCodes, mintToken } from '~/server/auth/token-text';
import { systemClock } from '~/server/ports/clock';
import { PostgresAccountStore } from '~/server/postgres/account-store';
import { PostgresAdminStore } from '~/server/postgres/admin-store';
import { PostgresAuditLog } from '~/server/postgres/audit-log';
import { createBrowseStore } from '~/server/postgres/browse-store';
import { PostgresDeviceStore } from '~/server/postgres/device-store';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { PostgresHistoryStore } from '~/server/postgres/history-store';
import { PostgresHubSettings } from '~/server/postgres/hub-settings';
import { PostgresIdentityStore } from '~/server/postgres/identity-store';
import { PostgresInvitationStore } from '~/server/postgres/invitation-store';
import { PostgresJobQueue } from '~/server/postgres/job-queue';
import { PostgresKeyStore } from '~/server/postgres/key-store';
import { PostgresLinkedLoginStore } from '~/server/postgres/linked-login-store';
import { PostgresPasswordStore } from '~/server/postgres/password-store';
import { PostgresPushStore } from '~/server/postgres/push-store';
import { PostgresReleaseStore } from '~/server/postgres/release-store';
import { PostgresSearchStore } from '~/server/postgres/search-store';
import { PostgresSegmentRows } from '~/server/postgres/segment-rows';
import { PostgresSessionStore } from '~/server/postgres/session-store';
import { PostgresSettingsStore } from '~/server/postgres/settings-store';
import { PostgresTagStore } from '~/server/postgres/tag-store';
import { PostgresTokenStore } from '~/server/postgres/token-store';
import { createCompareCaches } from '~/server/services/compare-caches';
import { PathLists } from '~/server/services/list-paths';
import { HistoryCache } from '~/server/services/load-history';
import { SegmentReader } from '~/server/storage/segment-reader';
import { SegmentWriter } from '~/server/storage/segment-writer';
import { AN_ACT } from './audit-entries';
import { openTestDatabase, type TestDatabase } from './database';
import { directCompute } from './direct-compute';
import { MemoryBlobStore } from './memory-blob-store';
import { MemoryPushFeed } from './memory-push-feed';
import {
  type SeedCommit,
  type SeededRepository,
  type SeedOptions,
  seedRepository,
} from './seed-repository';
import { insertAccount } from './store-cast';

/** The services behind pages over a real database, with accounts and repositories to read. */
export interface BrowseWorld {
  db: TestDatabase;
  deps: ApiDeps;
  /** What the log was told. */
  faults: { message: string; fields: Record<string, unknown> }[];
  pushStore: PostgresPushStore;
  blobs: MemoryBlobStore;
  addUser(handle: string, role?: 'user' | 'admin'): Promise<Extract<Principal, { kind: 'user' }>>;
  addRepository(
    owner: Extract<Principal, { kind: 'user' }>,
    slug: string,
    visibility: 'public' | 'private',
  ): Promise<string>;
  addCollaborator(
    repoId: string,
    user: Extract<Principal, { kind: 'user' }>,
    permission: 'read' | 'write' | 'admin',
  ): Promise<void>;
  /** Signs an account in to the browser; the value of its Cookie header. */
  signIn(user: Extract<Principal, { kind: 'user' }>, tokenId?: string): Promise<string>;
  seed(
    commits: SeedCommit[],
    options: SeedOptions,
    earlier?: SeededRepository,
  ): Promise<SeededRepository>;
  close(): Promise<void>;
}

export const HUB_URL = 'http://hub.test';

export async function openBrowseWorld(): Promise<BrowseWorld> {
  const db = await openTestDatabase();
  const blobs = new MemoryBlobStore();
  const identities = new PostgresIdentityStore(db.prisma);
  const pushStore = new PostgresPushStore(db.prisma);
  const fetchStore = new PostgresFetchStore(db.prisma);
  const reader = new SegmentReader({ blobs, onDamage: () => {} });
  const limits = {
    batchObjects: 64,
    batchBytes: 8 * 1024 ** 2,
    putsInFlight: 4,
    bytesInFlight: 2 ** 26,
  };
  const openWriter = (repoId: string) =>
    new SegmentWriter({ blobs, repoId, limits, uuid: randomUUID });
  const faults: BrowseWorld['faults'] = [];
  const deps: ApiDeps = {
    pushes: pushStore,
    feed: new MemoryPushFeed(),
    stopping: new AbortController().signal,
    identities,
    browse: createBrowseStore(db.prisma),
    records: fetchStore,
    objects: reader,
    histories: new PostgresHistoryStore(db.prisma),
    historyCache: new HistoryCache(),
    search: new PostgresSearchStore(db.prisma),
    pathLists: new PathLists(),
    compared: createCompareCaches(),
    compute: directCompute,
    clock: systemClock,
    tokens: new PostgresTokenStore(db.prisma),
    settings: new PostgresSettingsStore(db.prisma),
    sessions: new PostgresSessionStore(db.prisma),
    accounts: new PostgresAccountStore(db.prisma),
    passwords: new PostgresPasswordStore(db.prisma),
    hasher: new ScryptHasher({ ln: 4, r: 8, p: 1 }),
    logins: new PostgresLinkedLoginStore(db.prisma),
    invitations: new PostgresInvitationStore(db.prisma),
    invitationCodes,
    loginProviders: [],
    loginSites: { github: null, oidc: null },
    audit: new PostgresAuditLog(db.prisma),
    hubSettings: new PostgresHubSettings(db.prisma),
    keys: new PostgresKeyStore(db.prisma),
    admin: new PostgresAdminStore(db.prisma),
    queue: new PostgresJobQueue(db.prisma),
    blobs,
    rows: new PostgresSegmentRows(db.prisma),
    configuration: [],
    devices: new PostgresDeviceStore(db.prisma),
    tags: new PostgresTagStore(db.prisma),
    releases: new PostgresReleaseStore(db.prisma),
    mint: mintToken,
    tokenDaysMax: 366,
    repoQuotaBytes: null,
    sessionSecret: 'a secret of the tests, long enough',
    url: HUB_URL,
    log: { warn: () => {}, error: (message, fields) => faults.push({ message, fields }) },
  };
  let owners = 0;
  return {
    db,
    deps,
    faults,
    pushStore,
    blobs,
    async addUser(handle, role = 'user') {
      const id = randomUUID();
      owners++;
      await insertAccount(deps.accounts, {
        ...{ id, handle, displayName: `User ${owners}`, kind: 'human', ownerId: null, role },
      });
      const account = { kind: 'user', accountKind: 'human', token: null, sessionId: null } as const;
      return { ...account, userId: id, handle, role };
    },
    async addRepository(owner, slug, visibility) {
      const created = await identities.createRepository(
        {
          ...{
            id: randomUUID(),
            ownerId: owner.userId,
            slug,
            description: `About ${slug}`,
            visibility,
          },
        },
        AN_ACT,
      );
      return created!.id;
    },
    async addCollaborator(repoId, { userId }, permission) {
      await db.prisma.collaborator.create({ data: { repoId, userId, permission } });
    },
    async signIn({ userId }, tokenId) {
      const sessionId = randomUUID();
      await identities.createSession(
        {
          ...{ id: sessionId, userId, tokenId: tokenId ?? null, userAgent: '', address: '' },
          expiresAtMs: Date.now() + 60_000,
        },
        AN_ACT,
      );
      const value = await encode({ token: { sessionId }, secret: deps.sessionSecret });
      return `next-auth.session-token=${value}`;
    },
    seed: (commits, options, earlier) =>
      seedRepository({ pushStore, openWriter }, commits, options, earlier),
    close: () => db.drop(),
  };
}
