import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import type { ApplyStage } from '~/server/postgres/apply-push';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '~/server/postgres/embedded';
import { migrate } from '~/server/postgres/migrate';
import { createPrisma, type PrismaClient } from '~/server/postgres/prisma-client';
import type { PushStoreOptions } from '~/server/postgres/push-store';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { postgresWorld } from '~tests/support/postgres-world';
import { commitOf, idOf, planOf, treeOf } from '~tests/support/push-plans';
import { addRepository, addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';
import { startTcpProxy, type TcpProxy } from '~tests/support/tcp-proxy';

/** What a push does when the database goes away, and what it then knows about its own outcome. */
const root = commitOf('root');
const next = commitOf('next', [root]);
const STAGES: ApplyStage[] = ['locked', 'rows', 'moved', 'recorded'];

const begun = async (world: StoreWorld, owner: Principal & { kind: 'user' }) => {
  const base = { repoId: await addRepository(world, owner), principal: owner };
  await world.push.applyPush(planOf({ ...base, commits: [root] }));
  return base;
};
const move = { oldHead: root.id, commits: [next], trees: [treeOf('new tree')] };

describe('a connection that breaks around COMMIT', () => {
  let database: TestDatabase;
  let direct: StoreWorld;
  let owner: Principal & { kind: 'user' };
  let proxy: TcpProxy;
  let proxied: PrismaClient;

  beforeAll(async () => {
    database = await openTestDatabase();
    direct = postgresWorld(database.prisma);
    owner = await addUser(direct);
    const url = new URL(database.url);
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    proxied = createPrisma(url.href, { poolMax: 3 });
  });
  afterAll(async () => {
    await proxied.$disconnect();
    await proxy.close();
    await database.drop();
  });

  /** Acts on the n-th COMMIT that comes by; what is sent before and after gets through. */
  const onCommit = (n: number, act: () => 'pass' | 'cut' | 'pass-and-cut') => {
    let seen = 0;
    proxy.closed = false;
    proxy.onClientData = (data) => {
      if (!data.includes('COMMIT\0')) return 'pass'; // not "READ COMMITTED"
      seen++;
      return seen === n ? act() : 'pass';
    };
    return () => seen;
  };

  it('before the server read it: the push is repeated and lands once', async () => {
    const base = await begun(direct, owner);
    const commits = onCommit(1, () => 'cut');
    const plan = planOf({ ...base, ...move });
    const result = await postgresWorld(proxied).push.applyPush(plan);
    expect(commits()).toBeGreaterThan(1);
    expect(result).toMatchObject({ seq: 2, newHead: next.id, commitsNew: 1 });
    expect(await direct.countRows(base.repoId)).toMatchObject({ acceptedPushes: 2, commits: 2 });
    expect(await direct.jobs(base.repoId)).toHaveLength(2);
  });

  it('after the server did it: the push finds that it landed and is not repeated', async () => {
    const base = await begun(direct, owner);
    onCommit(1, () => 'pass-and-cut');
    const plan = planOf({ ...base, ...move });
    const result = await postgresWorld(proxied).push.applyPush(plan);
    expect(result).toMatchObject({ seq: 2, newHead: next.id, commitsNew: 1 });
    expect(result.replayed).toBeUndefined();
    expect(await direct.push.findPush(base.repoId, plan.pushId)).toMatchObject({
      outcome: 'accepted',
      frame: result,
    });
    expect(await direct.countRows(base.repoId)).toMatchObject({ acceptedPushes: 2 });
    expect(await direct.jobs(base.repoId)).toHaveLength(2);
  });

  it('and stays broken: the answer says that the outcome is unknown, and the push row knows it', async () => {
    const base = await begun(direct, owner);
    onCommit(1, () => {
      proxy.closed = true;
      return 'pass-and-cut';
    });
    const plan = planOf({ ...base, ...move });
    const { push } = postgresWorld(proxied, { outageMaxMs: 600 });
    await expect(push.applyPush(plan)).rejects.toMatchObject({
      code: 'database-unavailable',
      detail: { outcome: 'unknown' },
    });
    expect(await direct.push.findPush(base.repoId, plan.pushId)).toMatchObject({
      outcome: 'accepted',
    });
    expect(await direct.push.applyPush(plan)).toMatchObject({ seq: 2, replayed: true });
  });

  it.each(STAGES)('long before it, at the stage "%s": the push is repeated', async (stage) => {
    const base = await begun(direct, owner);
    onCommit(0, () => 'pass');
    let broken = false;
    const onStage = (at: ApplyStage) => {
      if (at !== stage || broken) return;
      broken = true;
      proxy.onClientData = () => {
        proxy.onClientData = () => 'pass';
        return 'cut';
      };
    };
    const plan = planOf({ ...base, ...move });
    const result = await postgresWorld(proxied, { onStage }).push.applyPush(plan);
    expect(broken).toBe(true);
    expect(result).toMatchObject({ seq: 2, commitsNew: 1, objectsNew: 0 });
    expect(await direct.countRows(base.repoId)).toMatchObject({ acceptedPushes: 2, trees: 1 });
  });

  it('is told apart from a database that never answers: then surely nothing happened', async () => {
    const base = await begun(direct, owner);
    onCommit(0, () => 'pass');
    await proxied.$disconnect();
    proxy.closed = true;
    const { push, fetch } = postgresWorld(proxied, { outageMaxMs: 300 });
    const plan = planOf({ ...base, ...move });
    await expect(push.applyPush(plan)).rejects.toMatchObject({
      code: 'database-unavailable',
      detail: {},
    });
    await expect(fetch.branchHeads(base.repoId)).rejects.toMatchObject({
      code: 'database-unavailable',
    });
    await expect(push.findPush(base.repoId, plan.pushId)).rejects.toMatchObject({
      code: 'database-unavailable',
    });
    expect(await direct.fetch.branchHeads(base.repoId)).toEqual({ main: root.id });
    proxy.closed = false;
  });
});

describe('an error of the database in the middle of a push', () => {
  let database: TestDatabase;
  let world: StoreWorld;
  let owner: Principal & { kind: 'user' };

  beforeAll(async () => {
    database = await openTestDatabase();
    world = postgresWorld(database.prisma);
    owner = await addUser(world);
    await database.prisma.$executeRaw`CREATE SEQUENCE tries`;
    await database.prisma.$executeRaw`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- A sequence counts on through rollbacks.
        IF nextval('tries') <= TG_ARGV[1]::int THEN
          RAISE EXCEPTION 'planted' USING ERRCODE = TG_ARGV[0];
        END IF;
        RETURN NULL;
      END $$`;
  });
  afterAll(() => database.drop());

  /** Lets the next statements that insert trees fail with a SQLSTATE, so many times. */
  const failing = async (state: string, times: number) => {
    await database.prisma.$executeRaw`ALTER SEQUENCE tries RESTART`;
    await database.prisma.$executeRawUnsafe(`
      CREATE OR REPLACE TRIGGER planted AFTER INSERT ON trees
      FOR EACH STATEMENT EXECUTE FUNCTION fail('${state}', '${times}')`);
  };

  it.each(['40P01', '40001'])('a conflict (%s) is tried again', async (state) => {
    const base = await begun(world, owner);
    await failing(state, 2);
    const result = await world.push.applyPush(planOf({ ...base, ...move }));
    expect(result).toMatchObject({ seq: 2, commitsNew: 1 });
  });

  it('a conflict that does not end is given up as unavailable', async () => {
    const base = await begun(world, owner);
    await failing('40P01', 1_000);
    const plan = planOf({ ...base, ...move });
    const outcome = world.push.applyPush(plan);
    await expect(outcome).rejects.toMatchObject({ code: 'database-unavailable' });
    expect(await world.fetch.branchHeads(base.repoId)).toEqual({ main: root.id });
  });

  it('a full disk is storage-full, changes nothing, and the next push works', async () => {
    const base = await begun(world, owner);
    const before = await world.countRows(base.repoId);
    await failing('53100', 1);
    const plan = planOf({ ...base, ...move });
    await expect(world.push.applyPush(plan)).rejects.toMatchObject({ code: 'storage-full' });
    expect(await world.countRows(base.repoId)).toEqual(before);
    expect(await world.push.applyPush(plan)).toMatchObject({ seq: 2 });
  });

  it('anything else is a fault, kept as it is', async () => {
    const base = await begun(world, owner);
    await failing('22012', 1);
    const plan = planOf({ ...base, ...move });
    await expect(world.push.applyPush(plan)).rejects.toThrow('planted');
    expect(await world.fetch.branchHeads(base.repoId)).toEqual({ main: root.id });
  });

  it('a lock that another transaction keeps is given up after its time', async () => {
    const base = await begun(world, owner);
    const impatient = postgresWorld(database.connect(2), { lockMaxMs: 50, outageMaxMs: 200 });
    const plan = planOf({ ...base, ...move });
    await database.connect(1).$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM repositories WHERE id = ${base.repoId}::uuid FOR UPDATE`;
      await expect(impatient.push.applyPush(plan)).rejects.toMatchObject({
        code: 'database-unavailable',
      });
    });
    expect(await impatient.push.applyPush(plan)).toMatchObject({ seq: 2 });
  });
});

describe('a server that is killed', () => {
  let dataFolder: string;
  let server: EmbeddedPostgres;
  let prisma: PrismaClient;

  beforeAll(async () => {
    dataFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-kill-'));
    server = await startEmbeddedPostgres({ dataFolder, password: 'test', warn: () => {} });
    await migrate(server.url, fileURLToPath(new URL('../../prisma/migrations', import.meta.url)));
    prisma = createPrisma(server.url, { poolMax: 4 });
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await server.stop();
    fs.rmSync(dataFolder, { recursive: true, force: true });
  });

  const kill = () => {
    const file = path.join(dataFolder, 'postgres', 'postmaster.pid');
    process.kill(Number(fs.readFileSync(file, 'utf8').split('\n')[0]), 'SIGKILL');
  };
  const world = (options?: PushStoreOptions) => postgresWorld(prisma, options);

  it.each([...STAGES, 'committed' as const])(
    'at the stage "%s" loses nothing that was acknowledged, and the push lands when it is back',
    async (stage) => {
      const owner = await addUser(world());
      const base = await begun(world(), owner);
      let killed = 0;
      const onStage = (at: ApplyStage) => {
        if (at !== stage || killed++ > 0) return;
        kill();
      };
      const plan = planOf({ ...base, ...move });
      const result = await world({ onStage }).push.applyPush(plan);
      expect(killed).toBeGreaterThan(0);
      expect(result).toMatchObject({ seq: 2, newHead: next.id });
      // Ask until it is back: after "committed" nobody has waited for it yet.
      const rows = await eventually(() => world().countRows(base.repoId));
      expect(rows).toMatchObject({ commits: 2, acceptedPushes: 2, branches: 1 });
      expect(await world().fetch.branchHeads(base.repoId)).toEqual({ main: next.id });
      expect(await world().jobs(base.repoId)).toHaveLength(2);
      expect(await world().push.findCommits(base.repoId, [idOf('next')])).toHaveLength(1);
    },
  );
});

/** Repeats a question while the database is away; for 30 seconds at most. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
    }
  }
}
