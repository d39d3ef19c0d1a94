import type { ReleaseChange, ReleaseStore } from '~/server/ports/release-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry, ofRepository } from './audit-entry';
import type { BrowseDeps } from './browse-deps';
import { expectReleaseWords } from './create-release';
import { expectWriter } from './expect-writer';
import type { OpenRepository } from './open-repository';

const gone = () => new Refusal('object-not-found', {}, 'There is no such release here.');

/**
 * Replaces the words of a release, its channel, and whether it is a draft. Throws `Refusal`:
 * `unauthenticated`, `access-denied`, `bad-release`, `object-not-found`.
 */
export async function updateRelease(
  repo: OpenRepository,
  tag: string,
  change: ReleaseChange,
  { releases, clock }: { releases: ReleaseStore } & Pick<BrowseDeps, 'clock'>,
): Promise<void> {
  expectWriter(repo);
  expectReleaseWords(change);
  if (!(await releases.updateRelease(repo.entry.id, tag, change, clock.now()))) throw gone();
}

/**
 * Takes a release away; its commit stays. Throws `Refusal`: `unauthenticated`, `access-denied`,
 * `object-not-found`.
 */
export async function deleteRelease(
  repo: OpenRepository,
  tag: string,
  deps: { releases: ReleaseStore } & ActDeps,
): Promise<void> {
  const writer = expectWriter(repo);
  const act = { action: 'release.delete', ...ofRepository(repo.entry), detail: { tag } } as const;
  const audit = auditEntry(writer, deps, act);
  if (!(await deps.releases.deleteRelease(repo.entry.id, tag, audit))) throw gone();
}
