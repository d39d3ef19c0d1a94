import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import { type Hub, startHub } from '~tests/support/hub';
import { hubProgram } from '~tests/support/hub-program';
import { commitOf, framesOf } from '~tests/support/push-script';
import { makeRepository, RawPush } from '~tests/support/raw-push';

/** The hub dies, by force or in order, while pushes are under way. */

let hub: Hub;
beforeAll(async () => {
  hub = await startHub({ env: { MUSEHUB_SHUTDOWN_SECONDS: '8' } });
});
afterAll(() => hub?.dispose());

const refs = async (repository: string) => (await hub.fetch(`/${repository}/refs`)).json();
const outcome = async (repository: string, pushId: string) =>
  (await hub.fetch(`/${repository}/pushes/${pushId}`)).json();
const content = randomBytes(3 * 1024 ** 2);
const commit = () => commitOf({ files: { 'data.bin': content, 'README.md': `${Math.random()}` } });

async function expectWhole(repository: string, made: ReturnType<typeof commit>): Promise<void> {
  for (const [id, bytes] of made.objects) {
    const object = await hub.fetch(`/${repository}/o/${id}`);
    expect(object.status).toBe(200);
    expect(objectIdOf(new Uint8Array(await object.arrayBuffer()))).toBe(objectIdOf(bytes));
  }
}

describe('kill -9 of the hub', () => {
  it('in the middle of a push leaves nothing half-done, and the push can be repeated', async () => {
    const repository = await makeRepository(hub);
    const pushId = crypto.randomUUID();
    const made = commit();
    const frames = framesOf({ commits: [made], pushId });
    for (let sent = 1; sent < frames.length; sent++) {
      const push = new RawPush(hub, repository);
      await push.send(...frames.slice(0, sent));
      await push.until(({ frames: told }) => told.length > 0);
      await hub.kill();
      await push.answered.catch(() => undefined);
      await hub.start();
      expect(await refs(repository)).toMatchObject({ branch_heads: {} });
      expect(await outcome(repository, pushId)).toMatchObject({ outcome: 'receiving' });
      for (const id of made.objects.keys()) {
        expect((await hub.fetch(`/${repository}/o/${id}`)).status).toBe(404);
      }
    }
    const again = await new RawPush(hub, repository).finish(...frames);
    expect(again.ending).toMatchObject({ type: 'R', kind: 'create', seq: 1 });
    await expectWhole(repository, made);
  });

  it('right after RESULT loses nothing', async () => {
    const repository = await makeRepository(hub);
    const pushId = crypto.randomUUID();
    const made = commit();
    const frames = framesOf({ commits: [made], pushId });
    const push = new RawPush(hub, repository);
    await push.send(...frames);
    await push.until(({ frames: told }) => told.some(({ type }) => type === 'R'));
    await hub.kill();
    await push.answered.catch(() => undefined);
    await hub.start();
    expect(await refs(repository)).toMatchObject({ branch_heads: { main: made.id } });
    expect(await outcome(repository, pushId)).toMatchObject({ outcome: 'accepted' });
    await expectWhole(repository, made);
    const replay = await new RawPush(hub, repository).finish(...frames);
    expect(replay.ending).toMatchObject({ type: 'R', seq: 1, replayed: true });
  });

  it('together with its database right after RESULT loses nothing', async () => {
    const repository = await makeRepository(hub);
    const made = commit();
    const push = new RawPush(hub, repository);
    await push.send(...framesOf({ commits: [made] }));
    await push.until(({ frames: told }) => told.some(({ type }) => type === 'R'));
    process.kill(hub.postgresPid(), 'SIGKILL');
    await hub.kill();
    await push.answered.catch(() => undefined);
    await hub.start();
    expect(await refs(repository)).toMatchObject({ branch_heads: { main: made.id } });
    await expectWhole(repository, made);
  });
});

describe('kill -9 of the database', () => {
  it('in the middle of a push is a clear refusal or a success, never half of it', async () => {
    const repository = await makeRepository(hub);
    const made = commit();
    const frames = framesOf({ commits: [made] });
    const push = new RawPush(hub, repository);
    await push.send(...frames.slice(0, -1));
    await push.until(({ frames: told }) => told.length > 0);
    process.kill(hub.postgresPid(), 'SIGKILL');
    await push.finish(frames.at(-1)!);
    expect(push.ending).toMatchObject({ type: 'X', code: 'database-unavailable', retryable: true });
    await hub.stop();
    await hub.start();
    expect(await refs(repository)).toMatchObject({ branch_heads: {} });
    const again = await new RawPush(hub, repository).finish(...frames);
    expect(again.ending).toMatchObject({ type: 'R', kind: 'create' });
  });
});

describe('SIGTERM', () => {
  it('lets a push that goes on finish, and ends one that stands still as shutting-down', async () => {
    const repository = await makeRepository(hub);
    const made = commit();
    const frames = framesOf({ commits: [made] });
    const lively = new RawPush(hub, repository);
    const idle = new RawPush(hub, repository);
    await lively.send(frames[0]!);
    await idle.send(framesOf({ commits: [commit()], branch: 'idle' })[0]!);
    for (const push of [lively, idle]) await push.until(({ frames: told }) => told.length > 0);
    const stopped = hub.stop();
    await lively.finish(...frames.slice(1));
    expect(lively.ending).toMatchObject({ type: 'R', kind: 'create' });
    await idle.until(({ frames: told }) => told.some(({ type }) => type === 'X'));
    expect(idle.ending).toMatchObject({ code: 'shutting-down', retryable: true });
    idle.vanish();
    await idle.answered.catch(() => undefined);
    expect(await stopped).toBe(0);
    await hub.start();
    expect(await refs(repository)).toMatchObject({ branch_heads: { main: made.id } });
  });
});

describe('after all of that', () => {
  it('everything that is stored is whole', async () => {
    const checked = await hubProgram('fsck', hub.dataFolder);
    expect(checked, checked.stdout).toMatchObject({ code: 0 });
  });
});
