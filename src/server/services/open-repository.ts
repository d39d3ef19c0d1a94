import { decideAccess, type Principal, type Scope } from '~/server/access';
import type { IdentityStore, RepositoryEntry } from '~/server/ports/identity-store';
import { Refusal } from '~/wire/errors';

/**
 * A repository that a principal may use with a scope. Only `openRepository` makes one, so a service
 * that takes it cannot be reached without the decision.
 */
export interface OpenRepository {
  readonly entry: RepositoryEntry['repository'];
  readonly principal: Principal;
  /** What else the principal may do, for pages that show or hide. */
  readonly mayWrite: boolean;
  readonly mayAdmin: boolean;
  readonly opened: typeof OPENED;
}

const OPENED: unique symbol = Symbol('opened');

/**
 * Finds a repository and decides about it. Throws `Refusal`: `repo-not-found` alike for what is not
 * there and what may not be seen, else what `decideAccess` says.
 */
export async function openRepository(
  request: { owner: string; slug: string; scope: Scope; principal: Principal },
  identities: Pick<IdentityStore, 'findRepository'>,
): Promise<OpenRepository> {
  const { owner, slug, scope, principal } = request;
  const found = await identities.findRepository(owner, slug, principal);
  if (!found) throw new Refusal('repo-not-found');
  const decision = decideAccess(principal, found.access, scope);
  if (!decision.allowed) throw new Refusal(decision.code);
  return {
    entry: found.repository,
    principal,
    mayWrite: decideAccess(principal, found.access, 'write').allowed,
    mayAdmin: decideAccess(principal, found.access, 'admin').allowed,
    opened: OPENED,
  };
}
