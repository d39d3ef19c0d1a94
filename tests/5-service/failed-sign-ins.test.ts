import { beforeEach, describe, expect, it } from 'vitest';
import { authenticateBearer } from '~/server/auth/authenticate';
import { ofAddress } from '~/server/auth/failure-limits';
import { hashToken, newToken } from '~/server/auth/token-text';
import { AN_ACT } from '~tests/support/audit-entries';
import { FakeClock } from '~tests/support/fake-clock';
import { memoryWorld } from '~tests/support/memory-world';
import { addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

let world: StoreWorld;
let clock: FakeClock;
let good: string;
let revoked: string;
let queries: number;

beforeEach(async () => {
  world = memoryWorld();
  clock = new FakeClock();
  queries = 0;
  const ada = await addUser(world);
  [good, revoked] = [newToken('human'), newToken('human')];
  await withToken(world, ada, { hash: hashToken(good) });
  const { token } = await withToken(world, ada, { hash: hashToken(revoked) });
  await world.identity.revokeToken(token.id, AN_ACT);
});

/** The handle of who a token stands for, or the code and wait of the refusal. */
async function ask(text: string, address = '192.0.2.1'): Promise<unknown> {
  const identities = new Proxy(world.identity, {
    get: (store, name) => {
      queries++;
      const method = Reflect.get(store, name) as (...args: unknown[]) => unknown;
      return method.bind(store);
    },
  });
  try {
    const use = { address, client: 'test' };
    const principal = await authenticateBearer(`Bearer ${text}`, { identities, clock }, use);
    return principal.kind;
  } catch (error) {
    const { code, detail } = error as { code: string; detail: { retry_after_s?: number } };
    return detail.retry_after_s === undefined ? code : [code, detail.retry_after_s];
  }
}

describe('failed sign-ins', () => {
  it('of one address are answered as they are ten times a minute, then by a wait', async () => {
    for (let n = 0; n < 10; n++) expect(await ask(newToken('human'))).toBe('unauthenticated');
    expect(await ask(newToken('human'))).toEqual(['rate-limited', 60]);
    await clock.advance(20_500);
    expect(await ask(revoked)).toEqual(['rate-limited', 40]);
    await clock.advance(39_500);
    expect(await ask(revoked)).toBe('token-revoked');
  });

  it('do not keep out a right token, not even from the same address', async () => {
    for (let n = 0; n < 11; n++) await ask(newToken('human'));
    expect(await ask(newToken('human'))).toEqual(['rate-limited', 60]);
    expect(await ask(good)).toBe('user');
  });

  it('of a token after its end are noted once an hour, without its text', async () => {
    for (let n = 0; n < 3; n++) await ask(revoked, `10.0.2.${n}`);
    const all = { actor: null, repository: null, fromMs: null, untilMs: null, before: null };
    const acts = await world.audit.list({ ...all, action: 'token.refused', limit: 9 });
    expect(acts).toMatchObject([{ subject: { kind: 'token' }, detail: { code: 'token-revoked' } }]);
    expect(JSON.stringify(acts)).not.toContain(revoked);
  });

  it('elsewhere are of no matter to the right token', async () => {
    for (let n = 0; n < 11; n++) await ask(newToken('human'), '192.0.2.9');
    expect(await ask(good)).toBe('user');
  });

  it('of one account are answered by a wait after a hundred in an hour, the right token never', async () => {
    for (let n = 0; n < 100; n++) expect(await ask(revoked, `10.0.0.${n}`)).toBe('token-revoked');
    expect(await ask(revoked, '10.0.1.1')).toEqual(['rate-limited', 3600]);
    expect(await ask(good, '10.0.1.2')).toBe('user');
    await clock.advance(3_600_000);
    expect(await ask(revoked, '10.0.1.1')).toBe('token-revoked');
  });

  it('with a wrong checksum cost no query and count for nothing', async () => {
    const damaged = `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`;
    for (let n = 0; n < 50; n++) expect(await ask(damaged)).toBe('unauthenticated');
    expect(queries).toBe(0);
    expect(await ask(good)).toBe('user');
  });

  it('are counted for the network of an IPv6 address', () => {
    const { key } = ofAddress('2001:db8:1:2::1');
    expect(ofAddress('2001:0DB8:0001:0002:3:4:5:6').key).toBe(key);
    expect(ofAddress('2001:db8:1:3::1').key).not.toBe(key);
    expect(ofAddress('::1').key).toBe(ofAddress('0:0:0:0:0:0:0:2').key);
    expect(ofAddress('192.0.2.1').key).not.toBe(ofAddress('192.0.2.2').key);
  });
});
