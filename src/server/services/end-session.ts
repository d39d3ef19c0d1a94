import type { Principal } from '~/server/access';
import type { SessionStore } from '~/server/ports/session-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { expectAccountAdmin } from './expect-account-admin';

interface EndSessionDeps extends ActDeps {
  sessions: SessionStore;
}

/**
 * Signs a browser of one's own out, at once on every process of the hub.
 *
 * Throws `Refusal`: as `expectAccountAdmin`, and `object-not-found` when there is no such session.
 */
export async function endSession(
  principal: Principal,
  sessionId: string,
  deps: EndSessionDeps,
): Promise<void> {
  const user = expectAccountAdmin(principal);
  const subject = { kind: 'session' as const, id: sessionId, name: `session of ${user.handle}` };
  const entry = auditEntry(user, deps, { action: 'session.end', subject });
  if (await deps.sessions.revokeOwnSession(user.userId, sessionId, entry)) return;
  throw new Refusal('object-not-found', {}, 'There is no such session; it may have ended already.');
}

/** Signs every other browser of one's own out; returns how many. Throws as `expectAccountAdmin`. */
export async function endOtherSessions(
  principal: Principal,
  deps: EndSessionDeps,
): Promise<number> {
  const user = expectAccountAdmin(principal);
  const subject = { kind: 'account' as const, id: user.userId, name: user.handle };
  const detail = { sessions: 'all others' };
  const entry = auditEntry(user, deps, { action: 'session.end', subject, detail });
  return deps.sessions.revokeOtherSessions(user.userId, user.sessionId, entry);
}
