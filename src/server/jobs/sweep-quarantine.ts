import { sweepQuarantine } from '../services/sweep-quarantine';
import type { Job } from './job';

/** Once an hour: what failed pushes left in the object storage. */
export const sweepQuarantineJob: Job = {
  name: 'sweep-quarantine',
  schedule: '17 * * * *',
  async run(_payload, { sweep, logger }, signal) {
    const report = await sweepQuarantine({ ...sweep, signal });
    if (report.deleted + report.leftovers > 0)
      logger.info('swept the object storage', { ...report });
  },
};
