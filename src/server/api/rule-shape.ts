import { z } from 'zod';

/** The branches that a rule speaks about; its own grammar is checked by the service. */
export const rulePattern = z.string().min(1).max(1000);

/** What a rule says. */
export const ruleShape = z.object({
  pattern: rulePattern,
  allowForce: z.boolean(),
  allowDelete: z.boolean(),
  pushRole: z.enum(['write', 'admin']),
  requireSigned: z.boolean(),
});
