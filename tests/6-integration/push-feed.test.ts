import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PushSignal } from '~/server/ports/push-feed';
import { PostgresPushFeed } from '~/server/postgres/push-feed';
import { describePushFeed, signalOf } from '~tests/contract/push-feed';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { eventually } from '~tests/support/eventually';
import { startTcpProxy, type TcpProxy } from '~tests/support/tcp-proxy';

let database: TestDatabase;
let proxy: TcpProxy;
const feeds: PostgresPushFeed[] = [];
const troubles: string[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
  const { hostname, port } = new URL(database.url);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  feeds.push(openFeed(database.url, 4, 2));
  await feeds[0]!.start();
});
afterAll(async () => {
  await Promise.all(feeds.map((feed) => feed.close()));
  await proxy.close();
  await database.drop();
});

const openFeed = (databaseUrl: string, watchersMax = 10, watchersPerReaderMax = 10) =>
  new PostgresPushFeed({
    ...{ databaseUrl, watchersMax, watchersPerReaderMax, retryMs: 20, probeMs: 100 },
    onTrouble: (what) => troubles.push(what),
  });

describePushFeed('PostgreSQL', () => feeds[0]!);

describe('news of pushes between processes', () => {
  let here: PostgresPushFeed;
  let there: PostgresPushFeed;
  const repoId = randomUUID();
  const heard: (PushSignal | null)[] = [];

  beforeAll(async () => {
    const behindProxy = new URL(database.url);
    behindProxy.hostname = '127.0.0.1';
    behindProxy.port = String(proxy.port);
    here = openFeed(database.url);
    there = openFeed(behindProxy.href);
    feeds.push(here, there);
    await Promise.all([here.start(), there.start()]);
    here.watch(repoId, 'reader', (signal) => heard.push(signal));
  });

  it('arrive in the other one', async () => {
    const signal = signalOf({ repoId });
    there.publish(signal);
    await eventually(() => expect(heard).toEqual([signal]));
  });

  it('come late, when the connection of the one that tells was gone, but the ending comes', async () => {
    heard.length = 0;
    troubles.length = 0;
    proxy.closed = true;
    proxy.cutAll();
    await eventually(() => expect(troubles).toEqual(['news of pushes broke off']));
    const ended = signalOf({ repoId, state: 'accepted' });
    there.publish(signalOf({ repoId }));
    there.publish(ended);
    expect(heard).toEqual([]);
    proxy.closed = false;
    await eventually(() => expect(heard).toEqual([ended]));
  });

  it('may have been missed when the connection of the one that listens was cut, and it is told', async () => {
    heard.length = 0;
    await database.prisma.$executeRaw`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'musehub feed' AND datname = current_database()`;
    await eventually(() => expect(heard).toEqual([null]));
    const signal = signalOf({ repoId, state: 'not-accepted' });
    await eventually(() => {
      there.publish(signal);
      expect(heard.at(-1)).toEqual(signal);
    });
  });

  it('that are none of ours are not handed on', async () => {
    heard.length = 0;
    for (const payload of ['', 'no json', 'null', '{"repoId":1}']) {
      await database.prisma.$executeRaw`SELECT pg_notify('musehub_pushes', ${payload})`;
    }
    const signal = signalOf({ repoId });
    there.publish(signal);
    await eventually(() => expect(heard).toContainEqual(signal));
    expect(heard.every((one) => one?.repoId === repoId)).toBe(true);
  });

  it('are told to nobody after the end, and nothing is left open', async () => {
    await Promise.all([here.close(), there.close()]);
    there.publish(signalOf({ repoId }));
    await eventually(async () => {
      const rows = await database.prisma.$queryRaw<unknown[]>`
        SELECT pid FROM pg_stat_activity
         WHERE application_name = 'musehub feed' AND datname = current_database()`;
      expect(rows).toHaveLength(1); // that of the contract
    });
  });
});
