import type { Id } from '~/muse/ids';
import type { ErrorFrame, ResultFrame } from '~/wire/frames';
import type { PushCounts, PushFacts, PushOpening, PushOutcome } from '../ports/push-store';
import { branchHeadsJson, headOf } from './apply-push';
import type { PrismaClient } from './prisma-client';
import { ruleOf } from './push-rights';
import { isUuid, storableJson, storableText } from './storable';

const CLIENT_CHARACTERS_MAX = 200;
const ADDRESS_CHARACTERS_MAX = 100;

interface PushRow {
  branch: string;
  head: Id | null;
  outcome: PushOutcome['outcome'];
  frame: ResultFrame | ErrorFrame | null;
}

interface OpeningRow {
  taken: boolean;
  heads: Record<string, Id>;
  rules: Parameters<typeof ruleOf>[0][];
}

/**
 * Notes a push as `receiving`. One statement decides whether the id is free, or was used by an
 * earlier try of the same push, so that two requests with one id make one row; it reads what the
 * HEADER is judged by as well, since every further one is a way to the database and back.
 *
 * It does not wait until the row is on disk: nobody was promised anything yet, and what the push
 * leaves in the end is written, and waited for, after it.
 */
export async function openPush(prisma: PrismaClient, opening: PushOpening): Promise<PushFacts> {
  const { repoId, branch } = opening;
  const { taken, heads, rules } = await takeRow(prisma, opening);
  const earlier = taken ? null : await readRow(prisma, repoId, opening.pushId);
  return {
    branchHead: headOf(heads, branch),
    branchHeads: heads,
    rules: rules.map(ruleOf),
    earlier: earlier && {
      branch: earlier.branch,
      head: earlier.head,
      result: earlier.outcome === 'accepted' ? (earlier.frame as ResultFrame) : null,
    },
  };
}

async function takeRow(prisma: PrismaClient, opening: PushOpening): Promise<OpeningRow> {
  const { principal } = opening;
  const userId = principal.kind === 'user' ? principal.userId : null;
  const tokenId = principal.kind === 'user' ? (principal.token?.id ?? null) : null;
  const [row] = await prisma.$queryRaw<OpeningRow[]>`/* kept */
    WITH not_waiting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    taken AS (
      INSERT INTO pushes (repo_id, id, outcome, branch, head, actor_id, token_id, client, address,
                          restored_seq, started_at, seen_at)
      SELECT ${opening.repoId}::uuid, ${opening.pushId}::uuid, 'receiving',
             ${storableText(opening.branch)}, decode(${opening.head}, 'hex'), ${userId}::uuid,
             ${tokenId}::uuid, ${storableText(opening.client, CLIENT_CHARACTERS_MAX)},
             ${storableText(opening.address, ADDRESS_CHARACTERS_MAX)},
             ${opening.restoredSeq ?? null}::int,
             to_timestamp(${opening.startedAtMs}::bigint / 1000.0), clock_timestamp()
        FROM not_waiting
      ON CONFLICT (repo_id, id) DO UPDATE
         SET outcome = 'receiving', kind = NULL, actor_id = EXCLUDED.actor_id,
             token_id = EXCLUDED.token_id, client = EXCLUDED.client, address = EXCLUDED.address,
             objects_new = 0, objects_reused = 0, commits_new = 0, bytes_received = 0,
             started_at = EXCLUDED.started_at, seen_at = EXCLUDED.seen_at, finished_at = NULL,
             duration_ms = NULL, error_code = NULL, frame = NULL, phases = NULL,
             restored_seq = EXCLUDED.restored_seq
       WHERE pushes.outcome <> 'accepted'
         AND pushes.branch = EXCLUDED.branch
         AND pushes.head IS NOT DISTINCT FROM EXCLUDED.head
      RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM taken) AS taken,
           ${branchHeadsJson(opening.repoId)} AS heads,
           (SELECT coalesce(json_agg(r), '[]') FROM branch_rules r
             WHERE r.repo_id = ${opening.repoId}::uuid) AS rules`;
  return row!;
}

