import { z } from 'zod';
import { indexHistory } from '../services/index-history';
import type { Job } from './job';

const payloadShape = z.object({
  repoId: z.uuid(),
  pushId: z.string(),
  seq: z.int(),
  branch: z.string(),
});

/** What pages wait for after an accepted push, and the order for the rest; queued by its own transaction. */
export const pushAccepted: Job = {
  name: 'push-accepted',
  async run(payload, { counting, indexing, search, logger }) {
    const { repoId, pushId, seq, branch } = payloadShape.parse(payload);
    // Each is done whatever becomes of the other.
    const done = await Promise.allSettled([
      indexHistory({ repoId, branch }, indexing),
      search.addCommits(repoId, seq),
      counting.stats.request(repoId, seq),
    ]);
    for (const part of done) if (part.status === 'rejected') throw part.reason;
    logger.debug('did what an accepted push left to do', { repoId, pushId });
  },
};
