import { decideAccess, type Principal, type Scope } from '~/server/access';
import type { Clock } from '~/server/ports/clock';
import type { IdentityStore } from '~/server/ports/identity-store';
import type { MintedToken, TokenStore } from '~/server/ports/token-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { checkBranchPattern } from './check-branch-pattern';
import { expectAccountAdmin, type User } from './expect-account-admin';
import { allowedTokenDays, type TokenPolicyDeps } from './token-policy';

export const TOKEN_NAME_MAX_CHARS = 100;
export const TOKEN_DAYS_DEFAULT = 90;
/** Repositories that one token may name. */
export const TOKEN_REPOSITORIES_MAX = 100;
/** Tokens of one account that can be used at a time. */
const TOKENS_PER_ACCOUNT_MAX = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface WantedToken {
  name: string;
  scopes: Scope[];
  /** As `owner/slug`; null: every repository of the account. */
  repositories: string[] | null;
  branchPattern: string | null;
  /** null: the default, or as long as the hub allows. */
  days: number | null;
}

export interface CreatedToken {
  id: string;
  /** To be shown once; it is stored nowhere. */
  text: string;
  name: string;
  scopes: Scope[];
  repositories: string[] | null;
  branchPattern: string | null;
  expiresAtMs: number;
}

export interface CreateTokenDeps extends ActDeps, TokenPolicyDeps {
  identities: Pick<IdentityStore, 'createToken' | 'findRepository'>;
  tokens: Pick<TokenStore, 'countTokens'>;
  mint: (kind: 'human' | 'agent') => MintedToken;
  clock: Pick<Clock, 'now' | 'uuid'>;
}

/** A token that may be made, before it is. */
export interface PlannedToken {
  userId: string;
  accountKind: 'human' | 'agent';
  name: string;
  scopes: Scope[];
  /** null: every repository of the account. */
  named: NamedRepository[] | null;
  branchPattern: string | null;
  expiresAtMs: number;
}

/** Decides about a wanted token, as `createToken` says, and makes none yet. */
export async function planToken(
  principal: Principal,
  wanted: WantedToken,
  deps: Omit<CreateTokenDeps, 'mint' | 'identities'> & {
    identities: Pick<IdentityStore, 'findRepository'>;
  },
): Promise<PlannedToken> {
  const user = expectAccountAdmin(principal);
  const name = checkName(wanted.name);
  const scopes = checkScopes(wanted.scopes);
  const branchPattern = wanted.branchPattern?.trim()
    ? checkBranchPattern(wanted.branchPattern)
    : null;
  const days = checkDays(wanted.days, await allowedTokenDays(deps));
  const named = wanted.repositories && (await findAll(user, wanted.repositories, deps));
  if ((await deps.tokens.countTokens(user.userId)) >= TOKENS_PER_ACCOUNT_MAX) {
    const message = `An account has at most ${TOKENS_PER_ACCOUNT_MAX} tokens; revoke those that nobody uses.`;
    throw new Refusal('limit-exceeded', { limit: TOKENS_PER_ACCOUNT_MAX }, message);
  }
  const makersEnd = user.token?.expiresAtMs ?? Number.POSITIVE_INFINITY;
  const expiresAtMs = Math.min(deps.clock.now() + days * DAY_MS, makersEnd);
  const { userId, accountKind } = user;
  return { userId, accountKind, name, scopes, named, branchPattern, expiresAtMs };
}

/**
 * Makes an access token for the one who asks. It never does more, nor lives longer, than the token
 * that made it, or that signed the session in.
 *
 * Throws `Refusal`: `unauthenticated`, `insufficient-scope` as `expectAccountAdmin`, `bad-frame`
 * with the field that is wrong, `repo-not-found` for a repository that the account may not read,
 * `limit-exceeded` for too many tokens.
 */
export async function createToken(
  principal: Principal,
  wanted: WantedToken,
  deps: CreateTokenDeps,
): Promise<CreatedToken> {
  const planned = await planToken(principal, wanted, deps);
  const { userId, accountKind, named, name, scopes, branchPattern, expiresAtMs } = planned;
  const { text, hash } = deps.mint(accountKind);
  const id = deps.clock.uuid();
  const repositories = named?.map(({ owner, slug }) => `${owner}/${slug}`) ?? null;
  const expiresAt = new Date(expiresAtMs).toISOString();
  await deps.identities.createToken(
    {
      ...{ id, userId, name, hash, scopes, branchPattern, expiresAtMs },
      repoIds: named?.map((repository) => repository.id) ?? null,
    },
    auditEntry(principal, deps, {
      action: 'token.create',
      subject: { kind: 'token', id, name },
      detail: { scopes, repositories, branchPattern, expiresAt },
    }),
  );
  return { id, text, name, scopes, repositories, branchPattern, expiresAtMs };
}

function wrong(field: string, message: string): Refusal {
  return new Refusal('bad-frame', { field }, message);
}

function checkName(given: string): string {
  const name = given.trim();
  if (name === '' || name.length > TOKEN_NAME_MAX_CHARS || /\p{Control}/u.test(name)) {
    throw wrong('name', `A token has a name of 1 to ${TOKEN_NAME_MAX_CHARS} characters.`);
  }
  return name;
}

/** What includes another scope carries it, so that a list says what a token can do. */
function checkScopes(given: Scope[]): Scope[] {
  if (given.includes('admin')) return ['read', 'write', 'admin'];
  if (given.includes('write')) return ['read', 'write'];
  if (given.includes('read')) return ['read'];
  throw wrong('scopes', 'A token has at least one of the scopes read, write and admin.');
}

function checkDays(given: number | null, max: number): number {
  const days = given ?? Math.min(TOKEN_DAYS_DEFAULT, max);
  if (Number.isInteger(days) && days >= 1 && days <= max) return days;
  throw wrong('days', `A token is valid for 1 to ${max} days here.`);
}

export interface NamedRepository {
  id: string;
  owner: string;
  slug: string;
}

async function findAll(
  user: User,
  names: string[],
  { identities }: { identities: Pick<IdentityStore, 'findRepository'> },
): Promise<NamedRepository[]> {
  if (names.length === 0 || names.length > TOKEN_REPOSITORIES_MAX) {
    const message = `Name 1 to ${TOKEN_REPOSITORIES_MAX} repositories, or allow all of them.`;
    throw wrong('repositories', message);
  }
  const found = new Map<string, NamedRepository>();
  for (const name of names) {
    const [owner = '', slug = '', ...rest] = name.trim().split('/');
    if (!owner || !slug || rest.length > 0) {
      throw wrong('repositories', `Write a repository as owner/name; "${name}" is not.`);
    }
    const entry = await identities.findRepository(owner, slug, user);
    if (!entry || !decideAccess(user, entry.access, 'read').allowed) {
      throw new Refusal('repo-not-found', { repository: `${owner}/${slug}` });
    }
    found.set(entry.repository.id, entry.repository);
  }
  return [...found.values()];
}
