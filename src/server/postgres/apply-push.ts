import type { Id } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import { type ResultFrame, SFRAME_RESULT } from '~/wire/frames';
import { refuseUnsigned } from '../branch-rules';
import type { PushPlan } from '../ports/push-store';
import { Prisma } from './generated/client';
import { insertAudit } from './insert-audit';
import { expectRight, holdRight, type PushAttempt } from './push-rights';
import {
  insertCommits,
  insertObjects,
  insertSegments,
  insertSnapshots,
  insertTrees,
  updateRecords,
} from './push-rows';
import { storableJson, storableText } from './storable';

type Transaction = Prisma.TransactionClient;

/** Where a transaction is; for tests that end the process or the database at each of these. */
export type ApplyStage = 'locked' | 'rows' | 'moved' | 'recorded' | 'committed';

export interface ApplyContext {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How long to wait for a lock that another transaction holds. */
  lockMaxMs: number;
  onStage: (stage: ApplyStage) => void | Promise<void>;
}

/** The job that every accepted push leaves, except a `noop`. */
export const PUSH_ACCEPTED_JOB = 'push-accepted';

/** What that job is given. */
export interface PushAcceptedPayload {
  repoId: string;
  pushId: string;
  seq: number;
  branch: string;
  kind: ResultFrame['kind'];
  oldHead: Id | null;
  newHead: Id | null;
}

/** Of what a record calls its repository and domain. */
const NAME_CHARACTERS_MAX = 200;
/** A server that lost its client between two statements gives up the row locks after this. */
const IDLE_MAX_MS = 60_000;

/**
 * The one transaction of a push (docs/protocol.md §3, step 5), in this order:
 *
 * 1. Lock the repository's row. Pushes to one repository come one after the other from here on, so
 *    that they cannot deadlock, and `seq` has no gaps.
 * 2. Look again: is the push id accepted already, may this principal still push, is the branch
 *    where the fast-forward was decided. A push that lost a race ends here, before any row.
 * 3. The rows, all of them invisible to others.
 * 4. Hold the rows that the right rests on and ask them once more, since step 3 may have taken long.
 * 5. Move the branch by compare-and-set. It comes after the rows, because a branch may never name
 *    what is not there, and before the history, which tells what it did.
 * 6. The history row with the RESULT, the repository's counter, the job.
 */
export async function applyInTransaction(
  tx: Transaction,
  plan: PushPlan,
  context: ApplyContext,
): Promise<ResultFrame> {
  const repository = await lockRepository(tx, plan.repoId, context.lockMaxMs);
  const before = await lookAgain(tx, plan);
  await context.onStage('locked');
  const attempt: PushAttempt = {
    repoId: plan.repoId,
    ownerId: repository.owner_id,
    repository: { visibility: repository.visibility, requireSigned: repository.require_signed },
    principal: plan.principal,
    branch: plan.branch,
    kind: plan.kind,
  };
  await expectRight(tx, attempt);
  if (before.accepted) return { ...before.accepted, replayed: true };
  const expected = plan.kind === 'noop' ? plan.newHead : plan.oldHead;
  if (before.head !== expected) throw staleHead(plan, before.head);
  if (plan.idFormat && repository.id_format && repository.id_format !== plan.idFormat) {
    throw new Refusal('id-format-mismatch', { expected: repository.id_format, got: plan.idFormat });
  }

  const seq = repository.push_seq + 1;
  const rows = await insertRows(tx, plan, seq);
  await context.onStage('rows');

  await holdRight(tx, attempt);
  const { signed } = await expectRight(tx, attempt);
  if (signed && rows.commits.unsigned > 0) throw refuseUnsigned('signature-required', signed);
  await moveBranch(tx, plan, seq);
  await context.onStage('moved');

  const result: ResultFrame = {
    type: SFRAME_RESULT,
    pushId: plan.pushId,
    seq,
    branch: plan.branch,
    kind: plan.kind,
    oldHead: plan.oldHead,
    newHead: plan.newHead,
    objectsNew: rows.objects.inserted,
    objectsReused: plan.counts.objectsReused + rows.objects.present,
    commitsNew: rows.commits.inserted,
    snapshotsNew: rows.snapshots,
    bytesReceived: plan.counts.bytesReceived,
    bytesStored: plan.bytesStored,
    durationMs: Math.max(0, context.now() - plan.startedAtMs),
    branchHeads: headsAfter(before.heads, plan),
    url: plan.newHead === null ? '' : plan.commitUrl(plan.newHead),
    warnings: plan.warnings,
  };
  await recordAccepted(tx, plan, result);
  if (plan.audit) await insertAudit(tx, plan.audit);
  await context.onStage('recorded');
  return result;
}

interface RepositoryRow {
  owner_id: string;
  visibility: 'public' | 'private';
  deleted: boolean;
  id_format: string | null;
  require_signed: boolean;
  push_seq: number;
}

