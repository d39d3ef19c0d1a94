import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import type { PushPlan } from '~/server/ports/push-store';
import { Refusal } from '~/wire/errors';
import type { ResultFrame } from '~/wire/frames';
import { AN_ACT } from '~tests/support/audit-entries';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { postgresWorld } from '~tests/support/postgres-world';
import {
  commitOf,
  errorFrameOf,
  idOf,
  NO_COUNTS,
  objectOf,
  openingOf,
  planOf,
  treeOf,
} from '~tests/support/push-plans';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/**
 * Pushes against each other over real connections. Two worlds stand for two processes: they share
 * the database and nothing else, so their pushes meet at its locks, not in our queue.
 */
let database: TestDatabase;
let worlds: [StoreWorld, StoreWorld];
let world: StoreWorld;
let owner: Extract<Principal, { kind: 'user' }>;
const root = commitOf('root');

beforeAll(async () => {
  database = await openTestDatabase();
  worlds = [postgresWorld(database.connect(12)), postgresWorld(database.connect(12))];
  world = worlds[0];
  owner = await addUser(world);
});
afterAll(() => database.drop());

const begun = async () => {
  const base = { repoId: await addRepository(world, owner), principal: owner };
  await world.push.applyPush(planOf({ ...base, commits: [root] }));
  return base;
};

/** Applies plans at the same time, over both processes in turn. */
async function applyAll(plans: PushPlan[]) {
  const settled = await Promise.allSettled(
    plans.map((plan, n) => worlds[n % 2]!.push.applyPush(plan)),
  );
  const results: ResultFrame[] = [];
  const refusals: Refusal[] = [];
  for (const outcome of settled) {
    if (outcome.status === 'fulfilled') results.push(outcome.value);
    else if (Refusal.is(outcome.reason)) refusals.push(outcome.reason);
    else throw outcome.reason;
  }
  return { results, refusals };
}

/** The accepted pushes by number; every invariant of the history is checked on the way. */
async function history(repoId: string) {
  const rows = await database.prisma.push.findMany({
    where: { repoId, outcome: 'accepted' },
    orderBy: { seq: 'asc' },
  });
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex');
  const heads = new Map<string, string | null>();
  for (const row of rows) {
    expect(hex(row.oldHead)).toBe(heads.get(row.branch) ?? null);
    heads.set(row.branch, hex(row.newHead));
  }
  const live = [...heads].filter(([, head]) => head !== null);
  expect(await world.fetch.branchHeads(repoId)).toEqual(Object.fromEntries(live));
  const jobs = await world.jobs(repoId);
  const moved = rows.filter(({ kind }) => kind !== 'noop');
  expect(new Set(jobs.map(({ payload }) => payload.seq))).toEqual(new Set(moved.map((r) => r.seq)));
  expect(jobs).toHaveLength(moved.length);
  return rows;
}

describe('a hundred pushers of one head', () => {
  it('one wins, the others are told its head and leave nothing', async () => {
    const base = await begun();
    const before = await world.countRows(base.repoId);
    const plans = Array.from({ length: 100 }, (_, n) => {
      const segmentId = randomUUID();
      return planOf({
        ...base,
        oldHead: root.id,
        commits: [commitOf(`rival ${n}`, [root])],
        segments: [{ id: segmentId, bytes: 1, objectCount: 1 }],
        objects: [objectOf(`object of rival ${n}`, segmentId)],
        trees: [treeOf(`tree of rival ${n}`)],
      });
    });
    const { results, refusals } = await applyAll(plans);
    expect(results).toHaveLength(1);
    expect(refusals).toHaveLength(99);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        code: 'stale-head',
        detail: { current_head: results[0]!.newHead },
      });
    }
    expect(await world.countRows(base.repoId)).toEqual({
      ...{ segments: before.segments + 1, objects: before.objects + 1 },
      ...{ trees: before.trees + 1, snapshots: before.snapshots + 1 },
      ...{ commits: before.commits + 1, branches: 1, acceptedPushes: before.acceptedPushes + 1 },
    });
    await history(base.repoId);
  });

  it('who try again from the new head all land, one after the other, in a chain without gaps', async () => {
    const base = await begun();
    const pushers = Array.from({ length: 20 }, async (_, n) => {
      const { push } = worlds[n % 2]!;
      let parent = root;
      for (let attempt = 0; ; attempt++) {
        const commit = commitOf(`${n} on ${parent.id} try ${attempt}`, [parent]);
        const plan = planOf({ ...base, oldHead: parent.id, commits: [commit] });
        try {
          return await push.applyPush(plan);
        } catch (error) {
          if (!Refusal.is(error) || error.code !== 'stale-head') throw error;
          const head = error.detail.current_head as string;
          const stored = await push.findCommits(base.repoId, [head]);
          const { generation, orderMs } = stored.get(head)!;
          parent = { ...commit, id: head, generation, orderMs };
        }
      }
    });
    const results = await Promise.all(pushers);
    expect(new Set(results.map(({ oldHead }) => oldHead)).size).toBe(20);
    const rows = await history(base.repoId);
    expect(rows).toHaveLength(21);
    const head = (await world.fetch.branchHeads(base.repoId)).main!;
    expect(await world.push.isAncestor(base.repoId, root.id, [head])).toBe(true);
  });
});

