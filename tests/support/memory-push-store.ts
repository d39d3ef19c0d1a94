import type { Id } from '~/muse/ids';
import { decideBranchChange, refuseUnsigned, signedOnly } from '~/server/branch-rules';
import type {
  NewCommit,
  NewObject,
  PushCounts,
  PushFacts,
  PushOpening,
  PushOutcome,
  PushPlan,
  PushStore,
  StoredCommit,
} from '~/server/ports/push-store';
import { ERRORS, Refusal } from '~/wire/errors';
import { type ErrorFrame, type ResultFrame, SFRAME_ERROR, SFRAME_RESULT } from '~/wire/frames';
import type { MemoryHub, MemoryRepository } from './memory-hub';

/** The push's port in memory. What `applyPush` changes, it changes between two ticks. */
export class MemoryPushStore implements PushStore {
  constructor(readonly hub: MemoryHub) {}

  async openPush(opening: PushOpening): Promise<PushFacts> {
    const { repoId, pushId, branch, head } = opening;
    const repository = this.hub.repository(repoId);
    const earlier = repository.pushes.get(pushId);
    const samePush = earlier?.branch === branch && earlier.head === head;
    const taken = earlier !== undefined && (earlier.outcome === 'accepted' || !samePush);
    if (!taken) {
      const now = this.hub.now();
      repository.pushes.set(pushId, {
        ...{ pushId, branch, head, opening, outcome: 'receiving', frame: null },
        ...{ startedAtMs: opening.startedAtMs, finishedAtMs: null, seenAtMs: now },
        counts: { objects: 0, objectsReused: 0, commits: 0, bytesReceived: 0 },
      });
    }
    return {
      branchHead: repository.branches.get(branch) ?? null,
      branchHeads: Object.fromEntries(repository.branches),
      rules: repository.rules,
      earlier: taken
        ? { branch: earlier.branch, head: earlier.head, result: resultOf(earlier) }
        : null,
    };
  }

  async touchPush(repoId: string, pushId: string, counts: PushCounts): Promise<void> {
    const push = this.hub.repository(repoId).pushes.get(pushId);
    if (push?.outcome !== 'receiving') return;
    Object.assign(push, { counts, seenAtMs: this.hub.now() });
  }

  async storedBytes(repoId: string): Promise<number> {
    const segments = [...this.hub.repository(repoId).segments.values()];
    return segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async closePush(
    repoId: string,
    pushId: string,
    outcome: 'refused' | 'failed',
    frame: ErrorFrame,
    counts: PushCounts,
  ): Promise<void> {
    const push = this.hub.repository(repoId).pushes.get(pushId);
    if (!push || push.outcome === 'accepted') return;
    Object.assign(push, { outcome, frame, counts, finishedAtMs: this.hub.now() });
  }

  async findPush(repoId: string, pushId: string): Promise<PushOutcome | null> {
    const push = this.hub.repository(repoId).pushes.get(pushId);
    if (!push) return null;
    const { outcome, branch, head, frame, startedAtMs, finishedAtMs } = push;
    return { pushId, outcome, branch, head, frame, startedAtMs, finishedAtMs };
  }

  async failStalePushes(silentForMs: number): Promise<number> {
    const now = this.hub.now();
    let failed = 0;
    for (const { pushes } of this.hub.repositories.values()) {
      for (const push of pushes.values()) {
        if (push.outcome !== 'receiving' || push.seenAtMs >= now - silentForMs) continue;
        const { sentence: message, retryable } = ERRORS['truncated-stream'];
        const { pushId } = push;
        const detail = { reason: 'the process that received it ended' };
        const frame = { type: SFRAME_ERROR, code: 'truncated-stream', message } as const;
        Object.assign(push, { outcome: 'failed', finishedAtMs: now });
        push.frame = { ...frame, retryable, pushId, detail };
        failed++;
      }
    }
    return failed;
  }

  async findObjects(repoId: string, ids: Id[]): Promise<Set<Id>> {
    const { objects } = this.hub.repository(repoId);
    return new Set(ids.filter((id) => objects.has(id)));
  }

  async findSnapshots(repoId: string, ids: Id[]) {
    return pick(ids, this.hub.repository(repoId).snapshots, ({ rootTreeId, entryCount }) => ({
      rootTreeId,
      entryCount,
    }));
  }

  async findCommits(repoId: string, ids: Id[]): Promise<Map<Id, StoredCommit>> {
    const { commits } = this.hub.repository(repoId);
    return pick(ids, commits, ({ id, generation, orderMs, snapshotId }) => ({
      ...{ id, generation, orderMs, snapshotId },
    }));
  }

  async loadRecords(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    return pick(ids, this.hub.repository(repoId).commits, ({ record }) => record);
  }

  async loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    return pick(ids, this.hub.repository(repoId).trees, (bytes) => bytes);
  }

