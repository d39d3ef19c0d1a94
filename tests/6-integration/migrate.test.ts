import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Misconfiguration } from '~/server/misconfiguration';
import { migrate } from '~/server/postgres/migrate';
import { administrate, urlOf } from '~tests/support/database-server';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
const migrations = path.join(projectFolder, 'prisma', 'migrations');
const known = fs.readdirSync(migrations).filter((name) => /^\d/.test(name));

let url: string;
let name: string;
let client: pg.Client;
let folder: string;

beforeEach(async () => {
  const { url: serverUrl } = inject('databaseServer');
  name = `musehub_migrate_${randomBytes(6).toString('hex')}`;
  await administrate(serverUrl, `CREATE DATABASE ${name}`);
  url = urlOf(serverUrl, name);
  client = new pg.Client({ connectionString: url });
  await client.connect();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-migrations-'));
});

afterEach(async () => {
  await client.end();
  await administrate(inject('databaseServer').url, `DROP DATABASE ${name} WITH (FORCE)`);
  fs.rmSync(folder, { recursive: true });
});

function write(migration: string, sql: string): void {
  fs.mkdirSync(path.join(folder, migration), { recursive: true });
  fs.writeFileSync(path.join(folder, migration, 'migration.sql'), sql);
}

const history = async () =>
  (await client.query('SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1')).rows.map(
    (row) => row.name,
  );

function prisma(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const program = path.join(projectFolder, 'node_modules', '.bin', 'prisma');
  const env = { ...process.env, DATABASE_URL: url, CHECKPOINT_DISABLE: '1' };
  return promisify(execFile)(program, args, { cwd: projectFolder, env });
}

describe('migrations at the start of a hub', () => {
  it('are applied in order, once, and Prisma agrees', async () => {
    expect(await migrate(url, migrations)).toEqual(known);
    expect(await migrate(url, migrations)).toEqual([]);
    const { stdout } = await prisma('migrate', 'status');
    expect(stdout).toContain('Database schema is up to date!');
  });

  it('are applied once when four hubs start together', async () => {
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(url, migrations)));
    expect(applied.flat().sort()).toEqual(known);
    expect(await history()).toEqual(known);
  });

  it('make the tables of the job queue', async () => {
    await migrate(url, migrations);
    const { rows } = await client.query(
      `SELECT (graphile_worker.add_job('nothing', '{}')).attempts`,
    );
    expect(rows).toEqual([{ attempts: 0 }]);
  });

  it('leave nothing of one that fails, and keep those before it', async () => {
    write('1_good', 'CREATE TABLE good (x int)');
    write('2_bad', 'CREATE TABLE half (x int); SELECT 1/0; CREATE TABLE rest (x int)');
    await expect(migrate(url, folder)).rejects.toThrow(/migration 2_bad failed/);
    const { rows } = await client.query(
      `SELECT table_name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_name IN ('good', 'half', 'rest')`,
    );
    expect(rows).toEqual([{ table_name: 'good' }]);
    write('2_bad', 'CREATE TABLE half (x int)');
    expect(await migrate(url, folder)).toEqual(['2_bad']);
  });

  it('may hold functions, whose bodies have semicolons', async () => {
    write(
      '1_function',
      `CREATE FUNCTION twice(x int) RETURNS int LANGUAGE plpgsql AS $$
         BEGIN x := x; RETURN 2 * x; END; $$;
       CREATE TABLE after_it (x int)`,
    );
    await migrate(url, folder);
    expect((await client.query('SELECT twice(21) AS x')).rows).toEqual([{ x: 42 }]);
  });

  it('are refused on a database of a newer hub', async () => {
    write('1_first', 'SELECT 1');
    write('2_newer', 'SELECT 2');
    await migrate(url, folder);
    fs.rmSync(path.join(folder, '2_newer'), { recursive: true });
    const refused = migrate(url, folder);
    await expect(refused).rejects.toBeInstanceOf(Misconfiguration);
    await expect(refused).rejects.toThrow(/2_newer, which this hub does not know; run the newer/);
  });

  it('are refused when one was changed after it was applied', async () => {
    write('1_first', 'SELECT 1');
    await migrate(url, folder);
    write('1_first', 'SELECT 2');
    await expect(migrate(url, folder)).rejects.toThrow(/1_first was changed after/);
  });

  it('are refused when one was begun and not finished', async () => {
    write('1_first', 'SELECT 1');
    await migrate(url, folder);
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL');
    await expect(migrate(url, folder)).rejects.toThrow(/1_first was begun and not finished; mend/);
  });

  it('apply one again that was marked as rolled back', async () => {
    write('1_first', 'CREATE TABLE first (x int)');
    await migrate(url, folder);
    await client.query('DROP TABLE first; UPDATE _prisma_migrations SET rolled_back_at = now()');
    expect(await migrate(url, folder)).toEqual(['1_first']);
  });
});

describe("Prisma's commands without a download", () => {
  it('find no difference between the migrations and the schema', async () => {
    const sides = ['--from-migrations', 'prisma/migrations', '--to-schema', 'prisma/schema.prisma'];
    const { stdout } = await prisma('migrate', 'diff', '--exit-code', ...sides);
    expect(stdout).toContain('No difference detected');
  });

  it('find a difference that is there', async () => {
    const schema = path.join(folder, 'schema.prisma');
    const text = fs.readFileSync(path.join(projectFolder, 'prisma', 'schema.prisma'), 'utf8');
    fs.writeFileSync(schema, text.replace('model User {', 'model User {\n  nickname String?'));
    const sides = ['--from-migrations', 'prisma/migrations', '--to-schema', schema];
    const found = prisma('migrate', 'diff', '--exit-code', ...sides);
    await expect(found).rejects.toMatchObject({ code: 2 });
    await expect(found).rejects.toMatchObject({ stdout: expect.stringContaining('nickname') });
  });

  it('apply migrations as the hub does', async () => {
    await prisma('migrate', 'deploy');
    expect(await history()).toEqual(known);
    expect(await migrate(url, migrations)).toEqual([]);
  });

  it('leave no shadow database behind', async () => {
    const sides = ['--from-migrations', 'prisma/migrations', '--to-empty'];
    await prisma('migrate', 'diff', ...sides);
    const { rows } = await client.query(
      `SELECT datname FROM pg_database WHERE datname LIKE 'prisma_migrate_shadow_db%'`,
    );
    expect(rows).toEqual([]);
  });

  it('fail with a sentence when there is no database', async () => {
    url = 'postgresql://nobody:x@127.0.0.1:1/none';
    await expect(prisma('migrate', 'status')).rejects.toMatchObject({ code: 1 });
  });
});
