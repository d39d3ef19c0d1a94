import { Refusal } from '~/wire/errors';

/**
 * What an error of the database means to the one who asked.
 *
 * - `conflict`: two transactions met; the same one may succeed when it is repeated.
 * - `unavailable`: no connection, or it broke, or the server is starting, ending, full of others or
 *   read-only. A statement may or may not have been done.
 * - `full`: no room on its disk.
 * - null: anything else; a fault of ours.
 */
export type DatabaseTrouble = 'conflict' | 'unavailable' | 'full' | null;

const CONFLICT_STATES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '23505', // unique_violation: somebody else inserted the same row first
]);
const FULL_STATES = new Set(['53100']); // disk_full
const UNAVAILABLE_STATES = new Set([
  '25006', // read_only_sql_transaction: connected to a standby during a failover
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
]);
/** SQLSTATE class 08 is "connection exception". */
const CONNECTION_CLASS = '08';
const UNAVAILABLE_KINDS = new Set([
  'ConnectionClosed',
  'DatabaseNotReachable',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
]);
const UNAVAILABLE_PRISMA_CODES = new Set([
  'P1001', // cannot reach the server
  'P1008', // operation timed out
  'P1017', // server closed the connection
  'P2024', // timed out waiting for a connection
  'P2028', // a transaction could not be started in time, or ran out of it
  'P2037', // too many connections
]);
const UNAVAILABLE_ERRNOS = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
/** What `pg` and its pool say without a code. */
const UNAVAILABLE_MESSAGES =
  /connection terminated|connection error and is not queryable|timeout exceeded when trying to connect|client was closed|cannot use a pool after/i;

interface Facts {
  code?: unknown;
  message?: unknown;
  cause?: { originalCode?: unknown; kind?: unknown };
  meta?: { driverAdapterError?: { cause?: { originalCode?: unknown; kind?: unknown } } };
}

/** Reads what an error of Prisma, its adapter or `pg` means. */
export function troubleOf(error: unknown): DatabaseTrouble {
  if (typeof error !== 'object' || error === null || Refusal.is(error)) return null;
  const facts = error as Facts;
  const cause = facts.meta?.driverAdapterError?.cause ?? facts.cause;
  for (const code of [cause?.originalCode, facts.code]) {
    if (typeof code !== 'string') continue;
    if (CONFLICT_STATES.has(code) || code === 'P2034') return 'conflict';
    if (FULL_STATES.has(code)) return 'full';
    if (UNAVAILABLE_STATES.has(code) || UNAVAILABLE_PRISMA_CODES.has(code)) return 'unavailable';
    if (code.length === 5 && code.startsWith(CONNECTION_CLASS)) return 'unavailable';
    if (UNAVAILABLE_ERRNOS.has(code)) return 'unavailable';
  }
  if (typeof cause?.kind === 'string' && UNAVAILABLE_KINDS.has(cause.kind)) return 'unavailable';
  if (typeof facts.message === 'string' && UNAVAILABLE_MESSAGES.test(facts.message)) {
    return 'unavailable';
  }
  return null;
}

/** The refusal that an error of the database becomes; the error itself when it is a fault of ours. */
export function refusalOf(error: unknown): unknown {
  const trouble = troubleOf(error);
  if (trouble === null) return error;
  if (trouble === 'full') return new Refusal('storage-full', {}, undefined, { cause: error });
  return new Refusal('database-unavailable', {}, undefined, { cause: error });
}

/** Runs what asks the database, so that its troubles come out as refusals. */
export async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw refusalOf(error);
  }
}
