import type { Principal } from '~/server/access';
import type { ListedSession, SessionStore } from '~/server/ports/session-store';
import { expectAccountAdmin } from './expect-account-admin';

const LISTED_MAX = 200;

export interface ShownSession extends ListedSession {
  /** The one that asks. */
  current: boolean;
}

/** The browser sessions of the one who asks, last used first. Throws as `expectAccountAdmin`. */
export async function listSessions(
  principal: Principal,
  { sessions }: { sessions: SessionStore },
): Promise<ShownSession[]> {
  const user = expectAccountAdmin(principal);
  const listed = await sessions.listSessions(user.userId, LISTED_MAX);
  return listed.map((session) => ({ ...session, current: session.id === user.sessionId }));
}
