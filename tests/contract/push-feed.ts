import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PushFeed, PushSignal } from '~/server/ports/push-feed';
import { eventually } from '~tests/support/eventually';

export const signalOf = (fields: Partial<PushSignal> = {}): PushSignal => ({
  ...{ repoId: randomUUID(), pushId: randomUUID(), state: 'under-way', phase: 'receiving' },
  ...{ objects: 1, commits: 0, bytesReceived: 5_000_000_000 },
  ...fields,
});

/**
 * What a feed of pushes promises those who tell and those who watch; `makeFeed` has room for four
 * streams, two of one reader.
 */
export function describePushFeed(name: string, makeFeed: () => PushFeed): void {
  let feed: PushFeed;
  beforeAll(() => {
    feed = makeFeed();
  });

  const watch = (repoId: string, reader: string = randomUUID()) => {
    const heard: (PushSignal | null)[] = [];
    const stop = feed.watch(repoId, reader, (signal) => heard.push(signal));
    return { heard, stop };
  };

  describe(`${name}: news of pushes`, () => {
    it('reach everyone who watches the repository, whole and in order, and nobody else', async () => {
      const repoId = randomUUID();
      const [one, two, other] = [watch(repoId), watch(repoId), watch(randomUUID())];
      const told = [
        signalOf({ repoId, objects: 1 }),
        signalOf({ repoId, objects: 2, phase: 'checking' }),
        signalOf({ repoId, state: 'accepted' }),
      ];
      for (const signal of told) feed.publish(signal);
      await eventually(() => expect(one.heard).toEqual(told));
      await eventually(() => expect(two.heard).toEqual(told));
      expect(other.heard).toEqual([]);
      for (const { stop } of [one, two, other]) stop();
    });

    it('end for who stops, as often as he says so', async () => {
      const repoId = randomUUID();
      const [gone, here] = [watch(repoId), watch(repoId)];
      gone.stop();
      gone.stop();
      feed.publish(signalOf({ repoId }));
      await eventually(() => expect(here.heard).toHaveLength(1));
      expect(gone.heard).toEqual([]);
      here.stop();
    });

    it('are refused to one too many, until another stops', () => {
      const watching = [1, 2, 3, 4].map(() => watch(randomUUID()));
      expect(() => watch(randomUUID())).toThrow(expect.objectContaining({ code: 'rate-limited' }));
      watching[0]!.stop();
      watching.push(watch(randomUUID()));
      for (const { stop } of watching) stop();
    });

    it('are refused to one who watches too often, and to nobody else', () => {
      const reader = randomUUID();
      const own = [1, 2].map(() => watch(randomUUID(), reader));
      const refused = expect.objectContaining({ code: 'rate-limited' });
      expect(() => watch(randomUUID(), reader)).toThrow(refused);
      const other = watch(randomUUID());
      own.pop()!.stop();
      own.push(watch(randomUUID(), reader), other);
      for (const { stop } of own) stop();
    });
  });
}
