import { Refusal } from '~/wire/errors';
import type { OpenRepository } from './open-repository';
import { expectRepositoryAdmin, type SettingsDeps } from './show-settings';

/**
 * Takes a repository away for everybody, at once; its name is free again.
 *
 * @param confirmed the name `owner/slug` as the admin typed it
 * Throws `Refusal`: `access-denied`, `bad-frame` when the name is another, `repo-not-found`.
 */
export async function deleteRepository(
  repo: OpenRepository,
  confirmed: string,
  { settings }: SettingsDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  const name = `${repo.entry.owner}/${repo.entry.slug}`;
  if (confirmed.trim() !== name) {
    throw new Refusal('bad-frame', { field: 'confirm' }, `Type ${name} to delete it.`);
  }
  if (!(await settings.deleteRepository(repo.entry.id))) throw new Refusal('repo-not-found');
}
