import type { AuditEntry } from '../ports/audit-log';
import type { KeyStore, ListedSigningKey, NewSigningKey } from '../ports/key-store';
import { asking } from './database-error';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

type KeyRow = Omit<ListedSigningKey, 'createdAtMs' | 'revokedAtMs'> & {
  createdAt: Date;
  revokedAt: Date | null;
};

/** Signing keys in PostgreSQL. */
export class PostgresKeyStore implements KeyStore {
  constructor(private readonly prisma: PrismaClient) {}

  async listKeys(userId: string, limit: number): Promise<ListedSigningKey[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<KeyRow[]>`
        SELECT key_id AS "keyId", public_key AS "publicKey", name, created_at AS "createdAt",
               revoked_at AS "revokedAt"
          FROM signing_keys
         WHERE user_id = ${userId}::uuid
         ORDER BY created_at DESC, key_id
         LIMIT ${limit}`,
    );
    return rows.map(({ createdAt, revokedAt, ...key }) => ({
      ...key,
      createdAtMs: createdAt.getTime(),
      revokedAtMs: revokedAt?.getTime() ?? null,
    }));
  }

  async addKey(key: NewSigningKey, audit: AuditEntry): Promise<boolean> {
    const added = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO signing_keys (key_id, user_id, public_key, name)
        VALUES (${key.keyId}, ${key.userId}::uuid, ${key.publicKey}, ${storableText(key.name)})
        ON CONFLICT (key_id) DO NOTHING`,
    );
    return added === 1;
  }

  async findOwner(keyId: string): Promise<{ userId: string; revoked: boolean } | null> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<{ userId: string; revoked: boolean }[]>`
        SELECT user_id::text AS "userId", revoked_at IS NOT NULL AS revoked
          FROM signing_keys WHERE key_id = ${keyId}`,
    );
    return row ?? null;
  }

  async revokeOwnKey(userId: string, keyId: string, audit: AuditEntry): Promise<boolean> {
    const revoked = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE signing_keys SET revoked_at = clock_timestamp()
         WHERE key_id = ${keyId} AND user_id = ${userId}::uuid AND revoked_at IS NULL`,
    );
    return revoked === 1;
  }
}
