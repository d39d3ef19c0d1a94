import { ANONYMOUS, type Principal } from '../access';
import { authenticate } from '../auth/authenticate';
import type { BrowseDeps } from '../services/browse-deps';
import { type OpenRepository, openRepository } from '../services/open-repository';
import { clientOf } from './client-address';
import type { RepositoryParams } from './read-access';
import type { FaultLog } from './respond';

/** What the routes behind pages need; unlike the wire's they take the browser's session too. */
export interface PageAccessDeps extends BrowseDeps {
  sessionSecret: string;
  log: FaultLog;
}

/**
 * The repository of a link on a page, when whoever follows it may read it. Safe methods only: the
 * cookie alone is enough. Throws `Refusal`.
 */
export async function openForPage(
  request: Request,
  { owner, slug }: RepositoryParams,
  deps: PageAccessDeps,
): Promise<OpenRepository> {
  const principal: Principal =
    request.method === 'GET' || request.method === 'HEAD'
      ? await authenticate(request.headers, deps, clientOf(request))
      : ANONYMOUS;
  return openRepository({ owner, slug, scope: 'read', principal }, deps.identities);
}
