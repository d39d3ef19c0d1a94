import type { Clock } from '../ports/clock';
import type { DeviceStore } from '../ports/device-store';
import type { PushStore } from '../ports/push-store';
import type { SearchStore } from '../ports/search-store';
import type { CountChangesDeps } from '../services/count-changes';
import type { IndexHistoryDeps } from '../services/index-history';
import type { SweepDeps } from '../services/sweep-quarantine';

type Log = (message: string, fields?: Record<string, unknown>) => void;

export interface JobLog {
  debug: Log;
  info: Log;
  warn: Log;
  error: Log;
}

/** What the jobs need of the world; each takes its part. */
export interface JobDeps {
  logger: JobLog;
  pushes: Pick<PushStore, 'failStalePushes'>;
  devices: Pick<DeviceStore, 'sweep'>;
  clock: Pick<Clock, 'now'>;
  counting: CountChangesDeps;
  indexing: IndexHistoryDeps;
  search: Pick<SearchStore, 'addCommits'>;
  sweep: SweepDeps;
}

/**
 * Work that is done beside the requests, by whichever process has a hand free.
 *
 * A job may run more than once for one cause, and after others that came later: what it does must
 * be right then too. A job that rejects is tried again, later and later; nothing that it does, or
 * fails to do, changes how a push ended.
 */
export interface Job {
  /** In kebab-case; what the queue calls it. */
  name: string;
  /** Runs by itself at these times (minute, hour, day, month, weekday; UTC). */
  schedule?: string;
  run(payload: unknown, deps: JobDeps, signal: AbortSignal): Promise<void>;
}
