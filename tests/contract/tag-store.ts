import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '~/muse/ids';
import type { Principal } from '~/server/access';
import { type NewTag, TAGS_PER_COMMIT_LISTED } from '~/server/ports/tag-store';
import { removal, removals } from '~tests/support/removal';
import { addRepository, addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

type User = Extract<Principal, { kind: 'user' }>;

const [ONE, TWO] = [sha256('one'), sha256('two')];
let made = 0;
const tag = (name: string, commitId: string, fields: Partial<NewTag> = {}): NewTag => ({
  ...{ id: randomUUID(), name, commitId, createdAtMs: 1_700_000_000_000 + made++ },
  ...fields,
});

/** What a store of tags promises. */
export function describeTagStore(name: string, makeWorld: () => StoreWorld): void {
  describe(`${name}: the tags of a repository`, () => {
    let world: StoreWorld;
    let owner: User;
    let userId: string;
    let handle: string;
    let repoId: string;
    const put = (...tags: NewTag[]) => world.tagStore.putTags(repoId, userId, tags);
    const remove = (id: string) =>
      world.tagStore.removeTag(repoId, id, (was) =>
        removal(owner, 'tag.remove', { tag: was.name }),
      );
    const list = (page: Partial<Parameters<StoreWorld['tagStore']['listTags']>[1]> = {}) =>
      world.tagStore.listTags(repoId, { after: null, search: '', limit: 10, ...page });

    beforeEach(async () => {
      world = makeWorld();
      owner = await addUser(world);
      ({ userId, handle } = owner);
      repoId = await addRepository(world, owner);
    });

    it('are labels: several on a commit, and one name on several commits', async () => {
      const tags = [tag('v1', ONE), tag('key:Am', ONE), tag('key:Am', TWO)];
      expect(await put(...tags)).toEqual({ stored: 3 });
      expect(await world.tagStore.countTags(repoId)).toBe(3);
      expect(await world.tagStore.tagsOfCommits(repoId, [ONE, TWO, sha256('none')])).toEqual(
        new Map([
          [ONE, ['key:Am', 'v1']],
          [TWO, ['key:Am']],
        ]),
      );
    });

    it('are listed last made first, page by page, with who put them there', async () => {
      const tags = [tag('a', ONE), tag('b', ONE), tag('c', TWO)];
      await put(...tags);
      const actor = { handle, kind: 'human' };
      const newest = tags.map((one) => ({ ...one, actor })).reverse();
      expect(await list()).toEqual(newest);
      const { createdAtMs, id } = newest[0]!;
      expect(await list({ after: { createdAtMs, id }, limit: 1 })).toEqual([newest[1]]);
      expect(await list({ search: 'B' })).toEqual([newest[1]]);
    });

    it('made at one time are each listed once over the pages', async () => {
      const createdAtMs = 1_700_000_000_000;
      await put(...['a', 'b', 'c'].map((name) => tag(name, ONE, { createdAtMs })));
      const seen: string[] = [];
      for (let after = null as { createdAtMs: number; id: string } | null; ; ) {
        const [row] = await list({ after, limit: 1 });
        if (!row) break;
        seen.push(row.name);
        after = { createdAtMs, id: row.id };
      }
      expect(seen.sort()).toEqual(['a', 'b', 'c']);
    });

    it('stand for the commit where they were put last', async () => {
      await put(tag('stage:master', ONE), tag('stage:master', TWO), tag('v1', ONE));
      const found = await world.tagStore.findTags(repoId, ['stage:master', 'v1', 'v', 'v\0']);
      expect(found).toEqual(
        new Map([
          ['stage:master', TWO],
          ['v1', ONE],
        ]),
      );
    });

    it('that are there already are passed over', async () => {
      const first = tag('v1', ONE);
      await put(first);
      expect(await put(first, tag('v1', ONE), tag('v2', ONE))).toEqual({ stored: 1 });
      expect(await world.tagStore.countTags(repoId)).toBe(2);
    });

    it('do not move: an id that stands elsewhere refuses the whole request', async () => {
      const first = tag('v1', ONE);
      await put(first);
      for (const other of [
        { ...first, commitId: TWO },
        { ...first, name: 'v2' },
      ]) {
        expect(await put(tag('v3', ONE), other)).toEqual({ conflict: first.id });
      }
      const twice = tag('v4', ONE);
      expect(await put(twice, { ...twice, commitId: TWO })).toEqual({ conflict: twice.id });
      expect((await list()).map((row) => row.name)).toEqual(['v1']);
    });

    it('are taken away one by one, and tell what they were', async () => {
      const tags = [tag('v1', ONE), tag('v1', TWO)];
      await put(...tags);
      expect(await remove(tags[1]!.id)).toEqual(tags[1]);
      expect(await remove(tags[1]!.id)).toBeNull();
      const acts = await removals(world, handle);
      expect(acts.map(({ action, detail }) => [action, detail])).toEqual([
        ['tag.remove', { tag: 'v1' }],
      ]);
      expect(await world.tagStore.findTags(repoId, ['v1'])).toEqual(new Map([['v1', ONE]]));
    });

    it('of one repository are not those of another', async () => {
      const first = tag('v1', ONE);
      await put(first);
      const other = await addRepository(world, await addUser(world));
      expect(await world.tagStore.putTags(other, userId, [{ ...first, commitId: TWO }])).toEqual({
        stored: 1,
      });
      expect(await world.tagStore.findTags(repoId, ['v1'])).toEqual(new Map([['v1', ONE]]));
    });

    it('of a commit with very many are listed up to a bound', async () => {
      const many = Array.from({ length: TAGS_PER_COMMIT_LISTED + 5 }, (_, n) => tag(`t${n}`, ONE));
      await put(...many);
      const names = (await world.tagStore.tagsOfCommits(repoId, [ONE])).get(ONE);
      expect(names).toHaveLength(TAGS_PER_COMMIT_LISTED);
    });
  });
}
