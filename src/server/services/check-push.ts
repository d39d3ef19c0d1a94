import { generationsOf, reachFrom, sortTopologically } from '~/muse/ancestry';
import { decideMove } from '~/muse/branch-move';
import type { Id } from '~/muse/ids';
import { isProblem, type Problem } from '~/muse/problem';
import { Refusal } from '~/wire/errors';
import type { HeaderFrame, PushKind } from '~/wire/frames';
import { decideBranchChange, requiresSigned } from '../branch-rules';
import type { PushStore, StoredCommit } from '../ports/push-store';
import { checkSignatures } from './check-signatures';
import type { PushedCommit } from './push-commits';
import type { PushIntake } from './push-intake';
import type { PushVerdict } from './push-plan';
import type { OpenedPush, PushRequest } from './receive-push';

const LOOKUP_BATCH = 5_000;

type Store = Pick<
  PushStore,
  'findCommits' | 'findSnapshots' | 'findObjects' | 'loadRecords' | 'isAncestor' | 'findSigningKeys'
>;

/**
 * Judges a whole push after its END (docs/protocol.md §3, steps 3 and 4): order of the commits,
 * parents, snapshots, objects, reach of the head, signatures, and how the branch may move. It loads
 * the facts it needs; the judgements themselves are pure. Throws `Refusal`.
 */
export async function checkPush(
  push: OpenedPush,
  intake: PushIntake,
  request: PushRequest,
  deps: { store: Store },
): Promise<PushVerdict> {
  const { header, facts } = push;
  const { store } = deps;
  const repoId = request.repository.id;
  const { byId } = intake.commits;

  const sorted = expectNone(sortTopologically(byId));
  const stored = await storedAround(repoId, byId, header.head, store);
  expectParents(sorted, stored);
  await expectSnapshots(repoId, sorted, intake, store);
  await intake.snapshots.settle();
  expectReach(header.head, byId, stored);

  const fresh = sorted.filter(({ id }) => !stored.has(id));
  const again = sorted.filter(({ id }) => stored.has(id)).map(({ id }) => id);
  const updates = await intake.commits.compareStored(repoId, again, store);
  const signed = requiresSigned(request.repository, facts.rules, header.branch);
  const signatures = await checkSignatures(intake.commits, fresh, signed, store);
  const kind = await judgeMove(push, byId, request, store);
  return {
    kind,
    commits: fresh,
    generations: generationsOf(fresh, (id) => stored.get(id)?.generation),
    signatures,
    updates,
    warnings: [],
  };
}

/** What is stored of the commits themselves, of the parents they name, and of the head. */
async function storedAround(
  repoId: string,
  byId: ReadonlyMap<Id, PushedCommit>,
  head: Id | null,
  store: Store,
): Promise<Map<Id, StoredCommit>> {
  const wanted = new Set<Id>(byId.keys());
  for (const { parents } of byId.values()) for (const parent of parents) wanted.add(parent);
  if (head !== null) wanted.add(head);
  const stored = new Map<Id, StoredCommit>();
  for (const batch of chunks([...wanted], LOOKUP_BATCH)) {
    for (const [id, commit] of await store.findCommits(repoId, batch)) stored.set(id, commit);
  }
  return stored;
}

function expectParents(commits: PushedCommit[], stored: ReadonlyMap<Id, unknown>): void {
  const sent = new Set(commits.map(({ id }) => id));
  for (const { id, parents } of commits) {
    const missing = parents.find((parent) => !sent.has(parent) && !stored.has(parent));
    if (missing) throw new Refusal('parent-missing', { commit_id: id, parent_id: missing });
  }
}

async function expectSnapshots(
  repoId: string,
  commits: PushedCommit[],
  { snapshots }: PushIntake,
  store: Store,
): Promise<void> {
  const elsewhere = commits.filter(({ snapshotId }) => !snapshots.has(snapshotId));
  for (const batch of chunks(elsewhere, LOOKUP_BATCH)) {
    const ids = [...new Set(batch.map(({ snapshotId }) => snapshotId))];
    const found = await store.findSnapshots(repoId, ids);
    const lacking = batch.find(({ snapshotId }) => !found.has(snapshotId));
    if (lacking) {
      throw new Refusal('snapshot-missing', {
        snapshot_id: lacking.snapshotId,
        commit_id: lacking.id,
      });
    }
  }
}

/** The head is here, and every commit that was sent is one that it reaches. */
function expectReach(
  head: Id | null,
  byId: ReadonlyMap<Id, PushedCommit>,
  stored: ReadonlyMap<Id, unknown>,
): void {
  if (head === null) return;
  if (!byId.has(head) && !stored.has(head)) throw new Refusal('head-missing', { head });
  const { inside } = reachFrom(head, byId);
  for (const id of byId.keys()) {
    if (!inside.has(id)) throw new Refusal('unreachable-commit', { commit_id: id, head });
  }
}

/** How the branch moves, and whether its rules and the wish allow that. */
async function judgeMove(
  { header, facts }: OpenedPush,
  byId: ReadonlyMap<Id, PushedCommit>,
  { repository, principal, access }: PushRequest,
  store: Store,
): Promise<PushKind> {
  const { branch } = header;
  const contained = await containsOldHead(header, facts.branchHead, byId, repository.id, store);
  const kind = expectNone(
    decideMove({
      branch,
      oldHead: facts.branchHead,
      newHead: header.head,
      expectedHead: header.expectedHead,
      force: header.force,
      containsOldHead: contained,
    }),
  );
  const decision = decideBranchChange(principal, access, facts.rules, { branch, kind });
  if (!decision.allowed) throw new Refusal(decision.code, { branch, kind });
  return kind;
}

async function containsOldHead(
  { head }: HeaderFrame,
  oldHead: Id | null,
  byId: ReadonlyMap<Id, PushedCommit>,
  repoId: string,
  store: Store,
): Promise<boolean> {
  if (head === null || oldHead === null || head === oldHead) return true;
  const { inside, outside } = reachFrom(head, byId);
  if (inside.has(oldHead) || outside.has(oldHead)) return true;
  return outside.size > 0 && store.isAncestor(repoId, oldHead, [...outside]);
}

function* chunks<T>(items: T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

function expectNone<T>(result: T | Problem): T {
  if (isProblem(result)) throw new Refusal(result.code, result.detail, result.message);
  return result as T;
}
