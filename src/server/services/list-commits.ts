import type { Id } from '~/muse/ids';
import type { CommitFilter, CommitRow } from '~/server/ports/browse-store';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import type { CommitHistory } from './commit-history';
import { branchScope } from './index-history';
import { loadHistory } from './load-history';
import type { OpenRepository } from './open-repository';

type ListDeps = Pick<BrowseDeps, 'browse' | 'histories' | 'historyCache'>;

/** A commit as lists show it. */
export interface ListedCommit extends CommitRow {
  /** The handle of the account that the author's text names; null when it names none. */
  authorHandle: string | null;
  comments: number;
  /** Names of its tags, up to a bound. */
  tags: string[];
}

export interface CommitPage {
  branch: string;
  isDefault: boolean;
  /** Of the whole branch, without the filter. */
  count: number;
  /** The place of the first listed commit, from 1; 0 when the page is empty. */
  firstPlace: number;
  commits: ListedCommit[];
  /** Where the next, older page continues; null at the end. */
  olderAfter: Id | null;
  newerBefore: Id | null;
}

/** Commits that a filter looks through for one page; the next page goes on from there. */
const FILTER_MAX_SCANNED = 10_000;
/** So many are asked about at once, then twice as many: what is rare takes few questions. */
const FILTER_CHUNK_MIN = 250;
const FILTER_CHUNK_MAX = 4_000;

/** The commits of a branch (see `branchScope`); null when the repository has no such branch. */
export async function branchHistory(
  repo: OpenRepository,
  branch: string,
  deps: ListDeps,
): Promise<CommitHistory | null> {
  const key = { repoId: repo.entry.id, branch };
  const scope = await branchScope(key, repo.entry.defaultBranch, deps.browse);
  return scope && loadHistory(key, scope, deps);
}

/**
 * A page of a branch's commits, newest first; after one commit, before another, or from the start.
 * A commit that names no place in this branch (any more) starts from the newest.
 *
 * Throws `Refusal` `branch-not-found`.
 */
export async function listCommits(
  repo: OpenRepository,
  query: {
    branch: string | null;
    after: Id | null;
    before: Id | null;
    limit: number;
    filter: CommitFilter | null;
  },
  deps: ListDeps,
): Promise<CommitPage> {
  const branch = query.branch ?? repo.entry.defaultBranch;
  const history = branch === null ? null : await branchHistory(repo, branch, deps);
  if (branch === null || !history) throw new Refusal('branch-not-found');
  const from = await placeToStart(history, query);
  const filter = query.filter;
  const { ids, next } = filter
    ? await filtered(repo, history, from, query.limit, filter, deps)
    : { ids: await history.slice(from, from + query.limit), next: from + query.limit };
  const first = ids[0] === undefined ? -1 : await history.indexOf(ids[0]);
  return {
    branch,
    isDefault: branch === repo.entry.defaultBranch,
    count: history.count,
    firstPlace: first + 1,
    commits: await describeCommits(repo, ids, deps),
    olderAfter: next < history.count ? await history.at(next - 1) : null,
    newerBefore: from > 0 ? await history.at(from) : null,
  };
}

async function placeToStart(
  history: CommitHistory,
  { after, before, limit }: { after: Id | null; before: Id | null; limit: number },
): Promise<number> {
  if (after !== null) return (await history.indexOf(after)) + 1;
  if (before === null) return 0;
  return Math.max(0, (await history.indexOf(before)) - limit);
}

async function filtered(
  repo: OpenRepository,
  history: CommitHistory,
  from: number,
  limit: number,
  filter: CommitFilter,
  { browse }: ListDeps,
): Promise<{ ids: Id[]; next: number }> {
  const ids: Id[] = [];
  const end = Math.min(history.count, from + FILTER_MAX_SCANNED);
  let size = FILTER_CHUNK_MIN;
  for (let place = from; place < end; ) {
    const chunk = await history.slice(place, Math.min(place + size, end));
    const matching = await browse.filterCommits(repo.entry.id, chunk, filter);
    for (const [offset, id] of chunk.entries()) {
      if (!matching.has(id)) continue;
      ids.push(id);
      if (ids.length === limit) return { ids, next: place + offset + 1 };
    }
    place += chunk.length;
    size = Math.min(size * 2, FILTER_CHUNK_MAX);
  }
  return { ids, next: end };
}

/** The rows of commits, in the order of the ids, with what lists show beside them. */
export async function describeCommits(
  repo: OpenRepository,
  ids: Id[],
  { browse }: Pick<ListDeps, 'browse'>,
): Promise<ListedCommit[]> {
  if (ids.length === 0) return [];
  const [rows, comments, tags] = await Promise.all([
    browse.loadCommits(repo.entry.id, ids),
    browse.countComments(repo.entry.id, ids),
    browse.tagsOfCommits(repo.entry.id, ids),
  ]);
  const authors = new Set([...rows.values()].map((row) => row.author));
  const handles = await browse.findHandles([...authors]);
  return ids.map((id) => {
    const row = rows.get(id);
    if (!row) throw new Error(`commit ${id} of repository ${repo.entry.id} has no row`);
    return {
      ...row,
      authorHandle: handles.get(row.author) ?? null,
      comments: comments.get(id) ?? 0,
      tags: tags.get(id) ?? [],
    };
  });
}
