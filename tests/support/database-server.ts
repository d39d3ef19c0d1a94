import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '~/server/postgres/embedded';
import { migrate } from '~/server/postgres/migrate';

/**
 * One PostgreSQL for a whole test run, and in it a template with every migration applied, from
 * which each test file clones a database of its own. `TEST_DATABASE_URL` names a server to use
 * instead: its role must be able to create databases.
 */
declare module 'vitest' {
  interface ProvidedContext {
    databaseServer: { url: string; template: string };
  }
}

const migrationsFolder = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  const template = `musehub_template_${process.pid}`;
  await administrate(server.url, `CREATE DATABASE ${template}`);
  await migrate(urlOf(server.url, template), migrationsFolder);
  project.provide('databaseServer', { url: server.url, template });
  return async () => {
    await administrate(server.url, `DROP DATABASE ${template} WITH (FORCE)`);
    await server.stop();
  };
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };
  const dataFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-db-'));
  const server = await startEmbeddedPostgres({
    dataFolder,
    password: 'test',
    warn: (line) => console.warn(line),
  });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      fs.rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

export async function administrate(serverUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
