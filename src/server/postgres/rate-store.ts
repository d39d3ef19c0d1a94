import type { RateLease, RateLimit, RateStore } from '../ports/rate-store';
import { asking } from './database-error';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

const KEY_CHARACTERS_MAX = 120;
/** Rows whose time is over that one statement takes away, so that the table stays small by itself. */
const SWEPT_AT_ONCE = 20;

/** Counters of requests in PostgreSQL, which all processes share. */
export class PostgresRateStore implements RateStore {
  constructor(private readonly prisma: PrismaClient) {}

  /** One statement; its rows come in the order of their keys, so that two cannot deadlock. */
  async lease(limits: (RateLimit & { wanted: number })[], atMs: number): Promise<RateLease[]> {
    const asked = limits.map((limit) => ({
      ...limit,
      key: storableText(limit.key, KEY_CHARACTERS_MAX),
    }));
    const sorted = [...asked].sort((a, b) => (a.key < b.key ? -1 : 1));
    const keys = sorted.map(({ key }) => key);
    const wanted = sorted.map((limit) => limit.wanted);
    const ends = sorted.map(({ windowMs }) => atMs + windowMs);
    const rows = await asking(
      () => this.prisma.$queryRaw<{ key: string; taken: number; resetsAt: Date }[]>`
        WITH past AS (
          DELETE FROM rate_windows WHERE key IN (
            SELECT key FROM rate_windows
             WHERE resets_at <= to_timestamp(${atMs}::bigint / 1000.0) AND key <> ALL(${keys}::text[])
             LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED)
        )
        INSERT INTO rate_windows AS w (key, taken, resets_at)
        SELECT key, wanted, to_timestamp(ends_at / 1000.0)
          FROM unnest(${keys}::text[], ${wanted}::bigint[], ${ends}::bigint[])
               AS asked(key, wanted, ends_at)
        ON CONFLICT (key) DO UPDATE
           SET taken = CASE WHEN w.resets_at <= to_timestamp(${atMs}::bigint / 1000.0)
                            THEN EXCLUDED.taken ELSE w.taken + EXCLUDED.taken END,
               resets_at = CASE WHEN w.resets_at <= to_timestamp(${atMs}::bigint / 1000.0)
                                THEN EXCLUDED.resets_at ELSE w.resets_at END
        RETURNING key, taken::float8 AS taken, resets_at AS "resetsAt"`,
    );
    const found = new Map(rows.map((row) => [row.key, row]));
    return asked.map(({ key, max, wanted: share }) => {
      const { taken, resetsAt } = found.get(key)!;
      const before = taken - share;
      return {
        granted: Math.max(0, Math.min(share, max - before)),
        left: Math.max(0, max - taken),
        resetsAtMs: resetsAt.getTime(),
      };
    });
  }
}
