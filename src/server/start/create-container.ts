import path from 'node:path';
import { loginProviders } from '../auth/login-providers';
import { ScryptHasher } from '../auth/scrypt-hasher';
import { invitationCodes, mintToken } from '../auth/token-text';
import { ThreadedChecker } from '../compute/threaded-checker';
import { WorkerCompute } from '../compute/worker-compute';
import type { Container } from '../container';
import { configurationOf, type Env } from '../env';
import { RateGuard } from '../http/rate-guard';
import { createLogger, hideInLogs } from '../logger';
import { Metrics } from '../metrics';
import { systemClock } from '../ports/clock';
import { PostgresAccountStore } from '../postgres/account-store';
import { PostgresAdminStore } from '../postgres/admin-store';
import { PostgresAuditLog } from '../postgres/audit-log';
import { createBrowseStore } from '../postgres/browse-store';
import { PostgresCommitStats } from '../postgres/commit-stats';
import { PostgresDeviceStore } from '../postgres/device-store';
import { PostgresFetchStore } from '../postgres/fetch-store';
import { PostgresHistoryStore } from '../postgres/history-store';
import { PostgresHubSettings } from '../postgres/hub-settings';
import { PostgresIdentityStore } from '../postgres/identity-store';
import { PostgresInvitationStore } from '../postgres/invitation-store';
import { PostgresJobQueue } from '../postgres/job-queue';
import { PostgresKeyStore } from '../postgres/key-store';
import { PostgresLinkedLoginStore } from '../postgres/linked-login-store';
import { PostgresPasswordStore } from '../postgres/password-store';
import { createPrisma } from '../postgres/prisma-client';
import { PostgresPushFeed } from '../postgres/push-feed';
import { PostgresPushStore } from '../postgres/push-store';
import { PostgresRateStore } from '../postgres/rate-store';
import { PostgresReleaseStore } from '../postgres/release-store';
import { PostgresSearchStore } from '../postgres/search-store';
import { PostgresSegmentRows } from '../postgres/segment-rows';
import { PostgresSessionStore } from '../postgres/session-store';
import { PostgresSettingsStore } from '../postgres/settings-store';
import { PostgresTagStore } from '../postgres/tag-store';
import { PostgresTokenStore } from '../postgres/token-store';
import { createCompareCaches } from '../services/compare-caches';
import { FetchPlans } from '../services/fetch-plans';
import { FetchSlots } from '../services/fetch-slots';
import { PathLists } from '../services/list-paths';
import { HistoryCache } from '../services/load-history';
import { commitPath } from '../services/push-plan';
import { PushSlots } from '../services/push-slots';
import { RateLimiter } from '../services/rate-limiter';
import { RecentManifests } from '../services/recent-manifests';
import { SegmentObjectStorage } from '../storage/segment-object-storage';
import { Lifecycle } from './lifecycle';
import { openBlobStore } from './open-blob-store';

/** What pushes find of the pushes before them, without asking the database. */
const RECENT_MANIFESTS_BYTES = 32 * 1024 ** 2;
/** What fetches find of the fetches before them of the same commits. */
const FETCH_PLANS_BYTES = 32 * 1024 ** 2;

/** What is found out or made during start, beyond the environment. */
export interface ContainerInputs {
  env: Env;
  databaseUrl: string;
  sessionSecret: string;
}

/**
 * The only place that chooses adapters. To add a piece: a field in `Container`, a line here, and one
 * in `close` when it holds something open.
 */
