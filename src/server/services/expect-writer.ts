import type { Principal } from '~/server/access';
import { Refusal } from '~/wire/errors';
import type { OpenRepository } from './open-repository';

/**
 * The account that may write to a repository. Throws `Refusal`: `unauthenticated` for nobody,
 * `access-denied` for those who may only read.
 */
export function expectWriter(repo: OpenRepository): Extract<Principal, { kind: 'user' }> {
  if (repo.principal.kind === 'anonymous') throw new Refusal('unauthenticated');
  if (!repo.mayWrite) throw new Refusal('access-denied');
  return repo.principal;
}
