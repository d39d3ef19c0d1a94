import type { Commit } from '~/muse/commit';
import { commitIdMatches } from '~/muse/commit-id';
import type { Id } from '~/muse/ids';
import { parseCommitRecord } from '~/wire/commit-record';
import { isViolation } from '~/wire/errors';
import type { StoredCommitRow, StoredRepository, StoredState } from '../ports/stored-state';
import { inBatches, type RepoReport } from './finding';

const BATCH = 200;

/** Decodes every commit record, derives its id, and looks for what it names. */
export async function checkCommits(
  { id: repoId, pushSeq }: StoredRepository,
  state: StoredState,
  report: RepoReport,
): Promise<number> {
  let count = 0;
  for await (const batch of inBatches(state.commits(repoId), BATCH)) {
    count += batch.length;
    const snapshots = new Set(batch.map(({ snapshotId }) => snapshotId));
    const there = await state.existing('snapshots', repoId, [...snapshots]);
    const parents = new Set(batch.flatMap((commit) => commit.parents));
    const generations = await state.generations(repoId, [...parents]);
    for (const commit of batch) {
      checkRecord(commit, report);
      checkGeneration(commit, generations, report);
      if (!there.has(commit.snapshotId)) {
        report('snapshot-missing', commit.snapshotId, `named by the commit ${commit.id}`);
      }
      if (commit.pushSeq < 1 || commit.pushSeq > pushSeq) {
        report('commit-of-no-push', commit.id, `push ${commit.pushSeq} of ${pushSeq}`);
      }
    }
  }
  return count;
}

function checkRecord(row: StoredCommitRow, report: RepoReport): void {
  const commit = parseCommitRecord(row.record);
  if (isViolation(commit)) {
    report('commit-damaged', row.id, commit.message);
    return;
  }
  const differs = differenceOf(row, commit);
  if (differs !== null) report('commit-damaged', row.id, `the record has another ${differs}`);
  else if (row.idVerified && commitIdMatches(commit) === null) report('commit-mismatch', row.id);
}

/** The field in which a record and its row differ; null when they agree. */
function differenceOf(row: StoredCommitRow, commit: Commit): string | null {
  if (row.id !== commit.id) return 'id';
  if (row.snapshotId !== commit.snapshotId) return 'snapshot';
  if (row.parents.join() !== commit.parents.join()) return 'parent';
  for (const field of ['author', 'committedAt', 'message'] as const) {
    // What the database cannot hold as text stands there as U+FFFD.
    if (row[field] !== commit[field] && !row[field].includes('\ufffd')) return field;
  }
  return (commit.signature === '') === (row.signatureState === 'none') ? null : 'signature';
}

function checkGeneration(
  { id, parents, generation }: StoredCommitRow,
  generations: Map<Id, number>,
  report: RepoReport,
): void {
  const missing = parents.filter((parent) => !generations.has(parent));
  for (const parent of missing) report('parent-missing', parent, `named by the commit ${id}`);
  if (missing.length > 0) return;
  const expected = 1 + Math.max(0, ...parents.map((parent) => generations.get(parent)!));
  if (generation !== expected) {
    report('commit-generation', id, `${generation} instead of ${expected}`);
  }
}
