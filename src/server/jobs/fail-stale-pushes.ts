import type { Job } from './job';

/** Many times the interval at which a living push shows a sign of life. */
const SILENT_MAX_MS = 5 * 60_000;

/** Every minute: pushes whose process died get their outcome, so that "did it land?" has one. */
export const failStalePushes: Job = {
  name: 'fail-stale-pushes',
  schedule: '* * * * *',
  async run(_payload, { pushes, logger }) {
    const failed = await pushes.failStalePushes(SILENT_MAX_MS);
    if (failed > 0) logger.warn('pushes ended without an outcome', { failed });
  },
};
