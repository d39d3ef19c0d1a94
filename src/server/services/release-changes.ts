import { parseSubject } from '~/muse/conventional-commit';
import { formatId, type Id } from '~/muse/ids';
import type { NewRelease, ReleaseRow, ReleaseStore } from '~/server/ports/release-store';
import { parseCommitRecord } from '~/wire/commit-record';
import type { BrowseDeps } from './browse-deps';
import { describeCommits, type ListedCommit } from './list-commits';
import type { OpenRepository } from './open-repository';
import { StoredRecordDamaged } from './tree-source';
import { walkGraph } from './walk-graph';

type ChangesDeps = Pick<BrowseDeps, 'browse' | 'records'> & {
  releases: ReleaseStore;
};

/** Commits of one release that are listed. */
export const RELEASE_CHANGES_LISTED = 200;
const SUBJECT_MAX_LENGTH = 300;
const WALK_MAX_ROWS = 20_000;
const [OF_RELEASE, OF_PREVIOUS] = [1, 2];

/** What came with a release: the commits that it reaches and the release before does not. */
export interface ReleaseChanges {
  /** The published release before it, by time. */
  previous: ReleaseRow | null;
  count: number;
  /** The walk was cut short: `count` is a lower bound. */
  bounded: boolean;
  /** Children before parents, at most `RELEASE_CHANGES_LISTED`. */
  commits: ListedCommit[];
}

/** The changes of a release. */
export async function releaseChanges(
  repo: OpenRepository,
  release: Pick<NewRelease, 'createdAtMs' | 'id' | 'commitId'>,
  deps: ChangesDeps,
): Promise<ReleaseChanges> {
  const { ids, ...changes } = await changedIds(repo, release, deps);
  return { ...changes, commits: await describeCommits(repo, ids, deps) };
}

async function changedIds(
  repo: OpenRepository,
  release: Pick<NewRelease, 'createdAtMs' | 'id' | 'commitId'>,
  deps: ChangesDeps,
): Promise<Omit<ReleaseChanges, 'commits'> & { ids: Id[] }> {
  const [previous = null] = await deps.releases.listReleases(repo.entry.id, {
    after: { createdAtMs: release.createdAtMs, id: release.id },
    ...{ channel: null, drafts: false, limit: 1 },
  });
  const starts = [{ id: release.commitId, bits: OF_RELEASE }];
  if (previous) starts.push({ id: previous.commitId, bits: OF_PREVIOUS });
  const ids: Id[] = [];
  let count = 0;
  const complete = await walkGraph(repo.entry.id, starts, deps.browse, {
    // What the release before reaches is not new, and neither is anything below it.
    settled: (bits) => (bits & OF_PREVIOUS) !== 0,
    visit: ({ id }, bits) => {
      if (bits !== OF_RELEASE) return;
      count++;
      if (ids.length < RELEASE_CHANGES_LISTED) ids.push(id);
    },
    maxRows: WALK_MAX_ROWS,
  });
  return { previous, count, bounded: !complete, ids };
}

/** The keys that a Muse release record has beside the hub's own, for a release made on a page. */
export async function changelogOf(
  repo: OpenRepository,
  release: NewRelease,
  deps: ChangesDeps,
): Promise<Record<string, unknown>> {
  const { ids } = await changedIds(repo, release, deps);
  const wanted = [...new Set([...ids, release.commitId])];
  const records = await deps.records.loadRecords(repo.entry.id, wanted);
  const commitOf = (id: Id) => {
    const raw = records.get(id);
    const commit = raw && parseCommitRecord(raw);
    if (commit && !('code' in commit)) return commit;
    throw new StoredRecordDamaged('commit', id, commit ? commit.message : 'missing');
  };
  const { agentId, modelId } = commitOf(release.commitId);
  return {
    agent_id: agentId,
    model_id: modelId,
    changelog: ids.map((id) => {
      const commit = commitOf(id);
      return {
        commit_id: formatId(id, repo.entry.idFormat ?? 'bare'),
        message: parseSubject(commit.message).subject.slice(0, SUBJECT_MAX_LENGTH),
        sem_ver_bump: commit.semVerBump,
        breaking_changes: commit.breakingChanges,
        author: commit.author,
        committed_at: commit.committedAt,
        agent_id: commit.agentId,
        model_id: commit.modelId,
      };
    }),
  };
}
