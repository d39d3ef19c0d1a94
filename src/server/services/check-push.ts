import { decideMove } from '~/muse/branch-move';
import {
  type CommitPack,
  checkCommitPack,
  type FactsNeeded,
  factsNeeded,
  type PackFacts,
  type PackPlan,
} from '~/muse/commit-pack';
import type { Id } from '~/muse/ids';
import { isProblem, type Problem } from '~/muse/problem';
import { Refusal } from '~/wire/errors';
import type { HeaderFrame, PushKind } from '~/wire/frames';
import { decideBranchChange, signedOnly } from '../branch-rules';
import type { PushFacts, PushStore, StoredCommit } from '../ports/push-store';
import { checkSignatures } from './check-signatures';
import type { PushIntake } from './push-intake';
import type { PushVerdict } from './push-plan';
import type { OpenedPush, PushRequest } from './receive-push';

const LOOKUP_BATCH = 5_000;
/** Stored commits that a push may send again although its own commits do not lead to them. */
const UNREACHED_MAX = 256;

type Store = Pick<
  PushStore,
  'findCommits' | 'findSnapshots' | 'loadRecords' | 'isAncestor' | 'findSigningKeys'
>;

/**
 * Judges a whole push after its END (docs/protocol.md §3, steps 3 and 4): order of the commits,
 * parents, snapshots, objects, reach of the head, records that are stored already, signatures, and
 * how the branch may move. It loads the facts; the judgements are pure. Throws `Refusal`.
 */
export async function checkPush(
  push: OpenedPush,
  intake: PushIntake,
  request: PushRequest,
  { store }: { store: Store },
): Promise<PushVerdict> {
  const { header, facts } = push;
  const repoId = request.repository.id;
  const pack: CommitPack = {
    head: header.head,
    commits: [...intake.commits.byId.values()],
    snapshots: intake.snapshots.staged,
  };
  const needed = factsNeeded(pack);
  const stored = await findCommits(
    repoId,
    [...intake.commits.byId.keys(), ...needed.commits],
    store,
  );
  const plan = expectGood(checkCommitPack(pack, await packFacts(repoId, needed, stored, store)));
  await intake.snapshots.settle();

  const commits = plan.commits.map(({ commit }) => intake.commits.byId.get(commit.id)!);
  const fresh = commits.filter(({ id }) => !stored.has(id));
  const again = commits.filter(({ id }) => stored.has(id)).map(({ id }) => id);
  const updates = await intake.commits.compareStored(repoId, again, store);
  const signed = signedOnly(request.repository, facts.rules, header.branch);
  const signatures = await checkSignatures(intake.commits, fresh, signed, store);
  const kind = judgeMove(header, facts, request, await containsOldHead(push, plan, repoId, store));
  return {
    kind,
    commits: fresh,
    generations: new Map(plan.commits.map(({ commit, generation }) => [commit.id, generation])),
    stored,
    signatures,
    updates,
  };
}

/**
 * How the branch moves, or the refusal. Asked of the HEADER alone, with `containsOldHead` taken for
 * granted, it finds what would be refused in any case.
 */
export function judgeMove(
  header: HeaderFrame,
  facts: PushFacts,
  { principal, access }: PushRequest,
  containsOldHead: boolean,
): PushKind {
  const { branch, head, expectedHead, force } = header;
  const kind = expectGood(
    decideMove({
      branch,
      oldHead: facts.branchHead,
      newHead: head,
      expectedHead,
      force,
      containsOldHead,
    }),
  );
  const decision = decideBranchChange(principal, access, facts.rules, { branch, kind });
  if (!decision.allowed) throw new Refusal(decision.code, { branch, kind });
  return kind;
}

async function packFacts(
  repoId: string,
  needed: FactsNeeded,
  stored: ReadonlyMap<Id, StoredCommit>,
  store: Store,
): Promise<PackFacts> {
  const snapshots = new Set<Id>();
  for (const batch of chunks(needed.snapshots)) {
    for (const id of (await store.findSnapshots(repoId, batch)).keys()) snapshots.add(id);
  }
  const reachedThroughStored = new Set<Id>();
  const boundary = needed.boundary.filter((id) => stored.has(id));
  if (boundary.length > 0 && needed.unreached.length <= UNREACHED_MAX) {
    for (const id of needed.unreached.filter((unreached) => stored.has(unreached))) {
      if (await store.isAncestor(repoId, id, boundary)) reachedThroughStored.add(id);
    }
  }
  return { commits: stored, snapshots, reachedThroughStored };
}

async function containsOldHead(
  { header, facts }: OpenedPush,
  plan: PackPlan,
  repoId: string,
  store: Store,
): Promise<boolean> {
  const oldHead = facts.branchHead;
  if (oldHead === null || header.head === null || header.head === oldHead) return true;
  if (plan.reaches(oldHead)) return true;
  return plan.boundary.length > 0 && store.isAncestor(repoId, oldHead, plan.boundary);
}

async function findCommits(
  repoId: string,
  ids: Id[],
  store: Store,
): Promise<Map<Id, StoredCommit>> {
  const stored = new Map<Id, StoredCommit>();
  for (const batch of chunks(ids)) {
    for (const [id, commit] of await store.findCommits(repoId, batch)) stored.set(id, commit);
  }
  return stored;
}

function* chunks<T>(items: T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += LOOKUP_BATCH) {
    yield items.slice(from, from + LOOKUP_BATCH);
  }
}

function expectGood<T>(result: T | Problem): T {
  if (isProblem(result)) throw new Refusal(result.code, result.detail, result.message);
  return result as T;
}
