import { beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { hashToken, mintToken } from '~/server/auth/token-text';
import {
  approveDeviceLogin,
  denyDeviceLogin,
  showDeviceLogin,
  type WantedGrant,
} from '~/server/services/decide-device-login';
import { newUserCode, parseUserCode } from '~/server/services/device-code';
import { pollDeviceLogin } from '~/server/services/poll-device-login';
import { type DeviceAsker, startDeviceLogin } from '~/server/services/start-device-login';
import { AN_ACT, TEST_USE } from '~tests/support/audit-entries';
import { FakeClock } from '~tests/support/fake-clock';
import { MemoryHub } from '~tests/support/memory-hub';
import { memoryWorld } from '~tests/support/memory-world';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

type User = Extract<Principal, { kind: 'user' }>;

const DAY_MS = 24 * 60 * 60 * 1000;
let clock: FakeClock;
let world: StoreWorld;
let ada: User;

beforeEach(async () => {
  clock = new FakeClock();
  const hub = new MemoryHub(() => clock.now());
  world = memoryWorld(hub);
  ada = await addUser(world, { handle: 'ada' });
  hub.acts.length = 0;
});

const deps = () => ({
  ...{ identities: world.identity, tokens: world.tokens, devices: world.devices },
  ...{ mint: mintToken, clock, tokenDaysMax: 180, use: TEST_USE },
  hubSettings: world.hubSettings,
});
const listActs = () =>
  world.audit.list({
    ...{ actor: null, action: null, repository: null, fromMs: null, untilMs: null },
    ...{ before: null, limit: 10 },
  });
const start = (asker: Partial<DeviceAsker> = {}) =>
  startDeviceLogin(
    {
      ...{ address: '192.0.2.1', network: '192.0.2.1', client: 'musehub/1', name: 'laptop' },
      ...{ scope: null, ...asker },
    },
    deps(),
  );
const approve = (who: Principal, code: string, wanted: Partial<WantedGrant> = {}) =>
  approveDeviceLogin(
    who,
    code,
    { name: 'laptop', scope: 'write', repositories: null, days: null, ...wanted },
    deps(),
  );
const poll = async (deviceCode: string) => {
  await clock.advance(3_000);
  return pollDeviceLogin(deviceCode, deps());
};

describe('signing a program in', () => {
  it('shows the person who asks, and gives the program its token once they approve', async () => {
    const { deviceCode, userCode } = await start();
    expect(userCode).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
    expect(await poll(deviceCode)).toEqual({ state: 'pending', pollEveryMs: 3_000 });
    expect(
      await showDeviceLogin(ada, userCode.toLowerCase().replace('-', ' '), deps()),
    ).toMatchObject({
      code: userCode,
      address: '192.0.2.1',
      client: 'musehub/1',
      name: 'laptop',
      scope: 'write',
    });
    await approve(ada, userCode, { scope: 'read', days: 7, name: 'mine' });
    const answer = await poll(deviceCode);
    if (answer.state !== 'approved') throw new Error(answer.state);
    expect(answer).toMatchObject({ handle: 'ada', token: { name: 'mine', scopes: ['read'] } });
    expect(answer.token.text).toMatch(/^muse_pat_/);
    expect(await world.identity.findToken(hashToken(answer.token.text))).toMatchObject({
      ...{ userId: ada.userId, scopes: ['read'], repoIds: null, branchPattern: null },
    });
    const acts = await listActs();
    expect(acts.map(({ action, actorName }) => [action, actorName])).toEqual([
      ['token.create', 'ada'],
      ['device.approve', 'ada'],
    ]);
    expect(await poll(deviceCode)).toEqual({ state: 'expired' });
    await expect(showDeviceLogin(ada, userCode, deps())).rejects.toMatchObject({
      code: 'object-not-found',
    });
  });

  it('tells the program when they deny, and decides once', async () => {
    const { deviceCode, userCode } = await start();
    await denyDeviceLogin(ada, userCode, deps());
    await expect(approve(ada, userCode)).rejects.toMatchObject({ code: 'object-not-found' });
    expect(await poll(deviceCode)).toEqual({ state: 'denied' });
  });

  it('ends after ten minutes, approved or not', async () => {
    const [waiting, approved] = [await start(), await start()];
    await approve(ada, approved.userCode);
    await clock.advance(10 * 60_000);
    await expect(approve(ada, waiting.userCode)).rejects.toMatchObject({
      code: 'object-not-found',
    });
    for (const { deviceCode } of [waiting, approved]) {
      expect(await poll(deviceCode)).toEqual({ state: 'expired' });
    }
    expect(await world.tokens.listTokens(ada.userId, 10)).toEqual([]);
  });

  it('slows down a program that asks too often', async () => {
    const { deviceCode } = await start();
    await poll(deviceCode);
    const again = await pollDeviceLogin(deviceCode, deps());
    expect(again).toEqual({ state: 'slow-down', pollEveryMs: 8_000 });
  });

  it('keeps neither code, only their hashes, and asks nothing for one that cannot be', async () => {
    const { deviceCode, userCode } = await start();
    expect(JSON.stringify(world.devices)).not.toContain(userCode);
    expect(JSON.stringify(world.devices)).not.toContain(deviceCode);
    const dead = { poll: () => Promise.reject(new Error('asked')), claim: world.devices.claim };
    expect(await pollDeviceLogin('short', { ...deps(), devices: dead })).toEqual({
      state: 'expired',
    });
  });

  it('is begun twenty times at most from one network until someone decides', async () => {
    for (let n = 0; n < 20; n++) await start();
    await expect(start()).rejects.toMatchObject({
      code: 'rate-limited',
      detail: { retry_after_s: 600 },
    });
    await start({ network: '2001:db8:0:1::/64' });
  });

  it('proposes a name that a token can have', async () => {
    const proposed = async (asker: Partial<DeviceAsker>) =>
      (await showDeviceLogin(ada, (await start(asker)).userCode, deps())).name;
    expect(await proposed({ name: ' a\u0000\u001bb ' })).toBe('ab');
    expect(await proposed({ name: 'x'.repeat(200) })).toHaveLength(100);
    expect(await proposed({ name: null })).toBe('musehub/1');
    expect(await proposed({ name: '', client: '' })).toBe('command line');
  });
});

describe('the token of a program', () => {
  it('does no more and lives no longer than what approved it', async () => {
    const { deviceCode, userCode } = await start();
    for (const narrow of [
      { scopes: ['read' as const, 'write' as const] },
      { scopes: ['admin' as const], repoIds: ['r'] },
      { scopes: ['admin' as const], branchPattern: 'main' },
    ]) {
      const who = await withToken(world, ada, narrow);
      for (const act of [
        showDeviceLogin(who, userCode, deps()),
        approve(who, userCode),
        denyDeviceLogin(who, userCode, deps()),
      ]) {
        await expect(act).rejects.toMatchObject({ code: 'insufficient-scope' });
      }
    }
    const nobody = showDeviceLogin({ kind: 'anonymous' }, userCode, deps());
    await expect(nobody).rejects.toMatchObject({ code: 'unauthenticated' });
    const expiresAtMs = clock.now() + DAY_MS;
    await approve(await withToken(world, ada, { scopes: ['admin'], expiresAtMs }), userCode);
    expect(await poll(deviceCode)).toMatchObject({ token: { expiresAtMs } });
  });

  it('is not made when what approved it has ended meanwhile', async () => {
    const { deviceCode, userCode } = await start();
    const who = await withToken(world, ada, { scopes: ['admin'] });
    await approve(who, userCode);
    await world.identity.revokeToken(who.token.id, AN_ACT);
    expect(await poll(deviceCode)).toEqual({ state: 'denied' });
  });

  it('can be narrowed to repositories that the person may read', async () => {
    const eve = await addUser(world, { handle: 'eve' });
    const [mine, hers] = [
      await addRepository(world, ada),
      await addRepository(world, eve, 'private'),
    ];
    const { deviceCode, userCode } = await start();
    const hidden = approve(ada, userCode, { repositories: [`eve/repo-${hers.slice(0, 8)}`] });
    await expect(hidden).rejects.toMatchObject({ code: 'repo-not-found' });
    await approve(ada, userCode, { repositories: [`ada/repo-${mine.slice(0, 8)}`] });
    const answer = await poll(deviceCode);
    const text = answer.state === 'approved' ? answer.token.text : '';
    expect((await world.identity.findToken(hashToken(text)))?.repoIds).toEqual([mine]);
  });

  it('of an agent is an agent’s', async () => {
    const { deviceCode, userCode } = await start();
    await approve(await addUser(world, { kind: 'agent' }), userCode);
    expect(await poll(deviceCode)).toMatchObject({
      token: { text: expect.stringMatching(/^muse_agt_/) },
    });
  });
});

describe('a typed code', () => {
  it('that no program waits with is counted for the account, and after ten it waits', async () => {
    const { userCode } = await start();
    const guess = (who: User) => showDeviceLogin(who, newUserCode(), deps());
    for (let n = 0; n < 10; n++) {
      await expect(guess(ada)).rejects.toMatchObject({ code: 'object-not-found' });
    }
    await expect(showDeviceLogin(ada, userCode, deps())).rejects.toMatchObject({
      code: 'rate-limited',
      detail: { retry_after_s: 60 },
    });
    await showDeviceLogin(await addUser(world), userCode, deps());
    await clock.advance(60_000);
    await showDeviceLogin(ada, userCode, deps());
  });

  it('is read whatever its case and gaps, and is none with other signs', () => {
    expect(parseUserCode(' bcdf ghjk')).toBe('BCDF-GHJK');
    expect(parseUserCode('BCDFGHJK')).toBe('BCDF-GHJK');
    for (const none of ['', 'BCDF-GHJ', 'BCDF-GHJKL', 'ACDF-GHJK', 'BCDF-GHJ0', 'ßCDFGHJK']) {
      expect(parseUserCode(none), none).toBeNull();
    }
  });
});
