import { describe, expect, it } from 'vitest';
import { Refusal } from '~/wire/errors';
import { failingOnCall } from '~tests/support/failing-on-call';
import { commitOf, type PushWish } from '~tests/support/push-script';
import { PushStage } from '~tests/support/push-stage';

/** A push over a world in which the n-th call fails, for every n until none is left to fail. */

const CALLS_MAX = 60;
const base = commitOf({ files: { 'a.txt': 'a', 'b.txt': 'b' } });
const next = commitOf({ files: { 'a.txt': 'a', 'c.txt': 'c' }, parents: [base] });
const side = commitOf({ files: { 's.txt': 's' }, parents: [base] });

const pushes: Record<string, { before: PushWish[]; wish: PushWish }> = {
  'the first push': { before: [], wish: { commits: [base] } },
  'one more commit': { before: [{ commits: [base] }], wish: { commits: [next] } },
  'a forced push': {
    before: [{ commits: [base, next] }],
    wish: { commits: [side], force: true, expectedHead: next.id },
  },
  'a push of nothing': { before: [{ commits: [base] }], wish: { head: base.id } },
  'a delete': { before: [{ commits: [base] }], wish: { head: null } },
};

describe.each(Object.entries(pushes))('%s', (_, { before, wish }) => {
  async function prepared(): Promise<PushStage> {
    const stage = await PushStage.open();
    for (const earlier of before) await stage.push(earlier);
    return stage;
  }

  it('changes nothing when any one call of the database fails, and works afterwards', async () => {
    for (let n = 1; n <= CALLS_MAX; n++) {
      const stage = await prepared();
      const counts = stage.hub.countRows(stage.repoId);
      const head = stage.head();
      const failing = failingOnCall(stage.world.push, n, new Refusal('database-unavailable'));
      stage.store = failing.port;
      const outcome = await stage.push(wish).catch((error: unknown) => error);
      if (!failing.failed()) {
        expect(n).toBeGreaterThan(2);
        expect(outcome).toHaveProperty('kind');
        return;
      }
      // A call that only notes something may fail without changing the outcome.
      if (Refusal.is(outcome)) {
        expect(outcome.code).toBe('database-unavailable');
        expect(stage.hub.countRows(stage.repoId)).toEqual(counts);
        expect(stage.head()).toBe(head);
      } else {
        expect(outcome).toHaveProperty('kind');
      }
      stage.store = stage.world.push;
      expect(await stage.push(wish).catch((error: unknown) => error)).toHaveProperty('kind');
    }
    throw new Error('the calls never end');
  });

  it('changes nothing when any one call of the storage fails, and works afterwards', async () => {
    for (let n = 1; n <= CALLS_MAX; n++) {
      const stage = await prepared();
      const counts = stage.hub.countRows(stage.repoId);
      const failing = failingOnCall(stage.blobs, n, new Refusal('storage-unavailable'));
      stage.storage = stage.storageOver(failing.port);
      const outcome = await stage.push(wish).catch((error: unknown) => error);
      if (!failing.failed()) {
        expect(outcome).toHaveProperty('kind');
        return;
      }
      expect(outcome).toMatchObject({ code: 'storage-unavailable' });
      expect(stage.hub.countRows(stage.repoId)).toEqual(counts);
      stage.storage = stage.storageOver(stage.blobs);
      expect(await stage.push(wish).catch((error: unknown) => error)).toHaveProperty('kind');
    }
    throw new Error('the calls never end');
  });
});

describe('a fault', () => {
  it('that is no refusal reaches the caller as it is, and the history says internal', async () => {
    const stage = await PushStage.open();
    const fault = new Error('a bug');
    stage.store = failingOnCall(stage.world.push, 2, fault).port;
    await expect(stage.push({ commits: [base] })).rejects.toBe(fault);
    const [push] = stage.hub.repository(stage.repoId).pushes.values();
    expect(push).toMatchObject({ outcome: 'failed', frame: { code: 'internal' } });
  });

  it('of the transaction whose outcome is unknown leaves the segments to the sweep', async () => {
    const stage = await PushStage.open();
    const unknown = new Refusal('database-unavailable', { outcome: 'unknown' });
    const port = stage.world.push;
    stage.store = new Proxy(port, {
      get: (target, name) =>
        name === 'applyPush'
          ? async (plan: Parameters<typeof port.applyPush>[0]) => {
              await port.applyPush(plan);
              throw unknown;
            }
          : Reflect.get(target, name).bind(target),
    });
    await expect(stage.push({ commits: [base] })).rejects.toBe(unknown);
    expect((await stage.readBack()).size).toBe(2);
    const [push] = stage.hub.repository(stage.repoId).pushes.values();
    expect(push?.outcome).toBe('accepted');
  });
});
