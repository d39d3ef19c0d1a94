import type { NewTag, TagStore } from '~/server/ports/tag-store';
import { Refusal } from '~/wire/errors';
import { expectWriter } from './expect-writer';
import type { OpenRepository } from './open-repository';

/**
 * Takes a tag away; its commit stays. Throws `Refusal`: `unauthenticated`, `access-denied`,
 * `object-not-found` when there is no such tag.
 */
export async function removeTag(
  repo: OpenRepository,
  id: string,
  { tags }: { tags: TagStore },
): Promise<NewTag> {
  expectWriter(repo);
  const removed = await tags.removeTag(repo.entry.id, id);
  if (removed) return removed;
  throw new Refusal('object-not-found', {}, 'There is no such tag here.');
}
