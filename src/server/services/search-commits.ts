import type { Principal } from '~/server/access';
import type { CommitRow } from '~/server/ports/browse-store';
import type { FoundCommit } from '~/server/ports/search-store';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import { readerOf } from './list-repositories';
import { openRepository } from './open-repository';
import { asksNothing, parseSearch } from './search-query';
import { type FoundPage, pageOf, SEARCH_PAGE_SIZE, SEARCH_PAGES_MAX } from './search-repositories';

type SearchDeps = Pick<BrowseDeps, 'browse' | 'identities' | 'search'>;

/** A commit that was found, with its repository and what lists show. */
export interface SearchedCommit {
  repository: Pick<FoundCommit, 'owner' | 'slug' | 'visibility'>;
  commit: CommitRow & { authorHandle: string | null };
}

/**
 * Commits of repositories that the principal may read, by their words, author, agent, type or the
 * start of their id; best first, then newest. A `repo:` that is not there, or that may not be seen,
 * finds nothing.
 */
export async function searchCommits(
  principal: Principal,
  query: { text: string; page: number },
  deps: SearchDeps,
): Promise<FoundPage<SearchedCommit>> {
  const asked = parseSearch(query.text);
  if (asksNothing(asked)) return { found: [], hasMore: false };
  const repoId = asked.repo === null ? null : await findRepository(principal, asked.repo, deps);
  if (repoId === undefined) return { found: [], hasMore: false };
  const { words, phrases, author, agent, type, idStart } = asked;
  const search = { words, phrases, author, agent, type, repoId };
  const find = (start: string | null) =>
    deps.search.findCommits(readerOf(principal), { ...search, idStart: start }, pageOf(query.page));
  let rows = idStart === null ? [] : await find(idStart);
  // Hex digits may be a word as well.
  if (rows.length === 0) rows = await find(null);
  return {
    found: await describeFound(rows.slice(0, SEARCH_PAGE_SIZE), deps),
    hasMore: rows.length > SEARCH_PAGE_SIZE && query.page < SEARCH_PAGES_MAX,
  };
}

/** The id of a repository by `owner/slug`; undefined when there is none to see. */
async function findRepository(
  principal: Principal,
  name: string,
  { identities }: SearchDeps,
): Promise<string | undefined> {
  const [owner = '', slug = '', ...rest] = name.split('/');
  if (owner === '' || slug === '' || rest.length > 0) return undefined;
  try {
    const repo = await openRepository({ owner, slug, scope: 'read', principal }, identities);
    return repo.entry.id;
  } catch (error) {
    if (Refusal.is(error)) return undefined;
    throw error;
  }
}

async function describeFound(
  rows: FoundCommit[],
  { browse }: SearchDeps,
): Promise<SearchedCommit[]> {
  const idsByRepository = new Map<string, string[]>();
  for (const { repoId, id } of rows) {
    const ids = idsByRepository.get(repoId);
    if (ids) ids.push(id);
    else idsByRepository.set(repoId, [id]);
  }
  const commits = new Map<string, CommitRow>();
  await Promise.all(
    [...idsByRepository].map(async ([repoId, ids]) => {
      for (const [id, row] of await browse.loadCommits(repoId, ids)) {
        commits.set(`${repoId} ${id}`, row);
      }
    }),
  );
  const handles = await browse.findHandles([...commits.values()].map(({ author }) => author));
  return rows.map(({ repoId, id, owner, slug, visibility }) => {
    const commit = commits.get(`${repoId} ${id}`);
    if (!commit) throw new Error(`commit ${id} of repository ${repoId} has no row`);
    return {
      repository: { owner, slug, visibility },
      commit: { ...commit, authorHandle: handles.get(commit.author) ?? null },
    };
  });
}
