import { z } from 'zod';
import { idOut } from './id-shape';

/** What an address names, segment by segment: a ref, and where it may, the path behind it. */
export const refSegments = z.array(z.string().min(1).max(255)).max(512);

export const refShape = z.object({
  kind: z.enum(['branch', 'tag', 'commit']),
  name: z.string(),
  commitId: idOut,
});
