import { decideAccess, type Principal } from '~/server/access';
import type { RepositoryQuery, RepositoryRow } from '~/server/ports/browse-store';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';

type ListDeps = Pick<BrowseDeps, 'browse'>;

export interface RepositoryCursor {
  updatedAtMs: number;
  id: string;
}

export interface RepositoryPage {
  repositories: RepositoryRow[];
  next: RepositoryCursor | null;
}

export interface OwnerFacts {
  handle: string;
  displayName: string;
  kind: 'human' | 'agent';
  /** Who answers for it, when it is an agent. */
  agentOf: string | null;
}

/** Repositories that a principal may see, last updated first: of one owner, or of everyone. */
export async function listRepositories(
  principal: Principal,
  query: {
    ownerId: string | null;
    publicOnly: boolean;
    after: RepositoryCursor | null;
    limit: number;
  },
  { browse }: ListDeps,
): Promise<RepositoryPage> {
  const rows = await browse.listRepositories({
    ...query,
    ...readerOf(principal),
    limit: query.limit + 1,
  });
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    // The query has chosen already; the one decision has the last word.
    repositories: page.filter((row) => decideAccess(principal, row.access, 'read').allowed),
    next: rows.length > query.limit && last ? { updatedAtMs: last.updatedAtMs, id: last.id } : null,
  };
}

/** An account's page: who it is and its repositories. Throws `Refusal` `repo-not-found`. */
export async function showOwner(
  principal: Principal,
  query: { handle: string; after: RepositoryCursor | null; limit: number },
  deps: ListDeps,
): Promise<RepositoryPage & { owner: OwnerFacts }> {
  const owner = await deps.browse.findOwner(query.handle);
  if (!owner) throw new Refusal('repo-not-found', {}, 'There is no such account.');
  const { after, limit } = query;
  const page = await listRepositories(
    principal,
    { ownerId: owner.id, publicOnly: false, after, limit },
    deps,
  );
  const { handle, displayName, kind, agentOf } = owner;
  return { ...page, owner: { handle, displayName, kind, agentOf } };
}

/** Who reads, as far as it decides which repositories are listed. */
export function readerOf(
  principal: Principal,
): Pick<RepositoryQuery, 'readerId' | 'readerIsAdmin' | 'readerRepoIds'> {
  if (principal.kind === 'anonymous') {
    return { readerId: null, readerIsAdmin: false, readerRepoIds: null };
  }
  return {
    readerId: principal.userId,
    readerIsAdmin: principal.role === 'admin',
    readerRepoIds: principal.token?.repoIds ?? null,
  };
}
