import type { RepositoryChange } from '~/server/ports/settings-store';
import { Refusal } from '~/wire/errors';
import { auditEntry, ofRepository } from './audit-entry';
import { checkDescription } from './create-repository';
import type { OpenRepository } from './open-repository';
import { type ChangeSettingsDeps, expectRepositoryAdmin } from './show-settings';

/**
 * Changes what a repository is; what is absent stays.
 *
 * Throws `Refusal`: `access-denied`, `limit-exceeded` for too long a description,
 * `branch-not-found` when the default branch shall be one that is not there.
 */
export async function updateRepository(
  repo: OpenRepository,
  change: RepositoryChange,
  deps: ChangeSettingsDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  const { description, ...rest } = change;
  const checked =
    description === undefined ? rest : { ...rest, description: checkDescription(description) };
  const entry = auditEntry(repo.principal, deps, {
    action: 'repository.update',
    ...ofRepository(repo.entry),
    detail: checked,
  });
  if (await deps.settings.updateRepository(repo.entry.id, checked, entry)) return;
  throw new Refusal('branch-not-found', { branch: change.defaultBranch ?? null });
}
