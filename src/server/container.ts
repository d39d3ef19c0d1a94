import path from 'node:path';
import type { Limits } from '~/wire/limits';
import type { ApiDeps } from './api/trpc';
import type { Env } from './env';
import { Lifecycle } from './lifecycle';
import { createLogger, hideInLogs, type Logger } from './logger';
import { Metrics } from './metrics';
import { Misconfiguration } from './misconfiguration';
import type { BlobStore } from './ports/blob-store';
import { type Clock, systemClock } from './ports/clock';
import { createBrowseStore } from './postgres/browse-store';
import { PostgresFetchStore } from './postgres/fetch-store';
import { PostgresIdentityStore } from './postgres/identity-store';
import { createPrisma, type PrismaClient } from './postgres/prisma-client';
import { HistoryCache } from './services/load-history';
import { LocalBlobStore } from './storage/local-blob-store';
import { SegmentReader } from './storage/segment-reader';

/**
 * Everything of one process that outlives a request: the configuration and the adapters chosen by
 * it. This is the only place that chooses; entry points take from here what a handler or service
 * asks for. To add a piece: a field here, a line in `createContainer`, and one in `close` when it
 * holds something open.
 */
export interface Container {
  env: Env;
  logger: Logger;
  metrics: Metrics;
  lifecycle: Lifecycle;
  limits: Limits;
  clock: Clock;
  prisma: PrismaClient;
  /** Rejects when the database does not answer. */
  checkDatabase(): Promise<unknown>;
  blobStore: BlobStore;
  /** What the API, the pages and browser sessions ask for. */
  api: ApiDeps;
  /** Signs browser sessions. */
  sessionSecret: string;
  /** Lets go of connections and files; for the end of the process. */
  close(): Promise<void>;
}

/** What is found out or made during start, beyond the environment. */
export interface ContainerInputs {
  env: Env;
  databaseUrl: string;
  sessionSecret: string;
}

export function createContainer({ env, databaseUrl, sessionSecret }: ContainerInputs): Container {
  hideInLogs(sessionSecret, env.oidc?.clientSecret);
  if (env.storage.kind === 's3') hideInLogs(env.storage.secretAccessKey);
  const logger = createLogger(env.logLevel);
  const prisma = createPrisma(databaseUrl, {
    poolMax: env.databaseConnectionsMax,
    onConnectionLost: (error) => logger.warn('a database connection was lost', { err: error }),
  });
  const blobStore = new LocalBlobStore({ root: path.join(env.dataFolder, 'objects') });
  const reader = new SegmentReader({
    blobs: blobStore,
    onDamage: (damage, outcome) => logger.error('a stored object is damaged', { damage, outcome }),
  });
  return {
    env,
    logger,
    metrics: new Metrics(),
    lifecycle: new Lifecycle(),
    limits: env.limits,
    clock: systemClock,
    prisma,
    checkDatabase: () => prisma.$queryRaw`SELECT 1`,
    blobStore,
    api: {
      identities: new PostgresIdentityStore(prisma),
      browse: createBrowseStore(prisma),
      records: new PostgresFetchStore(prisma),
      objects: reader,
      histories: new HistoryCache(),
      clock: systemClock,
      sessionSecret,
      url: env.url,
      log: logger,
    },
    sessionSecret,
    close: async () => {
      await blobStore.close();
      await prisma.$disconnect();
    },
  };
}

/** Next bundles pages and route handlers apart, each with its own copy of this module. */
const SLOT = Symbol.for('musehub.container');
type Slot = { [SLOT]?: Container };

export function setContainer(container: Container): void {
  (globalThis as Slot)[SLOT] = container;
}

/** The container of this process, which main.ts made before Next began to serve. */
export function getContainer(): Container {
  const container = (globalThis as Slot)[SLOT];
  if (container) return container;
  throw new Misconfiguration(
    'This process was not started by the hub\'s own server; use "npm start" or "npm run dev".',
  );
}
