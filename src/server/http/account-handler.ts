import { z } from 'zod';
import type { AccountStore } from '~/server/ports/account-store';
import type { Clock } from '~/server/ports/clock';
import type { IdentityStore } from '~/server/ports/identity-store';
import { createRepository, type NewRepository } from '~/server/services/create-repository';
import { whoami } from '~/server/services/whoami';
import { Refusal } from '~/wire/errors';
import type { AuthenticateDeps } from '../auth/authenticate';
import { clientOf } from './client-address';
import { answerHeaders, answering, answeringCaller, readJson } from './json-exchange';
import { principalOf } from './read-access';
import type { FaultLog } from './respond';

/**
 * What the command line needs beside the wire (docs/protocol.md §4): who am I, and make a
 * repository. Bearer tokens only, JSON both ways; cookies are ignored.
 */
export interface AccountHandlerDeps extends AuthenticateDeps {
  identities: IdentityStore;
  accounts: Pick<AccountStore, 'findAccount'>;
  clock: Clock;
  log: FaultLog;
  /** The hub's public address. */
  url: string;
}

/** The body of `POST /api/repos`. */
export const newRepository = z.object({
  slug: z.string(),
  owner: z.string().nullish(),
  visibility: z.enum(['public', 'private']),
  description: z.string().nullish(),
});

/** `GET /api/whoami` → `{handle, kind, role, display_name, owner, scopes}`. */
export function handleWhoami(request: Request, deps: AccountHandlerDeps): Promise<Response> {
  return answeringCaller(request, deps, 200, async (principal) => {
    const { displayName, ...who } = await whoami(principal, deps);
    return { ...who, display_name: displayName };
  });
}

/** `POST /api/repos` → 201 `{repo_id, owner, slug, url}`, or 409 when there is one of that name. */
export function handleCreateRepository(
  request: Request,
  deps: AccountHandlerDeps,
): Promise<Response> {
  return answering(request, deps, async () => {
    const principal = await principalOf(request, deps);
    if (principal.kind === 'anonymous') throw new Refusal('unauthenticated');
    const wanted = wantedOf(await readJson(request, newRepository));
    const created = await createRepository(principal, wanted, {
      ...deps,
      use: clientOf(request),
    });
    const headers = answerHeaders(request, principal);
    if (!created) {
      const message = 'There is a repository of this name already; choose another name.';
      return Response.json({ message }, { status: 409, headers });
    }
    const { id, owner, slug } = created;
    const url = `${deps.url}/${owner}/${slug}`;
    headers.set('location', url);
    return Response.json({ repo_id: id, owner, slug, url }, { status: 201, headers });
  });
}

function wantedOf(body: z.output<typeof newRepository>): NewRepository {
  const { slug, owner, visibility, description } = body;
  return { slug, owner: owner ?? null, visibility, description: description ?? '' };
}
