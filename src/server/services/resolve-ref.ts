import { type Id, parseId } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';

/** What a page's address names: a branch or tag as it is now, or a commit for ever. */
export interface ResolvedRef {
  kind: 'branch' | 'tag' | 'commit';
  /** The name of the branch or tag, or the commit's bare id. */
  name: string;
  commitId: Id;
  /** What follows the ref in the address. */
  path: string[];
}

const REF_MAX_SEGMENTS = 64;

/**
 * Finds the ref at the start of an address's segments (decoded). Names may hold slashes. A branch wins
 * over a tag, the longest name that exists over shorter ones of its kind; a tag that stands on several
 * commits means the one where it was put last. After names comes an id in either text form.
 *
 * Throws `Refusal` `branch-not-found` when nothing matches.
 */
export async function resolveRef(
  repo: OpenRepository,
  segments: string[],
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<ResolvedRef> {
  const names = segments
    .slice(0, REF_MAX_SEGMENTS)
    .map((_, last) => segments.slice(0, last + 1).join('/'));
  const [branches, tags] = await Promise.all([
    browse.findBranches(repo.entry.id, names),
    browse.findTags(repo.entry.id, names),
  ]);
  for (let length = names.length; length > 0; length--) {
    const branch = branches.get(names[length - 1]!);
    if (!branch) continue;
    const path = segments.slice(length);
    return { kind: 'branch', name: branch.name, commitId: branch.head, path };
  }
  for (let length = names.length; length > 0; length--) {
    const name = names[length - 1]!;
    const commitId = tags.get(name);
    if (commitId) return { kind: 'tag', name, commitId, path: segments.slice(length) };
  }
  const id = parseId(segments[0])?.id;
  if (id && (await browse.findGenerations(repo.entry.id, [id])).has(id)) {
    return { kind: 'commit', name: id, commitId: id, path: segments.slice(1) };
  }
  throw new Refusal('branch-not-found', {}, 'There is no such branch, tag or commit here.');
}

/**
 * The commit that a text names as a whole: a branch, a tag or an id. Throws `Refusal`
 * `branch-not-found`.
 */
export async function resolveCommit(
  repo: OpenRepository,
  text: string,
  deps: Pick<BrowseDeps, 'browse'>,
): Promise<Id> {
  const ref = await resolveRef(repo, text.split('/'), deps);
  if (ref.path.length === 0) return ref.commitId;
  throw new Refusal('branch-not-found', {}, 'There is no such branch, tag or commit here.');
}

/** The default branch as it is now; null while the repository is empty. */
export async function defaultRef(
  repo: OpenRepository,
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<ResolvedRef | null> {
  const name = repo.entry.defaultBranch;
  if (name === null) return null;
  const branch = (await browse.findBranches(repo.entry.id, [name])).get(name);
  return branch ? { kind: 'branch', name, commitId: branch.head, path: [] } : null;
}
