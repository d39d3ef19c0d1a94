import type { Id } from '~/muse/ids';
import type { PushFilter, PushQuery, PushRow, WholePushRow } from '../ports/browse-store';
import { Prisma } from './generated/client';
import type { PrismaClient } from './prisma-client';
import { isUuid, storableText } from './storable';

export interface PushColumns {
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
  phases: PushRow['phases'];
  restored_seq: number | null;
}

export const PUSH_COLUMNS = Prisma.sql`
  p.id::text AS id, p.seq, p.outcome::text AS outcome, p.kind, p.branch,
  encode(p.head, 'hex') AS head, encode(p.old_head, 'hex') AS old_head,
  encode(p.new_head, 'hex') AS new_head, u.handle, u.kind::text AS actor_kind,
  t.name AS token_name, p.client, p.objects_new, p.objects_reused, p.commits_new,
  p.snapshots_new, p.bytes_received::float8 AS bytes_received,
  p.bytes_stored::float8 AS bytes_stored, p.started_at, p.finished_at, p.duration_ms,
  p.error_code, p.phases, p.restored_seq`;

export const PUSH_TABLES = Prisma.sql`
  pushes p LEFT JOIN users u ON u.id = p.actor_id LEFT JOIN access_tokens t ON t.id = p.token_id`;

/** Strictly below a row in the order of the list. */
const below = (before: PushQuery['before']) =>
  before === null
    ? Prisma.empty
    : Prisma.sql`AND (p.started_at, p.id) < (to_timestamp(${before.startedAtMs}::bigint / 1000.0),
                                             ${before.id}::uuid)`;

export async function listPushes(
  prisma: PrismaClient,
  repoId: string,
  { all, before, limit, ...filter }: PushQuery,
): Promise<PushRow[]> {
  const rows = await prisma.$queryRaw<PushColumns[]>`
    SELECT ${PUSH_COLUMNS} FROM ${PUSH_TABLES}
     WHERE p.repo_id = ${repoId}::uuid
           ${all ? Prisma.empty : Prisma.sql`AND p.outcome = 'accepted'::push_outcome`}
           ${narrowed(filter)}
           ${below(before)}
     ORDER BY p.started_at DESC, p.id DESC
     LIMIT ${limit}::int`;
  return rows.map(pushOf);
}

/** Only what is asked for is said, so that each filter finds the index that is made for it. */
function narrowed(filter: PushFilter): Prisma.Sql {
  const { branch, actor, actorKind, kind, outcome, fromMs, toMs } = filter;
  const conditions: Prisma.Sql[] = [];
  const at = (ms: number) => Prisma.sql`to_timestamp(${ms}::bigint / 1000.0)`;
  if (branch !== null) conditions.push(Prisma.sql`p.branch = ${storableText(branch)}`);
  if (actor !== null) {
    const key = storableText(actor.toLowerCase());
    conditions.push(Prisma.sql`p.actor_id = (SELECT id FROM users WHERE handle_key = ${key})`);
  }
  if (actorKind !== null) conditions.push(Prisma.sql`u.kind = ${actorKind}::account_kind`);
  if (kind === 'fast-forward') conditions.push(Prisma.sql`p.kind = 'fast-forward'`);
  else if (kind !== null) {
    conditions.push(Prisma.sql`p.kind <> 'fast-forward' AND p.kind = ${kind}`);
  }
  if (outcome === 'accepted') conditions.push(Prisma.sql`p.outcome = 'accepted'::push_outcome`);
  else if (outcome !== null) {
    conditions.push(
      Prisma.sql`p.outcome <> 'accepted'::push_outcome AND p.outcome = ${outcome}::push_outcome`,
    );
  }
  if (fromMs !== null) conditions.push(Prisma.sql`p.started_at >= ${at(fromMs)}`);
  if (toMs !== null) conditions.push(Prisma.sql`p.started_at < ${at(toMs)}`);
  return conditions.length === 0
    ? Prisma.empty
    : Prisma.sql`AND ${Prisma.join(conditions, ' AND ')}`;
}

/** The last word on each branch that is not there: an entry that took it away. */
export async function listDeletedBranches(
  prisma: PrismaClient,
  repoId: string,
  { before, limit }: { before: PushQuery['before']; limit: number },
): Promise<PushRow[]> {
  const rows = await prisma.$queryRaw<PushColumns[]>`
    SELECT ${PUSH_COLUMNS} FROM ${PUSH_TABLES}
     WHERE p.repo_id = ${repoId}::uuid
       AND p.kind <> 'fast-forward' AND p.kind = 'delete'
       AND NOT EXISTS (SELECT 1 FROM branches b
                        WHERE b.repo_id = p.repo_id AND b.name = p.branch)
       AND p.seq = (SELECT max(later.seq) FROM pushes later
                     WHERE later.repo_id = p.repo_id AND later.branch = p.branch)
           ${below(before)}
     ORDER BY p.started_at DESC, p.id DESC
     LIMIT ${limit}::int`;
  return rows.map(pushOf);
}

export async function findPushById(
  prisma: PrismaClient,
  repoId: string,
  id: string,
): Promise<WholePushRow | null> {
  if (!isUuid(id)) return null;
  const [row] = await prisma.$queryRaw<
    (PushColumns & { address: string; frame: WholePushRow['frame'] })[]
  >`
    SELECT ${PUSH_COLUMNS}, p.address, p.frame FROM ${PUSH_TABLES}
     WHERE p.repo_id = ${repoId}::uuid AND p.id = ${id}::uuid`;
  return row ? { ...pushOf(row), address: row.address, frame: row.frame } : null;
}

export async function listPushedCommits(
  prisma: PrismaClient,
  repoId: string,
  seq: number,
  { before, limit }: { before: { generation: number; id: Id } | null; limit: number },
): Promise<{ id: Id; generation: number }[]> {
  const key = before
    ? Prisma.sql`AND (generation, id) < (${before.generation}::int, decode(${before.id}, 'hex'))`
    : Prisma.empty;
  return prisma.$queryRaw<{ id: Id; generation: number }[]>`
    SELECT encode(id, 'hex') AS id, generation
      FROM commits
     WHERE repo_id = ${repoId}::uuid AND push_seq = ${seq}::int ${key}
     ORDER BY commits.generation DESC, commits.id DESC
     LIMIT ${limit}::int`;
}

export async function findPushes(
  prisma: PrismaClient,
  repoId: string,
  seqs: number[],
): Promise<Map<number, PushRow>> {
  const rows = await prisma.$queryRaw<PushColumns[]>`
    SELECT ${PUSH_COLUMNS} FROM ${PUSH_TABLES}
     WHERE p.repo_id = ${repoId}::uuid AND p.seq = ANY(${seqs}::int[])`;
  return new Map(rows.map((row) => [row.seq!, pushOf(row)]));
}

export const pushOf = (row: PushColumns): PushRow => ({
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
  phases: row.phases,
  restoredSeq: row.restored_seq,
});
