import type { Id } from '~/muse/ids';
import type { PushQuery, PushRow } from '../ports/browse-store';
import { Prisma } from './generated/client';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

interface PushColumns {
  id: string;
  seq: number | null;
  outcome: PushRow['outcome'];
  kind: string | null;
  branch: string;
  head: Id | null;
  old_head: Id | null;
  new_head: Id | null;
  handle: string | null;
  actor_kind: 'human' | 'agent' | null;
  token_name: string | null;
  client: string;
  objects_new: number;
  objects_reused: number;
  commits_new: number;
  snapshots_new: number;
  bytes_received: number;
  bytes_stored: number;
  started_at: Date;
  finished_at: Date | null;
  duration_ms: number | null;
  error_code: string | null;
}

const COLUMNS = Prisma.sql`
  p.id::text AS id, p.seq, p.outcome::text AS outcome, p.kind, p.branch,
  encode(p.head, 'hex') AS head, encode(p.old_head, 'hex') AS old_head,
  encode(p.new_head, 'hex') AS new_head, u.handle, u.kind::text AS actor_kind,
  t.name AS token_name, p.client, p.objects_new, p.objects_reused, p.commits_new,
  p.snapshots_new, p.bytes_received::float8 AS bytes_received,
  p.bytes_stored::float8 AS bytes_stored, p.started_at, p.finished_at, p.duration_ms,
  p.error_code`;

const TABLES = Prisma.sql`
  pushes p LEFT JOIN users u ON u.id = p.actor_id LEFT JOIN access_tokens t ON t.id = p.token_id`;

export async function listPushes(
  prisma: PrismaClient,
  repoId: string,
  { branch, all, before, limit }: PushQuery,
): Promise<PushRow[]> {
  const name = branch === null ? null : storableText(branch);
  const rows = await prisma.$queryRaw<PushColumns[]>`
    SELECT ${COLUMNS} FROM ${TABLES}
     WHERE p.repo_id = ${repoId}::uuid
       AND (${all}::boolean OR p.outcome = 'accepted'::push_outcome)
       AND (${name}::text IS NULL OR p.branch = ${name}::text)
       AND (${before?.id ?? null}::uuid IS NULL
            OR (p.started_at, p.id) < (to_timestamp(${before?.startedAtMs ?? 0}::bigint / 1000.0),
                                       ${before?.id ?? null}::uuid))
     ORDER BY p.started_at DESC, p.id DESC
     LIMIT ${limit}::int`;
  return rows.map(pushOf);
}

export async function findPushes(
  prisma: PrismaClient,
  repoId: string,
  seqs: number[],
): Promise<Map<number, PushRow>> {
  const rows = await prisma.$queryRaw<PushColumns[]>`
    SELECT ${COLUMNS} FROM ${TABLES}
     WHERE p.repo_id = ${repoId}::uuid AND p.seq = ANY(${seqs}::int[])`;
  return new Map(rows.map((row) => [row.seq!, pushOf(row)]));
}

const pushOf = (row: PushColumns): PushRow => ({
  id: row.id,
  seq: row.seq,
  outcome: row.outcome,
  kind: row.kind,
  branch: row.branch,
  head: row.head,
  oldHead: row.old_head,
  newHead: row.new_head,
  actor: row.handle === null ? null : { handle: row.handle, kind: row.actor_kind ?? 'human' },
  tokenName: row.token_name,
  client: row.client,
  objectsNew: row.objects_new,
  objectsReused: row.objects_reused,
  commitsNew: row.commits_new,
  snapshotsNew: row.snapshots_new,
  bytesReceived: row.bytes_received,
  bytesStored: row.bytes_stored,
  startedAtMs: row.started_at.getTime(),
  finishedAtMs: row.finished_at?.getTime() ?? null,
  durationMs: row.duration_ms,
  errorCode: row.error_code,
});
