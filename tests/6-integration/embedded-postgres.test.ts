import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Misconfiguration } from '~/server/misconfiguration';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '~/server/postgres/embedded';
import { eventually } from '~tests/support/eventually';

const PASSWORD = 'aPasswordOfThisTest1';
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-pg-'));
  cleanups.push(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const warnings: string[] = [];
const warn = (line: string) => void warnings.push(line);

async function start(dataFolder: string, password = PASSWORD): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataFolder, password, warn });
  cleanups.push(() => server.stop());
  return server;
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

const pidOf = (folder: string) =>
  Number(fs.readFileSync(path.join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

describe('the embedded PostgreSQL as it runs', () => {
  let folder: string;
  let url: string;
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-pg-'));
    server = await startEmbeddedPostgres({ dataFolder: folder, password: PASSWORD, warn });
    url = server.url;
  });

  afterAll(async () => {
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  });

  it('is durable, in UTF-8 and UTC, and sorts by code points', async () => {
    const names = ['fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums'];
    const others = ['server_encoding', 'timezone', 'max_connections'];
    const rows = await query<{ name: string; setting: string }>(
      url,
      `SELECT name, setting FROM pg_settings WHERE lower(name) IN ('${[...names, ...others].join("','")}')`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.name.toLowerCase(), row.setting]))).toEqual({
      ...Object.fromEntries(names.map((name) => [name, 'on'])),
      server_encoding: 'UTF8',
      timezone: 'UTC',
      max_connections: '100',
    });
    const sorted = await query<{ x: string }>(
      url,
      `SELECT x FROM unnest(ARRAY['b', 'B', 'ä', 'a']) x ORDER BY x`,
    );
    expect(sorted.map(({ x }) => x)).toEqual(['B', 'a', 'b', 'ä']);
  });

  it('listens on this machine only and wants the password', async () => {
    expect(new URL(url).hostname).toBe('127.0.0.1');
    const [row] = await query<{ listen: string; sockets: string }>(
      url,
      `SELECT current_setting('listen_addresses') AS listen,
              current_setting('unix_socket_directories') AS sockets`,
    );
    expect(row).toEqual({ listen: '127.0.0.1', sockets: '' });
    const guess = url.replace(PASSWORD, 'guess');
    await expect(query(guess, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await expect(query(url.replace(/\/musehub$/, '/postgres'), 'SELECT 1')).resolves.toHaveLength(
      1,
    );
  });

  it('shows its password to nobody: not to other accounts, not in its log', () => {
    const mode = fs.statSync(path.join(folder, 'database-url')).mode & 0o777;
    expect(mode).toBe(0o600);
    expect(fs.readFileSync(path.join(folder, 'postgres.log'), 'utf8')).not.toContain(PASSWORD);
    expect(fs.statSync(path.join(folder, 'postgres.log')).mode & 0o077).toBe(0);
    expect(fs.statSync(path.join(folder, 'postgres')).mode & 0o077).toBe(0);
  });
});

describe('the embedded PostgreSQL', () => {
  it('keeps what was committed over stop and start', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS x');
    await first.stop();
    expect(fs.existsSync(path.join(folder, 'database-url'))).toBe(false);
    const second = await start(folder);
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'SELECT x FROM kept')).toEqual([{ x: 7 }]);
  });

  it('comes back on the same port, with every committed row, when it is killed', async () => {
    const folder = newFolder();
    const { url } = await start(folder);
    await query(url, 'CREATE TABLE kept AS SELECT 7 AS x');
    const killed = pidOf(folder);
    process.kill(killed, 'SIGKILL');
    const rows = await eventually(() => query(url, 'SELECT x FROM kept'));
    expect(rows).toEqual([{ x: 7 }]);
    expect(pidOf(folder)).not.toBe(killed);
    expect(warnings.at(-1)).toContain('ended unexpectedly');
  });

  it('takes over a new password when the old one was lost', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS x');
    await first.stop();
    const { url } = await start(folder, 'anotherPassword2');
    expect(await query(url, 'SELECT x FROM kept')).toEqual([{ x: 7 }]);
    await expect(query(url.replace('anotherPassword2', PASSWORD), 'SELECT 1')).rejects.toThrow();
  });

  it('is made anew when it was interrupted while it was made', async () => {
    const folder = newFolder();
    const unfinished = path.join(folder, 'postgres.new');
    fs.mkdirSync(path.join(unfinished, 'base'), { recursive: true });
    fs.writeFileSync(path.join(unfinished, 'PG_VERSION'), '18\n');
    const { url } = await start(folder);
    expect(await query(url, 'SELECT 1 AS x')).toEqual([{ x: 1 }]);
    expect(fs.existsSync(unfinished)).toBe(false);
  });

  it('is refused with what to do when it is of another version', async () => {
    const folder = newFolder();
    fs.mkdirSync(path.join(folder, 'postgres'));
    fs.writeFileSync(path.join(folder, 'postgres', 'PG_VERSION'), '14\n');
    const refused = start(folder);
    await expect(refused).rejects.toBeInstanceOf(Misconfiguration);
    await expect(refused).rejects.toThrow(/is of PostgreSQL 14, this hub brings 18; dump it/);
  });

  it('starts although another process now has the number that its lock names', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await first.stop();
    const other = spawn('sleep', ['60']);
    cleanups.push(() => other.kill());
    const lock = [other.pid, path.join(folder, 'postgres'), 1, 5432, '', '127.0.0.1', '', 'ready'];
    const file = path.join(folder, 'postgres', 'postmaster.pid');
    fs.writeFileSync(file, `${lock.join('\n')}\n`);
    const second = await start(folder);
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'SELECT 1 AS x')).toEqual([{ x: 1 }]);
    expect(other.exitCode).toBeNull();
  });

  it('says why it does not start', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await first.stop();
    fs.appendFileSync(path.join(folder, 'postgres', 'postgresql.conf'), '\nnonsense = on\n');
    await expect(start(folder)).rejects.toThrow(/unrecognized configuration parameter "nonsense"/);
  });
});
