import { z } from 'zod';
import { indexHistory, indexMissingHistories } from '../services/index-history';
import type { Job } from './job';

const payloadShape = z.object({ repoId: z.uuid(), branch: z.string() });

/** Brings the saved order of one branch up to date; a reader that missed it has asked for it. */
export const indexHistoryJob: Job = {
  name: 'index-history',
  async run(payload, { indexing }) {
    await indexHistory(payloadShape.parse(payload), indexing);
  },
};

/** Every five minutes: the branches that nobody has asked for, and those that are gone. */
export const indexMissingJob: Job = {
  name: 'index-missing-histories',
  schedule: '*/5 * * * *',
  async run(_payload, { indexing, logger }, signal) {
    const report = await indexMissingHistories(indexing, signal);
    if (report.made + report.removed > 0) logger.info('indexed histories', { ...report });
  },
};
