import { z } from 'zod';
import { countChangesOfPush } from '../services/count-changes';
import { indexHistory } from '../services/index-history';
import type { Job } from './job';

const payloadShape = z.object({
  repoId: z.uuid(),
  pushId: z.string(),
  seq: z.int(),
  branch: z.string(),
});

/** What is left to do for an accepted push; queued by its own transaction. */
export const pushAccepted: Job = {
  name: 'push-accepted',
  async run(payload, { counting, indexing, search, logger }, signal) {
    const { repoId, pushId, seq, branch } = payloadShape.parse(payload);
    // Each is done whatever becomes of the other.
    const done = await Promise.allSettled([
      indexHistory({ repoId, branch }, indexing),
      search.addCommits(repoId, seq),
      countChangesOfPush(repoId, seq, counting, signal),
    ]);
    for (const part of done) if (part.status === 'rejected') throw part.reason;
    logger.debug('did what an accepted push left to do', { repoId, pushId });
  },
};
