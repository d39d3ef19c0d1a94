import fs from 'node:fs/promises';
import path from 'node:path';
import type { Env } from '../env';
import { Misconfiguration } from '../misconfiguration';
import { copyRunningDatabase } from '../postgres/base-backup';
import { reachDatabase } from './reach-database';

/** Files of the data folder that a restored hub needs as they are. */
const KEPT_FILES = ['secrets.json', 'admin-token'];
const MARK = 'backup.json';

export interface BackedUp {
  /** Null when the operator looks after the database. */
  database: 'copied' | null;
  /** Null when the objects lie in S3. */
  objects: { copied: number; copiedBytes: number; present: number } | null;
}

/**
 * Copies what a hub has stored into a folder that can be a data folder itself: first the database,
 * as of one moment, then the objects. In this order it is whole, whatever is pushed meanwhile: a
 * push puts its segments before the transaction with their rows, and no segment ever changes, so
 * the segments of all rows of the copy are there when the objects are copied. What comes later has
 * no row in the copy, and the restored hub sweeps it.
 *
 * A folder of an earlier backup is brought up to date: only segments that it lacks are copied.
 * Throws `Misconfiguration` for what the operator can mend.
 */
export async function backUp(
  env: Env,
  target: string,
  options: { objectsOnly: boolean; warn: (line: string) => void },
): Promise<BackedUp> {
  const own = env.databaseUrl !== undefined;
  if (own && !options.objectsOnly) {
    throw new Misconfiguration(
      'The database is your own (DATABASE_URL): copy it first, e.g. with pg_dump, then the objects with: npm run backup -- FOLDER --objects-only',
    );
  }
  if (own && env.storage.kind === 's3') {
    throw new Misconfiguration(
      'Database and objects are kept elsewhere (DATABASE_URL and S3): copy the database first, then the bucket.',
    );
  }
  await prepare(target, env.dataFolder);
  const database =
    own || options.objectsOnly ? null : await copyDatabase(env, target, options.warn);
  const objects = env.storage.kind === 's3' ? null : await copyObjects(env.dataFolder, target);
  for (const name of KEPT_FILES) await copyIfThere(env.dataFolder, target, name);
  const mark = { made_at: new Date().toISOString(), database: database !== null };
  await fs.writeFile(path.join(target, MARK), `${JSON.stringify(mark)}\n`, { mode: 0o600 });
  return { database, objects };
}

/** The folder is made, empty, or that of an earlier backup. */
async function prepare(target: string, dataFolder: string): Promise<void> {
  const [there, data] = [path.resolve(target), path.resolve(dataFolder)];
  if (there === data || there.startsWith(`${data}${path.sep}`)) {
    throw new Misconfiguration('A backup cannot lie in the data folder; name another folder.');
  }
  await fs.mkdir(target, { recursive: true, mode: 0o700 });
  const names = await fs.readdir(target);
  if (names.length === 0 || names.includes(MARK)) return;
  throw new Misconfiguration(`${target} has something else in it; name a new folder.`);
}

async function copyDatabase(
  env: Env,
  target: string,
  warn: (line: string) => void,
): Promise<'copied'> {
  const database = await reachDatabase(env, warn);
  try {
    const fresh = path.join(target, 'postgres.copy');
    await fs.rm(fresh, { recursive: true, force: true });
    await copyRunningDatabase(database.url, path.join(env.dataFolder, 'postgres'), fresh);
    const place = path.join(target, 'postgres');
    const old = path.join(target, 'postgres.old');
    await fs.rm(old, { recursive: true, force: true });
    await fs.rename(place, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // the first backup here
    });
    await fs.rename(fresh, place);
    await fs.rm(old, { recursive: true, force: true });
  } finally {
    await database.close();
  }
  return 'copied';
}

async function copyObjects(
  dataFolder: string,
  target: string,
): Promise<NonNullable<BackedUp['objects']>> {
  const count = { copied: 0, copiedBytes: 0, present: 0 };
  const copyBelow = async (below: string): Promise<void> => {
    const from = path.join(dataFolder, below);
    await fs.mkdir(path.join(target, below), { recursive: true, mode: 0o700 });
    for (const entry of await fs.readdir(from, { withFileTypes: true })) {
      const name = path.join(below, entry.name);
      if (entry.isDirectory()) await copyBelow(name);
      else if (entry.isFile()) await copySegment(dataFolder, target, name, count);
    }
  };
  await copyBelow(path.join('objects', 'segments'));
  return count;
}

/** A segment never changes: one of the same length was copied before. */
async function copySegment(
  dataFolder: string,
  target: string,
  name: string,
  count: NonNullable<BackedUp['objects']>,
): Promise<void> {
  const source = path.join(dataFolder, name);
  const place = path.join(target, name);
  const size = (await sizeOf(source)) ?? null;
  if (size === null) return; // of a push that failed, and swept
  if (size === (await sizeOf(place))) {
    count.present++;
    return;
  }
  await copyWhole(source, place);
  count.copied++;
  count.copiedBytes += size;
}

async function copyIfThere(dataFolder: string, target: string, name: string): Promise<void> {
  const source = path.join(dataFolder, name);
  if ((await sizeOf(source)) === null) return;
  await copyWhole(source, path.join(target, name));
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await fs.stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Under its name only when it is whole and on the disk. */
async function copyWhole(source: string, place: string): Promise<void> {
  const draft = `${place}.copy`;
  try {
    await fs.copyFile(source, draft);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // swept since
    throw error;
  }
  await fs.chmod(draft, 0o600);
  const handle = await fs.open(draft, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await fs.rename(draft, place);
}
