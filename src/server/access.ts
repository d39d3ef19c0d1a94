import type { ErrorCode } from '~/wire/errors';

/**
 * Who may do what: one pure decision, used by wire routes, tRPC and pages alike. A private
 * repository does not exist for those who may not read it.
 */

export type Scope = 'read' | 'write' | 'admin';

export type AccountKind = 'human' | 'agent';

/** From where and by what program a credential is used; kept as a token's last use, and of acts. */
export interface CredentialUse {
  address: string;
  client: string;
}

/** Who is asking: nobody, or an account through a token or a browser session. */
export type Principal =
  | { kind: 'anonymous' }
  | {
      kind: 'user';
      userId: string;
      handle: string;
      accountKind: AccountKind;
      role: 'user' | 'admin';
      /** Set when a token authenticates the request, or signed the session in. */
      token: TokenGrant | null;
      sessionId: string | null;
      /** Who acts for an agent, while its owner looks after it; only `openAgent` sets it. */
      actor?: { userId: string; handle: string };
    };

/** What an access token allows: its account's rights, narrowed. */
export interface TokenGrant {
  id: string;
  scopes: Scope[];
  /** null: every repository of the account. */
  repoIds: string[] | null;
  /** Branches it may push to; null: all. */
  branchPattern: string | null;
  /** When it ends, in milliseconds since the epoch; null: never. */
  expiresAtMs: number | null;
}

export const ANONYMOUS: Principal = { kind: 'anonymous' };

/** What the decision needs to know of a repository. */
export interface RepositoryAccess {
  repoId: string;
  ownerId: string;
  visibility: 'public' | 'private';
  /** The principal's collaboration on it; null: none. */
  collaboration: 'read' | 'write' | 'admin' | null;
}

export type Decision = { allowed: true } | { allowed: false; code: ErrorCode };

const ALLOWED: Decision = { allowed: true };
const refused = (code: ErrorCode): Decision => ({ allowed: false, code });
const RANK = { read: 1, write: 2, admin: 3 } as const;

/** The level an account has on a repository, before its token narrows it. */
function levelOf(principal: Principal, repo: RepositoryAccess): 0 | 1 | 2 | 3 {
  const open = repo.visibility === 'public' ? RANK.read : 0;
  if (principal.kind === 'anonymous') return open;
  if (principal.role === 'admin' || principal.userId === repo.ownerId) return RANK.admin;
  const collaboration = repo.collaboration ? RANK[repo.collaboration] : 0;
  return Math.max(open, collaboration) as 0 | 1 | 2 | 3;
}

function tokenAllows(token: TokenGrant, repo: RepositoryAccess, scope: Scope): boolean {
  if (token.repoIds && !token.repoIds.includes(repo.repoId)) return false;
  return token.scopes.some((held) => RANK[held] >= RANK[scope]);
}

/**
 * Decides whether a principal may use a repository with a scope.
 *
 * What may not be read is `repo-not-found`. What may be read but not written is `unauthenticated`
 * for nobody, `insufficient-scope` when only the token is too narrow, else `access-denied`.
 */
export function decideAccess(principal: Principal, repo: RepositoryAccess, scope: Scope): Decision {
  const level = levelOf(principal, repo);
  const token = principal.kind === 'user' ? principal.token : null;
  const mayRead =
    repo.visibility === 'public' ||
    (level >= RANK.read && (!token || tokenAllows(token, repo, 'read')));
  if (!mayRead) return refused('repo-not-found');
  if (scope === 'read') return ALLOWED;
  if (principal.kind === 'anonymous') return refused('unauthenticated');
  if (level < RANK[scope]) return refused('access-denied');
  if (token && !tokenAllows(token, repo, scope)) return refused('insufficient-scope');
  return ALLOWED;
}

/**
 * Decides whether a token's branch pattern covers a branch; `*` within a segment, `**` across. Takes
 * time in proportion to both lengths: patterns are chosen by users.
 */
export function branchMatches(pattern: string, branch: string): boolean {
  const parts = pattern.match(/\*\*|\*|[^*]/gsu) ?? [];
  /** Places of the pattern that what was read so far can have reached; a star may stand for nothing. */
  const withSkips = (places: Set<number>): Set<number> => {
    for (const place of places) if (parts[place]?.startsWith('*')) places.add(place + 1);
    return places;
  };
  let reached = withSkips(new Set([0]));
  for (const character of branch) {
    const next = new Set<number>();
    for (const place of reached) {
      const part = parts[place];
      if (part === '**' || (part === '*' && character !== '/')) next.add(place);
      else if (part === character) next.add(place + 1);
    }
    reached = withSkips(next);
  }
  return reached.has(parts.length);
}