describe('pushes that meet', () => {
  it('creating one branch, one creates it', async () => {
    const base = await begun();
    const plans = Array.from({ length: 30 }, (_, n) =>
      planOf({ ...base, branch: 'new', commits: [commitOf(`creator ${n}`, [root])] }),
    );
    const { results, refusals } = await applyAll(plans);
    expect(results).toHaveLength(1);
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['stale-head']));
    await history(base.repoId);
  });

  it('to different branches of one repository all land, numbered without gaps', async () => {
    const base = await begun();
    const plans = Array.from({ length: 40 }, (_, n) =>
      planOf({ ...base, branch: `b${n}`, commits: [commitOf(`own ${n}`, [root])] }),
    );
    const { results } = await applyAll(plans);
    expect(results).toHaveLength(40);
    expect(await history(base.repoId)).toHaveLength(41);
  });

  it('deleting, forcing and moving one head, exactly one does', async () => {
    const base = await begun();
    for (let round = 0; round < 10; round++) {
      const heads = await world.fetch.branchHeads(base.repoId);
      const oldHead = heads.main ?? null;
      const fresh = (what: string) => commitOf(`${what} ${round}`, [root]);
      const plans =
        oldHead === null
          ? ['one', 'two', 'three'].map((n) => planOf({ ...base, commits: [fresh(n)] }))
          : [
              planOf({ ...base, oldHead, newHead: null }),
              planOf({ ...base, oldHead, kind: 'force', commits: [fresh('force')] }),
              planOf({ ...base, oldHead, commits: [fresh('move')] }),
            ];
      const { results, refusals } = await applyAll(plans);
      expect(results).toHaveLength(1);
      expect(refusals.map(({ code }) => code)).toEqual(['stale-head', 'stale-head']);
    }
    await history(base.repoId);
  });

  it('bringing the same objects, trees and commits store each once', async () => {
    const base = await begun();
    const shared = [commitOf('shared 1', [root])];
    shared.push(commitOf('shared 2', [shared[0]!]));
    const plans = Array.from({ length: 20 }, (_, n) => {
      const segmentId = randomUUID();
      const names = Array.from({ length: 50 }, (_, k) => `shared object ${(k * 7 + n) % 50}`);
      return planOf({
        ...base,
        branch: `topic-${n}`,
        commits: shared,
        segments: [{ id: segmentId, bytes: 1, objectCount: 50 }],
        objects: names.map((name) => objectOf(name, segmentId)),
        trees: names.map((name) => treeOf(name)),
      });
    });
    const { results } = await applyAll(plans);
    expect(results).toHaveLength(20);
    const sum = (of: (result: ResultFrame) => number) =>
      results.reduce((total, result) => total + of(result), 0);
    expect(sum(({ objectsNew }) => objectsNew)).toBe(50);
    expect(sum(({ objectsReused }) => objectsReused)).toBe(19 * 50);
    expect(sum(({ commitsNew }) => commitsNew)).toBe(2);
    expect(await world.countRows(base.repoId)).toMatchObject({
      ...{ segments: 1, objects: 50, trees: 50, commits: 3 },
    });
  });

  it('as the first of a repository, one fixes the id format and the others are refused', async () => {
    const base = { repoId: await addRepository(world, owner), principal: owner };
    const plans = (['bare', 'prefixed'] as const).map((idFormat) =>
      planOf({ ...base, idFormat, branch: idFormat, commits: [root] }),
    );
    const { results, refusals } = await applyAll(plans);
    expect(refusals.map(({ code }) => code)).toEqual(['id-format-mismatch']);
    const slug = `repo-${base.repoId.slice(0, 8)}`;
    const entry = await world.identity.findRepository(owner.handle, slug, owner);
    const fixed = results[0]!.branch;
    expect(entry?.repository).toMatchObject({ idFormat: fixed, defaultBranch: fixed });
  });

  it('with different records for one commit id, one is stored and the others conflict', async () => {
    const base = await begun();
    const plans = Array.from({ length: 6 }, (_, n) => {
      const record = Buffer.from(`version ${n}`);
      const commit = commitOf('contested', [root], { record });
      return planOf({ ...base, branch: `version-${n}`, commits: [commit] });
    });
    const { results, refusals } = await applyAll(plans);
    expect(results).toHaveLength(1);
    expect(refusals).toHaveLength(5);
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['commit-record-conflict']));
  });

  it('updating one record, the second sees the first', async () => {
    const base = await begun();
    const updates = ['bob', 'eve'].map((reviewer, n) => {
      const recordUpdates = [
        { id: root.id, previous: root.record, record: Buffer.from(`reviewed by ${reviewer}`) },
      ];
      return planOf({ ...base, branch: `review-${n}`, newHead: root.id, recordUpdates });
    });
    const { results, refusals } = await applyAll(updates);
    expect(results).toHaveLength(1);
    expect(refusals.map(({ code }) => code)).toEqual(['commit-record-conflict']);
  });
});

