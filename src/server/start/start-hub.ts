import { once } from 'node:events';
import fs from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import next from 'next';
import { Refusal } from '~/wire/errors';
import { type Container, setContainer } from '../container';
import { type Env, readEnv, unknownVariables } from '../env';
import { jobs } from '../jobs/registry';
import { startWorker } from '../jobs/worker';
import { hideInLogs, redactStream } from '../logger';
import { Misconfiguration } from '../misconfiguration';
import { startEmbeddedPostgres } from '../postgres/embedded';
import { migrate } from '../postgres/migrate';
import { bootstrapAdmin } from './bootstrap';
import { CompressedFiles } from './compressed-files';
import { createContainer } from './create-container';
import { openDataFolder } from './data-folder';
import { createHttpServer } from './http-server';
import { projectFolder } from './project-folder';
import { loadSecrets } from './secrets';

/** A build removes folders of pages that nobody has touched for an hour (tools/build-steps.mjs). */
const PAGES_TOUCH_MS = 10 * 60_000;
/** Requests in flight are told to end this long before the process does. */
const LAST_WORDS_MS = 3_000;

/**
 * Starts the hub: configuration → data folder → database → schema → first account → adapters →
 * jobs → pages → listen. What was opened is closed again in the opposite order, by a signal or when
 * a later step fails. Rejects with `Misconfiguration` for what the operator can mend.
 */
export async function startHub({ development }: { development: boolean }): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    redactStream(stream);
    stream.on('error', () => {}); // whoever read the log is gone; the hub goes on
  }
  const env = readEnv(process.env, process.cwd());
  const signal = firstSignal();
  process.env.NEXTAUTH_URL = env.url; // next-auth takes it from here only
  process.env.NEXT_TELEMETRY_DISABLED = '1';
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const container = await openContainer(env, closers);
    const server = await serve(container, development);
    process.stdout.write(`musehub is at ${env.url}\n`);
    const reason = await Promise.race([signal, fault(container)]);
    await drain(server, container, reason);
    await close();
    process.exit(reason === 'fault' ? 1 : 0);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Everything but the pages: data folder, database with its schema and first account, jobs. */
async function openContainer(env: Env, closers: (() => unknown)[]): Promise<Container> {
  closers.push(await openDataFolder(env.dataFolder));
  const secrets = loadSecrets(env.dataFolder);
  hideInLogs(secrets.databasePassword, secrets.sessionSecret);
  const warnings: string[] = [];
  let warn = (line: string): void => void warnings.push(line);
  let databaseUrl = env.databaseUrl;
  if (!databaseUrl) {
    const postgres = await startEmbeddedPostgres({
      dataFolder: env.dataFolder,
      password: secrets.databasePassword,
      warn: (line) => warn(line),
    });
    closers.push(() => postgres.stop());
    databaseUrl = postgres.url;
    if (postgres.adopted) warn('took over the PostgreSQL that an earlier hub left running');
  }
  const applied = await migrate(databaseUrl, path.join(projectFolder(), 'prisma', 'migrations'));
  const sessionSecret = env.sessionSecret ?? secrets.sessionSecret;
  const container = createContainer({ env, databaseUrl, sessionSecret });
  closers.push(() => container.close());
  setContainer(container);
  warn = (line) => container.logger.warn(line);
  for (const line of warnings) warn(line);
  for (const name of unknownVariables(process.env)) warn(`${name} is set but means nothing here`);
  for (const name of applied) container.logger.info('applied a migration', { migration: name });
  await checkStorage(container);
  const tokenFile = await bootstrapAdmin(env.dataFolder, container.api);
  if (tokenFile) container.logger.info('made the account "admin"', { tokenFile });
  const alone = env.databaseUrl === undefined;
  const worker = await startWorker({ databaseUrl, alone, jobs, deps: container.jobs });
  closers.push(() => worker.stop());
  return container;
}

/** A storage that is merely full does not keep the hub from serving what it has. */
async function checkStorage({ blobStore, logger }: Container): Promise<void> {
  try {
    await blobStore.check();
  } catch (error) {
    if (!Refusal.is(error) || error.code !== 'storage-full') {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Misconfiguration(`The object storage does not work: ${reason}.`, { cause: error });
    }
    logger.warn('the object storage is full: pushes will be refused');
  }
}

