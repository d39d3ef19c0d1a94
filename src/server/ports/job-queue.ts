import type { AuditEntry } from './audit-log';

export const JOB_STATES = ['waiting', 'working', 'failed', 'given-up'] as const;

/**
 * `failed`: it will be tried again by itself at `runAtMs`; `given-up`: it will not.
 */
export type JobState = (typeof JOB_STATES)[number];

export interface QueuedJob {
  /** A whole number in decimal digits. */
  id: string;
  task: string;
  state: JobState;
  attempts: number;
  attemptsMax: number;
  createdAtMs: number;
  /** When it is, or was, due. */
  runAtMs: number;
  /** Why the last attempt failed; null: none did. */
  lastError: string | null;
  /** What it is to be done to, as JSON. */
  payload: unknown;
}

/** Work that is queued in the database, for those who look after the hub. */
export interface JobQueue {
  count(): Promise<Record<JobState, number>>;
  /** Those that failed first, then by when they are due. */
  list(query: { state: JobState | null; limit: number }): Promise<QueuedJob[]>;
  /** Makes a job that failed due now, with all its attempts; false when there is none such. */
  retry(id: string, audit: AuditEntry): Promise<boolean>;
}
