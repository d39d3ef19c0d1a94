import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { runMigrations as migrateJobTables } from 'graphile-worker';
import pg from 'pg';
import { Misconfiguration } from '../misconfiguration';

/** The key of the advisory lock that Prisma's own commands take, so that both exclude each other. */
const PRISMA_LOCK = 72_707_369;

const HISTORY_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36) PRIMARY KEY NOT NULL,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

/**
 * Brings a database to the schema of this hub: the migrations of `prisma/migrations` that it lacks,
 * each in a transaction of its own, then the job queue's tables. Any number of hubs may start at
 * once: they take turns. The history is kept as Prisma keeps it, so that its commands agree.
 *
 * Returns the names of the migrations applied now. Throws `Misconfiguration` when the database has
 * migrations that this hub does not know, or knows otherwise.
 */
export async function migrate(databaseUrl: string, migrationsFolder: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  try {
    const client = await pool.connect().catch((error: NodeJS.ErrnoException) => {
      throw unreachable(databaseUrl, error);
    });
    try {
      await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
      const applied = await applyMissing(client, readMigrations(migrationsFolder));
      await migrateJobTables({ pgPool: pool });
      await client.query('SELECT pg_advisory_unlock($1)', [PRISMA_LOCK]);
      return applied;
    } finally {
      client.release(true); // with the connection its lock goes too, whatever happened
    }
  } finally {
    await pool.end();
  }
}

/** The first connection of a start: what goes wrong here is the operator's to mend. */
function unreachable(databaseUrl: string, error: NodeJS.ErrnoException): Misconfiguration {
  const { host, pathname } = new URL(databaseUrl);
  return new Misconfiguration(
    `The database ${pathname.slice(1)} at ${host} cannot be used (${error.message || error.code}); see that it runs and that DATABASE_URL is right.`,
    { cause: error },
  );
}

function readMigrations(folder: string): Migration[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = fs.readFileSync(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function applyMissing(client: pg.PoolClient, migrations: Migration[]): Promise<string[]> {
  await client.query(HISTORY_TABLE);
  const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) checkApplied(row, known.get(row.name));
  const done = new Set(rows.map((row) => row.name));
  const missing = migrations.filter((migration) => !done.has(migration.name));
  for (const migration of missing) await apply(client, migration);
  return missing.map((migration) => migration.name);
}

function checkApplied(
  row: { name: string; checksum: string; finished: boolean },
  migration: Migration | undefined,
): void {
  if (!migration) {
    throw new Misconfiguration(
      `The database has the migration ${row.name}, which this hub does not know; run the newer hub that made it, or restore a backup.`,
    );
  }
  if (!row.finished) {
    throw new Misconfiguration(
      `The migration ${row.name} was begun and not finished; mend the database, then run "npx prisma migrate resolve".`,
    );
  }
  if (row.checksum !== migration.checksum) {
    throw new Misconfiguration(
      `The migration ${row.name} was changed after the database took it; bring back its file as it was.`,
    );
  }
}

async function apply(client: pg.PoolClient, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${migration.name} failed, nothing of it was applied`, {
      cause: error,
    });
  }
}
