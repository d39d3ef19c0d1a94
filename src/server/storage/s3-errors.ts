import { Stalled } from './retries';

/** The store answered, and the answer cannot be right: cut off, too long, another checksum. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

/** What an answer of the store means for who asked. */
export type S3Outcome =
  | 'missing'
  | 'no-bucket'
  | 'taken'
  | 'full'
  | 'unsupported'
  | 'retry'
  | 'final';

const FULL = new Set([
  'InsufficientStorage',
  'XMinioStorageFull',
  'QuotaExceeded',
  'EntityTooLarge',
]);
/** Refusals of one request that say nothing about the next: lost bytes, clocks apart, a conflict. */
const PASSING = new Set([
  'BadDigest',
  'IncompleteBody',
  'OperationAborted',
  'ConditionalRequestConflict',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'SlowDown',
  'XAmzContentSHA256Mismatch',
]);

interface MaybeS3Error {
  name?: string;
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: { statusCode?: number };
}

/** Reads an error of the S3 client, of the connection under it or of our own checks. */
export function outcomeOf(error: unknown): S3Outcome {
  if (error instanceof BadAnswer || error instanceof Stalled) return 'retry';
  if (!(error instanceof Error)) return 'final';
  const { name = '', code, $metadata, $response } = error as MaybeS3Error;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  if (name === 'NoSuchBucket') return 'no-bucket';
  if (FULL.has(name) || status === 507) return 'full';
  if (PASSING.has(name) || name === 'TimeoutError') return 'retry';
  // Without an answer: connections have codes (ECONNRESET, ENOTFOUND …), mistakes of ours do not.
  if (status === undefined) return typeof code === 'string' ? 'retry' : 'final';
  if (status === 501 || name === 'NotImplemented') return 'unsupported';
  if (status >= 500 || status === 408 || status === 429) return 'retry';
  // An answer of success that could not be read was damaged on its way.
  if (status < 300) return 'retry';
  if (status === 404 || status === 416) return 'missing';
  if (status === 412) return 'taken';
  return 'final';
}

/** What an operator is told: `AccessDenied: …`, `ECONNREFUSED: …`. */
export function sayS3Error(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, code } = error as MaybeS3Error;
  const label = typeof code === 'string' ? code : name;
  const text = error.message || 'no message';
  const cause = error.cause ? ` (${sayS3Error(error.cause)})` : '';
  return `${label}: ${text}${cause}`;
}
