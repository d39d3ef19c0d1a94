import type { AuthOptions, Profile } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import { accountProblemOf, accountRefusal } from '~/server/services/account-problem';
import { signInByLogin } from '~/server/services/sign-in-by-login';
import { Refusal } from '~/wire/errors';
import { ANONYMOUS, type CredentialUse } from '../access';
import type { AuditLog } from '../ports/audit-log';
import type { IdentityStore } from '../ports/identity-store';
import type { AccountDeps } from '../services/account-deps';
import { auditEntry } from '../services/audit-entry';
import { type AuthenticateDeps, authenticateToken } from './authenticate';
import { authenticatePassword } from './authenticate-password';
import { readTicket, ticketOf } from './invitation-ticket';
import { type LoginSites, loginProviders, oauthConfigs, provenLogin } from './login-providers';
import { authCookies, readSessionId, SESSION_MAX_AGE_SECONDS } from './session-cookie';
import { startSession } from './start-session';
import { checkTokenText, hashToken } from './token-text';

export interface SignInDeps extends Omit<AccountDeps, 'use'> {
  identities: AuthenticateDeps['identities'] &
    Pick<IdentityStore, 'createSession' | 'findSession' | 'revokeSession'>;
  audit: Pick<AuditLog, 'append'>;
  sessionSecret: string;
  loginSites: LoginSites;
  /** The hub's public address; https makes the cookies Secure. */
  url: string;
  log: {
    warn(message: string, fields: Record<string, unknown>): void;
    error(message: string, fields: Record<string, unknown>): void;
  };
}

/** The request that signs in or out: its cookies, and where it comes from. */
export interface SignInRequest {
  cookie: string | null;
  use: CredentialUse;
}

/**
 * Signing in to the browser: an access token, a password or the sign-in of another site makes a row
 * in `sessions`, and the encrypted cookie holds nothing but that row's id. Whoever reads a cookie
 * asks the row (`authenticate`), so a session ends when the row, its account, or the token that made
 * it, does.
 */
export function nextAuthOptions(given: SignInDeps, request: SignInRequest): AuthOptions {
  const { identities, sessionSecret, url, loginSites, log } = given;
  const deps = { ...given, use: request.use };
  // next-auth takes its address from here only; forwarded hosts are not to be believed.
  process.env.NEXTAUTH_URL = url;
  return {
    secret: sessionSecret,
    useSecureCookies: url.startsWith('https:'),
    cookies: authCookies(url.startsWith('https:')),
    session: { strategy: 'jwt', maxAge: SESSION_MAX_AGE_SECONDS },
    // The mark tells the page that the cookie of its form was set on the way.
    pages: { signIn: '/login?cookie=set', signOut: '/logout', error: '/login' },
    providers: [
      Credentials({
        id: 'token',
        name: 'Access token',
        credentials: { token: { label: 'Access token', type: 'password' } },
        authorize: (credentials) => signInWithToken(credentials?.token ?? '', deps),
      }),
      Credentials({
        id: 'password',
        name: 'Password',
        credentials: { handle: { label: 'Handle' }, password: { label: 'Password' } },
        authorize: (credentials) =>
          signInWithPassword(credentials?.handle ?? '', credentials?.password ?? '', deps),
      }),
      ...oauthConfigs(loginSites),
    ],
    callbacks: {
      signIn: async ({ user, account, profile }) => {
        if (account?.type !== 'oauth') return true;
        return signInAtSite(account.provider, profile ?? {}, user, request, deps);
      },
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
        if (sessionId !== null) await signOut(sessionId, deps);
      },
    },
    logger: {
      // What another site answers is told by its message only: it may carry what is secret.
      error: (code, metadata) => log.warn('a sign-in failed', { code, reason: reasonOf(metadata) }),
      warn: (code) => log.warn('a sign-in is set up in an odd way', { code }),
      debug: () => {},
    },
  };
}

type Deps = SignInDeps & { use: CredentialUse };

const sessionIdOf = (token: Record<string, unknown> | undefined): string | null =>
  typeof token?.sessionId === 'string' ? token.sessionId : null;

