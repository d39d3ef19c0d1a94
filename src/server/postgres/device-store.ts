import type { Scope } from '../access';
import type { AuditEntry } from '../ports/audit-log';
import type {
  ClaimedDevice,
  DeviceGrant,
  DeviceStore,
  NewDeviceRequest,
  OpenDeviceRequest,
  PolledDevice,
} from '../ports/device-store';
import { asking } from './database-error';
import type { Prisma } from './generated/client';
import { audited, insertAudit } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

const TEXT_CHARACTERS_MAX = 200;
const NETWORK_CHARACTERS_MAX = 64;
/** The first half of the advisory locks that count open requests; the second is the network's. */
const OPENING_LOCK = 0x6d757365;

interface OpenRow extends Omit<OpenDeviceRequest, 'createdAtMs' | 'expiresAtMs'> {
  createdAt: Date;
  expiresAt: Date;
}

interface ClaimedRow {
  userId: string;
  sessionId: string | null;
  tokenId: string | null;
  handle: string;
  name: string;
  scopes: Scope[];
  allRepos: boolean;
  repoIds: string[];
  expiresAt: Date;
}

/** Requests of programs to be signed in, in PostgreSQL. */
export class PostgresDeviceStore implements DeviceStore {
  constructor(private readonly prisma: PrismaClient) {}

  /** Those of one network are counted one after the other, so that the bound holds. */
  async openRequest(request: NewDeviceRequest, openMax: number): Promise<boolean> {
    const network = storableText(request.network, NETWORK_CHARACTERS_MAX);
    const text = (value: string) => storableText(value, TEXT_CHARACTERS_MAX);
    const opened = await asking(() =>
      this.prisma.$transaction(async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(${OPENING_LOCK}::int, hashtext(${network}))`;
        return tx.$executeRaw`
          INSERT INTO device_requests (id, device_hash, code_hash, network, address, client, name,
                                       scope, created_at, expires_at, poll_every_ms)
          SELECT ${request.id}::uuid, ${request.deviceHash}, ${request.codeHash}, ${network},
                 ${text(request.address)}, ${text(request.client)}, ${text(request.name)},
                 ${request.scope}, to_timestamp(${request.createdAtMs}::bigint / 1000.0),
                 to_timestamp(${request.expiresAtMs}::bigint / 1000.0), ${request.pollEveryMs}
           WHERE (SELECT count(*) FROM device_requests
                   WHERE network = ${network} AND state = 'pending'
                     AND expires_at > to_timestamp(${request.createdAtMs}::bigint / 1000.0)) < ${openMax}`;
      }),
    );
    return opened === 1;
  }

  async findOpen(codeHash: Uint8Array, nowMs: number): Promise<OpenDeviceRequest | null> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<OpenRow[]>`
        SELECT id::text, address, client, name, scope, created_at AS "createdAt",
               expires_at AS "expiresAt"
          FROM device_requests
         WHERE code_hash = ${codeHash} AND state = 'pending'
           AND expires_at > to_timestamp(${nowMs}::bigint / 1000.0)`,
    );
    if (!row) return null;
    const { createdAt, expiresAt, ...request } = row;
    return { ...request, createdAtMs: createdAt.getTime(), expiresAtMs: expiresAt.getTime() };
  }

  async decide(
    id: string,
    decision: DeviceGrant | 'denied',
    nowMs: number,
    audit: AuditEntry,
  ): Promise<boolean> {
    const grant = decision === 'denied' ? null : decision;
    const decided = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE device_requests
           SET state = ${grant ? 'approved' : 'denied'}::device_state,
               user_id = ${grant?.userId ?? null}::uuid,
               session_id = ${grant?.sessionId ?? null}::uuid,
               token_id = ${grant?.tokenId ?? null}::uuid,
               grant_name = ${storableText(grant?.name ?? '')},
               grant_scopes = ${grant?.scopes ?? []}::text[],
               grant_repo_ids = ${grant?.repoIds ?? []}::uuid[],
               grant_all_repos = ${(grant?.repoIds ?? null) === null},
               grant_expires_at = to_timestamp(${grant?.expiresAtMs ?? null}::bigint / 1000.0)
         WHERE id = ${id}::uuid AND state = 'pending'
           AND expires_at > to_timestamp(${nowMs}::bigint / 1000.0)`,
    );
    return decided === 1;
  }

  async poll(
    deviceHash: Uint8Array,
    nowMs: number,
    slowDownMs: number,
  ): Promise<PolledDevice | null> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<PolledDevice[]>`
        WITH asked AS (
          SELECT d.id, u.kind,
                 d.last_polled_at > to_timestamp((${nowMs}::bigint - d.poll_every_ms) / 1000.0)
                   IS TRUE AS too_soon
            FROM device_requests d
            LEFT JOIN users u ON u.id = d.user_id
           WHERE d.device_hash = ${deviceHash}
             AND d.expires_at > to_timestamp(${nowMs}::bigint / 1000.0)
             FOR UPDATE OF d
        )
        UPDATE device_requests d
           SET last_polled_at = to_timestamp(${nowMs}::bigint / 1000.0),
               poll_every_ms = d.poll_every_ms + CASE WHEN asked.too_soon THEN ${slowDownMs}::int ELSE 0 END
          FROM asked
         WHERE d.id = asked.id
        RETURNING d.state::text, asked.too_soon AS "tooSoon", d.poll_every_ms AS "pollEveryMs",
                  asked.kind::text AS "accountKind"`,
    );
    return row ?? null;
  }

  async claim(
    deviceHash: Uint8Array,
    token: { id: string; hash: Uint8Array },
    nowMs: number,
    auditOf: (claimed: ClaimedDevice) => AuditEntry,
  ): Promise<ClaimedDevice | null> {
    return asking(() =>
      this.prisma.$transaction(async (tx) => {
        const claimed = await claimIn(tx, deviceHash, token, nowMs);
        if (claimed) await insertAudit(tx, auditOf(claimed));
        return claimed;
      }),
    );
  }

  sweep(nowMs: number): Promise<number> {
    return asking(
      () => this.prisma.$executeRaw`
        DELETE FROM device_requests
         WHERE expires_at <= to_timestamp(${nowMs}::bigint / 1000.0)`,
    );
  }
}