export function createContainer({ env, databaseUrl, sessionSecret }: ContainerInputs): Container {
  hideInLogs(sessionSecret, env.logins.github?.secret, env.logins.oidc?.secret);
  if (env.storage.kind === 's3') hideInLogs(env.storage.secretAccessKey);
  const logger = createLogger(env.logLevel);
  let closing = false;
  const prisma = createPrisma(databaseUrl, {
    poolMax: env.databaseConnectionsMax,
    onConnectionLost: (error) => {
      // A database that ends with the hub may be quicker than the goodbye of a connection.
      if (!closing) logger.warn('a database connection was lost', { err: error });
    },
  });
  const blobStore = openBlobStore(env, logger);
  const storage = new SegmentObjectStorage({
    blobs: blobStore,
    spoolFolder: path.join(env.dataFolder, 'spool'),
    uuid: systemClock.uuid,
    onDamage: (damage, outcome) => logger.error('a stored object is damaged', { damage, outcome }),
    onTrouble: (what, error) => logger.warn(what, { err: error }),
  });
  const compute = new WorkerCompute();
  const checker = new ThreadedChecker();
  const lifecycle = new Lifecycle();
  const identities = new PostgresIdentityStore(prisma);
  const pushStore = new PostgresPushStore(prisma, {
    appliesMax: Math.max(1, Math.floor(env.databaseConnectionsMax / 2)),
  });
  const segmentRows = new PostgresSegmentRows(prisma);
  const fetchStore = new PostgresFetchStore(prisma);
  const feed = new PostgresPushFeed({
    databaseUrl,
    onTrouble: (what, error) => logger.warn(what, { err: error }),
  });
  void feed.start();
  const devices = new PostgresDeviceStore(prisma);
  const tags = new PostgresTagStore(prisma);
  const browse = createBrowseStore(prisma);
  const histories = new PostgresHistoryStore(prisma);
  const releases = new PostgresReleaseStore(prisma);
  const search = new PostgresSearchStore(prisma);
  const wire = {
    identities,
    clock: systemClock,
    limits: env.limits,
    log: logger,
    closing: lifecycle.deadline,
  };
  return {
    env,
    logger,
    metrics: new Metrics(),
    rates: new RateGuard({
      limiter: new RateLimiter({
        store: new PostgresRateStore(prisma),
        clock: systemClock,
        onTrouble: (what, error) => logger.warn(what, { err: error }),
      }),
      ...{ identities, sessionSecret, limits: env.requestLimits },
    }),
    lifecycle,
    limits: env.limits,
    clock: systemClock,
    prisma,
    checkDatabase: () => prisma.$queryRaw`SELECT 1`,
    blobStore,
    push: {
      ...wire,
      store: pushStore,
      storage,
      checker,
      manifests: new RecentManifests(RECENT_MANIFESTS_BYTES),
      feed,
      slots: new PushSlots(env.limits),
      repoQuotaBytes: env.repoQuotaBytes,
      commitUrl: ({ owner, slug }, id) => env.url + commitPath(owner, slug, id),
      onTrouble: (what, error, pushId) => logger.warn(what, { err: error, pushId }),
    },
    fetch: {
      ...wire,
      store: fetchStore,
      pushStore,
      objects: storage.reader,
      plans: new FetchPlans(FETCH_PLANS_BYTES),
      slots: new FetchSlots(),
    },
    tags: { ...wire, tags, records: fetchStore },
    releases: { ...wire, releases, browse, records: fetchStore },
    api: {
      identities,
      browse,
      records: fetchStore,
      objects: storage.reader,
      histories,
      historyCache: new HistoryCache(),
      search,
      pathLists: new PathLists(),
      compared: createCompareCaches(),
      compute,
      clock: systemClock,
      tokens: new PostgresTokenStore(prisma),
      settings: new PostgresSettingsStore(prisma),
      sessions: new PostgresSessionStore(prisma),
      pushes: pushStore,
      accounts: new PostgresAccountStore(prisma),
      passwords: new PostgresPasswordStore(prisma),
      hasher: new ScryptHasher(),
      logins: new PostgresLinkedLoginStore(prisma),
      invitations: new PostgresInvitationStore(prisma),
      invitationCodes,
      loginProviders: loginProviders(env.logins),
      loginSites: env.logins,
      feed,
      stopping: lifecycle.stopping,
      audit: new PostgresAuditLog(prisma),
      hubSettings: new PostgresHubSettings(prisma),
      keys: new PostgresKeyStore(prisma),
      admin: new PostgresAdminStore(prisma),
      queue: new PostgresJobQueue(prisma),
      blobs: blobStore,
      rows: segmentRows,
      configuration: configurationOf(process.env),
      devices,
      tags,
      releases,
      mint: mintToken,
      tokenDaysMax: env.tokenDaysMax,
      repoQuotaBytes: env.repoQuotaBytes,
      sessionSecret,
      url: env.url,
      log: logger,
    },
    jobs: {
      logger,
      pushes: pushStore,
      devices,
      clock: systemClock,
      counting: {
        stats: new PostgresCommitStats(prisma),
        loadTrees: (repoId, ids) => fetchStore.loadTrees(repoId, ids),
      },
      indexing: { histories, browse },
      search,
      sweep: {
        blobs: blobStore,
        rows: segmentRows,
        clock: systemClock,
        pushMaxWallMs: env.limits.pushMaxWallMs,
      },
    },
    sessionSecret,
    close: async () => {
      closing = true;
      await compute.close();
      await checker.close();
      await feed.close();
      await blobStore.close();
      await prisma.$disconnect();
    },
  };
}
