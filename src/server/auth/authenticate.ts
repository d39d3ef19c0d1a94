import { ANONYMOUS, type CredentialUse, type Principal } from '~/server/access';
import type { AuditEntry } from '~/server/ports/audit-log';
import type { Clock } from '~/server/ports/clock';
import type { IdentityStore, TokenRecord } from '~/server/ports/identity-store';
import { auditEntry } from '~/server/services/audit-entry';
import { Refusal } from '~/wire/errors';
import { ofAccount, ofAddress, tooManyFailures } from './failure-limits';
import { readSessionId } from './session-cookie';
import { checkTokenText, hashToken } from './token-text';

/** What authentication needs of the world. */
export interface AuthenticateDeps {
  identities: Pick<
    IdentityStore,
    'findToken' | 'touchToken' | 'findSession' | 'heardAgainAt' | 'countFailure'
  >;
  clock: Pick<Clock, 'now'>;
}

/** … for browser sessions too. */
export interface SessionDeps extends AuthenticateDeps {
  identities: AuthenticateDeps['identities'] & Pick<IdentityStore, 'touchSession'>;
  sessionSecret: string;
}

const BEARER = /^Bearer +(\S+) *$/i;

/**
 * Finds who sends an `Authorization` header; the only authentication of the wire routes, which
 * ignore cookies.
 *
 * No header is `ANONYMOUS`. Throws `Refusal`: `unauthenticated` when the header is no Bearer token
 * that this hub knows, `token-expired`, `token-revoked`, or `access-denied` when the account is
 * disabled; `rate-limited` after ten failures in a minute from one address, or a hundred in an hour
 * for one account, which is not asked of a token that is right. The token's checksum is tested
 * before any query, so made-up texts cost the database nothing and count for nothing.
 */
export async function authenticateBearer(
  authorizationHeader: string | null | undefined,
  deps: AuthenticateDeps,
  use: CredentialUse,
): Promise<Principal> {
  if (authorizationHeader === null || authorizationHeader === undefined) return ANONYMOUS;
  const text = BEARER.exec(authorizationHeader)?.[1];
  if (text === undefined) throw new Refusal('unauthenticated');
  return authenticateToken(text, deps, use);
}

/**
 * Finds who an access token's text stands for, with the same refusals as `authenticateBearer`.
 * Signing in to the browser with a token goes through here too.
 */
export async function authenticateToken(
  text: string,
  { identities, clock }: AuthenticateDeps,
  use: CredentialUse,
): Promise<Extract<Principal, { kind: 'user' }>> {
  if (!checkTokenText(text)) throw new Refusal('unauthenticated');
  const now = clock.now();
  const token = await identities.findToken(hashToken(text));
  const refusal = refusalOf(token, now);
  if (token === null || refusal !== null) {
    const heardAgainAtMs = await identities.heardAgainAt(ofAddress(use.address), now);
    if (heardAgainAtMs !== null) throw tooManyFailures(heardAgainAtMs, now);
    await identities.countFailure(ofAddress(use.address), now);
    const note = token && refusal && refusedToken(token, refusal, use);
    const tooManyUntil =
      token && (await identities.countFailure(ofAccount(token.userId), now, note));
    if (tooManyUntil !== null) throw tooManyFailures(tooManyUntil, now);
    throw refusal ?? new Refusal('unauthenticated');
  }
  await identities.touchToken(token.id, { atMs: now, ...use });
  return {
    kind: 'user',
    userId: token.userId,
    handle: token.handle,
    accountKind: token.accountKind,
    role: token.role,
    token: {
      id: token.id,
      scopes: token.scopes,
      repoIds: token.repoIds,
      branchPattern: token.branchPattern,
      expiresAtMs: token.expiresAtMs,
    },
    sessionId: null,
  };
}

/** What is noted of a token that is used after its end, once an hour and account. */
function refusedToken(token: TokenRecord, { code }: Refusal, use: CredentialUse): AuditEntry {
  const subject = { kind: 'token' as const, id: token.id, name: `token of ${token.handle}` };
  return auditEntry(ANONYMOUS, { use }, { action: 'token.refused', subject, detail: { code } });
}

/** Why a token is no good; null when it is. */
function refusalOf(token: TokenRecord | null, nowMs: number): Refusal | null {
  if (!token) return new Refusal('unauthenticated');
  if (token.revoked) return new Refusal('token-revoked');
  if (token.expiresAtMs !== null && token.expiresAtMs <= nowMs) return new Refusal('token-expired');
  if (!token.userDisabled) return null;
  const message = 'This account is disabled; ask the operator of the hub.';
  return new Refusal('access-denied', {}, message);
}

/**
 * Finds who sends a request, for a Bearer token and a browser session alike; Bearer wins.
 *
 * A session cookie that is forged, expired or revoked counts as none; a Bearer token that is wrong
 * is refused as `authenticateBearer` says.
 */
export async function authenticate(
  headers: Headers,
  deps: SessionDeps,
  use: CredentialUse,
): Promise<Principal> {
  const authorization = headers.get('authorization');
  if (authorization !== null) return authenticateBearer(authorization, deps, use);
  const sessionId = await readSessionId(headers.get('cookie'), deps.sessionSecret);
  if (sessionId === null) return ANONYMOUS;
  const principal = await deps.identities.findSession(sessionId);
  if (!principal) return ANONYMOUS;
  await deps.identities.touchSession(sessionId, { atMs: deps.clock.now(), ...use });
  return principal;
}
