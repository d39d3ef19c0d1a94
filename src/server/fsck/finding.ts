import type { StoredRepository } from '../ports/stored-state';

/** What can be wrong with what a hub has stored. */
export const FINDINGS = {
  'segment-missing': 'A segment that rows name is not in the object storage.',
  'segment-size': 'A segment has another length than its row says.',
  'object-missing': 'The bytes of an object cannot be read.',
  'object-damaged': 'The bytes of an object are not what its id names.',
  'object-without-row': 'A directory names an object that is not stored.',
  'object-without-segment': 'An object lies in a segment that has no row.',
  'tree-damaged': 'A directory does not decode, or does not hash to its id.',
  'tree-missing': 'A directory or a snapshot names a directory that is not stored.',
  'snapshot-mismatch': 'A snapshot’s id does not follow from its files.',
  'snapshot-damaged': 'What a snapshot’s record holds beside its files does not decode.',
  'snapshot-missing': 'A commit names a snapshot that is not stored.',
  'commit-damaged': 'A commit’s record does not decode, or says something else than its row.',
  'commit-mismatch': 'A commit’s id does not follow from its record.',
  'commit-generation': 'A commit does not come one generation after its latest parent.',
  'commit-of-no-push': 'A commit belongs to a push that was not accepted.',
  'parent-missing': 'A commit names a parent that is not stored.',
  'branch-dangling': 'A branch points at a commit that is not stored.',
  'tag-dangling': 'A tag names a commit that is not stored.',
  'release-dangling': 'A release names a commit that is not stored.',
  'branch-differs': 'A branch is not where the push history left it.',
  'history-gap': 'The numbers of the accepted pushes have a gap.',
  'history-broken': 'A push does not begin where the one before it on its branch ended.',
  'stray-rows': 'There are rows of a repository that is not there.',
} as const;

export type FindingKind = keyof typeof FINDINGS;

export interface Finding {
  kind: FindingKind;
  /** `owner/slug`; '' where there is none. */
  repository: string;
  repoId: string;
  /** Of what it is about: an object, a commit, a segment, a branch. */
  id: string;
  /** What exactly. */
  detail: string;
}

/** Takes findings as they are made. */
export type Report = (finding: Finding) => void;

/** Findings about one repository. */
export function reportOf(
  report: Report,
  { id: repoId, name: repository }: StoredRepository,
): (kind: FindingKind, id: string, detail?: string) => void {
  return (kind, id, detail = '') => report({ kind, repository, repoId, id, detail });
}

export type RepoReport = ReturnType<typeof reportOf>;

/** Gathers what comes one by one into lists of a bounded length. */
export async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
