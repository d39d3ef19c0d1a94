import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { indexHistory, indexMissingHistories } from '~/server/services/index-history';
import { listCommits } from '~/server/services/list-commits';
import { HistoryCache } from '~/server/services/load-history';
import { openRepository } from '~/server/services/open-repository';
import { showCommit } from '~/server/services/show-commit';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';
import type { SeedCommit, SeededRepository } from '~tests/support/seed-repository';

let world: BrowseWorld;
let ada: Extract<Principal, { kind: 'user' }>;

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('Ada');
});
afterAll(() => world.close());

const COUNT = 1_300;
const chain = (prefix: string, count: number, below?: string): SeedCommit[] =>
  Array.from({ length: count }, (_, n) => ({
    name: `${prefix}${n}`,
    parents: n > 0 ? [`${prefix}${n - 1}`] : below ? [below] : [],
    files: { 'n.txt': `${prefix}${n}` },
  }));

async function stageOf(slug: string, commits: SeedCommit[]) {
  const repoId = await world.addRepository(ada, slug, 'public');
  let seeded = await world.seed(commits, { repoId, principal: ada });
  const indexing = { histories: world.deps.histories, browse: world.deps.browse };
  const id = (name: string) => seeded.commits.get(name)!.id;
  return {
    repoId,
    id,
    index: (branch = 'main') => indexHistory({ repoId, branch }, indexing),
    open: () =>
      openRepository({ owner: 'Ada', slug, scope: 'read', principal: ada }, world.deps.identities),
    async push(more: SeedCommit[], branch = 'main', oldHead: string | null = null) {
      const at = { branch, oldHead: oldHead === null ? null : id(oldHead) };
      const next: SeededRepository = await world.seed(
        more,
        { repoId, principal: ada, ...at },
        seeded,
      );
      seeded = next;
    },
  };
}

/** Deps as of a process that just started, whose walks over the graph are counted. */
function freshProcess() {
  let scans = 0;
  const browse = {
    ...world.deps.browse,
    scanGraph: (...asked: Parameters<typeof world.deps.browse.scanGraph>) => {
      scans++;
      return world.deps.browse.scanGraph(...asked);
    },
  };
  const deps = { ...world.deps, browse, historyCache: new HistoryCache() };
  return { deps, scans: () => scans };
}

const page = { branch: null, after: null, before: null, limit: 30, filter: null };

describe('the saved order of a branch', () => {
  it('answers the newest page, the oldest page and a position without a walk', async () => {
    const stage = await stageOf('long', chain('c', COUNT));
    expect(await stage.index()).toBe(true);
    const repo = await stage.open();
    const { deps, scans } = freshProcess();
    const newest = await listCommits(repo, page, deps);
    expect(newest.count).toBe(COUNT);
    expect(newest.commits.slice(0, 2).map(({ id }) => id)).toEqual(
      [`c${COUNT - 1}`, `c${COUNT - 2}`].map(stage.id),
    );
    const oldest = await listCommits(repo, { ...page, after: stage.id('c2') }, deps);
    expect(oldest.commits.map(({ id }) => id)).toEqual(['c1', 'c0'].map(stage.id));
    expect(oldest.firstPlace).toBe(COUNT - 1);
    const shown = await showCommit(repo, stage.id('c700'), null, deps);
    expect(shown.position).toMatchObject({
      ...{ place: COUNT - 700, count: COUNT },
      ...{ newer: stage.id('c701'), older: stage.id('c699') },
    });
    expect(scans()).toBe(0);
  });

  it('follows pushes before and after the job, and a branch beside the default', async () => {
    const stage = await stageOf('moving', chain('c', 600));
    await stage.index();
    await stage.push(chain('t', 3, 'c590'), 'topic');
    await stage.push([{ name: 'm', parents: ['c599', 't2'], files: { m: '1' } }], 'main', 'c599');
    const repo = await stage.open();
    for (const indexed of [false, true]) {
      if (indexed) {
        await stage.index();
        await stage.index('topic');
      }
      const { deps, scans } = freshProcess();
      const main = await listCommits(repo, page, deps);
      expect(main.count).toBe(604);
      expect(main.commits.slice(0, 5).map(({ id }) => id)).toEqual(
        ['m', 't2', 't1', 't0', 'c599'].map(stage.id),
      );
      expect((await listCommits(repo, { ...page, branch: 'topic' }, deps)).count).toBe(0);
      expect(scans() === 0).toBe(indexed);
    }
  });

  it('is made for branches that lack it by the job that looks for them', async () => {
    const stage = await stageOf('found', chain('c', 3));
    const { histories, browse } = world.deps;
    const key = { repoId: stage.repoId, branch: 'main' };
    await indexMissingHistories({ histories, browse });
    expect((await histories.find(key))?.scope).toEqual({ head: stage.id('c2'), exclude: null });
    expect(await stage.index()).toBe(false);
  });

  it('that is not there yet is asked for by who reads', async () => {
    const stage = await stageOf('asked', chain('c', 3));
    const { deps } = freshProcess();
    expect((await listCommits(await stage.open(), page, deps)).count).toBe(3);
    const jobs = await world.db.prisma.$queryRaw<{ task: string }[]>`
      SELECT t.identifier AS task
        FROM graphile_worker._private_jobs j
        JOIN graphile_worker._private_tasks t ON t.id = j.task_id
       WHERE j.payload->>'repoId' = ${stage.repoId}
       ORDER BY task`;
    expect(jobs).toEqual([{ task: 'index-history' }, { task: 'push-accepted' }]);
  });
});

describe('the migration', () => {
  it('orders the commits that are there as a push would have', async () => {
    const stage = await stageOf('old', [
      ...chain('c', 5),
      { name: 'side', parents: ['c1'], files: { side: '1' } },
      { name: 'm', parents: ['c4', 'side'], files: {} },
    ]);
    const { repoId } = stage;
    const { prisma } = world.db;
    // A clock that was behind, one that was ahead, and a time that is none.
    const set = (name: string, time: Date | null) =>
      prisma.commit.update({
        where: { repoId_id: { repoId, id: Buffer.from(stage.id(name), 'hex') } },
        data: { committedTime: time, orderMs: 0n },
      });
    const at = (second: number) => new Date(Date.UTC(2026, 3, 16, 12, 0, second));
    const times = {
      c0: at(0),
      c1: at(50),
      c2: at(2),
      c3: null,
      c4: at(60),
      side: at(90),
      m: at(7),
    };
    for (const [name, time] of Object.entries(times)) await set(name, time);
    const file = 'prisma/migrations/20261123167000_histories/migration.sql';
    const block = /DO \$\$[\s\S]*?END \$\$;/.exec(fs.readFileSync(file, 'utf8'))![0];
    await prisma.$executeRawUnsafe(block);
    const orders = await world.deps.browse.findOrders(
      repoId,
      Object.keys(times).map((name) => stage.id(name)),
    );
    const orderOf = (name: string) => orders.get(stage.id(name))! - at(0).getTime();
    expect(Object.fromEntries(Object.keys(times).map((name) => [name, orderOf(name)]))).toEqual({
      ...{ c0: 0, c1: 50_000, c2: 50_001, c3: 50_002 },
      ...{ c4: 60_000, side: 90_000, m: 90_001 },
    });
  });
});
