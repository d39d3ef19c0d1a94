import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client';
import { nameStatements } from './kept-statements';

export interface PrismaOptions {
  /** Connections this process holds at most. */
  poolMax: number;
  /** How long a query waits for a connection before it fails. */
  connectMaxMs?: number;
  /** Told when an idle connection breaks; the pool replaces it. */
  onConnectionLost?: (error: Error) => void;
}

const CONNECT_MAX_MS = 10_000;
const IDLE_MAX_MS = 60_000;
/** A peer that vanished without a word is noticed, instead of waited for. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * The client of one process, over a pool of plain `pg` connections; it connects at its first query.
 *
 * Sessions run in UTC: the adapter reads and writes times without looking at their zone. Queries are
 * not compiled: short ones lose more by it than recursive ones gain. Transactions are READ COMMITTED
 * without being told so one by one, which would be one more way to the database and back.
 */
export function createPrisma(url: string, options: PrismaOptions): PrismaClient {
  const adapter = new PrismaPg(
    {
      connectionString: url,
      max: options.poolMax,
      connectionTimeoutMillis: options.connectMaxMs ?? CONNECT_MAX_MS,
      idleTimeoutMillis: IDLE_MAX_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      application_name: 'musehub',
      options:
        '-c timezone=UTC -c bytea_output=hex -c jit=off -c default_transaction_isolation=read\\ committed',
    },
    {
      onPoolError: options.onConnectionLost,
      onConnectionError: options.onConnectionLost,
      statementNameGenerator: nameStatements(),
    },
  );
  return new PrismaClient({ adapter, errorFormat: 'minimal' });
}

export type { PrismaClient } from './generated/client';
