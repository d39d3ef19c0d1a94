import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '~/muse/ids';
import type { Principal } from '~/server/access';
import type { NewRelease, ReleaseQuery } from '~/server/ports/release-store';
import { removal, removals } from '~tests/support/removal';
import { addRepository, addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

let made = 0;
const release = (tag: string, fields: Partial<NewRelease> = {}): NewRelease => ({
  ...{ id: randomUUID(), tag, channel: 'stable', title: `Version ${tag}`, body: '# Notes' },
  ...{ isDraft: false, commitId: sha256('commit'), snapshotId: sha256('snapshot') },
  ...{ createdAtMs: 1_700_000_000_000 + made++, ...fields },
});

/** What a store of releases promises. */
export function describeReleaseStore(name: string, makeWorld: () => StoreWorld): void {
  describe(`${name}: the releases of a repository`, () => {
    let world: StoreWorld;
    let owner: Extract<Principal, { kind: 'user' }>;
    let repoId: string;
    const add = (one: NewRelease, record: Record<string, unknown> = {}) =>
      world.releases.addRelease(repoId, owner.userId, one, record);
    const tags = async (query: Partial<ReleaseQuery> = {}) => {
      const all = { after: null, channel: null, drafts: false, limit: 10, ...query };
      return (await world.releases.listReleases(repoId, all)).map(({ tag }) => tag);
    };

    beforeEach(async () => {
      world = makeWorld();
      owner = await addUser(world);
      repoId = await addRepository(world, owner);
    });

    it('come back as they were put in, with who made them', async () => {
      const one = release('v1.0.0');
      expect(await add(one)).toBe(true);
      const actor = { handle: owner.handle, kind: 'human' };
      expect(await world.releases.findRelease(repoId, 'v1.0.0')).toEqual({
        ...{ ...one, editedAtMs: null, actor },
      });
      expect(await world.releases.findRelease(repoId, 'v1.0.1')).toBeNull();
    });

    it('keep what else the record of a client holds', async () => {
      const one = release('v1.0.0');
      const record = { changelog: [{ message: 'a' }], semantic_report: { n: 1 }, x: null };
      await add(one, record);
      expect(await world.releases.loadReleaseRecords(repoId, [one.id, 'none'])).toEqual(
        new Map([[one.id, record]]),
      );
    });

    it('are one per tag and id', async () => {
      const one = release('v1.0.0');
      await add(one);
      expect(await add(release('v1.0.0'))).toBe(false);
      expect(await add(release('v2.0.0', { id: one.id }))).toBe(false);
      expect(await tags()).toEqual(['v1.0.0']);
    });

    it('are listed last made first, page by page, by channel, without drafts', async () => {
      await add(release('v1.0.0'));
      await add(release('v1.1.0-beta.1', { channel: 'beta' }));
      const last = release('v1.1.0');
      await add(last);
      await add(release('v2.0.0', { isDraft: true }));
      expect(await tags()).toEqual(['v1.1.0', 'v1.1.0-beta.1', 'v1.0.0']);
      expect(await tags({ after: last, limit: 1 })).toEqual(['v1.1.0-beta.1']);
      expect(await tags({ channel: 'beta' })).toEqual(['v1.1.0-beta.1']);
      expect((await tags({ drafts: true }))[0]).toBe('v2.0.0');
      expect(await world.releases.countReleases(repoId, false)).toBe(3);
      expect(await world.releases.countReleases(repoId, true)).toBe(4);
    });

    it('change in their words, and stay what they are', async () => {
      const one = release('v1.0.0', { isDraft: true });
      await add(one);
      const change = { title: 'One', body: '', channel: 'alpha', isDraft: false } as const;
      expect(await world.releases.updateRelease(repoId, 'v1.0.0', change, 5_000)).toBe(true);
      expect(await world.releases.updateRelease(repoId, 'v9.0.0', change, 5_000)).toBe(false);
      const actor = { handle: owner.handle, kind: 'human' };
      expect(await world.releases.findRelease(repoId, 'v1.0.0')).toEqual({
        ...{ ...one, ...change, editedAtMs: 5_000, actor },
      });
    });

    it('are deleted once, which is noted', async () => {
      await add(release('v1.0.0'));
      const audit = removal(owner, 'release.delete', { tag: 'v1.0.0' });
      expect(await world.releases.deleteRelease(repoId, 'v1.0.0', audit)).toBe(true);
      expect(await world.releases.deleteRelease(repoId, 'v1.0.0', audit)).toBe(false);
      expect(await tags()).toEqual([]);
      expect(await removals(world, owner.handle)).toHaveLength(1);
    });
  });
}
