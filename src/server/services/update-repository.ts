import type { RepositoryChange } from '~/server/ports/settings-store';
import { Refusal } from '~/wire/errors';
import { checkDescription } from './create-repository';
import type { OpenRepository } from './open-repository';
import { expectRepositoryAdmin, type SettingsDeps } from './show-settings';

/**
 * Changes what a repository is; what is absent stays.
 *
 * Throws `Refusal`: `access-denied`, `limit-exceeded` for too long a description,
 * `branch-not-found` when the default branch shall be one that is not there.
 */
export async function updateRepository(
  repo: OpenRepository,
  change: RepositoryChange,
  { settings }: SettingsDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  const { description, ...rest } = change;
  const checked =
    description === undefined ? rest : { ...rest, description: checkDescription(description) };
  if (await settings.updateRepository(repo.entry.id, checked)) return;
  throw new Refusal('branch-not-found', { branch: change.defaultBranch ?? null });
}
