import type { AuditEntry } from '../ports/audit-log';
import type { FailureLimit } from '../ports/identity-store';
import { asking } from './database-error';
import { insertAudit } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

const KEY_CHARACTERS_MAX = 120;
/** Rows whose time is over that one failure takes away, so that the table stays small by itself. */
const SWEPT_AT_ONCE = 20;

const keyOf = (limit: FailureLimit): string => storableText(limit.key, KEY_CHARACTERS_MAX);

/** See `IdentityStore.heardAgainAt`. */
export async function heardAgainAt(
  prisma: PrismaClient,
  limit: FailureLimit,
  atMs: number,
): Promise<number | null> {
  const [row] = await asking(
    () => prisma.$queryRaw<{ resetsAt: Date }[]>`
      SELECT resets_at AS "resetsAt" FROM auth_failures
       WHERE key = ${keyOf(limit)} AND count >= ${limit.max}
         AND resets_at > to_timestamp(${atMs}::bigint / 1000.0)`,
  );
  return row?.resetsAt.getTime() ?? null;
}

/** See `IdentityStore.countFailure`. One statement: processes count together without a lock held. */
export async function countFailure(
  prisma: PrismaClient,
  limit: FailureLimit,
  atMs: number,
  note: AuditEntry | null,
): Promise<number | null> {
  const key = keyOf(limit);
  const [row] = await asking(
    () => prisma.$queryRaw<{ count: number; resetsAt: Date }[]>`
      WITH past AS (
        DELETE FROM auth_failures WHERE key IN (
          SELECT key FROM auth_failures
           WHERE resets_at <= to_timestamp(${atMs}::bigint / 1000.0) AND key <> ${key}
           LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED)
      )
      INSERT INTO auth_failures AS f (key, count, resets_at)
      VALUES (${key}, 1, to_timestamp(${atMs + limit.windowMs}::bigint / 1000.0))
      ON CONFLICT (key) DO UPDATE
         SET count = CASE WHEN f.resets_at <= to_timestamp(${atMs}::bigint / 1000.0)
                          THEN 1 ELSE f.count + 1 END,
             resets_at = CASE WHEN f.resets_at <= to_timestamp(${atMs}::bigint / 1000.0)
                              THEN EXCLUDED.resets_at ELSE f.resets_at END
      RETURNING count, resets_at AS "resetsAt"`,
  );
  if (note && row!.count === 1) await asking(() => insertAudit(prisma, note));
  return row!.count > limit.max ? row!.resetsAt.getTime() : null;
}
