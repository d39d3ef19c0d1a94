import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import type { Job, JobDeps } from '~/server/jobs/job';
import { jobs } from '~/server/jobs/registry';
import { type JobWorker, startWorker } from '~/server/jobs/worker';
import { createLogger } from '~/server/logger';
import { PostgresCommitStats } from '~/server/postgres/commit-stats';
import { PostgresSegmentRows } from '~/server/postgres/segment-rows';
import { countChangesOfPush } from '~/server/services/count-changes';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';
import { eventually } from '~tests/support/eventually';
import { MemoryBlobStore } from '~tests/support/memory-blob-store';
import type { SeedCommit, SeededRepository } from '~tests/support/seed-repository';

let world: BrowseWorld;
let ada: Extract<Principal, { kind: 'user' }>;
let deps: JobDeps;
const lines: string[] = [];

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('Ada');
  deps = {
    logger: createLogger('debug', { pretty: false, write: (line) => lines.push(line) }),
    pushes: world.pushStore,
    devices: world.deps.devices,
    clock: { now: () => Date.now() },
    counting: {
      stats: new PostgresCommitStats(world.db.prisma),
      loadTrees: (repoId, ids) => world.pushStore.loadTrees(repoId, ids),
    },
    search: world.deps.search,
    indexing: { histories: world.deps.histories, browse: world.deps.browse },
    sweep: {
      blobs: new MemoryBlobStore(),
      rows: new PostgresSegmentRows(world.db.prisma),
      clock: { now: () => Date.now() },
      pushMaxWallMs: 1_000,
    },
  };
});
afterAll(() => world.close());

const workers: JobWorker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
  lines.length = 0;
});

async function start(these: Job[] = jobs, alone = false): Promise<JobWorker> {
  const worker = await startWorker({ databaseUrl: world.db.url, alone, jobs: these, deps });
  workers.push(worker);
  return worker;
}

let repositories = 0;
async function seed(commits: SeedCommit[]): Promise<{ repoId: string; seeded: SeededRepository }> {
  const repoId = await world.addRepository(ada, `repo-${++repositories}`, 'public');
  return { repoId, seeded: await world.seed(commits, { repoId, principal: ada }) };
}

async function statsOf({ repoId, seeded }: Awaited<ReturnType<typeof seed>>) {
  const rows = await world.db.prisma.commitStat.findMany({ where: { repoId } });
  const name = (id: Uint8Array) => {
    const hex = Buffer.from(id).toString('hex');
    return [...seeded.commits].find(([, commit]) => commit.id === hex)![0];
  };
  return Object.fromEntries(
    rows.map(({ id, added, removed, modified }) => [name(id), [added, removed, modified]]),
  );
}

const HISTORY: SeedCommit[] = [
  { name: 'root', files: { 'a.txt': '1', 'dir/b.txt': '1', 'dir/deep/c.txt': '1' } },
  { name: 'same', parents: ['root'], files: {} },
  { name: 'edit', parents: ['same'], files: { 'a.txt': '2', 'dir/deep/c.txt': '2' } },
  { name: 'grow', parents: ['edit'], files: { 'new/x.txt': '1', 'new/y/z.txt': '1' } },
  { name: 'move', parents: ['grow'], files: { 'dir/b.txt': null, 'moved/b.txt': '1' } },
  // A file takes the place of a folder of the same name.
  { name: 'swap', parents: ['move'], files: { 'new/x.txt': null, 'new/y/z.txt': null, new: '1' } },
  { name: 'side', parents: ['root'], files: { 'side.txt': '1' } },
  { name: 'merge', parents: ['swap', 'side'], files: { 'side.txt': '1' } },
];
const COUNTS = {
  root: [3, 0, 0],
  same: [0, 0, 0],
  edit: [0, 0, 2],
  grow: [2, 0, 0],
  move: [1, 1, 0],
  swap: [1, 2, 0],
  side: [1, 0, 0],
  merge: [1, 0, 0],
};