async function claimIn(
  tx: Prisma.TransactionClient,
  deviceHash: Uint8Array,
  token: { id: string; hash: Uint8Array },
  now: number,
): Promise<ClaimedDevice | null> {
  const [row] = await tx.$queryRaw<ClaimedRow[]>`
        WITH claimed AS (
          DELETE FROM device_requests d
           USING users u
           WHERE d.device_hash = ${deviceHash} AND d.state = 'approved'
             AND d.expires_at > to_timestamp(${now}::bigint / 1000.0)
             AND u.id = d.user_id AND u.disabled_at IS NULL
             AND (d.session_id IS NULL OR EXISTS (
                   SELECT 1 FROM sessions s
                    WHERE s.id = d.session_id AND s.revoked_at IS NULL
                      AND s.expires_at > to_timestamp(${now}::bigint / 1000.0)))
             AND (d.token_id IS NULL OR EXISTS (
                   SELECT 1 FROM access_tokens t
                    WHERE t.id = d.token_id AND t.revoked_at IS NULL
                      AND (t.expires_at IS NULL
                           OR t.expires_at > to_timestamp(${now}::bigint / 1000.0))))
          RETURNING d.*, u.handle
        ), made AS (
          INSERT INTO access_tokens (id, user_id, name, hash, scopes, repo_ids, all_repos, expires_at)
          SELECT ${token.id}::uuid, user_id, grant_name, ${token.hash}, grant_scopes,
                 grant_repo_ids, grant_all_repos, grant_expires_at
            FROM claimed
        )
        SELECT user_id::text AS "userId", session_id::text AS "sessionId",
               token_id::text AS "tokenId", handle, grant_name AS name, grant_scopes AS scopes,
               grant_all_repos AS "allRepos", grant_repo_ids::text[] AS "repoIds",
               grant_expires_at AS "expiresAt"
          FROM claimed`;
  if (!row) return null;
  const { allRepos, repoIds, expiresAt, ...grant } = row;
  return {
    ...grant,
    repoIds: allRepos ? null : repoIds,
    expiresAtMs: expiresAt.getTime(),
  };
}
