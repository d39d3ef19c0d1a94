import { decode, encode } from 'next-auth/jwt';

/** How long a browser session lives, at most. */
export const SESSION_MAX_AGE_SECONDS = 30 * 24 * 60 * 60;

/**
 * The cookie's name over https and over http. The prefix makes browsers insist that it is Secure, of
 * this very host, and for all of it: no other host of the domain can set or replace it.
 */
export const SESSION_COOKIES = ['__Host-next-auth.session-token', 'next-auth.session-token'];

/** What is kept while a person signs in at another site. */
const OF_ONE_SIGN_IN_SECONDS = 15 * 60;

/** The names and attributes of next-auth's cookies; `https` is how people reach the hub. */
export function authCookies(https: boolean) {
  const named = (name: string, maxAge?: number) => ({
    name: `${https ? '__Host-' : ''}next-auth.${name}`,
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure: https, maxAge },
  });
  return {
    sessionToken: named('session-token'),
    callbackUrl: named('callback-url'),
    csrfToken: named('csrf-token'),
    pkceCodeVerifier: named('pkce.code_verifier', OF_ONE_SIGN_IN_SECONDS),
    state: named('state', OF_ONE_SIGN_IN_SECONDS),
    nonce: named('nonce'),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The value of a cookie of a `Cookie` header; null when it is not there. */
export function readCookie(header: string | null, name: string): string | null {
  if (header === null) return null;
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/**
 * The session id inside the encrypted session cookie; null when there is none, or the cookie is
 * forged or too old. Whether the session still stands is told by its row, not by the cookie.
 */
export async function readSessionId(
  cookieHeader: string | null,
  secret: string,
): Promise<string | null> {
  for (const name of SESSION_COOKIES) {
    const value = readCookie(cookieHeader, name);
    if (value === null) continue;
    const claims = await decode({ token: value, secret }).catch(() => null);
    const sessionId = claims?.sessionId;
    if (typeof sessionId === 'string' && UUID.test(sessionId)) return sessionId;
  }
  return null;
}

/** The Set-Cookie header that signs a browser in, as next-auth would write it. */
export async function sessionCookie(
  sessionId: string,
  { sessionSecret, url }: { sessionSecret: string; url: string },
): Promise<string> {
  const https = url.startsWith('https:');
  const maxAge = SESSION_MAX_AGE_SECONDS;
  const value = await encode({ token: { sessionId }, secret: sessionSecret, maxAge });
  const name = SESSION_COOKIES[https ? 0 : 1];
  const secure = https ? '; Secure' : '';
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}${secure}`;
}
