import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HistoryKey, SavedHistory } from '~/server/ports/history-store';
import { commitOf, idOf, planOf } from '~tests/support/push-plans';
import { addRepository, addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a store of histories promises those who read and those who save them. */
export function describeHistoryStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  const bytes = (text: string): Uint8Array => Buffer.from(text);
  const mark = (number: number) => ({
    ...{ number, count: 3 },
    first: { id: idOf(`first of ${number}`), orderMs: -62_135_596_800_000 + number },
  });
  const made = (fields: Partial<SavedHistory> = {}): Omit<SavedHistory, 'version'> => ({
    id: randomUUID(),
    scope: { head: idOf('head'), exclude: null },
    marks: [mark(1), mark(0)],
    ...{ nextNumber: 2, behind: null },
    ...fields,
  });
  const fresh = async (): Promise<HistoryKey> => ({
    repoId: await addRepository(world, await addUser(world)),
    branch: 'main',
  });
  const texts = async (key: HistoryKey, id: string, numbers: number[]) => {
    const found = await world.histories.loadChunks(key, id, numbers);
    return Object.fromEntries([...found].map(([n, chunk]) => [n, Buffer.from(chunk).toString()]));
  };

  describe(`${name}: saved histories`, () => {
    it('are found as they were saved, with the chunks that are asked for', async () => {
      const key = await fresh();
      expect(await world.histories.find(key)).toBeNull();
      const next = made({ scope: { head: idOf('head'), exclude: idOf('default') } });
      const chunks = new Map([
        [0, bytes('oldest')],
        [1, bytes('newest')],
      ]);
      expect(await world.histories.save(key, null, next, chunks)).toBe(true);
      expect(await world.histories.find(key)).toEqual({ ...next, version: 1 });
      expect(await texts(key, next.id, [1, 7])).toEqual({ 1: 'newest' });
      expect(await world.histories.find({ ...key, branch: 'other' })).toBeNull();
      expect(await texts({ ...key, repoId: (await fresh()).repoId }, next.id, [1])).toEqual({});
    });

    it('say how far branches are from the default, where that was counted', async () => {
      const { repoId } = await fresh();
      const scope = { head: idOf('head'), exclude: idOf('default') };
      const save = (branch: string, fields: Partial<SavedHistory>) =>
        world.histories.save({ repoId, branch }, null, made(fields), new Map());
      await save('main', { behind: null });
      await save('one', { scope, behind: 0 });
      await save('two', { scope, behind: 70_000, marks: [mark(0)] });
      await save('old', { scope, behind: null });
      const found = await world.histories.findDistances(repoId, ['main', 'two', 'old', 'none']);
      expect([...found]).toEqual([['two', { scope, ahead: 3, behind: 70_000 }]]);
      expect((await world.histories.findDistances(repoId, ['one', 'two'])).size).toBe(2);
      expect((await world.histories.findDistances((await fresh()).repoId, ['one'])).size).toBe(0);
    });

    it('are replaced only by what was made from them', async () => {
      const key = await fresh();
      const next = made();
      await world.histories.save(key, null, next, new Map([[0, bytes('zero')]]));
      expect(await world.histories.save(key, null, made(), new Map())).toBe(false);
      const saved = (await world.histories.find(key))!;
      const later = { ...next, marks: [mark(2)], nextNumber: 3 };
      const chunk = new Map([[2, bytes('two')]]);
      expect(await world.histories.save(key, saved, later, chunk)).toBe(true);
      expect(await world.histories.save(key, saved, later, chunk)).toBe(false);
      expect(await world.histories.find(key)).toEqual({ ...later, version: 2 });
    });

    it('keep the chunks that were replaced for readers that are under way', async () => {
      const key = await fresh();
      const next = made({ marks: [mark(0)], nextNumber: 1 });
      await world.histories.save(key, null, next, new Map([[0, bytes('zero')]]));
      const saved = (await world.histories.find(key))!;
      const later = { ...next, marks: [mark(1)], nextNumber: 2 };
      await world.histories.save(key, saved, later, new Map([[1, bytes('one')]]));
      expect(await texts(key, next.id, [0, 1])).toEqual({ 0: 'zero', 1: 'one' });
    });

    it('are made once when two make them at the same time', async () => {
      const key = await fresh();
      const saves = Array.from({ length: 6 }, (_, n) =>
        world.histories.save(key, null, made(), new Map([[0, bytes(`by ${n}`)]])),
      );
      expect((await Promise.all(saves)).filter(Boolean)).toHaveLength(1);
    });

    it('are missing for the branches that have none, and stay while the branch is there', async () => {
      const owner = await addUser(world);
      const repoId = await addRepository(world, owner);
      const plan = planOf({ repoId, principal: owner, commits: [commitOf('root')] });
      await world.push.applyPush(plan);
      const key = { repoId, branch: plan.branch };
      const missing = async () =>
        (await world.histories.listMissing(10_000)).filter((one) => one.repoId === repoId);
      expect(await missing()).toEqual([key]);
      expect(await world.histories.findDefaultBranch(repoId)).toBe(plan.branch);
      // One that was saved before what lies behind was counted.
      const uncounted = made({ scope: { head: idOf('head'), exclude: idOf('default') } });
      await world.histories.save(key, null, uncounted, new Map());
      expect(await missing()).toEqual([key]);
      const saved = await world.histories.find(key);
      await world.histories.save(key, saved, { ...uncounted, behind: 4 }, new Map());
      expect(await missing()).toEqual([]);
      await world.histories.removeGone();
      expect(await world.histories.find(key)).not.toBeNull();
      await world.setRepository(repoId, { deleted: true });
      expect(await world.histories.findDefaultBranch(repoId)).toBeNull();
    });
  });
}
