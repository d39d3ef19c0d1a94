import type { Principal } from '../access';
import { type AuthenticateDeps, authenticateBearer } from '../auth/authenticate';
import type { IdentityStore } from '../ports/identity-store';
import { type OpenRepository, openRepository } from '../services/open-repository';
import { clientOf } from './client-address';
import type { FaultLog } from './respond';

/** What every route that reads needs: who asks, of which repository, and where faults are told. */
export interface ReadAccessDeps extends AuthenticateDeps {
  identities: AuthenticateDeps['identities'] & Pick<IdentityStore, 'findRepository'>;
  log: FaultLog;
}

export interface RepositoryParams {
  owner: string;
  slug: string;
}

/** Who sends a request; wire routes ignore cookies. Throws as `authenticateBearer`. */
export function principalOf(request: Request, deps: AuthenticateDeps): Promise<Principal> {
  return authenticateBearer(request.headers.get('authorization'), deps, clientOf(request));
}

/** The repository of a request, when its sender may read it. Throws `Refusal`. */
export async function openForReading(
  request: Request,
  { owner, slug }: RepositoryParams,
  deps: ReadAccessDeps,
): Promise<OpenRepository> {
  const principal = await principalOf(request, deps);
  return openRepository({ owner, slug, scope: 'read', principal }, deps.identities);
}
