import type { Principal } from '~/server/access';
import type { AdminStore } from '~/server/ports/admin-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { checkReason, expectHubAdmin } from './expect-hub-admin';
import { ofToken } from './revoke-token';

/** Tokens that are ended at a time. */
export const REVOKED_AT_ONCE_MAX = 200;

/**
 * Ends tokens, whoever's they are, with their sessions and pushes that are under way; each is noted
 * with the reason. Returns how many it ended: some may have been revoked before.
 *
 * Throws `Refusal`: as `expectHubAdmin`, `bad-frame` without a reason or token, `object-not-found`
 * when none of them stands.
 */
export async function revokeHubTokens(
  principal: Principal,
  wanted: { ids: string[]; reason: string },
  deps: ActDeps & { admin: Pick<AdminStore, 'revokeTokens'> },
): Promise<number> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(wanted.reason);
  const ids = [...new Set(wanted.ids)];
  if (ids.length === 0 || ids.length > REVOKED_AT_ONCE_MAX) {
    const message = `Choose 1 to ${REVOKED_AT_ONCE_MAX} tokens to revoke.`;
    throw new Refusal('bad-frame', { field: 'ids' }, message);
  }
  const revoked = await deps.admin.revokeTokens(ids, (token) =>
    auditEntry(admin, deps, { action: 'token.revoke', ...ofToken(token), reason }),
  );
  if (revoked.length > 0) return revoked.length;
  throw new Refusal('object-not-found', {}, 'There is no such token; it may be revoked already.');
}
