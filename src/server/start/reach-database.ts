import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import type { Env } from '../env';
import { hideInLogs } from '../logger';
import { Misconfiguration } from '../misconfiguration';
import { startEmbeddedPostgres } from '../postgres/embedded';
import { openDataFolder } from './data-folder';
import { loadSecrets } from './secrets';

export interface ReachedDatabase {
  url: string;
  /** Lets go of it; ends the embedded server, if it was started for this. */
  close(): Promise<void>;
}

/**
 * The database of a hub for a program that works beside it: the operator's own; the embedded one of
 * a hub that runs; else that one, started for as long as the program takes, with the data folder
 * locked. Throws `Misconfiguration` when there is no hub in the data folder.
 */
export async function reachDatabase(
  env: Env,
  warn: (line: string) => void,
): Promise<ReachedDatabase> {
  if (env.databaseUrl) return { url: env.databaseUrl, close: async () => undefined };
  const { dataFolder } = env;
  if (!fs.existsSync(path.join(dataFolder, 'postgres', 'PG_VERSION'))) {
    throw new Misconfiguration(
      `There is no database in ${dataFolder}; set MUSEHUB_DATA to the folder of a hub, or DATABASE_URL.`,
    );
  }
  const running = await runningDatabase(dataFolder);
  if (running) return { url: running, close: async () => undefined };
  const unlock = await openDataFolder(dataFolder);
  try {
    const { databasePassword: password } = loadSecrets(dataFolder);
    hideInLogs(password);
    const postgres = await startEmbeddedPostgres({ dataFolder, password, warn });
    return {
      url: postgres.url,
      close: async () => {
        await postgres.stop();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The address of the embedded server while a hub runs it; null when nobody answers there. */
async function runningDatabase(dataFolder: string): Promise<string | null> {
  const file = path.join(dataFolder, 'database-url');
  if (!fs.existsSync(file)) return null;
  const url = fs.readFileSync(file, 'utf8').trim();
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the query below tells
  try {
    await client.connect();
    await client.query('SELECT 1');
    return url;
  } catch {
    return null; // left behind by a hub that was killed
  } finally {
    await client.end().catch(() => undefined);
  }
}