async function readRow(
  prisma: PrismaClient,
  repoId: string,
  pushId: string,
): Promise<PushRow | null> {
  const [row] = await prisma.$queryRaw<PushRow[]>`
    SELECT branch, encode(head, 'hex') AS head, outcome::text AS outcome, frame
      FROM pushes WHERE repo_id = ${repoId}::uuid AND id = ${pushId}::uuid`;
  return row ?? null;
}

/** Null where nobody counted, so that a page can tell it from a push that was never timed. */
const phasesJson = ({ phases }: PushCounts): string | null =>
  phases === undefined ? null : JSON.stringify(phases);

export async function touchPush(
  prisma: PrismaClient,
  repoId: string,
  pushId: string,
  counts: PushCounts,
): Promise<void> {
  await prisma.$executeRaw`
    UPDATE pushes
       SET seen_at = clock_timestamp(), objects_new = ${counts.objects}::int,
           objects_reused = ${counts.objectsReused}::int, commits_new = ${counts.commits}::int,
           bytes_received = ${counts.bytesReceived}::bigint,
           phases = ${phasesJson(counts)}::jsonb
     WHERE repo_id = ${repoId}::uuid AND id = ${pushId}::uuid AND outcome = 'receiving'`;
}

export async function closePush(
  prisma: PrismaClient,
  end: {
    repoId: string;
    pushId: string;
    outcome: 'refused' | 'failed';
    frame: ErrorFrame;
    counts: PushCounts;
  },
): Promise<void> {
  const { counts, frame } = end;
  await prisma.$executeRaw`
    UPDATE pushes
       SET outcome = ${end.outcome}::push_outcome, error_code = ${frame.code},
           frame = ${storableJson(frame)}::jsonb, objects_new = ${counts.objects}::int,
           objects_reused = ${counts.objectsReused}::int, commits_new = ${counts.commits}::int,
           bytes_received = ${counts.bytesReceived}::bigint,
           phases = ${phasesJson(counts)}::jsonb, seen_at = clock_timestamp(),
           finished_at = clock_timestamp(),
           duration_ms = least(2147483647,
             1000 * extract(epoch FROM clock_timestamp() - started_at))::int
     WHERE repo_id = ${end.repoId}::uuid AND id = ${end.pushId}::uuid AND outcome <> 'accepted'`;
}

export async function findPush(
  prisma: PrismaClient,
  repoId: string,
  pushId: string,
): Promise<PushOutcome | null> {
  if (!isUuid(pushId)) return null;
  const [row] = await prisma.$queryRaw<
    (PushRow & { started_at: Date; finished_at: Date | null })[]
  >`
    SELECT branch, encode(head, 'hex') AS head, outcome::text AS outcome, frame, started_at,
           finished_at
      FROM pushes WHERE repo_id = ${repoId}::uuid AND id = ${pushId}::uuid`;
  if (!row) return null;
  return {
    pushId,
    outcome: row.outcome,
    branch: row.branch,
    head: row.head,
    frame: row.frame,
    startedAtMs: row.started_at.getTime(),
    finishedAtMs: row.finished_at?.getTime() ?? null,
  };
}

/** Rows that another process is changing right now are alive, so they are not waited for. */
export async function failStalePushes(
  prisma: PrismaClient,
  silentForMs: number,
  frame: ErrorFrame,
): Promise<number> {
  return prisma.$executeRaw`
    UPDATE pushes p
       SET outcome = 'failed', error_code = ${frame.code}, finished_at = clock_timestamp(),
           frame = ${storableJson(frame)}::jsonb || jsonb_build_object('pushId', p.id::text)
      FROM (SELECT repo_id, id FROM pushes
             WHERE outcome = 'receiving'::push_outcome
               AND seen_at < clock_timestamp() - ${silentForMs}::bigint * interval '1 millisecond'
               FOR UPDATE SKIP LOCKED) stale
     WHERE p.repo_id = stale.repo_id AND p.id = stale.id`;
}
