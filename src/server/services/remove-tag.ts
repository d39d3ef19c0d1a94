import type { NewTag, TagStore } from '~/server/ports/tag-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry, ofRepository } from './audit-entry';
import { expectWriter } from './expect-writer';
import type { OpenRepository } from './open-repository';

/**
 * Takes a tag away; its commit stays. Throws `Refusal`: `unauthenticated`, `access-denied`,
 * `object-not-found` when there is no such tag.
 */
export async function removeTag(
  repo: OpenRepository,
  id: string,
  deps: { tags: TagStore } & ActDeps,
): Promise<NewTag> {
  const writer = expectWriter(repo);
  const removed = await deps.tags.removeTag(repo.entry.id, id, ({ name, commitId }) =>
    auditEntry(writer, deps, {
      action: 'tag.remove',
      ...ofRepository(repo.entry),
      detail: { tag: name, commit: `sha256:${commitId}` },
    }),
  );
  if (removed) return removed;
  throw new Refusal('object-not-found', {}, 'There is no such tag here.');
}
