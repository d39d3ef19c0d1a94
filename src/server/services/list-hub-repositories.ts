import type { Principal } from '~/server/access';
import type {
  AdminStore,
  HubRepository,
  HubRepositoryQuery,
  TimeCursor,
} from '~/server/ports/admin-store';
import { expectHubAdmin } from './expect-hub-admin';
import { type KeyedPage, pageOf } from './keyed-page';

/** Every repository, newest first, for admins of the hub. Throws as `expectHubAdmin`. */
export async function listHubRepositories(
  principal: Principal,
  query: HubRepositoryQuery,
  { admin }: { admin: Pick<AdminStore, 'listRepositories'> },
): Promise<KeyedPage<HubRepository, TimeCursor>> {
  expectHubAdmin(principal);
  const rows = await admin.listRepositories({ ...query, limit: query.limit + 1 });
  return pageOf(rows, query.limit, ({ createdAtMs, id }) => ({ atMs: createdAtMs, id }));
}
