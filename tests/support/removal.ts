import type { Principal } from '~/server/access';
import type { AuditAction, AuditEntry, AuditRow } from '~/server/ports/audit-log';
import { auditEntry } from '~/server/services/audit-entry';
import type { StoreWorld } from './store-world';

/** The entry that is noted when somebody takes something away. */
export function removal(
  actor: Principal,
  action: AuditAction,
  detail: Record<string, unknown>,
): AuditEntry {
  const use = { address: '192.0.2.1', client: 'test' };
  const subject = { kind: 'repository', id: null, name: 'ada/songs' } as const;
  return auditEntry(actor, { use }, { action, subject, detail });
}

/** What was noted of an account, newest first. */
export function removals(world: StoreWorld, handle: string): Promise<AuditRow[]> {
  return world.audit.list({
    ...{ actor: handle, action: null, repository: null, fromMs: null, untilMs: null },
    ...{ before: null, limit: 10 },
  });
}
