import { beforeEach, describe, expect, it } from 'vitest';
import { branchMatches, type Principal } from '~/server/access';
import { hashToken, mintToken } from '~/server/auth/token-text';
import { createToken, type WantedToken } from '~/server/services/create-token';
import { listTokens } from '~/server/services/list-tokens';
import { revokeLeakedToken, revokeToken } from '~/server/services/revoke-token';
import { expiryWarning } from '~/server/services/token-expiry';
import { TEST_USE } from '~tests/support/audit-entries';
import { FakeClock } from '~tests/support/fake-clock';
import { memoryWorld } from '~tests/support/memory-world';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

type User = Extract<Principal, { kind: 'user' }>;

const DAY_MS = 24 * 60 * 60 * 1000;
const clock = new FakeClock();
let world: StoreWorld;
let ada: User;

beforeEach(async () => {
  world = memoryWorld();
  ada = await addUser(world, { handle: 'ada' });
});

const deps = () => ({
  ...{ identities: world.identity, tokens: world.tokens, mint: mintToken, clock },
  tokenDaysMax: 180,
  hubSettings: world.hubSettings,
  use: TEST_USE,
});
const make = (who: Principal, wanted: Partial<WantedToken> = {}) =>
  createToken(
    who,
    {
      ...{ name: 'laptop', scopes: ['write'], repositories: null, branchPattern: null },
      ...{ days: null, ...wanted },
    },
    deps(),
  );
const grant = (fields: Partial<NonNullable<User['token']>>): User => ({
  ...ada,
  token: {
    ...{ id: clock.uuid(), scopes: ['read', 'write', 'admin'], repoIds: null },
    ...{ branchPattern: null, expiresAtMs: null, ...fields },
  },
});

describe('making a token', () => {
  it('gives its text once and stores its hash, valid for 90 days unless said otherwise', async () => {
    const made = await make(ada);
    expect(made.text).toMatch(/^muse_pat_/);
    expect(made).toMatchObject({ scopes: ['read', 'write'], repositories: null });
    expect(made.expiresAtMs).toBe(clock.now() + 90 * DAY_MS);
    expect(await world.identity.findToken(hashToken(made.text))).toMatchObject({ id: made.id });
    expect(JSON.stringify(await listTokens(ada, deps()))).not.toContain(made.text);
    expect((await make(ada, { days: 7 })).expiresAtMs).toBe(clock.now() + 7 * DAY_MS);
  });

  it('gives an agent a token of an agent', async () => {
    expect((await make(await addUser(world, { kind: 'agent' }))).text).toMatch(/^muse_agt_/);
  });

  it('lives no longer than the token behind the request', async () => {
    const expiresAtMs = clock.now() + 3 * DAY_MS;
    expect((await make(grant({ expiresAtMs }))).expiresAtMs).toBe(expiresAtMs);
    const far = clock.now() + 365 * DAY_MS;
    expect((await make(grant({ expiresAtMs: far }))).expiresAtMs).toBe(clock.now() + 90 * DAY_MS);
  });

  it('is for accounts, by a token that is narrowed to nothing and has the scope admin', async () => {
    await expect(make({ kind: 'anonymous' })).rejects.toMatchObject({ code: 'unauthenticated' });
    for (const narrow of [
      { scopes: ['read' as const, 'write' as const] },
      { repoIds: ['r'] },
      { branchPattern: 'main' },
    ]) {
      const who = grant(narrow);
      for (const act of [
        make(who, { scopes: ['read'] }),
        listTokens(who, deps()),
        revokeToken(who, 'id', deps()),
      ]) {
        await expect(act).rejects.toMatchObject({ code: 'insufficient-scope' });
      }
    }
    expect(await make(grant({}))).toMatchObject({ name: 'laptop' });
  });

  it('takes only what makes sense, and says which field does not', async () => {
    const wrong: [Partial<WantedToken>, string][] = [
      [{ name: ' ' }, 'name'],
      [{ name: 'x'.repeat(101) }, 'name'],
      [{ name: 'a\u0000b' }, 'name'],
      [{ scopes: [] }, 'scopes'],
      [{ days: 0 }, 'days'],
      [{ days: 181 }, 'days'],
      [{ days: 1.5 }, 'days'],
      [{ branchPattern: 'a b' }, 'branch_pattern'],
      [{ repositories: [] }, 'repositories'],
      [{ repositories: ['demo'] }, 'repositories'],
    ];
    for (const [wanted, field] of wrong) {
      await expect(make(ada, wanted)).rejects.toMatchObject({
        code: 'bad-frame',
        detail: { field },
      });
    }
  });

  it('can be narrowed to repositories that the account may read, and to no others', async () => {
    const eve = await addUser(world, { handle: 'eve' });
    const mine = await addRepository(world, ada, 'private');
    const hers = await addRepository(world, eve, 'private');
    const name = (owner: string, id: string) => `${owner}/repo-${id.slice(0, 8)}`;
    const made = await make(ada, { repositories: [name('ADA', mine)], branchPattern: 'ci/**' });
    expect(made).toMatchObject({ repositories: [name('ada', mine)], branchPattern: 'ci/**' });
    expect((await world.identity.findToken(hashToken(made.text)))?.repoIds).toEqual([mine]);
    const told = async (repository: string) => {
      const refusal = make(ada, { repositories: [repository] });
      await expect(refusal).rejects.toMatchObject({ code: 'repo-not-found' });
    };
    await told(name('eve', hers));
    await told('eve/nothing');
  });

  it('ends at 200 tokens that can be used', async () => {
    for (let n = 0; n < 200; n++) await withToken(world, ada);
    await expect(make(ada)).rejects.toMatchObject({ code: 'limit-exceeded' });
  });
});