async function serve(container: Container, development: boolean): Promise<http.Server> {
  const { env, logger, lifecycle, metrics, rates } = container;
  const folder = development ? null : pagesFolder();
  if (folder !== null) servePagesFrom(folder);
  const files =
    folder === null ? null : new CompressedFiles(path.join(projectFolder(), folder, 'static'));
  const server = createHttpServer({
    ...{ env, development, logger, lifecycle, metrics, rates },
    handle: async (request, response) => {
      if (await files?.answer(request, response)) return;
      await app.getRequestHandler()(request, response);
    },
  });
  const app = next({
    ...{ dev: development, dir: projectFolder(), customServer: true, httpServer: server },
    ...{ hostname: env.host ?? 'localhost', port: env.port },
  });
  await app.prepare();
  server.listen(env.port, env.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenProblem(error as NodeJS.ErrnoException, env);
  }
  return server;
}

/** Where the pages are that were built with this program; the build writes it in here. */
function pagesFolder(): string {
  const folder = process.env.HUB_PAGES_BUILT;
  if (folder && fs.existsSync(path.join(projectFolder(), folder, 'BUILD_ID'))) return folder;
  throw new Misconfiguration('The pages are not built; run "npm run build".');
}

/** Names the pages to next.config.mjs, and shows from time to time that they are in use. */
function servePagesFrom(folder: string): void {
  process.env.HUB_PAGES_FOLDER = folder;
  const touch = () =>
    fs.utimes(path.join(projectFolder(), folder), new Date(), new Date(), () => {});
  setInterval(touch, PAGES_TOUCH_MS).unref();
  touch();
}

function listenProblem(error: NodeJS.ErrnoException, env: Env): Error {
  const where = `${env.host ?? 'every address'}, port ${env.port}`;
  const advice: Record<string, string> = {
    EADDRINUSE: `Port ${env.port} is in use; stop what uses it, or set PORT to another.`,
    EACCES: `This account may not listen on port ${env.port}; set PORT to one above 1023.`,
    EADDRNOTAVAIL: `HOST ${env.host} is not an address of this machine; set HOST right or leave it out.`,
    ENOTFOUND: `HOST ${env.host} is not known; set HOST to an address of this machine.`,
  };
  const sentence = advice[error.code ?? ''];
  return sentence
    ? new Misconfiguration(sentence)
    : new Error(`cannot listen on ${where}`, { cause: error });
}

/** The first SIGTERM or SIGINT, which lets the hub end in order; the second one ends it at once. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let signals = 0;
    const take = (name: string) => {
      if (++signals > 1) process.exit(1);
      resolve(name);
    };
    process.on('SIGTERM', take).on('SIGINT', take);
  });
}

/**
 * What nobody catches is a fault of ours. A rejection leaves the process as it was; after an
 * exception nobody knows, so the hub ends in order, to be started again by who watches it.
 */
function fault({ logger }: Container): Promise<'fault'> {
  process.on('unhandledRejection', (err) => logger.error('a rejection was not handled', { err }));
  return new Promise((resolve) => {
    process.on('uncaughtException', (err) => {
      logger.error('an exception was not handled; the hub ends', { err });
      resolve('fault');
    });
  });
}

/** Takes no new requests; resolves when the last one ended, or its time was up. */
async function drain(server: http.Server, container: Container, signal: string): Promise<void> {
  const { logger, lifecycle, env } = container;
  logger.info('stopping: requests in flight may end', { signal, atMostMs: env.shutdownMaxMs });
  lifecycle.drain();
  const closed = new Promise((resolve) => server.close(resolve));
  const timers = [
    setTimeout(() => lifecycle.expire(), Math.max(0, env.shutdownMaxMs - LAST_WORDS_MS)),
    setTimeout(() => server.closeAllConnections(), env.shutdownMaxMs),
  ];
  await closed;
  for (const timer of timers) clearTimeout(timer);
}
