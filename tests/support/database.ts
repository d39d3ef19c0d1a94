import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { createPrisma, type PrismaClient } from '~/server/postgres/prisma-client';
import { administrate, urlOf } from './database-server';

/** A database of one test file, as the migrations leave it. */
export interface TestDatabase {
  url: string;
  prisma: PrismaClient;
  /** Another client, with a pool of its own; ended with the database. */
  connect(poolMax: number): PrismaClient;
  drop(): Promise<void>;
}

const POOL_MAX = 10;

/** Clones a database from the template; for `beforeAll`. `drop` it in `afterAll`. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const { url: serverUrl, template } = inject('databaseServer');
  const name = `musehub_test_${randomBytes(6).toString('hex')}`;
  await administrate(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = urlOf(serverUrl, name);
  const clients: PrismaClient[] = [];
  const connect = (poolMax: number) => {
    const client = createPrisma(url, { poolMax });
    clients.push(client);
    return client;
  };
  return {
    url,
    prisma: connect(POOL_MAX),
    connect,
    async drop() {
      await Promise.all(clients.map((client) => client.$disconnect()));
      await administrate(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
