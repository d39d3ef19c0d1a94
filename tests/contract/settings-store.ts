import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { AN_ACT } from '~tests/support/audit-entries';
import { addRepository, addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a store of settings promises the admins of a repository. */
export function describeSettingsStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  const rule = (pattern: string) => ({
    ...{ pattern, allowForce: true, allowDelete: false, requireSigned: true },
    pushRole: 'admin' as const,
  });

  describe(`${name}: the settings of a repository`, () => {
    it('change where they are named, and stay where they are not', async () => {
      const owner = await addUser(world);
      const id = await addRepository(world, owner);
      const find = () =>
        world.identity.findRepository(owner.handle, `repo-${id.slice(0, 8)}`, owner);
      const change = { description: 'songs', visibility: 'private' as const };
      expect(await world.settings.updateRepository(id, change, AN_ACT)).toBe(true);
      const checks = { requireSigned: true, refusePolyglot: true };
      expect(await world.settings.updateRepository(id, checks, AN_ACT)).toBe(true);
      expect((await find())?.repository).toMatchObject({ ...change, ...checks });
      expect(await world.settings.updateRepository(id, { requireSigned: false }, AN_ACT)).toBe(
        true,
      );
      expect((await find())?.repository).toMatchObject({
        ...change,
        ...{ requireSigned: false, refusePolyglot: true, defaultBranch: null },
      });
    });

    it('take no default branch that is not there, and change nothing then', async () => {
      const owner = await addUser(world);
      const id = await addRepository(world, owner);
      const change = { description: 'other', defaultBranch: 'nowhere' };
      expect(await world.settings.updateRepository(id, change, AN_ACT)).toBe(false);
      const found = await world.identity.findRepository(
        ...([owner.handle, `repo-${id.slice(0, 8)}`, owner] as const),
      );
      expect(found?.repository).toMatchObject({ description: '', defaultBranch: null });
    });

    it('name collaborators by their handles, each with one permission', async () => {
      const repoId = await addRepository(world, await addUser(world));
      const [one, two] = [await addUser(world), await addUser(world, { kind: 'agent' })];
      await world.settings.putCollaborator(repoId, one.userId, 'read', AN_ACT);
      await world.settings.putCollaborator(repoId, one.userId, 'admin', AN_ACT);
      await world.settings.putCollaborator(repoId, two.userId, 'write', AN_ACT);
      const listed = [
        { handle: one.handle, kind: 'human', permission: 'admin' },
        { handle: two.handle, kind: 'agent', permission: 'write' },
      ].sort((a, b) => (a.handle < b.handle ? -1 : 1));
      expect(await world.settings.listCollaborators(repoId)).toEqual(listed);
      expect(await world.settings.removeCollaborator(repoId, one.userId, AN_ACT)).toBe(true);
      expect(await world.settings.removeCollaborator(repoId, one.userId, AN_ACT)).toBe(false);
      expect(await world.settings.listCollaborators(repoId)).toHaveLength(1);
    });

    it('hold one rule per pattern', async () => {
      const repoId = await addRepository(world, await addUser(world));
      await world.settings.putRule(repoId, rule('release/*'), AN_ACT);
      await world.settings.putRule(repoId, rule('main'), AN_ACT);
      const open = { ...rule('main'), allowDelete: true, pushRole: 'write' as const };
      await world.settings.putRule(repoId, open, AN_ACT);
      expect(await world.settings.listRules(repoId)).toEqual([open, rule('release/*')]);
      expect(await world.settings.removeRule(repoId, 'main', AN_ACT)).toBe(true);
      expect(await world.settings.removeRule(repoId, 'main', AN_ACT)).toBe(false);
      expect(await world.settings.listRules(repoId)).toEqual([rule('release/*')]);
    });

    it('end with the repository, whose name is free then', async () => {
      const owner = await addUser(world);
      const id = await addRepository(world, owner);
      const slug = `repo-${id.slice(0, 8)}`;
      expect(await world.settings.deleteRepository(id, AN_ACT)).toBe(true);
      expect(await world.settings.deleteRepository(id, AN_ACT)).toBe(false);
      expect(await world.settings.updateRepository(id, { description: 'x' }, AN_ACT)).toBe(false);
      expect(await world.identity.findRepository(owner.handle, slug, owner)).toBeNull();
      const again = { id: randomUUID(), ownerId: owner.userId, slug, description: '' };
      const made = await world.identity.createRepository(
        { ...again, visibility: 'public' },
        AN_ACT,
      );
      expect(made).toEqual({ id: again.id });
    });
  });
}
