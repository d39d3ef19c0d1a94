import type { AuthOptions } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import type { Clock } from '~/server/ports/clock';
import type { IdentityStore } from '~/server/ports/identity-store';
import { Refusal } from '~/wire/errors';
import { ANONYMOUS, type CredentialUse } from '../access';
import type { AuditLog } from '../ports/audit-log';
import { auditEntry } from '../services/audit-entry';
import { type AuthenticateDeps, authenticateToken } from './authenticate';
import { SESSION_MAX_AGE_SECONDS } from './session-cookie';
import { checkTokenText, hashToken } from './token-text';

export interface SignInDeps {
  identities: AuthenticateDeps['identities'] &
    Pick<IdentityStore, 'createSession' | 'findSession' | 'revokeSession'>;
  audit: Pick<AuditLog, 'append'>;
  clock: Pick<Clock, 'now' | 'uuid'>;
  sessionSecret: string;
  /** The hub's public address; https makes the cookies Secure. */
  url: string;
}

/**
 * Signing in to the browser: an access token makes a row in `sessions`, and the encrypted cookie
 * holds nothing but that row's id. Whoever reads a cookie asks the row (`authenticate`), so a
 * session ends when the row, or the token that made it, is revoked.
 */
export function nextAuthOptions(deps: SignInDeps, use: CredentialUse): AuthOptions {
  const { identities, sessionSecret, url } = deps;
  // next-auth takes its address from here only; forwarded hosts are not to be believed.
  process.env.NEXTAUTH_URL = url;
  return {
    secret: sessionSecret,
    useSecureCookies: url.startsWith('https:'),
    session: { strategy: 'jwt', maxAge: SESSION_MAX_AGE_SECONDS },
    // The mark tells the page that the cookie of its form was set on the way.
    pages: { signIn: '/login?cookie=set', signOut: '/logout', error: '/login' },
    providers: [
      Credentials({
        id: 'token',
        name: 'Access token',
        credentials: { token: { label: 'Access token', type: 'password' } },
        authorize: (credentials) => signIn(credentials?.token ?? '', use, deps),
      }),
    ],
    callbacks: {
      jwt: async ({ token, user }) => {
        if (user) return { sessionId: user.id };
        const sessionId = sessionIdOf(token);
        const principal = sessionId === null ? null : await identities.findSession(sessionId);
        return principal ? { sessionId } : {};
      },
      session: async ({ session, token }) => {
        const sessionId = sessionIdOf(token);
        const principal = sessionId === null ? null : await identities.findSession(sessionId);
        const handle = principal?.kind === 'user' ? principal.handle : null;
        return { expires: session.expires, user: handle === null ? undefined : { name: handle } };
      },
      // Only addresses of this hub; what a link carries elsewhere is dropped.
      redirect: ({ url: target }) => ownAddress(target, url),
    },
    events: {
      signOut: async ({ token }) => {
        const sessionId = sessionIdOf(token);
        if (sessionId !== null) await signOut(sessionId, use, deps);
      },
    },
  };
}

const sessionIdOf = (token: Record<string, unknown> | undefined): string | null =>
  typeof token?.sessionId === 'string' ? token.sessionId : null;

/** An address on this hub, absolute; the home page for any other. */
export function ownAddress(target: string, hubUrl: string): string {
  const parsed = URL.canParse(target, hubUrl) ? new URL(target, hubUrl) : null;
  return parsed?.origin === new URL(hubUrl).origin ? parsed.href : hubUrl;
}

/** Makes a session; its id is what the cookie will hold. Errors are named by their code. */
async function signIn(
  given: string,
  use: CredentialUse,
  deps: SignInDeps,
): Promise<{ id: string }> {
  const { identities, clock } = deps;
  const text = given.trim();
  try {
    const principal = await authenticateToken(text, deps, use);
    const id = clock.uuid();
    await identities.createSession(
      {
        id,
        userId: principal.userId,
        tokenId: principal.token?.id ?? null,
        expiresAtMs: clock.now() + SESSION_MAX_AGE_SECONDS * 1000,
        userAgent: use.client,
        address: use.address,
      },
      auditEntry(
        { ...principal, sessionId: id },
        { use },
        {
          action: 'sign-in',
          subject: { kind: 'account', id: principal.userId, name: principal.handle },
          detail: { with: 'token' },
        },
      ),
    );
    return { id };
  } catch (error) {
    if (!Refusal.is(error)) throw error;
    await noteFailure(text, error, use, deps);
    // The sign-in page is told the code by the address; it shows that code's sentence only.
    throw new Error(error.code, { cause: error });
  }
}

/**
 * Notes a failed sign-in with the account that it was for. What cannot be a token, and what was not
 * even heard because of earlier failures, is not worth a row.
 */
async function noteFailure(
  text: string,
  { code }: Refusal,
  use: CredentialUse,
  { identities, audit }: SignInDeps,
): Promise<void> {
  if (code === 'rate-limited' || !checkTokenText(text)) return;
  const token = await identities.findToken(hashToken(text));
  const subject = {
    kind: 'account' as const,
    id: token?.userId ?? null,
    name: token?.handle ?? '',
  };
  const act = { action: 'sign-in.failed' as const, subject, detail: { with: 'token', code } };
  await audit.append(auditEntry(ANONYMOUS, { use }, act));
}

async function signOut(
  sessionId: string,
  use: CredentialUse,
  { identities }: SignInDeps,
): Promise<void> {
  const principal = await identities.findSession(sessionId);
  if (principal?.kind !== 'user') return;
  const subject = {
    kind: 'session' as const,
    id: sessionId,
    name: `session of ${principal.handle}`,
  };
  const entry = auditEntry(principal, { use }, { action: 'sign-out', subject });
  await identities.revokeSession(sessionId, entry);
}