  async isAncestor(repoId: string, ancestor: Id, heads: Id[]): Promise<boolean> {
    return closureOf(this.hub.repository(repoId), heads).has(ancestor);
  }

  async findSigningKeys(keyIds: string[]) {
    const found = new Map<string, { publicKey: Uint8Array; userId: string }>();
    for (const asked of keyIds) {
      const keys = [...this.hub.signingKeys]
        .filter(([keyId]) => keyId.startsWith(asked))
        .filter(([, key]) => key.revokedAtMs === null);
      const { publicKey, userId } = keys[0]?.[1] ?? {};
      if (keys.length === 1 && publicKey && userId) found.set(asked, { publicKey, userId });
    }
    return found;
  }

  async applyPush(plan: PushPlan): Promise<ResultFrame> {
    const drawn = await draw(plan);
    const repository = this.hub.repository(plan.repoId);
    if (repository.deleted) throw new Refusal('repo-not-found');
    this.expectRight(repository, plan);
    const earlier = repository.pushes.get(plan.pushId);
    const accepted = earlier && resultOf(earlier);
    if (accepted) return { ...accepted, replayed: true };
    const head = repository.branches.get(plan.branch) ?? null;
    if (head !== (plan.kind === 'noop' ? plan.newHead : plan.oldHead)) {
      throw new Refusal('stale-head', { branch: plan.branch, current_head: head });
    }
    const { idFormat } = repository;
    if (plan.idFormat && idFormat && idFormat !== plan.idFormat) {
      throw new Refusal('id-format-mismatch', { expected: idFormat, got: plan.idFormat });
    }
    const fresh = {
      objects: drawn.objects.filter(({ id }) => !repository.objects.has(id)),
      snapshots: drawn.snapshots.filter(({ id }) => !repository.snapshots.has(id)),
      commits: drawn.commits.filter(({ id }) => !repository.commits.has(id)),
    };
    expectSameRecords(repository, plan, drawn.commits);
    const unsigned = fresh.commits.some(({ signatureState }) => signatureState !== 'verified');
    const required = signedOnly(repository, repository.rules, plan.branch);
    if (unsigned && required) throw refuseUnsigned('signature-required', required);

    repository.pushSeq++;
    for (const object of fresh.objects) repository.objects.set(object.id, object);
    const used = new Set(fresh.objects.flatMap((o) => o.extents.map((e) => e.segmentId)));
    for (const segment of plan.segments) {
      if (used.has(segment.id)) repository.segments.set(segment.id, segment);
    }
    for (const { id, bytes } of drawn.trees) repository.trees.set(id, bytes);
    for (const snapshot of fresh.snapshots) repository.snapshots.set(snapshot.id, snapshot);
    for (const commit of fresh.commits) {
      repository.commits.set(commit.id, { ...commit, pushSeq: repository.pushSeq });
    }
    for (const { id, record } of plan.recordUpdates) repository.commits.get(id)!.record = record;
    if (plan.newHead === null) repository.branches.delete(plan.branch);
    else repository.branches.set(plan.branch, plan.newHead);
    fixByFirstPush(repository, plan);
    const result: ResultFrame = {
      ...{ type: SFRAME_RESULT, pushId: plan.pushId, seq: repository.pushSeq },
      ...{ branch: plan.branch, kind: plan.kind, oldHead: plan.oldHead, newHead: plan.newHead },
      objectsNew: fresh.objects.length,
      objectsReused: plan.counts.objectsReused + drawn.objects.length - fresh.objects.length,
      commitsNew: fresh.commits.length,
      snapshotsNew: fresh.snapshots.length,
      bytesReceived: plan.counts.bytesReceived,
      bytesStored: plan.bytesStored,
      durationMs: Math.max(0, this.hub.now() - plan.startedAtMs),
      branchHeads: Object.fromEntries(repository.branches),
      url: plan.newHead === null ? '' : plan.commitUrl(plan.newHead),
      warnings: plan.warnings,
    };
    this.record(repository, plan, result);
    if (plan.audit) this.hub.note(plan.audit);
    return result;
  }

