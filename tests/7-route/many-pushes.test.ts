import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '~tests/support/hub';
import { commitOf, framesOf, type ScriptCommit } from '~tests/support/push-script';
import { makeRepository, RawPush } from '~tests/support/raw-push';

/** Many pushes at once, against a hub that is small or about to end. */

let hub: Hub;
afterEach(() => hub?.dispose());

interface Under {
  repository: string;
  pushId: string;
  made: ScriptCommit;
  frames: Uint8Array[];
  push: RawPush;
}

/** Begins pushes, each to a repository of its own, and waits until every HEADER was accepted. */
async function begin(count: number): Promise<Under[]> {
  const pushes: Under[] = [];
  for (let n = 0; n < count; n++) {
    const repository = await makeRepository(hub);
    const pushId = crypto.randomUUID();
    const made = commitOf({ files: { 'data.bin': randomBytes(200_000), 'n.txt': `${n}` } });
    const frames = framesOf({ commits: [made], pushId });
    pushes.push({ repository, pushId, made, frames, push: new RawPush(hub, repository) });
  }
  await Promise.all(pushes.map(({ push, frames }) => push.send(frames[0]!, frames[1]!)));
  await Promise.all(pushes.map(({ push }) => push.until(({ frames }) => frames.length > 0)));
  return pushes;
}

const head = async (repository: string) =>
  (await (await hub.fetch(`/${repository}/refs`)).json()).branch_heads.main;
const outcome = async ({ repository, pushId }: Under) =>
  (await (await hub.fetch(`/${repository}/pushes/${pushId}`)).json()).outcome;

describe('a hub that is told to stop under twenty pushes', () => {
  it('lets those finish that go on, and ends the others as shutting-down, to be retried', async () => {
    const env = { MUSEHUB_LIMIT_PUSHES_PER_TOKEN: '20', MUSEHUB_SHUTDOWN_SECONDS: '20' };
    hub = await startHub({ env });
    const pushes = await begin(20);
    const [lively, idle] = [pushes.slice(0, 10), pushes.slice(10)];
    const stopped = hub.stop();
    await Promise.all(lively.map(({ push, frames }) => push.finish(...frames.slice(2))));
    for (const { push } of lively) expect(push.ending).toMatchObject({ type: 'R', kind: 'create' });
    await Promise.all(
      idle.map(({ push }) => push.until(({ frames }) => frames.some(({ type }) => type === 'X'))),
    );
    for (const { push } of idle) {
      expect(push.ending).toMatchObject({ code: 'shutting-down', retryable: true });
      push.vanish();
    }
    expect(await stopped).toBe(0);

    await hub.start();
    for (const each of lively) {
      expect(await head(each.repository)).toBe(each.made.id);
      expect(await outcome(each)).toBe('accepted');
    }
    for (const each of idle) {
      expect(await head(each.repository)).toBeUndefined();
      expect(await outcome(each)).not.toBe('accepted');
    }
    const again = await Promise.all(
      idle.map(({ repository, frames }) => new RawPush(hub, repository).finish(...frames)),
    );
    for (const push of again) expect(push.ending).toMatchObject({ type: 'R', kind: 'create' });
  }, 180_000);
});

describe('a hub with five database connections', () => {
  it('takes fifty pushes at once, and serves others while their bodies come', async () => {
    hub = await startHub({
      env: {
        MUSEHUB_DATABASE_CONNECTIONS: '5',
        MUSEHUB_LIMIT_PUSHES_PER_TOKEN: '50',
        MUSEHUB_LIMIT_PUSHES_PER_PROCESS: '50',
      },
    });
    const pushes = await begin(50);
    // All fifty wait for their clients now: none of them may hold a connection.
    for (let n = 0; n < 10; n++) expect((await fetch(`${hub.url}/ready`)).status).toBe(200);
    await Promise.all(pushes.map(({ push, frames }) => push.finish(...frames.slice(2))));
    for (const { push } of pushes) expect(push.ending).toMatchObject({ type: 'R', seq: 1 });
    for (const { repository, made } of pushes) expect(await head(repository)).toBe(made.id);
  }, 180_000);
});
