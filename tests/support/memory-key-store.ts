import type { AuditEntry } from '~/server/ports/audit-log';
import type { KeyStore, ListedSigningKey, NewSigningKey } from '~/server/ports/key-store';
import type { MemoryHub } from './memory-hub';

/** Signing keys in memory. */
export class MemoryKeyStore implements KeyStore {
  constructor(readonly hub: MemoryHub) {}

  async listKeys(userId: string, limit: number): Promise<ListedSigningKey[]> {
    return [...this.hub.signingKeys]
      .filter(([, key]) => key.userId === userId)
      .reverse()
      .slice(0, limit)
      .map(([keyId, key]) => ({
        ...{ keyId, publicKey: key.publicKey, name: key.name },
        ...{ createdAtMs: key.createdAtMs, revokedAtMs: key.revokedAtMs },
      }));
  }

  async addKey({ keyId, ...key }: NewSigningKey, audit: AuditEntry): Promise<boolean> {
    if (this.hub.signingKeys.has(keyId)) return false;
    this.hub.signingKeys.set(keyId, { ...key, createdAtMs: this.hub.now(), revokedAtMs: null });
    this.hub.note(audit);
    return true;
  }

  async findOwner(keyId: string): Promise<{ userId: string; revoked: boolean } | null> {
    const key = this.hub.signingKeys.get(keyId);
    return key ? { userId: key.userId, revoked: key.revokedAtMs !== null } : null;
  }

  async revokeOwnKey(userId: string, keyId: string, audit: AuditEntry): Promise<boolean> {
    const key = this.hub.signingKeys.get(keyId);
    if (!key || key.userId !== userId || key.revokedAtMs !== null) return false;
    key.revokedAtMs = this.hub.now();
    this.hub.note(audit);
    return true;
  }
}
