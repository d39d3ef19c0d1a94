import { z } from 'zod';
import { type CreateTokenDeps, createToken } from '~/server/services/create-token';
import { listTokens } from '~/server/services/list-tokens';
import { revokeLeakedToken, revokeToken } from '~/server/services/revoke-token';
import { Refusal } from '~/wire/errors';
import { checkTokenText, hashToken } from '../auth/token-text';
import type { IdentityStore } from '../ports/identity-store';
import type { TokenStore } from '../ports/token-store';
import { clientOf } from './client-address';
import { answerHeaders, answering, answeringCaller, readJson } from './json-exchange';
import type { FaultLog } from './respond';

/**
 * Access tokens for programs (docs/protocol.md §4): Bearer only, JSON both ways, cookies are
 * ignored.
 */
export interface TokenHandlerDeps extends Omit<CreateTokenDeps, 'tokens' | 'use'> {
  identities: IdentityStore;
  tokens: TokenStore;
  log: FaultLog;
}

/** The body of `POST /api/tokens`. */
export const newToken = z.object({
  name: z.string(),
  scopes: z.array(z.enum(['read', 'write', 'admin'])),
  repositories: z.array(z.string()).nullish(),
  branch_pattern: z.string().nullish(),
  days: z.number().nullish(),
});

const iso = (atMs: number | null): string | null => (atMs === null ? null : isoOf(atMs));
const isoOf = (atMs: number): string => new Date(atMs).toISOString();

/** `GET /api/tokens` → `{tokens: […]}`, newest first. */
export function handleListTokens(request: Request, deps: TokenHandlerDeps): Promise<Response> {
  return answeringCaller(request, deps, 200, async (principal) => ({
    tokens: (await listTokens(principal, deps)).map((token) => ({
      id: token.id,
      name: token.name,
      scopes: token.scopes,
      repositories: token.repositories?.map(({ owner, slug }) => `${owner}/${slug}`) ?? null,
      branch_pattern: token.branchPattern,
      created_at: isoOf(token.createdAtMs),
      expires_at: iso(token.expiresAtMs),
      last_used: token.lastUse && {
        at: isoOf(token.lastUse.atMs),
        address: token.lastUse.address,
        client: token.lastUse.client,
      },
      current: token.current,
    })),
  }));
}

/** `POST /api/tokens` → 201 with the token's text, which is told here only. */
export function handleCreateToken(request: Request, deps: TokenHandlerDeps): Promise<Response> {
  return answeringCaller(request, deps, 201, async (principal) => {
    const { repositories, branch_pattern, days, ...wanted } = await readJson(request, newToken);
    const created = await createToken(
      principal,
      {
        ...wanted,
        repositories: repositories ?? null,
        branchPattern: branch_pattern ?? null,
        days: days ?? null,
      },
      { ...deps, use: clientOf(request) },
    );
    return {
      id: created.id,
      token: created.text,
      name: created.name,
      scopes: created.scopes,
      repositories: created.repositories,
      branch_pattern: created.branchPattern,
      expires_at: isoOf(created.expiresAtMs),
    };
  });
}

/** `DELETE /api/tokens/{id}` → `{revoked: true}`. */
export function handleRevokeToken(
  request: Request,
  { id }: { id: string },
  deps: TokenHandlerDeps,
): Promise<Response> {
  return answeringCaller(request, deps, 200, async (principal) => {
    await revokeToken(principal, id, { ...deps, use: clientOf(request) });
    return { revoked: true };
  });
}

/** The body of `POST /api/tokens/revoke`. */
export const leakedToken = z.object({ token: z.string() });

/**
 * `POST /api/tokens/revoke` `{token}` → `{revoked: true}`: ends the token that the body holds, for
 * whoever found it; nobody has to be signed in. A text that cannot be a token costs no query.
 */
export function handleRevokeLeakedToken(
  request: Request,
  deps: TokenHandlerDeps,
): Promise<Response> {
  return answering(request, deps, async () => {
    const { token } = await readJson(request, leakedToken);
    const text = token.trim();
    if (!checkTokenText(text)) {
      throw new Refusal('object-not-found', {}, 'This is not a token of this hub.');
    }
    await revokeLeakedToken(hashToken(text), { ...deps, use: clientOf(request) });
    return Response.json({ revoked: true }, { headers: answerHeaders(request) });
  });
}
