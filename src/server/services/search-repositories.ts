import { decideAccess, type Principal } from '~/server/access';
import type { RepositoryRow } from '~/server/ports/browse-store';
import type { BrowseDeps } from './browse-deps';
import { readerOf } from './list-repositories';
import { parseSearch } from './search-query';

export const SEARCH_PAGE_SIZE = 20;
export const SEARCH_PAGES_MAX = 50;

/** A page of what was found; pages count from 1. */
export interface FoundPage<T> {
  found: T[];
  hasMore: boolean;
}

/** Repositories that the principal may see and whose name, owner or description has every word. */
export async function searchRepositories(
  principal: Principal,
  query: { text: string; page: number },
  { search }: Pick<BrowseDeps, 'search'>,
): Promise<FoundPage<RepositoryRow>> {
  const { words, phrases, repo } = parseSearch(query.text);
  const asked = [...(repo === null ? [] : [repo]), ...words, ...phrases];
  if (asked.length === 0) return { found: [], hasMore: false };
  const rows = await search.findRepositories(readerOf(principal), asked, pageOf(query.page));
  const found = rows.slice(0, SEARCH_PAGE_SIZE);
  return {
    // The query has chosen already; the one decision has the last word.
    found: found.filter((row) => decideAccess(principal, row.access, 'read').allowed),
    hasMore: rows.length > SEARCH_PAGE_SIZE && query.page < SEARCH_PAGES_MAX,
  };
}

/** One row more than is shown tells whether there is another page. */
export const pageOf = (page: number) => ({
  offset: (page - 1) * SEARCH_PAGE_SIZE,
  limit: SEARCH_PAGE_SIZE + 1,
});
