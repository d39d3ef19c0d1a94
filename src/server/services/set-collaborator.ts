import type { IdentityStore } from '~/server/ports/identity-store';
import type { Permission } from '~/server/ports/settings-store';
import { Refusal } from '~/wire/errors';
import { auditEntry, ofRepository } from './audit-entry';
import type { OpenRepository } from './open-repository';
import { type ChangeSettingsDeps, expectRepositoryAdmin } from './show-settings';

const COLLABORATORS_MAX = 500;

interface CollaboratorDeps extends ChangeSettingsDeps {
  identities: Pick<IdentityStore, 'findUser'>;
}

/**
 * Gives an account a permission on a repository, or (null) takes it back.
 *
 * Throws `Refusal`: `access-denied`, `object-not-found` when there is no such account or it is no
 * collaborator, `bad-frame` for the owner, `limit-exceeded` for too many.
 */
export async function setCollaborator(
  repo: OpenRepository,
  { handle, permission }: { handle: string; permission: Permission | null },
  deps: CollaboratorDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  const { settings, identities } = deps;
  const { id, owner } = repo.entry;
  const user = await identities.findUser(handle.trim());
  if (!user || (user.disabled && permission !== null)) {
    throw new Refusal('object-not-found', {}, 'There is no account of this name.');
  }
  const detail = { account: user.handle, permission };
  const entry = auditEntry(repo.principal, deps, {
    action: permission === null ? 'collaborator.remove' : 'collaborator.set',
    ...ofRepository(repo.entry),
    detail,
  });
  if (permission === null) {
    if (await settings.removeCollaborator(id, user.id, entry)) return;
    throw new Refusal('object-not-found', {}, 'This account is no collaborator.');
  }
  if (user.handle === owner) {
    const message = 'The owner may do everything already.';
    throw new Refusal('bad-frame', { field: 'handle' }, message);
  }
  if ((await settings.listCollaborators(id)).length >= COLLABORATORS_MAX) {
    const message = `A repository has at most ${COLLABORATORS_MAX} collaborators.`;
    throw new Refusal('limit-exceeded', { limit: COLLABORATORS_MAX }, message);
  }
  await settings.putCollaborator(id, user.id, permission, entry);
}
