import { z } from 'zod';
import type { AuditEntry } from './audit-log';

/**
 * What admins of the hub decide while it runs, each setting with its default. To add one: a line
 * here, and a control on /admin/policy.
 */
export const hubSettingsShape = z.object({
  /** Days that a new access token may be valid at most; null: as long as the environment allows. */
  tokenDaysMax: z.int().min(1).max(3_660).nullable().default(null),
  /** Who makes accounts: everybody for himself, who has an invitation, or the admins only. */
  signUp: z.enum(['open', 'invitation', 'closed']).default('closed'),
});

export type HubSettings = z.output<typeof hubSettingsShape>;

export interface HubSettingsStore {
  load(): Promise<HubSettings>;
  /** Changes what is named and notes who did it; what is absent stays. */
  save(change: Partial<HubSettings>, audit: AuditEntry): Promise<void>;
}