describe('after an accepted push', () => {
  it('the changed files of every commit are counted against its first parent', async () => {
    await start();
    const pushed = await seed(HISTORY);
    await eventually(async () => expect(await statsOf(pushed)).toEqual(COUNTS));
  });

  it('they are counted once, however often the job runs', async () => {
    const pushed = await seed(HISTORY);
    const seq = pushed.seeded.result.seq;
    expect(await countChangesOfPush(pushed.repoId, seq, deps.counting)).toBe(8);
    expect(await countChangesOfPush(pushed.repoId, seq, deps.counting)).toBe(0);
    const [one, two] = [pushed, await seed(HISTORY)];
    await Promise.all(
      Array.from({ length: 4 }, () =>
        countChangesOfPush(two.repoId, two.seeded.result.seq, deps.counting),
      ),
    );
    expect(await statsOf(one)).toEqual(COUNTS);
    expect(await statsOf(two)).toEqual(COUNTS);
  });

  it('a push of more commits than one batch is counted to its end', async () => {
    const chain: SeedCommit[] = Array.from({ length: 450 }, (_, n) => ({
      name: `c${n}`,
      parents: n === 0 ? [] : [`c${n - 1}`],
      files: { 'n.txt': String(n) },
    }));
    const pushed = await seed(chain);
    const counted = await countChangesOfPush(
      pushed.repoId,
      pushed.seeded.result.seq,
      deps.counting,
    );
    expect(counted).toBe(450);
    expect(await statsOf(pushed)).toMatchObject({ c0: [1, 0, 0], c449: [0, 0, 1] });
  });

  it('a count that takes long holds up no history and no search', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const missing = async () => {
      await held;
      return [];
    };
    const stats = Object.assign(Object.create(deps.counting.stats), { missing });
    const slow = { ...deps, counting: { ...deps.counting, stats } };
    const options = { databaseUrl: world.db.url, alone: false, jobs, deps: slow };
    workers.push(await startWorker(options));
    for (let push = 0; push < 4; push++) {
      const { repoId } = await seed(HISTORY);
      const key = { repoId, branch: 'main' };
      await eventually(async () => expect(await world.deps.histories.find(key)).not.toBeNull());
      await eventually(async () =>
        expect(await world.db.prisma.commitWords.count({ where: { repoId } })).toBe(8),
      );
    }
    release();
  });

  it('a damaged tree keeps no other commit from being counted', async () => {
    const pushed = await seed(HISTORY);
    const broken = pushed.seeded.commits.get('grow')!.tree.rootTreeId;
    const counting = {
      ...deps.counting,
      loadTrees: async (repoId: string, ids: string[]) => {
        const trees = await deps.counting.loadTrees(repoId, ids);
        if (trees.has(broken)) trees.set(broken, new Uint8Array([1]));
        return trees;
      },
    };
    const counting1 = countChangesOfPush(pushed.repoId, pushed.seeded.result.seq, counting);
    await expect(counting1).rejects.toThrow(`stored tree ${broken} is damaged`);
    const { grow: _grow, move: _move, ...others } = COUNTS;
    expect(await statsOf(pushed)).toEqual(others);
    // Tried again when it is mended, it counts what is missing.
    expect(await countChangesOfPush(pushed.repoId, pushed.seeded.result.seq, deps.counting)).toBe(
      2,
    );
  });
});

