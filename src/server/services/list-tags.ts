import type { TagRow, TagStore } from '~/server/ports/tag-store';
import type { BrowseDeps } from './browse-deps';
import { describeCommits, type ListedCommit } from './list-commits';
import type { OpenRepository } from './open-repository';

export interface ListedTag extends TagRow {
  commit: ListedCommit;
}

/** Where a page of tags goes on. */
export interface TagCursor {
  createdAtMs: number;
  id: string;
}

export interface TagQuery {
  after: TagCursor | null;
  /** A part of a name; '' for all. */
  search: string;
  limit: number;
}

/** A page of tags, last made first. */
export async function listTags(
  repo: OpenRepository,
  query: TagQuery,
  { tags }: { tags: TagStore },
): Promise<{ tags: TagRow[]; next: TagCursor | null }> {
  const rows = await tags.listTags(repo.entry.id, { ...query, limit: query.limit + 1 });
  const listed = rows.slice(0, query.limit);
  const last = listed.at(-1);
  const next =
    rows.length > query.limit && last ? { createdAtMs: last.createdAtMs, id: last.id } : null;
  return { tags: listed, next };
}

/** The same, with the commits that they stand on. */
export async function showTags(
  repo: OpenRepository,
  query: TagQuery,
  deps: { tags: TagStore } & Pick<BrowseDeps, 'browse'>,
): Promise<{ tags: ListedTag[]; next: TagCursor | null }> {
  const { tags, next } = await listTags(repo, query, deps);
  const ids = [...new Set(tags.map((tag) => tag.commitId))];
  const commits = new Map(
    (await describeCommits(repo, ids, deps)).map((commit) => [commit.id, commit]),
  );
  return { tags: tags.map((tag) => ({ ...tag, commit: commits.get(tag.commitId)! })), next };
}
