import { beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { hashToken, mintToken } from '~/server/auth/token-text';
import { createRepository } from '~/server/services/create-repository';
import { createToken } from '~/server/services/create-token';
import { deleteRepository } from '~/server/services/delete-repository';
import { endOtherSessions } from '~/server/services/end-session';
import { checkReason, expectHubAdmin } from '~/server/services/expect-hub-admin';
import { openRepository } from '~/server/services/open-repository';
import { revokeLeakedToken, revokeToken } from '~/server/services/revoke-token';
import { removeBranchRule, setBranchRule } from '~/server/services/set-branch-rule';
import { setCollaborator } from '~/server/services/set-collaborator';
import { updateRepository } from '~/server/services/update-repository';
import { TEST_USE } from '~tests/support/audit-entries';
import { FakeClock } from '~tests/support/fake-clock';
import { MemoryHub } from '~tests/support/memory-hub';
import { memoryWorld } from '~tests/support/memory-world';
import { addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

type User = Extract<Principal, { kind: 'user' }>;

let hub: MemoryHub;
let world: StoreWorld;
let ada: User & { token: NonNullable<User['token']> };

const deps = () => ({
  ...{ identities: world.identity, tokens: world.tokens, settings: world.settings },
  ...{
    sessions: world.sessions,
    mint: mintToken,
    clock: new FakeClock(),
    tokenDaysMax: 30,
    hubSettings: world.hubSettings,
  },
  use: TEST_USE,
});
const last = () => hub.acts.at(-1);

beforeEach(async () => {
  hub = new MemoryHub();
  world = memoryWorld(hub);
  const scopes = ['read' as const, 'write' as const, 'admin' as const];
  ada = await withToken(world, await addUser(world, { handle: 'ada' }), { scopes });
  await addUser(world, { handle: 'bob' });
});

describe('who changes something', () => {
  const by = () => ({
    ...{ actorId: ada.userId, actorName: 'ada', tokenId: ada.token.id, sessionId: null },
    ...TEST_USE,
  });

  it('is noted with the token it came with: tokens', async () => {
    const wanted = { name: 'ci', scopes: ['write' as const], repositories: null };
    const more = { branchPattern: 'ci/*', days: 7 };
    const { id, text } = await createToken(ada, { ...wanted, ...more }, deps());
    const subject = { kind: 'token', id, name: 'ci' };
    const detail = { scopes: ['read', 'write'], repositories: null, branchPattern: 'ci/*' };
    expect(last()).toMatchObject({ action: 'token.create', subject, detail, ...by() });
    await revokeToken(ada, id, deps());
    expect(last()).toMatchObject({ action: 'token.revoke', subject, ...by() });
    expect(JSON.stringify(hub.acts)).not.toContain(text);
    const acts = hub.acts.length;
    await revokeLeakedToken(hashToken(text), deps());
    expect(hub.acts).toHaveLength(acts);
  });

  it('is noted as nobody who is signed in, for whoever has the text of a token', async () => {
    const { text, hash } = mintToken('human');
    const { token } = await withToken(world, ada, { hash, name: 'lost' });
    await revokeLeakedToken(hashToken(text), deps());
    expect(last()).toMatchObject({
      ...{ action: 'token.revoke-leaked', actorId: null, actorName: '', ...TEST_USE },
      ...{ subject: { kind: 'token', id: token.id, name: 'lost' }, detail: { account: 'ada' } },
    });
  });

  it('is noted with what changed: repositories', async () => {
    const wanted = { slug: 'notes', owner: null, visibility: 'private' as const, description: '' };
    const { id: repoId } = (await createRepository(ada, wanted, deps()))!;
    const at = { repoId, subject: { kind: 'repository', id: repoId, name: 'ada/notes' }, ...by() };
    const detail = { visibility: 'private' };
    expect(last()).toMatchObject({ action: 'repository.create', detail, ...at });
    const named = { owner: 'ada', slug: 'notes', scope: 'admin' as const, principal: ada };
    const repo = await openRepository(named, world.identity);
    const rule = { allowForce: true, allowDelete: false, requireSigned: false };
    const main = { pattern: 'main', pushRole: 'admin' as const, ...rule };
    const acts: [() => Promise<void>, string, object][] = [
      [
        () => updateRepository(repo, { visibility: 'public' }, deps()),
        ...(['repository.update', { visibility: 'public' }] as const),
      ],
      [
        () => setCollaborator(repo, { handle: 'bob', permission: 'write' }, deps()),
        ...(['collaborator.set', { account: 'bob', permission: 'write' }] as const),
      ],
      [
        () => setCollaborator(repo, { handle: 'bob', permission: null }, deps()),
        ...(['collaborator.remove', { account: 'bob' }] as const),
      ],
      [() => setBranchRule(repo, main, deps()), 'branch-rule.set', main],
      [
        () => removeBranchRule(repo, 'main', deps()),
        ...(['branch-rule.remove', { pattern: 'main' }] as const),
      ],
      [() => deleteRepository(repo, 'ada/notes', deps()), 'repository.delete', {}],
    ];
    for (const [act, action, detail] of acts) {
      await act();
      expect(last()).toMatchObject({ action, detail, ...at });
    }
  });

  it('is not noted when it is refused or changes nothing', async () => {
    const acts = hub.acts.length;
    const wanted = { slug: 'a b', owner: null, visibility: 'public' as const, description: '' };
    await expect(createRepository(ada, wanted, deps())).rejects.toThrow();
    await expect(revokeToken(ada, 'no-such-token', deps())).rejects.toThrow();
    expect(await endOtherSessions(ada, deps())).toBe(0);
    expect(hub.acts).toHaveLength(acts);
  });
});

describe('an admin of the hub', () => {
  it('is one by role, and by a whole token', async () => {
    const root = await addUser(world, { role: 'admin' });
    expect(expectHubAdmin(root)).toBe(root);
    const narrow = await withToken(world, root, { scopes: ['write'] });
    expect(() => expectHubAdmin(narrow)).toThrow(
      expect.objectContaining({ code: 'insufficient-scope' }),
    );
    for (const other of [ada, { kind: 'anonymous' as const }]) {
      expect(() => expectHubAdmin(other)).toThrow(
        expect.objectContaining({ code: 'object-not-found' }),
      );
    }
  });

  it('says why', () => {
    expect(checkReason(' was leaked ')).toBe('was leaked');
    for (const reason of ['', '  ', 'x'.repeat(501)]) {
      expect(() => checkReason(reason)).toThrow(expect.objectContaining({ code: 'bad-frame' }));
    }
  });
});
