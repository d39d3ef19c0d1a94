import type { Principal } from '~/server/access';
import type { SessionStore } from '~/server/ports/session-store';
import { Refusal } from '~/wire/errors';
import { expectAccountAdmin } from './expect-account-admin';

/**
 * Signs a browser of one's own out, at once on every process of the hub.
 *
 * Throws `Refusal`: as `expectAccountAdmin`, and `object-not-found` when there is no such session.
 */
export async function endSession(
  principal: Principal,
  sessionId: string,
  { sessions }: { sessions: SessionStore },
): Promise<void> {
  const user = expectAccountAdmin(principal);
  if (await sessions.revokeOwnSession(user.userId, sessionId)) return;
  throw new Refusal('object-not-found', {}, 'There is no such session; it may have ended already.');
}

/** Signs every other browser of one's own out; returns how many. Throws as `expectAccountAdmin`. */
export async function endOtherSessions(
  principal: Principal,
  { sessions }: { sessions: SessionStore },
): Promise<number> {
  const user = expectAccountAdmin(principal);
  return sessions.revokeOtherSessions(user.userId, user.sessionId);
}
