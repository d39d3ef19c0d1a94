import { parseSubject } from '~/muse/conventional-commit';
import { formatId, type Id } from '~/muse/ids';
import type { NewRelease, ReleaseRow, ReleaseStore } from '~/server/ports/release-store';
import { parseCommitRecord } from '~/wire/commit-record';
import type { BrowseDeps } from './browse-deps';
import { describeCommits, type ListedCommit } from './list-commits';
import { loadHistory } from './load-history';
import type { OpenRepository } from './open-repository';
import { StoredRecordDamaged } from './tree-source';

type ChangesDeps = Pick<BrowseDeps, 'browse' | 'histories' | 'records'> & {
  releases: ReleaseStore;
};

/** Commits of one release that are listed. */
export const RELEASE_CHANGES_LISTED = 200;
const SUBJECT_MAX_LENGTH = 300;

/** What came with a release: the commits that it reaches and the release before does not. */
export interface ReleaseChanges {
  /** The published release before it, by time. */
  previous: ReleaseRow | null;
  count: number;
  /** Newest first, at most `RELEASE_CHANGES_LISTED`. */
  commits: ListedCommit[];
}

/** The changes of a release. */
export async function releaseChanges(
  repo: OpenRepository,
  release: Pick<NewRelease, 'createdAtMs' | 'id' | 'commitId'>,
  deps: ChangesDeps,
): Promise<ReleaseChanges> {
  const { previous, count, ids } = await changedIds(repo, release, deps);
  return { previous, count, commits: await describeCommits(repo, ids, deps) };
}

async function changedIds(
  repo: OpenRepository,
  release: Pick<NewRelease, 'createdAtMs' | 'id' | 'commitId'>,
  deps: ChangesDeps,
): Promise<{ previous: ReleaseRow | null; count: number; ids: Id[] }> {
  const [previous = null] = await deps.releases.listReleases(repo.entry.id, {
    after: { createdAtMs: release.createdAtMs, id: release.id },
    ...{ channel: null, drafts: false, limit: 1 },
  });
  const before = previous?.commitId ?? null;
  const history = await loadHistory(repo.entry.id, release.commitId, before, deps);
  return { previous, count: history.count, ids: history.slice(0, RELEASE_CHANGES_LISTED) };
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
