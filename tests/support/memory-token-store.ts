import type { AuditEntry } from '~/server/ports/audit-log';
import type { ListedToken, NamedToken, TokenStore } from '~/server/ports/token-store';
import type { MemoryHub } from './memory-hub';

/** Access tokens in memory, for those who manage them. */
export class MemoryTokenStore implements TokenStore {
  constructor(readonly hub: MemoryHub) {}

  async listTokens(userId: string, limit: number): Promise<ListedToken[]> {
    const listed = [...this.hub.tokens.values()].filter(
      (token) => token.userId === userId && !token.revoked,
    );
    return listed
      .reverse()
      .slice(0, limit)
      .map((token) => ({
        id: token.id,
        name: token.name,
        scopes: token.scopes,
        repositories: token.repoIds && this.#namesOf(token.repoIds),
        branchPattern: token.branchPattern,
        createdAtMs: token.createdAtMs,
        expiresAtMs: token.expiresAtMs,
        lastUse: token.lastUse,
      }));
  }

  async countTokens(userId: string): Promise<number> {
    const now = this.hub.now();
    const usable = await this.listTokens(userId, Number.POSITIVE_INFINITY);
    return usable.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > now).length;
  }

  async nameToken(tokenId: string): Promise<NamedToken | null> {
    const token = this.hub.tokens.get(tokenId);
    const user = token && this.hub.users.get(token.userId);
    if (!token || !user) return null;
    return { id: tokenId, name: token.name, userId: user.id, handle: user.handle };
  }

  async revokeOwnToken(userId: string, tokenId: string, audit: AuditEntry): Promise<boolean> {
    const token = this.hub.tokens.get(tokenId);
    if (!token || token.userId !== userId || token.revoked) return false;
    token.revoked = true;
    this.hub.note(audit);
    return true;
  }

  #namesOf(repoIds: string[]): { owner: string; slug: string }[] {
    return repoIds.flatMap((id) => {
      const repository = this.hub.repositories.get(id);
      const owner = repository && this.hub.users.get(repository.ownerId);
      if (!repository || !owner || repository.deleted) return [];
      return [{ owner: owner.handle, slug: repository.slug }];
    });
  }
}
