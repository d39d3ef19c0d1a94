import type { Id } from '~/muse/ids';
import type { StoredRepository, StoredState } from '../ports/stored-state';
import { inBatches, type RepoReport } from './finding';

const BATCH = 1_000;

/** Whether the accepted pushes have no gap, chain on each branch, and end where the branches are. */
export async function checkHistory(
  { id: repoId, pushSeq }: StoredRepository,
  state: StoredState,
  report: RepoReport,
): Promise<number> {
  /** Where the history leaves each branch. */
  const heads = new Map<string, Id | null>();
  let last = 0;
  for await (const push of state.acceptedPushes(repoId)) {
    const { id, seq, branch, oldHead, newHead } = push;
    if (seq !== last + 1) report('history-gap', id, `number ${seq} after ${last}`);
    last = seq ?? last;
    const before = heads.get(branch) ?? null;
    if (oldHead !== before) {
      const words = `${branch} was at ${before ?? 'nothing'}, the push begins at ${oldHead ?? 'nothing'}`;
      report('history-broken', id, words);
    }
    heads.set(branch, newHead);
  }
  if (last !== pushSeq) {
    report('history-gap', repoId, `the last number is ${last}, the repository says ${pushSeq}`);
  }
  await checkBranches(repoId, heads, state, report);
  return last;
}

/** Whether the commits that tags and releases name are there. */
export async function checkMarks(
  repoId: string,
  state: StoredState,
  report: RepoReport,
): Promise<void> {
  for await (const batch of inBatches(state.marks(repoId), BATCH)) {
    const named = new Set(batch.map(({ commitId }) => commitId));
    const there = await state.existing('commits', repoId, [...named]);
    for (const { kind, name, commitId } of batch) {
      if (!there.has(commitId)) report(`${kind}-dangling`, name, `commit ${commitId}`);
    }
  }
}

async function checkBranches(
  repoId: string,
  heads: Map<string, Id | null>,
  state: StoredState,
  report: RepoReport,
): Promise<void> {
  const seen = new Set<string>();
  for await (const batch of inBatches(state.branches(repoId), BATCH)) {
    const wanted = batch.map(({ head }) => head);
    const there = await state.existing('commits', repoId, wanted);
    for (const { name, head } of batch) {
      seen.add(name);
      if (!there.has(head)) report('branch-dangling', name, `commit ${head}`);
      const left = heads.get(name) ?? null;
      if (left !== head) {
        report('branch-differs', name, `it is at ${head}, its history at ${left ?? 'nothing'}`);
      }
    }
  }
  for (const [name, head] of heads) {
    if (head === null || seen.has(name)) continue;
    report('branch-differs', name, `it is not there, its history is at ${head}`);
  }
}