async function lockRepository(
  tx: Transaction,
  repoId: string,
  lockMaxMs: number,
): Promise<RepositoryRow> {
  // The bounds hold to the end of the transaction, and first of all for this very wait: rows are
  // locked after they were joined.
  // NO KEY: rows that refer to the repository, such as a comment, may be inserted meanwhile.
  const [row] = await tx.$queryRaw<RepositoryRow[]>`/* kept */
    WITH bounds AS MATERIALIZED (
      SELECT set_config('lock_timeout', ${String(lockMaxMs)}, true),
             set_config('idle_in_transaction_session_timeout', ${String(IDLE_MAX_MS)}, true))
    SELECT owner_id, visibility::text AS visibility, deleted_at IS NOT NULL AS deleted, id_format,
           require_signed, push_seq
      FROM bounds, repositories
     WHERE id = ${repoId}::uuid
       FOR NO KEY UPDATE OF repositories`;
  if (!row || row.deleted) throw new Refusal('repo-not-found');
  return row;
}

/** The push row and the branches, read after the lock: no other push changes them any more. */
async function lookAgain(
  tx: Transaction,
  plan: PushPlan,
): Promise<{ accepted: ResultFrame | null; head: Id | null; heads: Record<string, Id> }> {
  const [row] = await tx.$queryRaw<
    { accepted: ResultFrame | null; heads: Record<string, Id> }[]
  >`/* kept */
    SELECT (SELECT frame FROM pushes
             WHERE repo_id = ${plan.repoId}::uuid AND id = ${plan.pushId}::uuid
               AND outcome = 'accepted') AS accepted,
           ${branchHeadsJson(plan.repoId)} AS heads`;
  const { accepted, heads } = row!;
  return { accepted, heads, head: headOf(heads, plan.branch) };
}

async function insertRows(tx: Transaction, plan: PushPlan, seq: number) {
  const { repoId } = plan;
  const used = new Set<string>();
  const objects = await insertObjects(tx, repoId, plan.objects(), used);
  const segments = plan.segments.filter(({ id }) => used.has(id));
  await insertSegments(tx, repoId, segments);
  await insertTrees(tx, repoId, plan.trees());
  const snapshots = await insertSnapshots(tx, repoId, plan.snapshots());
  const commits = await insertCommits(tx, repoId, seq, plan.commits());
  await updateRecords(tx, repoId, plan.recordUpdates);
  return { objects, snapshots, commits };
}

function staleHead(plan: PushPlan, currentHead: Id | null): Refusal {
  return new Refusal('stale-head', { branch: plan.branch, current_head: currentHead });
}

/** Compare-and-set: moves the branch from `oldHead` to `newHead`, or throws `stale-head`. */
async function moveBranch(tx: Transaction, plan: PushPlan, seq: number): Promise<void> {
  const { repoId, branch, oldHead, newHead } = plan;
  let moved: number;
  if (plan.kind === 'noop') {
    const { head } = await lookAgain(tx, plan);
    moved = head === newHead ? 1 : 0;
  } else if (oldHead === null) {
    moved = await tx.$executeRaw`/* kept */
      INSERT INTO branches (repo_id, name, head, push_seq)
      VALUES (${repoId}::uuid, ${branch}, decode(${newHead}, 'hex'), ${seq}::int)
      ON CONFLICT DO NOTHING`;
  } else if (newHead === null) {
    moved = await tx.$executeRaw`/* kept */
      DELETE FROM branches
       WHERE repo_id = ${repoId}::uuid AND name = ${branch} AND head = decode(${oldHead}, 'hex')`;
  } else {
    moved = await tx.$executeRaw`/* kept */
      UPDATE branches
         SET head = decode(${newHead}, 'hex'), push_seq = ${seq}::int, updated_at = now()
       WHERE repo_id = ${repoId}::uuid AND name = ${branch} AND head = decode(${oldHead}, 'hex')`;
  }
  if (moved === 0) throw staleHead(plan, (await lookAgain(tx, plan)).head);
}

export async function readBranchHeads(
  db: Pick<Transaction, '$queryRaw'>,
  repoId: string,
): Promise<Record<string, Id>> {
  const rows = await db.$queryRaw<{ name: string; head: Id }[]>`/* kept */
    SELECT name, encode(head, 'hex') AS head FROM branches
     WHERE repo_id = ${repoId}::uuid ORDER BY name`;
  return Object.fromEntries(rows.map(({ name, head }) => [name, head]));
}

/** The head of a branch, whose name may be one that every JavaScript object knows. */
export function headOf(heads: Record<string, Id>, branch: string): Id | null {
  return Object.hasOwn(heads, branch) ? heads[branch]! : null;
}

/** Every branch's head by its name, as an expression of SQL that gives JSON. */
export function branchHeadsJson(repoId: string): Prisma.Sql {
  return Prisma.sql`(SELECT coalesce(json_object_agg(name, encode(head, 'hex') ORDER BY name), '{}')
                FROM branches WHERE repo_id = ${repoId}::uuid)`;
}

