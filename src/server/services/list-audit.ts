import type { Principal } from '~/server/access';
import type { AuditCursor, AuditLog, AuditQuery, AuditRow } from '~/server/ports/audit-log';
import { expectHubAdmin } from './expect-hub-admin';
import { type KeyedPage, pageOf } from './keyed-page';

const EXPORTED_AT_ONCE = 500;

type Deps = { audit: Pick<AuditLog, 'list'> };
export type AuditFilter = Omit<AuditQuery, 'before' | 'limit'>;

const keyOf = ({ atMs, id }: AuditRow): AuditCursor => ({ atMs, id });

/** Who did what, newest first, for admins of the hub. Throws as `expectHubAdmin`. */
export async function listAudit(
  principal: Principal,
  query: AuditQuery,
  { audit }: Deps,
): Promise<KeyedPage<AuditRow, AuditCursor>> {
  expectHubAdmin(principal);
  const rows = await audit.list({ ...query, limit: query.limit + 1 });
  return pageOf(rows, query.limit, keyOf);
}

/**
 * All of the log that the filter lets through, newest first, a few hundred rows at a time. The right
 * is asked before the first row; throws as `expectHubAdmin`.
 */
export function exportAudit(
  principal: Principal,
  filter: AuditFilter,
  { audit }: Deps,
): AsyncGenerator<AuditRow[]> {
  expectHubAdmin(principal);
  return pages(filter, audit);
}

async function* pages(
  filter: AuditFilter,
  audit: Pick<AuditLog, 'list'>,
): AsyncGenerator<AuditRow[]> {
  let before: AuditCursor | null = null;
  for (;;) {
    const rows: AuditRow[] = await audit.list({ ...filter, before, limit: EXPORTED_AT_ONCE });
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < EXPORTED_AT_ONCE) return;
    before = keyOf(last);
  }
}
