import type { Id, IdFormat } from '~/muse/ids';
import { channelOf, parseSemVer, type ReleaseChannel } from '~/muse/semver';
import type { NewRelease, ReleaseStore } from '~/server/ports/release-store';
import { isViolation, Refusal } from '~/wire/errors';
import { checkReleaseWords, type ReleaseRequest } from '~/wire/release-messages';
import type { BrowseDeps } from './browse-deps';
import { expectWriter } from './expect-writer';
import type { OpenRepository } from './open-repository';
import { changelogOf } from './release-changes';

export interface ReleaseDeps extends Pick<BrowseDeps, 'browse' | 'records' | 'clock'> {
  releases: ReleaseStore;
}

/**
 * Makes the release that a client sends, and tells its id. The same release again (id, tag and
 * commit) changes nothing (docs/protocol.md §4).
 *
 * Throws `Refusal`: `unauthenticated`, `access-denied`, `id-format-mismatch`, `object-not-found` for
 * a commit that is not here, `bad-release` for a snapshot that is not the commit's,
 * `release-conflict`.
 */
export async function createRelease(
  repo: OpenRepository,
  wanted: ReleaseRequest,
  deps: ReleaseDeps,
): Promise<string> {
  const { userId } = expectWriter(repo);
  expectIdFormat(repo, wanted.idFormat);
  const snapshotId = await snapshotOf(repo, wanted.commitId, deps);
  if (wanted.snapshotId !== null && wanted.snapshotId !== snapshotId) {
    const message = 'The snapshot that is named is not the one of the commit.';
    throw new Refusal('bad-release', { field: 'snapshot_id' }, message);
  }
  const { record, idFormat: _, ...fields } = wanted;
  const release: NewRelease = {
    ...fields,
    snapshotId,
    id: wanted.id ?? deps.clock.uuid(),
    createdAtMs: wanted.createdAtMs ?? deps.clock.now(),
  };
  if (await deps.releases.addRelease(repo.entry.id, userId, release, record)) return release.id;
  const there = await deps.releases.findRelease(repo.entry.id, release.tag);
  if (there?.id === wanted.id && there.commitId === wanted.commitId) return there.id;
  throw new Refusal('release-conflict', { tag: release.tag });
}

/** What a person fills in to make a release. */
export interface DraftedRelease {
  tag: string;
  /** null: what the version says. */
  channel: ReleaseChannel | null;
  title: string;
  body: string;
  isDraft: boolean;
  commitId: Id;
}

/**
 * Makes a release by hand, with the changelog since the one before. Throws `Refusal` as
 * `createRelease`, and `bad-release` for a tag that is no version or words that are too long.
 */
export async function draftRelease(
  repo: OpenRepository,
  drafted: DraftedRelease,
  deps: ReleaseDeps,
): Promise<NewRelease> {
  const { userId } = expectWriter(repo);
  const version = parseSemVer(drafted.tag);
  if (version === null) {
    const message = 'The tag of a release is a version, such as v1.2.0 or v1.3.0-beta.1.';
    throw new Refusal('bad-release', { field: 'tag' }, message);
  }
  expectReleaseWords(drafted);
  const snapshotId = await snapshotOf(repo, drafted.commitId, deps);
  const release: NewRelease = {
    ...drafted,
    channel: drafted.channel ?? channelOf(version),
    snapshotId,
    id: deps.clock.uuid(),
    createdAtMs: deps.clock.now(),
  };
  const record = await changelogOf(repo, release, deps);
  if (await deps.releases.addRelease(repo.entry.id, userId, release, record)) return release;
  throw new Refusal('release-conflict', { tag: release.tag });
}

/** Throws `Refusal` `bad-release` for a title or notes that are too long. */
export function expectReleaseWords({ title, body }: { title: string; body: string }): void {
  const problem = checkReleaseWords(title, body);
  if (isViolation(problem)) throw Refusal.from(problem);
}

/** Throws `Refusal` `id-format-mismatch` for ids in the form that the repository does not use. */
export function expectIdFormat(repo: OpenRepository, got: IdFormat | null): void {
  const expected = repo.entry.idFormat;
  if (expected !== null && got !== null && expected !== got) {
    throw new Refusal('id-format-mismatch', { expected, got });
  }
}

async function snapshotOf(
  repo: OpenRepository,
  commitId: Id,
  { browse }: Pick<ReleaseDeps, 'browse'>,
): Promise<Id> {
  const commit = (await browse.loadCommits(repo.entry.id, [commitId])).get(commitId);
  if (commit) return commit.snapshotId;
  const message = 'The commit that is named is not here; push it first.';
  throw new Refusal('object-not-found', { id: commitId }, message);
}
