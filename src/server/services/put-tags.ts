import type { Id } from '~/muse/ids';
import { checkTagName } from '~/muse/tag-name';
import type { Clock } from '~/server/ports/clock';
import type { FetchStore } from '~/server/ports/fetch-store';
import type { NewTag, TagStore } from '~/server/ports/tag-store';
import { Refusal } from '~/wire/errors';
import type { TagsRequest } from '~/wire/tag-messages';
import { expectIdFormat } from './create-release';
import { expectWriter } from './expect-writer';
import type { OpenRepository } from './open-repository';

export interface PutTagsDeps {
  tags: TagStore;
  records: Pick<FetchStore, 'findCommits'>;
  clock: Pick<Clock, 'now' | 'uuid'>;
}

/**
 * Puts tags on commits, all or none, and tells how many were new; those that are there already are
 * passed over (docs/protocol.md §4).
 *
 * Throws `Refusal`: `unauthenticated`, `access-denied`, `id-format-mismatch` for ids in the form that
 * the repository does not use, `object-not-found` with the `id` of a commit that is not here,
 * `tag-conflict` with the `tag_id` that stands elsewhere.
 */
export async function putTags(
  repo: OpenRepository,
  { tags, idFormat }: TagsRequest,
  deps: PutTagsDeps,
): Promise<number> {
  const { userId } = expectWriter(repo);
  expectIdFormat(repo, idFormat);
  await expectCommits(
    repo,
    tags.map((tag) => tag.commitId),
    deps,
  );
  const now = deps.clock.now();
  const made = tags.map((tag) => ({ ...tag, createdAtMs: tag.createdAtMs ?? now }));
  const outcome = await deps.tags.putTags(repo.entry.id, userId, made);
  if ('stored' in outcome) return outcome.stored;
  throw new Refusal('tag-conflict', { tag_id: outcome.conflict });
}

/**
 * Puts one tag on a commit by hand. Throws `Refusal` as `putTags`, and `bad-tag` for a name that is
 * not allowed or that the commit has already.
 */
export async function addTag(
  repo: OpenRepository,
  { name, commitId }: { name: string; commitId: Id },
  deps: PutTagsDeps,
): Promise<NewTag> {
  const { userId } = expectWriter(repo);
  const problem = checkTagName(name);
  if (problem !== null) throw new Refusal('bad-tag', { field: 'tag' }, `The tag ${problem}.`);
  await expectCommits(repo, [commitId], deps);
  const tag = { id: deps.clock.uuid(), name, commitId, createdAtMs: deps.clock.now() };
  const outcome = await deps.tags.putTags(repo.entry.id, userId, [tag]);
  if ('stored' in outcome && outcome.stored === 1) return tag;
  throw new Refusal('bad-tag', { field: 'tag' }, 'This commit has the tag already.');
}

/** Throws `Refusal` `object-not-found` with the `id` of the first commit that is not stored here. */
export async function expectCommits(
  repo: OpenRepository,
  ids: Id[],
  { records }: Pick<PutTagsDeps, 'records'>,
): Promise<void> {
  const wanted = [...new Set(ids)];
  const found = await records.findCommits(repo.entry.id, wanted);
  const missing = wanted.find((id) => !found.has(id));
  if (missing === undefined) return;
  const message = 'A commit that is named is not here; push it first.';
  throw new Refusal('object-not-found', { id: missing }, message);
}