/** The heads after the push; the repository's lock keeps the others as they are. */
function headsAfter(heads: Record<string, Id>, { branch, newHead }: PushPlan): Record<string, Id> {
  const after = new Map(Object.entries(heads));
  if (newHead === null) after.delete(branch);
  else after.set(branch, newHead);
  return Object.fromEntries([...after].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The end of a push, in one statement: the repository counts it, the history has it, and it leaves
 * its job, unless nothing changed.
 *
 * What a first push fixes is kept by every later one. `updated_at` always grows, by a millisecond at
 * least, because it is the version of what `GET refs` answers; a `noop`, which changes none of that,
 * leaves it.
 */
async function recordAccepted(tx: Transaction, plan: PushPlan, result: ResultFrame): Promise<void> {
  const { repoId, pushId, branch, kind, oldHead, newHead } = plan;
  const { seq } = result;
  const userId = plan.principal.kind === 'user' ? plan.principal.userId : null;
  const tokenId = plan.principal.kind === 'user' ? (plan.principal.token?.id ?? null) : null;
  const firstBranch = newHead === null ? null : branch;
  const changes = kind !== 'noop';
  const domain = storableText(plan.domain ?? '', NAME_CHARACTERS_MAX);
  const museRepoId = storableText(plan.museRepoId ?? '', NAME_CHARACTERS_MAX);
  const phases = plan.counts.phases ? JSON.stringify(plan.counts.phases) : null;
  const payload: PushAcceptedPayload = { repoId, pushId, seq, branch, kind, oldHead, newHead };
  await tx.$queryRaw`/* kept */
    WITH counted AS (
      UPDATE repositories
         SET push_seq = ${seq}::int,
             default_branch = coalesce(default_branch, ${firstBranch}::text),
             id_format = coalesce(id_format, ${plan.idFormat}::text),
             muse_repo_id = CASE WHEN muse_repo_id = '' THEN ${museRepoId} ELSE muse_repo_id END,
             domain = CASE WHEN push_seq = 0 THEN coalesce(nullif(${domain}, ''), domain)
                           ELSE domain END,
             updated_at = CASE WHEN ${changes}::boolean
                               THEN greatest(now(), updated_at + interval '1 millisecond')
                               ELSE updated_at END
       WHERE id = ${repoId}::uuid
    ), recorded AS (
      INSERT INTO pushes (repo_id, id, seq, outcome, kind, branch, head, old_head, new_head,
                          actor_id, token_id, objects_new, objects_reused, commits_new,
                          snapshots_new, bytes_received, bytes_stored, started_at, seen_at,
                          finished_at, duration_ms, frame, phases)
      VALUES (${repoId}::uuid, ${pushId}::uuid, ${seq}::int, 'accepted', ${kind}, ${branch},
              decode(${newHead}, 'hex'), decode(${oldHead}, 'hex'), decode(${newHead}, 'hex'),
              ${userId}::uuid, ${tokenId}::uuid, ${result.objectsNew}::int,
              ${result.objectsReused}::int, ${result.commitsNew}::int, ${result.snapshotsNew}::int,
              ${result.bytesReceived}::bigint, ${result.bytesStored}::bigint,
              to_timestamp(${plan.startedAtMs}::bigint / 1000.0), clock_timestamp(),
              clock_timestamp(), ${result.durationMs}::int, ${storableJson(result)}::jsonb,
              ${phases}::jsonb)
      ON CONFLICT (repo_id, id) DO UPDATE
         SET seq = EXCLUDED.seq, outcome = EXCLUDED.outcome, kind = EXCLUDED.kind,
             branch = EXCLUDED.branch, head = EXCLUDED.head, old_head = EXCLUDED.old_head,
             new_head = EXCLUDED.new_head, actor_id = EXCLUDED.actor_id,
             token_id = EXCLUDED.token_id, objects_new = EXCLUDED.objects_new,
             objects_reused = EXCLUDED.objects_reused, commits_new = EXCLUDED.commits_new,
             snapshots_new = EXCLUDED.snapshots_new, bytes_received = EXCLUDED.bytes_received,
             bytes_stored = EXCLUDED.bytes_stored, started_at = EXCLUDED.started_at,
             seen_at = EXCLUDED.seen_at, finished_at = EXCLUDED.finished_at,
             duration_ms = EXCLUDED.duration_ms, error_code = NULL, frame = EXCLUDED.frame,
             phases = EXCLUDED.phases
    )
    SELECT id::text
      FROM graphile_worker.add_job(${PUSH_ACCEPTED_JOB}, ${JSON.stringify(payload)}::json,
                                   job_key => ${`${PUSH_ACCEPTED_JOB}:${repoId}:${seq}`})
     WHERE ${changes}::boolean`;
}
