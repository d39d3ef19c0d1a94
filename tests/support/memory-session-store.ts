import type { AuditEntry } from '~/server/ports/audit-log';
import type { ListedSession, SessionStore } from '~/server/ports/session-store';
import type { MemoryHub, MemorySession } from './memory-hub';

/** Browser sessions in memory, for those who look after their own. */
export class MemorySessionStore implements SessionStore {
  constructor(readonly hub: MemoryHub) {}

  async startedAt(userId: string, sessionId: string): Promise<number | null> {
    return this.#standing(userId).find(({ id }) => id === sessionId)?.createdAtMs ?? null;
  }

  async listSessions(userId: string, limit: number): Promise<ListedSession[]> {
    return this.#standing(userId)
      .sort((a, b) => b.lastUsedAtMs - a.lastUsedAtMs)
      .slice(0, limit)
      .map(({ id, createdAtMs, lastUsedAtMs, address, userAgent, tokenId }) => ({
        ...{ id, createdAtMs, lastUsedAtMs, address, userAgent },
        tokenName: tokenId === null ? null : (this.hub.tokens.get(tokenId)?.name ?? null),
      }));
  }

  async revokeOwnSession(userId: string, sessionId: string, audit: AuditEntry): Promise<boolean> {
    const session = this.hub.sessions.get(sessionId);
    if (!session || session.userId !== userId || session.revoked) return false;
    session.revoked = true;
    this.hub.note(audit);
    return true;
  }

  async revokeOtherSessions(
    userId: string,
    keptId: string | null,
    audit: AuditEntry,
  ): Promise<number> {
    const others = [...this.hub.sessions.values()].filter(
      (session) => session.userId === userId && !session.revoked && session.id !== keptId,
    );
    for (const session of others) session.revoked = true;
    if (others.length > 0) this.hub.note(audit);
    return others.length;
  }

  #standing(userId: string): MemorySession[] {
    const now = this.hub.now();
    return [...this.hub.sessions.values()].filter((session) => {
      const token = session.tokenId === null ? null : this.hub.tokens.get(session.tokenId);
      const tokenStands =
        token === null ||
        (token !== undefined && !token.revoked && (token.expiresAtMs ?? Infinity) > now);
      return (
        session.userId === userId && !session.revoked && session.expiresAtMs > now && tokenStands
      );
    });
  }
}
