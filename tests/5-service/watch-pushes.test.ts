import { beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { openRepository } from '~/server/services/open-repository';
import { newProgress } from '~/server/services/push-progress';
import { PushReporter } from '~/server/services/report-push';
import { type PushNews, watchPushes } from '~/server/services/watch-pushes';
import { describePushFeed, signalOf } from '~tests/contract/push-feed';
import { MemoryPushFeed } from '~tests/support/memory-push-feed';
import { commitOf } from '~tests/support/push-script';
import { PushStage } from '~tests/support/push-stage';
import { addUser } from '~tests/support/store-cast';

describePushFeed('memory', () => new MemoryPushFeed(4, 2));

let stage: PushStage;
let gone: AbortController;
let stopping: AbortController;
/** Who the request's cookie stands for now. */
let now: Principal;

const open = (principal: Principal) => {
  const { slug, ownerId } = stage.hub.repository(stage.repoId);
  const owner = stage.hub.users.get(ownerId)!.handle;
  return openRepository({ owner, slug, scope: 'read', principal }, stage.world.identity);
};
async function watch(
  principal: Principal,
  pushId: string | null = null,
  version: string | null = null,
) {
  now = principal;
  const { feed, clock } = stage;
  const reopen = () => open(now);
  const deps = {
    feed,
    clock,
    stopping: stopping.signal,
    reopen,
    version: async () => 'v2',
    address: '192.0.2.1',
  };
  const wish = { pushId, version };
  const news = watchPushes(await open(principal), wish, deps, gone.signal);
  const kind = version === 'v2' ? 'current' : 'look';
  expect(await news.next()).toEqual({ done: false, value: { kind } });
  return news;
}
const signal = (fields: Parameters<typeof signalOf>[0] = {}) =>
  signalOf({ repoId: stage.repoId, pushId: 'p', ...fields });
const value = async (news: AsyncGenerator<PushNews>) => (await news.next()).value;
const LOOK = { kind: 'look' };

beforeEach(async () => {
  stage = await PushStage.open();
  gone = new AbortController();
  stopping = new AbortController();
});

describe('who watches pushes', () => {
  it('looks at once, unless what he has is not old', async () => {
    await watch(stage.owner, null, 'v1');
    await watch(stage.owner, null, 'v2');
    expect(stage.feed.watching).toBe(2);
  });

  it('hears of a push under way that he has not seen, then how far it comes, then its end', async () => {
    const news = await watch(stage.owner);
    stage.feed.publish(signal({ objects: 1 }));
    expect(await value(news)).toEqual(LOOK);
    expect(await value(news)).toMatchObject({ kind: 'progress', id: 'p', objects: 1 });
    stage.feed.publish(signal({ objects: 9, phase: 'checking' }));
    expect(await value(news)).toMatchObject({ kind: 'progress', objects: 9, phase: 'checking' });
    stage.feed.publish(signal({ state: 'accepted' }));
    expect(await value(news)).toEqual(LOOK);
  });

  it('gets the newest word on each push when he is slow', async () => {
    const news = await watch(stage.owner);
    for (let objects = 1; objects <= 500; objects++) stage.feed.publish(signal({ objects }));
    stage.feed.publish(signal({ pushId: 'q', state: 'not-accepted' }));
    expect(await value(news)).toEqual(LOOK);
    expect(await value(news)).toMatchObject({ kind: 'progress', id: 'p', objects: 500 });
  });

  it('looks anew when there is more news than is kept for him', async () => {
    const news = await watch(stage.owner);
    for (let n = 0; n < 150; n++) stage.feed.publish(signal({ pushId: `p${n}` }));
    expect(await value(news)).toEqual(LOOK);
  });

  it('looks anew when something may have been missed', async () => {
    const news = await watch(stage.owner);
    stage.feed.interrupt();
    expect(await value(news)).toEqual(LOOK);
  });

  it('of one push hears of no other', async () => {
    const news = await watch(stage.owner, 'q');
    stage.feed.publish(signal({ state: 'accepted' }));
    stage.feed.publish(signal({ pushId: 'q', objects: 7 }));
    expect(await value(news)).toEqual(LOOK);
    expect(await value(news)).toMatchObject({ id: 'q', objects: 7 });
  });

  it('and may not write hears of accepted pushes only', async () => {
    const news = await watch(await addUser(stage.world));
    stage.feed.publish(signal({ objects: 1 }));
    stage.feed.publish(signal({ pushId: 'q', state: 'not-accepted' }));
    const next = value(news);
    await stage.clock.advance(500);
    stage.feed.publish(signal({ state: 'accepted' }));
    expect(await next).toEqual(LOOK);
    gone.abort();
    expect(await news.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a stream of news ends', () => {
  it('when its reader goes away, and is forgotten', async () => {
    const news = await watch(stage.owner);
    const next = news.next();
    gone.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect([stage.feed.watching, stage.clock.pending]).toEqual([0, 0]);
  });

  it('when the hub stops, without a last word, so that its reader comes again', async () => {
    const news = await watch(stage.owner);
    const next = news.next();
    stopping.abort();
    await expect(next).rejects.toMatchObject({ name: 'AbortError' });
    expect(stage.feed.watching).toBe(0);
  });

  it.each([
    ['the repository became private', () => makePrivate(), 'repo-not-found'],
    ['the repository was deleted', () => remove(), 'repo-not-found'],
    ['he was signed out', () => signOut(), 'unauthenticated'],
  ] as const)('at the next news when %s', async (_, lose, code) => {
    const reader = await addUser(stage.world);
    const news = await watch(reader);
    lose();
    await stage.clock.advance(1_000);
    stage.feed.publish(signal({ state: 'accepted' }));
    await expect(news.next()).rejects.toMatchObject({ code });
    expect(stage.feed.watching).toBe(0);
  });

  it('without any news too, when the right is gone', async () => {
    const news = await watch(await addUser(stage.world));
    const next = news.next();
    makePrivate();
    const ended = expect(next).rejects.toMatchObject({ code: 'repo-not-found' });
    await stage.clock.advance(15_000);
    await ended;
  });

  it('in its details only, when the right to write is gone', async () => {
    const writer = await addUser(stage.world);
    stage.hub.setCollaborator(stage.repoId, writer.userId, 'write');
    const news = await watch(writer);
    stage.hub.setCollaborator(stage.repoId, writer.userId, null);
    await stage.clock.advance(1_000);
    stage.feed.publish(signal({ objects: 1 }));
    const next = value(news);
    await stage.clock.advance(100);
    stage.feed.publish(signal({ pushId: 'q', state: 'accepted' }));
    expect(await next).toEqual(LOOK);
  });
});

const makePrivate = () => stage.hub.setRepository(stage.repoId, { visibility: 'private' });
const remove = () => stage.hub.setRepository(stage.repoId, { deleted: true });
const signOut = () => {
  now = { kind: 'anonymous' };
};

describe('a push tells', () => {
  it('that it began and that it was accepted', async () => {
    const { pushId } = await stage.push({ commits: [commitOf({ files: { a: 'a' } })] });
    expect(stage.feed.told).toMatchObject([
      { repoId: stage.repoId, pushId, state: 'under-way' },
      { pushId, state: 'accepted' },
    ]);
  });

  it('that it was refused, whether its HEADER was or what followed', async () => {
    const commit = commitOf({ files: { a: 'a' } });
    await stage.refusal({ commits: [commit], expectedHead: commit.id });
    expect(stage.feed.told.map(({ state }) => state)).toEqual(['not-accepted']);
    await stage.refusal({ commits: [commit], snapshots: [] });
    expect(stage.feed.told.map(({ state }) => state)).toEqual([
      ...['not-accepted', 'under-way', 'not-accepted'],
    ]);
  });

  it('how far it is twice a second while it moves, and every five seconds while it stands', () => {
    const progress = newProgress();
    const reporter = new PushReporter(stage.feed, { repoId: stage.repoId, pushId: 'p' });
    for (let ms = 0; ms < 10_000; ms += 250) {
      if (ms < 5_000) progress.bytesReceived += 100;
      reporter.report(progress, ms);
    }
    expect(stage.feed.told.length).toBe(11);
    expect(stage.feed.told.at(-1)).toMatchObject({ bytesReceived: 2_000, state: 'under-way' });
  });
});
