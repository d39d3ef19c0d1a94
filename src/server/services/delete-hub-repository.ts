import type { Principal } from '~/server/access';
import type { IdentityStore } from '~/server/ports/identity-store';
import type { SettingsStore } from '~/server/ports/settings-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry, ofRepository } from './audit-entry';
import { checkReason, expectHubAdmin } from './expect-hub-admin';
import { openRepository } from './open-repository';

interface DeleteDeps extends ActDeps {
  identities: Pick<IdentityStore, 'findRepository'>;
  settings: Pick<SettingsStore, 'deleteRepository'>;
}

/**
 * Takes anybody's repository away, for an admin of the hub who says why.
 *
 * Throws `Refusal`: as `expectHubAdmin`, `bad-frame` without a reason, `repo-not-found`.
 */
export async function deleteHubRepository(
  principal: Principal,
  { owner, slug, reason: given }: { owner: string; slug: string; reason: string },
  deps: DeleteDeps,
): Promise<void> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(given);
  const repo = await openRepository(
    { owner, slug, scope: 'admin', principal: admin },
    deps.identities,
  );
  const act = { action: 'repository.delete' as const, ...ofRepository(repo.entry), reason };
  const entry = auditEntry(admin, deps, act);
  if (!(await deps.settings.deleteRepository(repo.entry.id, entry)))
    throw new Refusal('repo-not-found');
}
