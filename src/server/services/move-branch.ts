import { decideMove } from '~/muse/branch-move';
import type { Id } from '~/muse/ids';
import { isProblem } from '~/muse/problem';
import type { AuditAction } from '~/server/ports/audit-log';
import type { BrowseStore } from '~/server/ports/browse-store';
import type { Clock } from '~/server/ports/clock';
import type { PushFeed } from '~/server/ports/push-feed';
import type { PushFacts, PushPlan, PushStore } from '~/server/ports/push-store';
import { Refusal } from '~/wire/errors';
import type { PushKind, ResultFrame } from '~/wire/frames';
import { type ActDeps, auditEntry, ofRepository } from './audit-entry';
import type { OpenRepository } from './open-repository';
import { commitPath } from './push-plan';
import { recordEnd } from './receive-push';
import { tellPush } from './report-push';

/**
 * Branches that are moved by hand. Each move is a push without objects: it has its row in the
 * history before it is judged, goes through the one transaction of a push, with its compare-and-set
 * and its second look at rights and rules, and takes nothing out of the history.
 */
export interface MoveBranchDeps extends ActDeps {
  pushes: Pick<PushStore, 'openPush' | 'findCommits' | 'isAncestor' | 'applyPush' | 'closePush'>;
  browse: Pick<BrowseStore, 'findPushById'>;
  feed: Pick<PushFeed, 'publish'>;
  clock: Clock;
  /** The hub's public address. */
  url: string;
  log: { error(message: string, fields: Record<string, unknown>): void };
}

/** What the history says was the program of such an entry. */
const CLIENT = 'by hand';
const NOTHING = { objects: 0, objectsReused: 0, commits: 0, bytesReceived: 0 };

/**
 * Puts a branch where an entry of the history left it, or where it was before that entry; a branch
 * that is not there is made again.
 *
 * @param wish.expectedHead where the one who asks saw it; null: he saw that there is none
 * Throws `Refusal`: `access-denied`, `object-not-found` for what is no accepted entry,
 * `head-missing` when the entry has no commit on that side, `stale-head`, and what the transaction
 * of a push refuses, such as `branch-protected`.
 */
export async function restoreBranch(
  repo: OpenRepository,
  wish: { pushId: string; to: 'before' | 'after'; expectedHead: Id | null },
  deps: MoveBranchDeps,
): Promise<ResultFrame> {
  expectWriter(repo);
  const entry = await deps.browse.findPushById(repo.entry.id, wish.pushId);
  if (entry?.outcome !== 'accepted' || entry.seq === null) {
    throw new Refusal('object-not-found', {}, 'There is no such accepted push here.');
  }
  const head = wish.to === 'after' ? entry.newHead : entry.oldHead;
  if (head === null) {
    const message = `The branch was not there ${wish.to} that push; choose another entry.`;
    throw new Refusal('head-missing', { push_id: entry.id }, message);
  }
  const { branch, seq } = entry;
  const { expectedHead } = wish;
  return moveBranch(repo, { branch, head, expectedHead, seq, action: 'branch.restore' }, deps);
}

/**
 * Takes a branch away. Its commits stay, and an entry of the history brings it back. The default
 * branch is not deleted by hand.
 *
 * Throws `Refusal`: `access-denied`, `branch-protected`, `stale-head`, `branch-not-found`, and what
 * the transaction of a push refuses.
 */
export async function deleteBranch(
  repo: OpenRepository,
  wish: { branch: string; expectedHead: Id },
  deps: MoveBranchDeps,
): Promise<ResultFrame> {
  expectWriter(repo);
  const { branch } = wish;
  if (branch === repo.entry.defaultBranch) {
    const message = 'This is the default branch; make another one the default before.';
    throw new Refusal('branch-protected', { branch }, message);
  }
  return moveBranch(repo, { ...wish, head: null, seq: undefined, action: 'branch.delete' }, deps);
}

interface Move {
  branch: string;
  head: Id | null;
  expectedHead: Id | null;
  /** Of the entry it goes back to. */
  seq: number | undefined;
  action: AuditAction;
}

async function moveBranch(
  repo: OpenRepository,
  move: Move,
  deps: MoveBranchDeps,
): Promise<ResultFrame> {
  const { pushes, clock, use, log } = deps;
  const repoId = repo.entry.id;
  const opening = {
    ...{ repoId, pushId: clock.uuid(), branch: move.branch, head: move.head },
    ...{ principal: repo.principal, client: CLIENT, address: use.address },
    ...{ startedAtMs: clock.now(), restoredSeq: move.seq },
  };
  const facts = await pushes.openPush(opening);
  try {
    const kind = await judge(repoId, move, facts, pushes);
    const plan = planOf(repo, move, kind, { ...opening, facts }, deps);
    const result = await pushes.applyPush(plan);
    tellPush(deps.feed, { repoId, pushId: result.pushId, state: 'accepted' });
    return result;
  } catch (error) {
    await recordEnd(error, opening.pushId, { id: repoId }, NOTHING, {
      ...{ store: pushes, feed: deps.feed },
      onTrouble: (what, trouble, pushId) => log.error(what, { err: trouble, pushId }),
    });
    throw error;
  }
}

/** How the branch moves; whether it may is asked by the transaction. */
async function judge(
  repoId: string,
  { branch, head, expectedHead }: Move,
  { branchHead: oldHead }: PushFacts,
  pushes: MoveBranchDeps['pushes'],
): Promise<PushKind> {
  // Asked of a branch that is where it shall be, too: it is there by somebody else's doing.
  if (expectedHead !== oldHead) throw new Refusal('stale-head', { branch, current_head: oldHead });
  if (head !== null && !(await pushes.findCommits(repoId, [head])).has(head)) {
    throw new Refusal('head-missing', { head });
  }
  const between = oldHead !== null && head !== null && oldHead !== head;
  const containsOldHead = !between || (await pushes.isAncestor(repoId, oldHead, [head]));
  const kind = decideMove({
    ...{ branch, oldHead, newHead: head, expectedHead, containsOldHead, force: true },
  });
  if (isProblem(kind)) throw new Refusal(kind.code, kind.detail, kind.message);
  return kind;
}

function planOf(
  repo: OpenRepository,
  { branch, head, seq, action }: Move,
  kind: PushKind,
  opened: { pushId: string; startedAtMs: number; facts: PushFacts },
  deps: MoveBranchDeps,
): PushPlan {
  const { entry, principal } = repo;
  const oldHead = opened.facts.branchHead;
  return {
    ...{ repoId: entry.id, pushId: opened.pushId, principal, branch, kind, oldHead, newHead: head },
    ...{ idFormat: entry.idFormat, segments: [], recordUpdates: [], warnings: [] },
    ...{ objects: () => [], trees: none, snapshots: none, commits: none },
    ...{ counts: NOTHING, bytesStored: 0, startedAtMs: opened.startedAtMs },
    commitUrl: (id) => deps.url + commitPath(entry.owner, entry.slug, id),
    audit: auditEntry(principal, deps, {
      ...{ action, ...ofRepository(entry) },
      detail: { branch, kind, from: oldHead, to: head, restored_seq: seq, push_id: opened.pushId },
    }),
  };
}

async function* none(): AsyncGenerator<never[]> {}

function expectWriter(repo: OpenRepository): void {
  if (!repo.mayWrite) throw new Refusal('access-denied');
}
