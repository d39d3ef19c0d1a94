import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '~/wire/errors';
import { networkOf } from '../auth/failure-limits';
import { readCookie, readSessionId, SESSION_COOKIES } from '../auth/session-cookie';
import { checkTokenText, hashToken } from '../auth/token-text';
import type { IdentityStore } from '../ports/identity-store';
import type { RateLimit } from '../ports/rate-store';
import type { RateLimiter, RateVerdict } from '../services/rate-limiter';

/** Requests in a minute; 0: no limit. */
export interface RequestLimits {
  perToken: number;
  perAccount: number;
  /** Of those who do not say who they are. */
  perAddress: number;
}

export interface RateGuardDeps {
  limiter: RateLimiter;
  identities: Pick<IdentityStore, 'findToken' | 'findSession'>;
  sessionSecret: string;
  limits: RequestLimits;
}

const MINUTE_MS = 60_000;
const BEARER = /^Bearer +(\S+) *$/i;
/** Files of the build, and what watches the process. */
const UNCOUNTED = /^\/(?:_next\/|(?:icon\.svg|favicon\.ico|health|ready|metrics)$)/;
/** Credentials whose owner this process remembers. */
const OWNERS_MAX = 10_000;

interface Owner {
  userId: string;
  tokenId: string | null;
}

/**
 * Counts every request but those for static files, before it is answered: by its token and account
 * when it says who it is, else by the address it comes from.
 *
 * Whose a credential is never changes, so it is asked of the database once and remembered by a hash
 * of it. Whether it is still good is not asked here; that is for whoever answers. A credential that
 * nobody has is counted for the address.
 */
export class RateGuard {
  readonly #owners = new Map<string, Owner>();

  constructor(private readonly deps: RateGuardDeps) {}

  /** Null for what is not counted. Never rejects. */
  async admit(request: IncomingMessage, address: string): Promise<RateVerdict | null> {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (UNCOUNTED.test(path)) return null;
    const credential = credentialOf(request);
    const known = credential && this.#owners.get(credential.hash);
    if (known) return this.deps.limiter.take(this.#limitsOf(known));
    // Whoever tries credentials is held to the limit of the address before each look at the database.
    const verdict = await this.deps.limiter.take(this.#limitOf(address));
    if (verdict.heardAgainAtMs !== null || !credential) return verdict;
    const owner = await this.#find(credential);
    return owner ? this.deps.limiter.take(this.#limitsOf(owner)) : verdict;
  }

  async #find({ hash, token, cookie }: Credential): Promise<Owner | null> {
    const { identities, sessionSecret } = this.deps;
    let owner: Owner | null = null;
    try {
      if (token !== null) {
        const found = await identities.findToken(hashToken(token));
        owner = found && { userId: found.userId, tokenId: found.id };
      } else {
        const sessionId = await readSessionId(cookie, sessionSecret);
        const found = sessionId === null ? null : await identities.findSession(sessionId);
        owner = found?.kind === 'user' ? { userId: found.userId, tokenId: null } : null;
      }
    } catch (error) {
      // The database is away: whoever answers the request will say so.
      if (!Refusal.is(error)) throw error;
    }
    if (!owner) return null;
    if (this.#owners.size >= OWNERS_MAX) this.#owners.clear();
    this.#owners.set(hash, owner);
    return owner;
  }

  #limitsOf({ userId, tokenId }: Owner): RateLimit[] {
    const { perToken, perAccount } = this.deps.limits;
    return [
      ...(tokenId === null ? [] : limit('token', tokenId, perToken)),
      ...limit('account', userId, perAccount),
    ];
  }

  #limitOf(address: string): RateLimit[] {
    return limit('address', networkOf(address), this.deps.limits.perAddress);
  }
}

const limit = (name: string, of: string, max: number): RateLimit[] =>
  max === 0 ? [] : [{ name, key: `${name} ${of}`, max, windowMs: MINUTE_MS }];

interface Credential {
  /** Of the whole credential; it is not kept itself. */
  hash: string;
  token: string | null;
  cookie: string;
}

function credentialOf({ headers }: IncomingMessage): Credential | null {
  const { authorization, cookie = '' } = headers;
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization)?.[1] ?? '';
    return checkTokenText(token) ? { hash: digest(token), token, cookie } : null;
  }
  for (const name of SESSION_COOKIES) {
    const value = readCookie(cookie, name);
    if (value) return { hash: digest(value), token: null, cookie };
  }
  return null;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

/**
 * The headers that tell how the limits stand: RateLimit-Policy and RateLimit of the IETF's draft
 * "RateLimit header fields for HTTP".
 */
export function rateHeaders({ states }: RateVerdict, nowMs: number): [string, string][] {
  if (states.length === 0) return [];
  const policies = states.map(
    ({ limit: { name, max, windowMs } }) => `"${name}";q=${max};w=${windowMs / 1000}`,
  );
  const now = states.map(
    ({ limit: { name }, remaining, resetsAtMs }) =>
      `"${name}";r=${remaining};t=${secondsTo(resetsAtMs, nowMs)}`,
  );
  return [
    ['RateLimit-Policy', policies.join(', ')],
    ['RateLimit', now.join(', ')],
  ];
}

/** What is answered to a request too many. */
export function tooManyRequests(heardAgainAtMs: number, nowMs: number): Refusal {
  const seconds = secondsTo(heardAgainAtMs, nowMs);
  const message = `Too many requests; wait ${seconds} seconds and go on.`;
  return new Refusal('rate-limited', { retry_after_s: seconds }, message);
}

const secondsTo = (atMs: number, nowMs: number): number =>
  Math.max(1, Math.ceil((atMs - nowMs) / 1000));
