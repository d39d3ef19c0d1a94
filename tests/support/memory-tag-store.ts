import type { Id } from '~/muse/ids';
import type { AuditEntry } from '~/server/ports/audit-log';
import {
  type NewTag,
  TAGS_PER_COMMIT_LISTED,
  type TagRow,
  type TagStore,
} from '~/server/ports/tag-store';
import type { MemoryHub } from './memory-hub';

type Stored = NewTag & { actorId: string };

const lastFirst = (a: NewTag, b: NewTag) =>
  b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

/** Tags in memory. */
export class MemoryTagStore implements TagStore {
  constructor(readonly hub: MemoryHub) {}

  async listTags(
    repoId: string,
    { after, search, limit }: Parameters<TagStore['listTags']>[1],
  ): Promise<TagRow[]> {
    const start = after && { ...after, name: '', commitId: '' };
    return this.#all(repoId)
      .filter((tag) => tag.name.toLowerCase().includes(search.toLowerCase()))
      .filter((tag) => start === null || lastFirst(tag, start) > 0)
      .sort(lastFirst)
      .slice(0, limit)
      .map(({ actorId, ...tag }) => {
        const user = this.hub.users.get(actorId);
        return { ...tag, actor: user ? { handle: user.handle, kind: user.kind } : null };
      });
  }

  async countTags(repoId: string): Promise<number> {
    return this.#all(repoId).length;
  }

  async tagsOfCommits(repoId: string, commitIds: Id[]): Promise<Map<Id, string[]>> {
    const found = new Map<Id, string[]>();
    for (const commitId of commitIds) {
      const tags = this.#all(repoId).filter((tag) => tag.commitId === commitId);
      const names = tags.map((tag) => tag.name).sort();
      if (names.length > 0) found.set(commitId, names.slice(0, TAGS_PER_COMMIT_LISTED));
    }
    return found;
  }

  async findTags(repoId: string, names: string[]): Promise<Map<string, Id>> {
    const found = new Map<string, Id>();
    for (const name of names) {
      const [last] = this.#all(repoId)
        .filter((tag) => tag.name === name)
        .sort(lastFirst);
      if (last) found.set(name, last.commitId);
    }
    return found;
  }

  async putTags(repoId: string, actorId: string, tags: NewTag[]): ReturnType<TagStore['putTags']> {
    const { tags: stored } = this.hub.repository(repoId);
    const next = new Map<string, Stored>(stored);
    const labelOf = (tag: NewTag) => `${tag.commitId} ${tag.name}`;
    const labels = new Set([...next.values()].map(labelOf));
    for (const tag of tags) {
      const known = next.get(tag.id);
      if (known && labelOf(known) !== labelOf(tag)) return { conflict: tag.id };
      if (known || labels.has(labelOf(tag))) continue;
      next.set(tag.id, { ...tag, actorId });
      labels.add(labelOf(tag));
    }
    const added = next.size - stored.size;
    this.hub.repository(repoId).tags = next;
    return { stored: added };
  }

  async removeTag(
    repoId: string,
    id: string,
    audit: (removed: NewTag) => AuditEntry,
  ): Promise<NewTag | null> {
    const { tags } = this.hub.repository(repoId);
    const tag = tags.get(id);
    if (!tag) return null;
    tags.delete(id);
    const { actorId: _, ...was } = tag;
    this.hub.note(audit(was));
    return was;
  }

  #all(repoId: string): Stored[] {
    return [...this.hub.repository(repoId).tags.values()];
  }
}
