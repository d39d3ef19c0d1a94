import { orderOf } from '~/muse/commit-order';
import { isBreaking, parseSubject } from '~/muse/conventional-commit';
import { formatId, type Id } from '~/muse/ids';
import type { SignatureState } from '~/muse/signature';
import { parseCommitRecord } from '~/wire/commit-record';
import { isViolation } from '~/wire/errors';
import type { PushKind } from '~/wire/frames';
import { decodeValue } from '~/wire/msgpack-reader';
import type { NewCommit, PushPlan, RecordUpdate, StoredCommit } from '../ports/push-store';
import type { PushCommits, PushedCommit } from './push-commits';
import type { PushIntake } from './push-intake';
import type { WrittenObjects } from './push-objects';
import type { PushProgress } from './push-progress';
import type { OpenedPush, PushRequest, ReceivePushDeps } from './receive-push';

/** What the checks of a push found: how the branch moves and what is new. */
export interface PushVerdict {
  kind: PushKind;
  /** Commits that are not stored yet, parents before children. */
  commits: PushedCommit[];
  generations: ReadonlyMap<Id, number>;
  /** Commits that were stored before and that the push names. */
  stored: ReadonlyMap<Id, Pick<StoredCommit, 'orderMs'>>;
  signatures: ReadonlyMap<Id, SignatureState>;
  updates: RecordUpdate[];
}

/** A push that changes nothing. */
export const NOTHING_NEW: PushVerdict = {
  kind: 'noop',
  commits: [],
  generations: new Map(),
  stored: new Map(),
  signatures: new Map(),
  updates: [],
};

/** Everything the transaction of a push needs, drawn from the quarantine in batches. */
export async function planPush(
  push: OpenedPush,
  intake: PushIntake,
  written: WrittenObjects,
  verdict: PushVerdict,
  request: PushRequest,
  progress: PushProgress,
  deps: Pick<ReceivePushDeps, 'commitUrl'>,
): Promise<PushPlan> {
  const { header, facts, state } = push;
  const { repository, principal } = request;
  // A repository takes these over once, so only its first push looks them up.
  const origin = repository.idFormat === null ? await originOf(intake.commits, header.head) : {};
  return {
    repoId: repository.id,
    pushId: push.pushId,
    principal,
    branch: header.branch,
    kind: verdict.kind,
    oldHead: facts.branchHead,
    newHead: header.head,
    idFormat: state.idFormat ?? header.idFormat,
    ...origin,
    segments: written.segments,
    objects: () => written.objects.batches(),
    trees: () => intake.snapshots.treeBatches(),
    snapshots: () => intake.snapshots.snapshotBatches(),
    commits: () => newCommits(intake.commits, verdict),
    recordUpdates: verdict.updates,
    counts: progress,
    bytesStored: written.objects.storedBytes,
    warnings: intake.objects.warnings,
    startedAtMs: push.startedAtMs,
    commitUrl: (id) => deps.commitUrl(repository, id),
  };
}

/** What the head's record says of the repository it comes from. */
async function originOf(
  commits: PushCommits,
  head: Id | null,
): Promise<Pick<PushPlan, 'museRepoId' | 'domain'>> {
  const commit = head === null ? undefined : commits.byId.get(head);
  if (!commit) return {};
  for await (const [first] of commits.records([commit])) {
    const record = decodeValue(first!.raw) as Record<string, unknown>;
    const delta = record.structured_delta as { domain?: unknown } | null | undefined;
    return { museRepoId: textOr(record.repo_id), domain: textOr(delta?.domain) };
  }
  return {};
}

const textOr = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

async function* newCommits(commits: PushCommits, verdict: PushVerdict): AsyncIterable<NewCommit[]> {
  // The verdict names parents before children.
  const orders = new Map<Id, number>();
  for await (const batch of commits.records(verdict.commits)) {
    yield batch.map(({ commit, raw }) => newCommit(commit, raw, verdict, orders));
  }
}

function newCommit(
  pushed: PushedCommit,
  raw: Uint8Array,
  verdict: PushVerdict,
  orders: Map<Id, number>,
): NewCommit {
  const commit = parseCommitRecord(raw);
  // It was parsed once already, when it came.
  if (isViolation(commit))
    throw new Error(`record of ${pushed.id} no longer parses: ${commit.message}`);
  const { type, scope } = parseSubject(commit.message);
  const parsedMs = Date.parse(commit.committedAt);
  const committedAtMs = Number.isNaN(parsedMs) ? null : parsedMs;
  const parentOrders = commit.parents.map((id) => {
    const order = orders.get(id) ?? verdict.stored.get(id)?.orderMs;
    if (order === undefined) throw new Error(`commit ${commit.id} comes before its parent ${id}`);
    return order;
  });
  const orderMs = orderOf(committedAtMs, parentOrders);
  orders.set(commit.id, orderMs);
  return {
    id: commit.id,
    snapshotId: commit.snapshotId,
    parents: commit.parents,
    generation: verdict.generations.get(commit.id)!,
    author: commit.author,
    committedAt: commit.committedAt,
    committedAtMs,
    orderMs,
    branch: commit.branch,
    message: commit.message,
    type,
    scope,
    breaking: isBreaking(commit),
    semVerBump: commit.semVerBump,
    agentId: commit.agentId,
    modelId: commit.modelId,
    signatureState: verdict.signatures.get(commit.id) ?? 'none',
    idVerified: pushed.idForm !== null,
    record: raw,
  };
}

/** Path of a commit's page, below the hub's address. */
export function commitPath(owner: string, slug: string, id: Id): string {
  return `/${owner}/${slug}/commits/${formatId(id, 'prefixed')}`;
}