describe('a job', () => {
  const query = async (sql: string) => {
    const client = new pg.Client({ connectionString: world.db.url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };

  it('that fails is logged with its cause and tried again, later each time', async () => {
    const failing: Job = {
      name: 'failing',
      async run() {
        throw new Error('the cause');
      },
    };
    const worker = await start([failing]);
    await worker.add('failing', {});
    const [row] = await eventually(async () => {
      const rows = await query(
        `SELECT attempts, run_at > now() AS later, last_error FROM graphile_worker._private_jobs j
           JOIN graphile_worker._private_tasks t ON t.id = j.task_id
          WHERE t.identifier = 'failing' AND attempts = 1 AND locked_at IS NULL`,
      );
      expect(rows).toHaveLength(1);
      return rows;
    });
    expect(row).toMatchObject({ attempts: 1, later: true });
    const entry = lines.map((line) => JSON.parse(line)).find(({ level }) => level === 'error');
    expect(entry).toMatchObject({ job: 'failing', attempt: 1 });
    expect(entry.err).toContain('the cause');
  });

  it('that a killed process held is done again at once by the only process there is', async () => {
    await query(`SELECT graphile_worker.add_job('held', '{}', job_key => 'held')`);
    await query(
      `UPDATE graphile_worker._private_jobs SET locked_by = 'dead', locked_at = now() WHERE key = 'held'`,
    );
    let ran = 0;
    const held: Job = {
      name: 'held',
      async run() {
        ran++;
      },
    };
    await start([held], true);
    await eventually(() => expect(ran).toBe(1));
  });

  it('is done after the database cut every connection', async () => {
    let ran = 0;
    const job: Job = {
      name: 'later',
      async run() {
        ran++;
      },
    };
    await start([job]);
    const cut = await query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'musehub jobs' AND datname = current_database()`,
    );
    expect(cut.length).toBeGreaterThan(0);
    await query(`SELECT graphile_worker.add_job('later', '{}')`);
    await eventually(() => expect(ran).toBe(1));
  });

  it('at work is waited for when the worker stops', async () => {
    let release: () => void = () => {};
    let finished = false;
    const slow: Job = {
      name: 'slow',
      async run() {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        finished = true;
      },
    };
    const worker = await start([slow]);
    await worker.add('slow', {});
    await eventually(() => expect(String(release)).not.toBe('() => {}'));
    const stopped = worker.stop();
    workers.length = 0;
    release();
    await stopped;
    expect(finished).toBe(true);
  });

  it('with a schedule is known to the queue', async () => {
    await start();
    const rows = await eventually(async () => {
      const found = await query('SELECT identifier FROM graphile_worker._private_known_crontabs');
      expect(found.length).toBeGreaterThan(0);
      return found;
    });
    expect(rows.map(({ identifier }) => identifier).sort()).toEqual(
      jobs
        .filter((job) => job.schedule)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('ends a push whose process died, and none that lives', async () => {
    const repoId = await world.addRepository(ada, 'stale', 'public');
    const row = { repoId, outcome: 'receiving' as const, branch: 'main', startedAt: new Date() };
    const [dead, living] = [crypto.randomUUID(), crypto.randomUUID()];
    const longAgo = new Date(Date.now() - 60 * 60_000);
    await world.db.prisma.push.create({ data: { ...row, id: dead, seenAt: longAgo } });
    await world.db.prisma.push.create({ data: { ...row, id: living } });
    const job = jobs.find(({ name }) => name === 'fail-stale-pushes')!;
    await job.run({}, deps, new AbortController().signal);
    expect(await world.pushStore.findPush(repoId, dead)).toMatchObject({ outcome: 'failed' });
    expect(await world.pushStore.findPush(repoId, living)).toMatchObject({ outcome: 'receiving' });
  });

  it('sweeps what has no row out of the storage', async () => {
    const blobs = new MemoryBlobStore();
    const key = `segments/${crypto.randomUUID()}/${crypto.randomUUID()}`;
    await blobs.put(key, [new Uint8Array(3)]);
    const inTwoDays = Date.now() + 48 * 60 * 60_000;
    const job = jobs.find(({ name }) => name === 'sweep-quarantine')!;
    const sweep = { ...deps.sweep, blobs, clock: { now: () => inTwoDays } };
    await job.run({}, { ...deps, sweep }, new AbortController().signal);
    await expect(blobs.read(key, 0, 3)).rejects.toThrow(/missing/);
  });
});
