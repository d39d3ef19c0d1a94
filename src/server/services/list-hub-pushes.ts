import type { Principal } from '~/server/access';
import type { AdminStore, HubPush, HubPushQuery, TimeCursor } from '~/server/ports/admin-store';
import { expectHubAdmin } from './expect-hub-admin';
import { type KeyedPage, pageOf } from './keyed-page';

/** Pushes to every repository, newest first, for admins of the hub. Throws as `expectHubAdmin`. */
export async function listHubPushes(
  principal: Principal,
  query: HubPushQuery,
  { admin }: { admin: Pick<AdminStore, 'listPushes'> },
): Promise<KeyedPage<HubPush, TimeCursor>> {
  expectHubAdmin(principal);
  const rows = await admin.listPushes({ ...query, limit: query.limit + 1 });
  return pageOf(rows, query.limit, ({ startedAtMs, id }) => ({ atMs: startedAtMs, id }));
}
