import { z } from 'zod';
import { countChangesOfPush } from '../services/count-changes';
import type { Job } from './job';

const payloadShape = z.object({ repoId: z.uuid(), pushId: z.string(), seq: z.int() });

/** What is left to do for an accepted push; queued by its own transaction. */
export const pushAccepted: Job = {
  name: 'push-accepted',
  async run(payload, { counting, logger }, signal) {
    const { repoId, pushId, seq } = payloadShape.parse(payload);
    const commits = await countChangesOfPush(repoId, seq, counting, signal);
    logger.debug('counted the changes of a push', { repoId, pushId, commits });
  },
};
