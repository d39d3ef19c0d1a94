import { Refusal } from '~/wire/errors';
import { auditEntry, ofRepository } from './audit-entry';
import type { OpenRepository } from './open-repository';
import { type ChangeSettingsDeps, expectRepositoryAdmin } from './show-settings';

/**
 * Takes a repository away for everybody, at once; its name is free again.
 *
 * @param confirmed the name `owner/slug` as the admin typed it
 * Throws `Refusal`: `access-denied`, `bad-frame` when the name is another, `repo-not-found`.
 */
export async function deleteRepository(
  repo: OpenRepository,
  confirmed: string,
  deps: ChangeSettingsDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  const name = `${repo.entry.owner}/${repo.entry.slug}`;
  if (confirmed.trim() !== name) {
    throw new Refusal('bad-frame', { field: 'confirm' }, `Type ${name} to delete it.`);
  }
  const act = { action: 'repository.delete' as const, ...ofRepository(repo.entry) };
  const entry = auditEntry(repo.principal, deps, act);
  if (!(await deps.settings.deleteRepository(repo.entry.id, entry)))
    throw new Refusal('repo-not-found');
}
