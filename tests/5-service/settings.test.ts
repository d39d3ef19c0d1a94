import { beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { deleteRepository } from '~/server/services/delete-repository';
import { type OpenRepository, openRepository } from '~/server/services/open-repository';
import { removeBranchRule, setBranchRule } from '~/server/services/set-branch-rule';
import { setCollaborator } from '~/server/services/set-collaborator';
import { showSettings } from '~/server/services/show-settings';
import { updateRepository } from '~/server/services/update-repository';
import { TEST_USE } from '~tests/support/audit-entries';
import { memoryWorld } from '~tests/support/memory-world';
import { addRepository, addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

type User = Extract<Principal, { kind: 'user' }>;

const RULE = {
  ...{ pattern: 'main', allowForce: false, allowDelete: false, requireSigned: false },
  pushRole: 'admin' as const,
};
let world: StoreWorld;
let ada: User;
let bob: User;
let slug: string;

const open = (principal: Principal): Promise<OpenRepository> =>
  openRepository({ owner: 'ada', slug, scope: 'read', principal }, world.identity);
const deps = () => ({ settings: world.settings, identities: world.identity, use: TEST_USE });

beforeEach(async () => {
  world = memoryWorld();
  ada = await addUser(world, { handle: 'ada' });
  bob = await addUser(world, { handle: 'bob' });
  slug = `repo-${(await addRepository(world, ada)).slice(0, 8)}`;
});

describe('the settings of a repository', () => {
  it('are shown to and changed by its admins only', async () => {
    const repo = await open(ada);
    await setCollaborator(repo, { handle: 'bob', permission: 'write' }, deps());
    const asBob = await open(bob);
    for (const act of [
      () => showSettings(asBob, deps()),
      () => updateRepository(asBob, { visibility: 'private' }, deps()),
      () => setCollaborator(asBob, { handle: 'bob', permission: 'admin' }, deps()),
      () => setBranchRule(asBob, RULE, deps()),
      () => removeBranchRule(asBob, 'main', deps()),
      () => deleteRepository(asBob, `ada/${slug}`, deps()),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: 'access-denied' });
    }
    await setCollaborator(repo, { handle: 'BOB', permission: 'admin' }, deps());
    expect(await showSettings(await open(bob), deps())).toMatchObject({
      collaborators: [{ handle: 'bob', permission: 'admin' }],
    });
  });

  it('take what is named and keep the rest', async () => {
    await updateRepository(await open(ada), { description: ' songs ' }, deps());
    await updateRepository(await open(ada), { refusePolyglot: true }, deps());
    expect(await showSettings(await open(ada), deps())).toMatchObject({
      ...{ description: 'songs', visibility: 'public', refusePolyglot: true },
    });
    const long = updateRepository(await open(ada), { description: 'x'.repeat(501) }, deps());
    await expect(long).rejects.toMatchObject({ code: 'limit-exceeded' });
    const nowhere = updateRepository(await open(ada), { defaultBranch: 'nowhere' }, deps());
    await expect(nowhere).rejects.toMatchObject({ code: 'branch-not-found' });
  });

  it('take access back at once', async () => {
    const repo = await open(ada);
    await updateRepository(repo, { visibility: 'private' }, deps());
    await expect(open(bob)).rejects.toMatchObject({ code: 'repo-not-found' });
    await setCollaborator(repo, { handle: 'bob', permission: 'read' }, deps());
    expect((await open(bob)).mayWrite).toBe(false);
    await setCollaborator(repo, { handle: 'bob', permission: null }, deps());
    await expect(open(bob)).rejects.toMatchObject({ code: 'repo-not-found' });
  });

  it('know whom access can be given to', async () => {
    const repo = await open(ada);
    const give = (handle: string, permission: 'read' | null = 'read') =>
      setCollaborator(repo, { handle, permission }, deps());
    await expect(give('nobody')).rejects.toMatchObject({ code: 'object-not-found' });
    await expect(give('ada')).rejects.toMatchObject({ code: 'bad-frame' });
    await expect(give('bob', null)).rejects.toMatchObject({ code: 'object-not-found' });
    await world.disableUser(bob.userId);
    await expect(give('bob')).rejects.toMatchObject({ code: 'object-not-found' });
  });

  it('hold a rule for what is a pattern', async () => {
    const repo = await open(ada);
    await setBranchRule(repo, { ...RULE, pattern: ' release/* ' }, deps());
    expect((await showSettings(repo, deps())).rules).toEqual([{ ...RULE, pattern: 'release/*' }]);
    for (const pattern of ['', ' ', 'a b', 'x'.repeat(256), 'a\u0007']) {
      const set = setBranchRule(repo, { ...RULE, pattern }, deps());
      await expect(set).rejects.toMatchObject({ code: 'bad-frame' });
    }
    await removeBranchRule(repo, 'release/*', deps());
    const again = removeBranchRule(repo, 'release/*', deps());
    await expect(again).rejects.toMatchObject({ code: 'object-not-found' });
  });

  it('end with the repository, when its name was typed', async () => {
    const repo = await open(ada);
    const wrong = deleteRepository(repo, slug, deps());
    await expect(wrong).rejects.toMatchObject({ code: 'bad-frame' });
    await deleteRepository(repo, `ada/${slug}`, deps());
    await expect(open(ada)).rejects.toMatchObject({ code: 'repo-not-found' });
    const twice = deleteRepository(repo, `ada/${slug}`, deps());
    await expect(twice).rejects.toMatchObject({ code: 'repo-not-found' });
  });
});
