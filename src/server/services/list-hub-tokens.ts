import type { Principal } from '~/server/access';
import type { AdminStore, HubToken, HubTokenQuery, TimeCursor } from '~/server/ports/admin-store';
import type { Clock } from '~/server/ports/clock';
import { expectHubAdmin } from './expect-hub-admin';
import { type KeyedPage, pageOf } from './keyed-page';
import { endsSoon } from './token-expiry';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A token that nobody used for so long is worth a question. */
export const UNUSED_DAYS = 90;
/** `expiring`: within so many days, or already. */
const EXPIRING_DAYS = 7;

export interface HubTokenFilter
  extends Pick<HubTokenQuery, 'account' | 'kind' | 'scope' | 'before' | 'limit'> {
  /** Not used, nor made, for 90 days. */
  unused: boolean;
  expiring: boolean;
}

export interface ShownHubToken extends HubToken {
  end: 'far' | 'soon' | 'past';
  unused: boolean;
}

/** The tokens of everybody, newest first, for admins of the hub. Throws as `expectHubAdmin`. */
export async function listHubTokens(
  principal: Principal,
  { unused, expiring, ...query }: HubTokenFilter,
  { admin, clock }: { admin: Pick<AdminStore, 'listTokens'>; clock: Pick<Clock, 'now'> },
): Promise<KeyedPage<ShownHubToken, TimeCursor>> {
  expectHubAdmin(principal);
  const nowMs = clock.now();
  const longAgoMs = nowMs - UNUSED_DAYS * DAY_MS;
  const rows = await admin.listTokens({
    ...query,
    unusedSinceMs: unused ? longAgoMs : null,
    endsBeforeMs: expiring ? nowMs + EXPIRING_DAYS * DAY_MS : null,
    limit: query.limit + 1,
  });
  const shown = rows.map((token) => ({
    ...token,
    end: endOf(token.expiresAtMs, nowMs),
    unused: (token.lastUse?.atMs ?? token.createdAtMs) < longAgoMs,
  }));
  return pageOf(shown, query.limit, ({ createdAtMs, id }) => ({ atMs: createdAtMs, id }));
}

function endOf(expiresAtMs: number | null, nowMs: number): ShownHubToken['end'] {
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return 'past';
  return endsSoon(expiresAtMs, nowMs) ? 'soon' : 'far';
}
