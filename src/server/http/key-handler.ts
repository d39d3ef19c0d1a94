import { z } from 'zod';
import { addKey } from '~/server/services/add-key';
import { listKeys } from '~/server/services/list-keys';
import { type OpenAgentDeps, selfOrAgent } from '~/server/services/open-agent';
import { revokeKey } from '~/server/services/revoke-key';
import type { Principal } from '../access';
import type { AuthenticateDeps } from '../auth/authenticate';
import type { KeyStore } from '../ports/key-store';
import { clientOf } from './client-address';
import { answeringCaller, readJson } from './json-exchange';
import type { FaultLog } from './respond';

/**
 * Signing keys for programs (docs/protocol.md §4): Bearer only, JSON; cookies are ignored. They are
 * the caller's, or with `?agent=` those of an agent that the caller answers for.
 */
export interface KeyHandlerDeps extends AuthenticateDeps, OpenAgentDeps {
  keys: KeyStore;
  log: FaultLog;
}

/** The body of `POST /api/keys`. */
export const newKey = z.object({
  public_key: z.string(),
  proof: z.string(),
  name: z.string().nullish(),
});

const ownerOf = (request: Request, caller: Principal, deps: KeyHandlerDeps): Promise<Principal> =>
  selfOrAgent(caller, new URL(request.url).searchParams.get('agent'), deps);

const isoOf = (atMs: number): string => new Date(atMs).toISOString();

/** `GET /api/keys` → `{keys: […]}`, newest first. */
export function handleListKeys(request: Request, deps: KeyHandlerDeps): Promise<Response> {
  return answeringCaller(request, deps, 200, async (caller) => ({
    keys: (await listKeys(await ownerOf(request, caller, deps), deps)).map((key) => ({
      key_id: key.keyId,
      public_key: Buffer.from(key.publicKey).toString('base64url'),
      name: key.name,
      created_at: isoOf(key.createdAtMs),
      revoked_at: key.revokedAtMs === null ? null : isoOf(key.revokedAtMs),
    })),
  }));
}

/** `POST /api/keys` → 201 `{key_id, name}`. */
export function handleAddKey(request: Request, deps: KeyHandlerDeps): Promise<Response> {
  return answeringCaller(request, deps, 201, async (caller) => {
    const principal = await ownerOf(request, caller, deps);
    const { public_key: publicKey, proof, name } = await readJson(request, newKey);
    const wanted = { publicKey, proof, name: name ?? '' };
    const added = await addKey(principal, wanted, { ...deps, use: clientOf(request) });
    return { key_id: added.keyId, name: added.name };
  });
}

/** `DELETE /api/keys/{id}` → `{revoked: true}`. */
export function handleRevokeKey(
  request: Request,
  { id }: { id: string },
  deps: KeyHandlerDeps,
): Promise<Response> {
  return answeringCaller(request, deps, 200, async (caller) => {
    const principal = await ownerOf(request, caller, deps);
    await revokeKey(principal, id, { ...deps, use: clientOf(request) });
    return { revoked: true };
  });
}