describe('one push id used by two requests at once', () => {
  it('makes one row and one RESULT, which the other gets as replayed', async () => {
    const base = await begun();
    const commit = commitOf('twin', [root]);
    const plan = planOf({ ...base, oldHead: root.id, commits: [commit] });
    const opening = openingOf({ ...base, pushId: plan.pushId, head: commit.id });
    const facts = await Promise.all(worlds.map(({ push }) => push.openPush(opening)));
    expect(facts.map(({ earlier }) => earlier)).toEqual([null, null]);
    const { results } = await applyAll([plan, plan]);
    expect(results).toHaveLength(2);
    const [first, second] = results.sort((a) => (a.replayed ? 1 : -1));
    expect(second).toEqual({ ...first, replayed: true });
    const where = { repoId: base.repoId, id: plan.pushId };
    expect(await database.prisma.push.count({ where })).toBe(1);
    await history(base.repoId);
  });

  it('keeps the accepted row when the other request is refused or called stale at the same time', async () => {
    const base = await begun();
    for (let round = 0; round < 10; round++) {
      const commit = commitOf(`round ${round}`);
      const plan = planOf({ ...base, branch: `r${round}`, commits: [commit] });
      const { pushId } = plan;
      await world.push.openPush(
        openingOf({ ...base, pushId, branch: plan.branch, head: commit.id }),
      );
      const refusal = errorFrameOf('truncated-stream', pushId);
      await Promise.all([
        worlds[0].push.applyPush(plan),
        worlds[1].push.closePush(base.repoId, pushId, 'failed', refusal, NO_COUNTS),
        worlds[1].push.touchPush(base.repoId, pushId, NO_COUNTS),
        worlds[1].push.failStalePushes(-1_000),
      ]);
      const outcome = await world.push.findPush(base.repoId, pushId);
      expect(outcome).toMatchObject({ outcome: 'accepted', frame: { pushId, seq: round + 2 } });
    }
  });
});

describe('a right that is taken back while rows are being stored', () => {
  /** A plan that lets something happen while its commits are drawn, deep in the transaction. */
  const interrupted = (plan: PushPlan, meanwhile: () => Promise<unknown>): PushPlan => ({
    ...plan,
    async *commits() {
      await meanwhile();
      yield* plan.commits();
    },
  });

  const ADMINS_ONLY = {
    ...{ pattern: '**', allowForce: true, allowDelete: true },
    ...{ pushRole: 'admin' as const, requireSigned: false },
  };
  type Writer = Awaited<ReturnType<typeof withToken>>;
  const waysToLoseIt: [code: string, (writer: Writer, repoId: string) => Promise<unknown>][] = [
    ['token-revoked', ({ token }) => worlds[1].identity.revokeToken(token.id, AN_ACT)],
    ['access-denied', ({ userId }) => worlds[1].disableUser(userId)],
    ['access-denied', ({ userId }, repoId) => worlds[1].setCollaborator(repoId, userId, null)],
    ['branch-protected', (_, repoId) => worlds[1].setRules(repoId, [ADMINS_ONLY])],
  ];

  it.each(waysToLoseIt)('ends the push with %s, and nothing changed', async (code, takeBack) => {
    const base = await begun();
    const writer = await withToken(world, await addUser(world));
    await world.setCollaborator(base.repoId, writer.userId, 'write');
    const before = await world.countRows(base.repoId);
    const plan = planOf({
      ...{ repoId: base.repoId, principal: writer, oldHead: root.id },
      ...{ commits: [commitOf('late', [root])], trees: [treeOf('late tree')] },
    });
    const late = interrupted(plan, () => takeBack(writer, base.repoId));
    await expect(world.push.applyPush(late)).rejects.toMatchObject({ code });
    expect(await world.countRows(base.repoId)).toEqual(before);
    expect(await world.fetch.branchHeads(base.repoId)).toEqual({ main: root.id });
  });

  it('is taken back for good once that was confirmed, whichever of the two came first', async () => {
    for (let round = 0; round < 15; round++) {
      const base = await begun();
      const principal = await withToken(world, owner);
      const commit = commitOf(`racing ${round}`, [root]);
      const plan = planOf({ ...base, principal, oldHead: root.id, commits: [commit] });
      const [pushed] = await Promise.allSettled([
        world.push.applyPush(plan),
        worlds[1].identity.revokeToken(principal.token.id, AN_ACT),
      ]);
      const { main } = await world.fetch.branchHeads(base.repoId);
      if (pushed.status === 'fulfilled') expect(main).toBe(commit.id);
      else expect([pushed.reason.code, main]).toEqual(['token-revoked', root.id]);
      const again = planOf({ ...base, principal, branch: 'after', newHead: root.id });
      await expect(world.push.applyPush(again)).rejects.toMatchObject({ code: 'token-revoked' });
    }
  });
});

