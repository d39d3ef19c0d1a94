import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';

/**
 * A copy of a running PostgreSQL's folder that a server can be started on: its own protocol for
 * that, `pg_backup_start` … `pg_backup_stop` (PostgreSQL's manual, "Making a Base Backup Using the
 * Low Level API"). Files are copied while they change; the log of the time between start and stop
 * is copied with them, and a server that starts on the copy replays it up to the stop. A replication
 * slot of this session keeps that log from being recycled.
 */

/** Contents of these folders belong to the running server; the folders themselves must be there. */
const EMPTIED = new Set([
  ...['pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots'],
  ...['pg_stat_tmp', 'pg_subtrans'],
]);
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts', 'backup_label', 'tablespace_map']);
const WAL_SEGMENT = /^[0-9A-F]{24}$/;
const WAL_HISTORY = /^[0-9A-F]{8}\.history$/;

/** Copies the folder of a server that runs to a folder that does not exist. */
export async function copyRunningDatabase(
  databaseUrl: string,
  from: string,
  to: string,
): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'musehub backup',
  });
  await client.connect();
  try {
    await client.query('SET idle_session_timeout = 0');
    const slot = `musehub_backup_${randomBytes(6).toString('hex')}`;
    await client.query('SELECT pg_create_physical_replication_slot($1, true, true)', [slot]);
    const started = await client.query<{ file: string }>(
      "SELECT pg_walfile_name(pg_backup_start('musehub', fast => true)) AS file",
    );
    await copyFolder(from, to, '');
    const stopped = await client.query<{ file: string; labelfile: string }>(
      'SELECT pg_walfile_name(lsn) AS file, labelfile FROM pg_backup_stop(wait_for_archive => false)',
    );
    const { file: last, labelfile } = stopped.rows[0]!;
    await copyLog(from, to, started.rows[0]!.file, last);
    const label = path.join(to, 'backup_label');
    await fs.writeFile(label, labelfile, { mode: 0o600 });
    await finish(label, await fs.stat(from));
  } finally {
    await client.end();
  }
}

async function copyFolder(from: string, to: string, below: string): Promise<void> {
  const folder = path.join(from, below);
  const stat = await fs.stat(folder);
  await fs.mkdir(path.join(to, below), { recursive: true, mode: stat.mode & 0o777 });
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const name = path.join(below, entry.name);
    if (below === '' && LEFT_OUT.has(entry.name)) continue;
    if (entry.name.startsWith('pgsql_tmp') || entry.name.startsWith('pg_internal.init')) continue;
    if (entry.isDirectory()) {
      if (EMPTIED.has(below)) await copyEmpty(from, to, name);
      else await copyFolder(from, to, name);
    } else if (entry.isFile() && !EMPTIED.has(below)) await copyFile(from, to, name);
  }
  await own(path.join(to, below), stat);
}

/** A folder within one whose contents stay behind, such as `pg_wal/archive_status`. */
async function copyEmpty(from: string, to: string, name: string): Promise<void> {
  if (path.dirname(name) === 'pg_replslot') return;
  const stat = await fs.stat(path.join(from, name));
  await fs.mkdir(path.join(to, name), { mode: stat.mode & 0o777 });
  await own(path.join(to, name), stat);
}

/** The log from one file to another, both included. */
async function copyLog(from: string, to: string, first: string, last: string): Promise<void> {
  for (const name of await fs.readdir(path.join(from, 'pg_wal'))) {
    const wanted = WAL_SEGMENT.test(name) && name >= first && name <= last;
    if (wanted || WAL_HISTORY.test(name)) await copyFile(from, to, path.join('pg_wal', name));
  }
}

async function copyFile(from: string, to: string, name: string): Promise<void> {
  const source = path.join(from, name);
  const target = path.join(to, name);
  try {
    await fs.copyFile(source, target);
    await finish(target, await fs.stat(source));
  } catch (error) {
    // The server removes files of its own meanwhile; the log says so too.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await fs.rm(target, { force: true });
  }
}

/** On the disk, and the same account's as the original, which is another when a hub runs as root. */
async function finish(file: string, like: { uid: number; gid: number }): Promise<void> {
  const handle = await fs.open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await own(file, like);
}

async function own(file: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  if (process.getuid?.() === 0) await fs.chown(file, uid, gid);
}
