import type { Limits } from '~/wire/limits';
import type { ApiDeps } from './api/trpc';
import type { Env } from './env';
import type { FetchHandlerDeps } from './http/fetch-handler';
import type { PushHandlerDeps } from './http/push-handler';
import type { PushOutcomeHandlerDeps } from './http/push-outcome-handler';
import type { RateGuard } from './http/rate-guard';
import type { ReleasesHandlerDeps } from './http/releases-handler';
import type { TagsHandlerDeps } from './http/tags-handler';
import type { JobDeps } from './jobs/job';
import type { Logger } from './logger';
import type { Metrics } from './metrics';
import { Misconfiguration } from './misconfiguration';
import type { BlobStore } from './ports/blob-store';
import type { Clock } from './ports/clock';
import type { PrismaClient } from './postgres/prisma-client';
import type { Lifecycle } from './start/lifecycle';

/**
 * Everything of one process that outlives a request: the configuration and the adapters chosen by
 * it (start/create-container.ts). Entry points take from here what a handler or service asks for. This
 * file imports types only, so that bundles of pages and routes hold no second copy of the adapters.
 */
export interface Container {
  env: Env;
  logger: Logger;
  metrics: Metrics;
  /** Counts the requests to this hub, and says which are too many. */
  rates: RateGuard;
  lifecycle: Lifecycle;
  limits: Limits;
  clock: Clock;
  prisma: PrismaClient;
  /** Rejects when the database does not answer. */
  checkDatabase(): Promise<unknown>;
  blobStore: BlobStore;
  /** What the wire routes ask for. */
  push: PushHandlerDeps;
  fetch: FetchHandlerDeps & PushOutcomeHandlerDeps;
  tags: TagsHandlerDeps;
  releases: ReleasesHandlerDeps;
  /** What the API, the pages and browser sessions ask for. */
  api: ApiDeps;
  /** What the jobs ask for. */
  jobs: JobDeps;
  /** Signs browser sessions. */
  sessionSecret: string;
  /** Lets go of connections and files; for the end of the process. */
  close(): Promise<void>;
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