describe('a token', () => {
  it('is revoked by its account, and by nobody else', async () => {
    const made = await make(ada);
    const eve = await addUser(world);
    await expect(revokeToken(eve, made.id, deps())).rejects.toMatchObject({
      code: 'object-not-found',
    });
    await revokeToken(ada, made.id, deps());
    expect(await listTokens(ada, deps())).toEqual([]);
    await expect(revokeToken(ada, made.id, deps())).rejects.toMatchObject({
      code: 'object-not-found',
    });
  });

  it('is revoked by whoever has its text', async () => {
    const { text } = await make(ada);
    await revokeLeakedToken(hashToken(text), deps());
    await revokeLeakedToken(hashToken(text), deps());
    expect((await world.identity.findToken(hashToken(text)))?.revoked).toBe(true);
    const unknown = revokeLeakedToken(hashToken('muse_pat_x'), deps());
    await expect(unknown).rejects.toMatchObject({ code: 'object-not-found' });
  });

  it('is spoken of when it ends within a week, and marked in the list', async () => {
    const at = (days: number) => clock.now() + days * DAY_MS;
    expect(expiryWarning(grant({ expiresAtMs: at(7) }), clock.now())).toBe(at(7));
    expect(expiryWarning(grant({ expiresAtMs: at(8) }), clock.now())).toBeNull();
    expect(expiryWarning(grant({}), clock.now())).toBeNull();
    for (const days of [-1, 6, 30]) await withToken(world, ada, { expiresAtMs: at(days) });
    const { token } = await withToken(world, ada);
    const listed = await listTokens(grant({ id: token.id }), deps());
    expect(listed.map(({ end, current }) => [end, current])).toEqual([
      ...[
        ['far', true],
        ['far', false],
      ],
      ...[
        ['soon', false],
        ['past', false],
      ],
    ]);
  });
});

describe('a branch pattern', () => {
  it('matches as its stars say', () => {
    const cases: [string, string, boolean][] = [
      ['main', 'main', true],
      ['main', 'mains', false],
      ['feature/*', 'feature/a', true],
      ['feature/*', 'feature/a/b', false],
      ['feature/**', 'feature/a/b', true],
      ['**/x', 'a/b/x', true],
      ['a.c', 'abc', false],
      ['*', '', true],
      ['*-[0]', 'v-[0]', true],
    ];
    for (const [pattern, branch, covers] of cases) {
      expect(branchMatches(pattern, branch), `${pattern} ${branch}`).toBe(covers);
    }
  });

  it('of many stars takes no longer for a name that it nearly matches', () => {
    const started = performance.now();
    expect(branchMatches(`${'**a'.repeat(80)}b`, 'a'.repeat(255))).toBe(false);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
