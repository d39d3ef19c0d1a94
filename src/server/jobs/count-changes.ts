import { z } from 'zod';
import { countChangesOfPush } from '../services/count-changes';
import type { Job } from './job';

const payloadShape = z.object({ repoId: z.uuid(), seq: z.int() });

/** The changed files of every commit that a push brought; of many commits it takes minutes. */
export const countChangesJob: Job = {
  name: 'count-changes',
  async run(payload, { counting, logger }, signal) {
    const { repoId, seq } = payloadShape.parse(payload);
    const commits = await countChangesOfPush(repoId, seq, counting, signal);
    logger.debug('counted the changes of a push', { repoId, seq, commits });
  },
};
