import type { BlobStore } from '../ports/blob-store';
import type { StoredState } from '../ports/stored-state';
import { checkCommits } from './check-commits';
import { checkHistory, checkMarks } from './check-history';
import { checkBlobs, checkObjects, checkSegments } from './check-objects';
import { checkSnapshots, checkTrees } from './check-trees';
import { type Report, reportOf } from './finding';

/** What was looked at. */
export interface CheckedHub {
  repositories: number;
  segments: number;
  objects: number;
  trees: number;
  snapshots: number;
  commits: number;
  pushes: number;
  /** Blobs that no row names: of pushes that failed, or are under way. */
  unused: { blobs: number; bytes: number };
}

/**
 * Looks at everything that a hub has stored, without the code that stored it: the invariants of
 * ARCHITECTURE.md that rest on stored data. It changes nothing, and holds a bounded part in memory.
 *
 * @param report told of each finding as it is made
 */
export async function checkHub(
  { state, blobs }: { state: StoredState; blobs: Pick<BlobStore, 'read' | 'list'> },
  report: Report,
  onRepository: (name: string) => void = () => undefined,
): Promise<CheckedHub> {
  const checked: CheckedHub = {
    ...{ repositories: 0, segments: 0, objects: 0, trees: 0, snapshots: 0, commits: 0 },
    ...{ pushes: 0, unused: { blobs: 0, bytes: 0 } },
  };
  for await (const repository of state.repositories()) {
    const { id } = repository;
    const found = reportOf(report, repository);
    onRepository(repository.name);
    checked.repositories++;
    checked.segments += await checkSegments(id, state, blobs, found);
    checked.objects += await checkObjects(id, state, blobs, found);
    checked.trees += await checkTrees(id, state, found);
    checked.snapshots += await checkSnapshots(id, state, found);
    checked.commits += await checkCommits(repository, state, found);
    checked.pushes += await checkHistory(repository, state, found);
    await checkMarks(id, state, found);
  }
  for await (const { table, repoId, rows } of state.strays()) {
    const detail = `${rows} in ${table}`;
    report({ kind: 'stray-rows', repository: '', repoId, id: repoId, detail });
  }
  checked.unused = await checkBlobs(state, blobs, (repoId, id, detail) => {
    report({ kind: 'segment-size', repository: '', repoId, id, detail });
  });
  return checked;
}