describe('a pool of five connections', () => {
  it('serves fifty pushes to one repository and reads of others at once', async () => {
    const small = postgresWorld(database.connect(5));
    const base = await begun();
    const other = await begun();
    const pushes = Array.from({ length: 50 }, (_, n) =>
      small.push.applyPush(
        planOf({ ...base, branch: `p${n}`, commits: [commitOf(`pool ${n}`, [root])] }),
      ),
    );
    const reads = Array.from({ length: 50 }, () => small.fetch.branchHeads(other.repoId));
    expect(await Promise.all(reads)).toEqual(reads.map(() => ({ main: root.id })));
    expect(new Set((await Promise.all(pushes)).map(({ seq }) => seq)).size).toBe(50);
    await history(base.repoId);
  });

  it('is never used up by pushes, however many repositories they go to', async () => {
    const small = postgresWorld(database.connect(5));
    const bases = await Promise.all(Array.from({ length: 12 }, () => begun()));
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const pushes = bases.map((base) => {
      const plan = planOf({ ...base, branch: 'slow', commits: [commitOf('slow', [root])] });
      return small.push.applyPush({ ...plan, commits: () => gated(plan, gate) });
    });
    for (const { repoId } of bases) {
      expect(await small.fetch.branchHeads(repoId)).toEqual({ main: root.id });
    }
    release();
    expect((await Promise.all(pushes)).map(({ seq }) => seq)).toEqual(bases.map(() => 2));
  });

  it('holds none while a push waits for its turn in a repository', async () => {
    const single = postgresWorld(database.connect(2));
    const [busy, free] = [await begun(), await begun()];
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const plans = Array.from({ length: 5 }, (_, n) => {
      const plan = planOf({ ...busy, branch: `q${n}`, commits: [commitOf(`queued ${n}`, [root])] });
      return n > 0 ? plan : { ...plan, commits: () => gated(plan, gate) };
    });
    const waiting = plans.map((plan) => single.push.applyPush(plan));
    const elsewhere = planOf({ ...free, branch: 'x', commits: [commitOf('free', [root])] });
    expect(await single.push.applyPush(elsewhere)).toMatchObject({ seq: 2 });
    release();
    expect((await Promise.all(waiting)).map(({ seq }) => seq)).toEqual([2, 3, 4, 5, 6]);
  });
});

async function* gated(plan: PushPlan, gate: Promise<void>) {
  await gate;
  yield* plan.commits();
}

it('what a push throws away leaves no row of any table', async () => {
  const base = await begun();
  const segmentId = randomUUID();
  const plan = planOf({
    ...{ ...base, oldHead: root.id, commits: [commitOf('doomed', [root])] },
    segments: [{ id: segmentId, bytes: 1, objectCount: 1 }],
    objects: [objectOf('doomed object', segmentId)],
    trees: [treeOf('doomed tree')],
  });
  const broken = {
    ...plan,
    async *commits() {
      yield* plan.commits();
      throw new Error('the spool is gone');
    },
  };
  const before = await world.countRows(base.repoId);
  await expect(world.push.applyPush(broken)).rejects.toThrow('the spool is gone');
  expect(await world.countRows(base.repoId)).toEqual(before);
  expect(await world.push.findObjects(base.repoId, [idOf('doomed object')])).toEqual(new Set());
  expect(await world.jobs(base.repoId)).toHaveLength(1);
});