  private expectRight(repository: MemoryRepository, plan: PushPlan): void {
    const principal = this.hub.refresh(plan.principal);
    if (typeof principal === 'string') throw new Refusal(principal);
    const userId = principal.kind === 'user' ? principal.userId : '';
    const { id: repoId, ownerId, visibility, collaborators, rules } = repository;
    const access = {
      ...{ repoId, ownerId, visibility },
      collaboration: collaborators.get(userId) ?? null,
    };
    const decision = decideBranchChange(principal, access, rules, plan);
    if (!decision.allowed) throw new Refusal(decision.code, { branch: plan.branch });
  }

  private record(repository: MemoryRepository, plan: PushPlan, result: ResultFrame): void {
    const { repoId, pushId, branch, kind, oldHead, newHead, principal, startedAtMs } = plan;
    const now = this.hub.now();
    const opening = repository.pushes.get(pushId)?.opening;
    repository.pushes.set(pushId, {
      ...{ pushId, branch, head: newHead, outcome: 'accepted', frame: result, startedAtMs },
      ...{ finishedAtMs: now, seenAtMs: now, counts: plan.counts },
      opening: opening ?? { principal, client: '', address: '' },
    });
    if (kind === 'noop') return;
    repository.refsVersion++;
    const payload = { repoId, pushId, seq: result.seq, branch, kind, oldHead, newHead };
    this.hub.jobs.push({ task: 'push-accepted', payload });
  }
}

async function draw(plan: PushPlan) {
  const drawn = {
    objects: [] as NewObject[],
    trees: await gather(plan.trees()),
    snapshots: await gather(plan.snapshots()),
    commits: await gather(plan.commits()),
  };
  for (const batch of plan.objects()) drawn.objects.push(...batch);
  return drawn;
}

async function gather<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

function expectSameRecords(repository: MemoryRepository, plan: PushPlan, commits: NewCommit[]) {
  const same = (id: Id, record: Uint8Array) =>
    Buffer.compare(repository.commits.get(id)?.record ?? record, record) === 0;
  const conflict =
    commits.find(({ id, record }) => !same(id, record)) ??
    plan.recordUpdates.find(
      ({ id, previous, record }) =>
        !repository.commits.has(id) || !(same(id, previous) || same(id, record)),
    );
  if (conflict) throw new Refusal('commit-record-conflict', { commit_id: conflict.id });
}

function fixByFirstPush(repository: MemoryRepository, plan: PushPlan): void {
  if (repository.pushSeq === 1 && plan.domain) repository.domain = plan.domain;
  if (plan.newHead !== null) repository.defaultBranch ??= plan.branch;
  repository.idFormat ??= plan.idFormat;
  repository.museRepoId ||= plan.museRepoId ?? '';
}

function resultOf(push: Pick<PushOutcome, 'outcome' | 'frame'>): ResultFrame | null {
  return push.outcome === 'accepted' && push.frame?.type === SFRAME_RESULT ? push.frame : null;
}

function pick<T, U>(ids: Id[], from: Map<Id, T>, read: (item: T) => U): Map<Id, U> {
  const found = new Map<Id, U>();
  for (const id of ids) {
    const item = from.get(id);
    if (item !== undefined) found.set(id, read(item));
  }
  return found;
}

/** All commits that these reach, themselves included. */
export function closureOf(repository: Pick<MemoryRepository, 'commits'>, heads: Id[]): Set<Id> {
  const reached = new Set<Id>();
  const open = [...heads];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const commit = repository.commits.get(id);
    if (!commit || reached.has(id)) continue;
    reached.add(id);
    open.push(...commit.parents);
  }
  return reached;
}
