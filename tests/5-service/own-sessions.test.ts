import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { endOtherSessions, endSession } from '~/server/services/end-session';
import { listSessions } from '~/server/services/list-sessions';
import { AN_ACT, TEST_USE } from '~tests/support/audit-entries';
import { memoryWorld } from '~tests/support/memory-world';
import { addUser, withToken } from '~tests/support/store-cast';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

async function stage() {
  const world = memoryWorld();
  const ada = await addUser(world, { handle: 'ada' });
  const sign = async () => {
    const sessionId = randomUUID();
    await world.identity.createSession(
      {
        ...{ id: sessionId, userId: ada.userId, tokenId: null, expiresAtMs: Date.now() + 60_000 },
        ...{ userAgent: FIREFOX, address: '192.0.2.1' },
      },
      AN_ACT,
    );
    return { ...ada, sessionId };
  };
  return { world, ada, here: await sign(), there: await sign(), deps: { ...world, use: TEST_USE } };
}

describe('one’s sessions', () => {
  it('are listed with the one that asks marked', async () => {
    const { here, there, deps } = await stage();
    const listed = await listSessions(here, deps);
    expect(listed.filter(({ current }) => current).map(({ id }) => id)).toEqual([here.sessionId]);
    expect(listed.map(({ id }) => id)).toContain(there.sessionId);
  });

  it('end at once, one or all others', async () => {
    const { world, here, there, deps } = await stage();
    await endSession(here, there.sessionId, deps);
    expect(await world.identity.findSession(there.sessionId)).toBeNull();
    const again = endSession(here, there.sessionId, deps);
    await expect(again).rejects.toMatchObject({ code: 'object-not-found' });
    expect(await endOtherSessions(here, deps)).toBe(0);
    expect(await world.identity.findSession(here.sessionId)).not.toBeNull();
  });

  it('are nobody else’s business, and not that of a narrow token', async () => {
    const { world, ada, there, deps } = await stage();
    const eve = await addUser(world);
    const taken = endSession(eve, there.sessionId, deps);
    await expect(taken).rejects.toMatchObject({ code: 'object-not-found' });
    const narrow = await withToken(world, ada, { scopes: ['write'] });
    for (const act of [
      () => listSessions(narrow, deps),
      () => endSession(narrow, there.sessionId, deps),
      () => endOtherSessions(narrow, deps),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: 'insufficient-scope' });
    }
    const nobody = listSessions({ kind: 'anonymous' }, deps);
    await expect(nobody).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