function reasonOf(metadata: unknown): string {
  const inner = (metadata as { error?: unknown } | null)?.error ?? metadata;
  return inner instanceof Error ? `${inner.name}: ${inner.message}` : '';
}

/** An address on this hub, absolute; the home page for any other. */
export function ownAddress(target: string, hubUrl: string): string {
  const parsed = URL.canParse(target, hubUrl) ? new URL(target, hubUrl) : null;
  return parsed?.origin === new URL(hubUrl).origin ? parsed.href : hubUrl;
}

/** Makes a session; its id is what the cookie will hold. Errors are named by their code. */
async function signInWithToken(given: string, deps: Deps): Promise<{ id: string }> {
  const text = given.trim();
  try {
    const principal = await authenticateToken(text, deps, deps.use);
    const tokenId = principal.token?.id ?? null;
    return { id: await startSession(principal, { by: 'token', tokenId }, deps) };
  } catch (error) {
    // What cannot be a token is not worth a row.
    const token = checkTokenText(text) ? await deps.identities.findToken(hashToken(text)) : null;
    const account = token && { id: token.userId, handle: token.handle };
    throw await failed(error, 'token', checkTokenText(text) ? account : undefined, deps);
  }
}

async function signInWithPassword(
  handle: string,
  password: string,
  deps: Deps,
): Promise<{ id: string }> {
  try {
    const account = await authenticatePassword({ handle, password }, deps);
    return { id: await startSession(account, { by: 'password', tokenId: null }, deps) };
  } catch (error) {
    // A name that nobody has is not written down: it may be a password in the wrong field.
    const known = await deps.passwords.findPassword(handle.trim());
    throw await failed(error, 'password', known && { ...known, id: known.userId }, deps);
  }
}

/**
 * Signs in who has proved himself at another site; next-auth has checked the proof. The user's id
 * becomes that of the session. Returns where to go instead, when a signed-in person linked in vain.
 */
async function signInAtSite(
  provider: string,
  claims: Profile,
  user: { id: string },
  { cookie }: SignInRequest,
  deps: Deps,
): Promise<true | string> {
  const { sessionSecret, identities } = deps;
  const sessionId = await readSessionId(cookie, sessionSecret);
  const principal = (sessionId !== null && (await identities.findSession(sessionId))) || ANONYMOUS;
  try {
    const site = loginProviders(deps.loginSites).find(({ id }) => id === provider)?.site;
    if (site === undefined) throw accountRefusal('login-failed');
    const invitationId = await readTicket(ticketOf(cookie), sessionSecret);
    const login = provenLogin(site, claims);
    const account = await signInByLogin(login, { principal, invitationId }, deps);
    user.id =
      account.session === 'kept' && sessionId !== null
        ? sessionId
        : await startSession(account, { by: site, tokenId: null }, deps);
    return true;
  } catch (error) {
    const failure = await failed(error, provider, undefined, deps);
    if (principal.kind === 'anonymous') throw failure;
    return `${deps.url}/settings/profile?${new URLSearchParams({ error: failure.message })}`;
  }
}

/**
 * The error of a failed sign-in, whose message is the problem or code: next-auth puts it into the
 * address of the page, which shows a sentence of its own. It is noted with the account that it was
 * for; not for `undefined`, and not when it was not even heard because of earlier failures.
 */
async function failed(
  error: unknown,
  by: string,
  account: { id: string; handle: string } | null | undefined,
  { audit, use, log }: Deps,
): Promise<Error> {
  if (!Refusal.is(error)) {
    log.error('a sign-in failed', { err: error });
    return new Error('internal', { cause: error });
  }
  const code = accountProblemOf(error) ?? error.code;
  if (account !== undefined && code !== 'rate-limited') {
    const subject = {
      ...{ kind: 'account' as const, id: account?.id ?? null, name: account?.handle ?? '' },
    };
    const act = { action: 'sign-in.failed' as const, subject, detail: { with: by, code } };
    await audit.append(auditEntry(ANONYMOUS, { use }, act));
  }
  return new Error(code, { cause: error });
}

async function signOut(sessionId: string, { identities, use }: Deps): Promise<void> {
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
