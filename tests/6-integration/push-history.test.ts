import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import type { PushQuery } from '~/server/ports/browse-store';
import { exportPushes } from '~/server/services/export-pushes';
import { ANY_PUSH } from '~/server/services/list-pushes';
import { deleteBranch, type MoveBranchDeps, restoreBranch } from '~/server/services/move-branch';
import { openRepository } from '~/server/services/open-repository';
import { pushVersion } from '~/server/services/push-version';
import { showPush } from '~/server/services/show-push';
import type { ErrorFrame } from '~/wire/frames';
import { AN_ACT, TEST_USE } from '~tests/support/audit-entries';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';
import type { SeededRepository } from '~tests/support/seed-repository';

type User = Extract<Principal, { kind: 'user' }>;

let world: BrowseWorld;
let ada: User;
let bob: User;
let reader: User;
let repoId: string;
let seeded: SeededRepository;
let refusedId: string;
const id = (name: string) => seeded.commits.get(name)!.id;
const list = (query: Partial<PushQuery> = {}) =>
  world.deps.browse.listPushes(repoId, {
    ...{ ...ANY_PUSH, all: true, before: null, limit: 50 },
    ...query,
  });
const seqs = async (query: Partial<PushQuery> = {}) => (await list(query)).map(({ seq }) => seq);
const open = (principal: Principal) =>
  openRepository({ owner: 'ada', slug: 'notes', scope: 'read', principal }, world.deps.identities);
const REFUSAL: ErrorFrame = {
  ...{ type: 'X', code: 'non-fast-forward', message: 'main has moved on', retryable: false },
  detail: { branch: 'main' },
};

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('Ada');
  bob = await world.addUser('bob');
  reader = await world.addUser('reader');
  await world.db.prisma.user.update({ where: { id: bob.userId }, data: { kind: 'agent' } });
  repoId = await world.addRepository(ada, 'notes', 'public');
  await world.addCollaborator(repoId, bob, 'write');
  // 1: main a, b, c by ada · 2: =topic x by bob · 3: main d by ada · refused: main by bob
  seeded = await world.seed(
    [
      { name: 'a', files: { 'a.txt': 'a' } },
      { name: 'b', files: { 'b.txt': 'b' }, parents: ['a'] },
      { name: 'c', files: { 'c.txt': 'c' }, parents: ['b'] },
    ],
    { repoId, principal: ada },
  );
  seeded = await world.seed(
    [{ name: 'x', files: { 'x.txt': 'x' }, parents: ['a'] }],
    { repoId, principal: bob, branch: '=topic' },
    seeded,
  );
  seeded = await world.seed(
    [{ name: 'd', files: { 'd.txt': 'd' }, parents: ['c'] }],
    { repoId, principal: ada, oldHead: id('c') },
    seeded,
  );
  refusedId = randomUUID();
  await world.pushStore.openPush({
    ...{ repoId, pushId: refusedId, branch: 'main', head: id('a'), principal: bob },
    ...{ client: '-2+3", tricky', address: '192.0.2.7', startedAtMs: Date.now() },
  });
  await world.pushStore.closePush(repoId, refusedId, 'refused', REFUSAL, {
    ...{ objects: 1, objectsReused: 0, commits: 2, bytesReceived: 300, phases: { receiving: 7 } },
  });
});
afterAll(() => world.close());

describe('the push history', () => {
  it('is listed newest first, with who and what', async () => {
    const rows = await list();
    expect(rows.map((row) => [row.seq, row.branch, row.actor?.handle, row.kind])).toEqual([
      [null, 'main', 'bob', null],
      [3, 'main', 'Ada', 'fast-forward'],
      [2, '=topic', 'bob', 'create'],
      [1, 'main', 'Ada', 'create'],
    ]);
    expect(rows[0]).toMatchObject({ id: refusedId, outcome: 'refused', phases: { receiving: 7 } });
    expect(rows[3]).toMatchObject({
      ...{ outcome: 'accepted', commitsNew: 3, newHead: id('c'), oldHead: null },
      ...{ client: 'seed/1', phases: null, restoredSeq: null },
    });
  });

  it('is narrowed by branch, account, kind, outcome and time', async () => {
    const [, third] = await list();
    expect(await seqs({ branch: 'main', all: false })).toEqual([3, 1]);
    expect(await seqs({ actor: 'BOB' })).toEqual([null, 2]);
    expect(await seqs({ actor: 'nobody' })).toEqual([]);
    expect(await seqs({ actorKind: 'agent' })).toEqual([null, 2]);
    expect(await seqs({ actorKind: 'human' })).toEqual([3, 1]);
    expect(await seqs({ kind: 'create' })).toEqual([2, 1]);
    expect(await seqs({ kind: 'fast-forward' })).toEqual([3]);
    expect(await seqs({ outcome: 'refused' })).toEqual([null]);
    expect(await seqs({ outcome: 'accepted', branch: '=topic' })).toEqual([2]);
    expect(await seqs({ outcome: 'refused', all: false })).toEqual([]);
    expect(await seqs({ fromMs: third!.startedAtMs, all: false })).toEqual([3]);
    expect(await seqs({ toMs: third!.startedAtMs })).toEqual([2, 1]);
    expect(await seqs({ branch: 'a\0' })).toEqual([]);
  });

  it('is paged by time and id', async () => {
    const seen: (number | null)[] = [];
    let before: PushQuery['before'] = null;
    for (;;) {
      const [row] = await list({ before, limit: 1 });
      if (!row) break;
      seen.push(row.seq);
      before = { startedAtMs: row.startedAtMs, id: row.id };
    }
    expect(seen).toEqual([null, 3, 2, 1]);
  });

  it('finds a narrowed page by an index of its own', async () => {
    await world.db.prisma.$executeRawUnsafe(`
      INSERT INTO pushes (repo_id, id, outcome, branch, started_at, actor_id)
      SELECT '${repoId}', gen_random_uuid(), 'failed', 'b' || n % 50, now() - n * interval '1 min', NULL
        FROM generate_series(1, 5000) n`);
    await world.db.prisma.$executeRawUnsafe('ANALYZE pushes');
    const plan = async (condition: string) =>
      JSON.stringify(
        await world.db.prisma.$queryRawUnsafe(`
          EXPLAIN SELECT id FROM pushes p WHERE p.repo_id = '${repoId}' AND ${condition}
           ORDER BY p.started_at DESC, p.id DESC LIMIT 31`),
      );
    expect(await plan(`p.branch = 'b7'`)).toContain('pushes_repo_id_branch_started_at_id_idx');
    expect(await plan(`p.kind <> 'fast-forward' AND p.kind = 'force'`)).toContain('pushes_other_');
    await world.db.prisma.push.deleteMany({ where: { repoId, branch: { startsWith: 'b' } } });
  });

  it('has accepted pushes by their number', async () => {
    const found = await world.deps.browse.findPushes(repoId, [1, 2, 77]);
    expect([...found.keys()].sort()).toEqual([1, 2]);
  });

  it('tells of refused ones to writers, and names of tokens to admins', async () => {
    const token = randomUUID();
    await world.deps.identities.createToken(
      {
        ...{ id: token, userId: ada.userId, name: 'laptop of ada', hash: Buffer.alloc(32, 7) },
        ...{ scopes: ['write'], repoIds: null, branchPattern: null, expiresAtMs: null },
      },
      AN_ACT,
    );
    const where = { repoId_seq: { repoId, seq: 1 } };
    const { id: first } = await world.db.prisma.push.update({ where, data: { tokenId: token } });
    const named = async (user: Principal) => {
      const whole = await showPush(
        await open(user),
        { id: first, before: null, limit: 9 },
        world.deps,
      );
      return [whole.push.tokenName, whole.frame !== null];
    };
    expect(await named(ada)).toEqual(['laptop of ada', true]);
    expect(await named(bob)).toEqual([null, true]);
    expect(await named(reader)).toEqual([null, false]);
    const asked = { id: refusedId, before: null, limit: 9 };
    const refused = await showPush(await open(bob), asked, world.deps);
    expect(refused.refusal).toMatchObject({
      ...{ code: 'non-fast-forward', message: 'main has moved on', retryable: false },
      fix: expect.stringContaining('fetch and merge first'),
    });
    expect(JSON.parse(refused.frame!)).toMatchObject({ t: 'X', code: 'non-fast-forward' });
    await expect(showPush(await open(reader), asked, world.deps)).rejects.toMatchObject({
      code: 'object-not-found',
    });
  });
});

describe('a push of the history', () => {
  it('has the commits that it brought, children first, in pages', async () => {
    const [first] = (await list()).slice(-1);
    const repo = await open(reader);
    const page = (before: { generation: number; id: string } | null) =>
      showPush(repo, { id: first!.id, before, limit: 2 }, world.deps);
    const one = await page(null);
    expect(one.commits.map((commit) => commit.id)).toEqual([id('c'), id('b')]);
    expect(one).toMatchObject({ branchHead: id('d'), address: null, refusal: null, frame: null });
    const two = await page(one.next);
    expect([two.commits.map((commit) => commit.id), two.next]).toEqual([[id('a')], null]);
  });

  it('shows where it came from to admins of the hub only', async () => {
    const root = await world.addUser('root', 'admin');
    const asked = { id: refusedId, before: null, limit: 1 };
    const addresses = [root, ada].map(async (user) => {
      return (await showPush(await open(user), asked, world.deps)).address;
    });
    expect(await Promise.all(addresses)).toEqual(['192.0.2.7', null]);
  });

  it.each(['nonsense', randomUUID()])('is not found by %s', async (unknown) => {
    const asked = { id: unknown, before: null, limit: 1 };
    await expect(showPush(await open(ada), asked, world.deps)).rejects.toMatchObject({
      code: 'object-not-found',
    });
  });
});

describe('the version of the history', () => {
  const versions = async () =>
    Promise.all([ada, reader].map(async (user) => pushVersion(await open(user), null, world.deps)));

  it('changes with what a reader may see, and not with what he may not', async () => {
    const before = await versions();
    expect(await versions()).toEqual(before);
    const pushId = randomUUID();
    await world.pushStore.openPush({
      ...{ repoId, pushId, branch: 'main', head: id('a'), principal: bob },
      ...{ client: '', address: '', startedAtMs: Date.now() - 86_400_000 },
    });
    const during = await versions();
    expect(during.map((version, n) => version === before[n])).toEqual([false, true]);
    const one = (user: User) => async () => pushVersion(await open(user), pushId, world.deps);
    const [running, hidden] = [await one(ada)(), await one(reader)()];
    const counts = { objects: 0, objectsReused: 0, commits: 0, bytesReceived: 0 };
    await world.pushStore.closePush(repoId, pushId, 'refused', REFUSAL, counts);
    expect(await one(ada)()).not.toBe(running);
    expect(await one(reader)()).toBe(hidden);
    expect((await versions())[0]).not.toBe(during[0]);
    await world.db.prisma.push.deleteMany({ where: { repoId, id: pushId } });
  });
});

describe('an export of the history', () => {
  const text = async (user: Principal, form: 'csv' | 'jsonl', filter = {}) => {
    const parts: Uint8Array[] = [];
    const pieces = exportPushes(await open(user), { ...ANY_PUSH, ...filter }, form, world.deps);
    for await (const piece of pieces) parts.push(piece);
    return Buffer.concat(parts).toString();
  };

  it('has a line of JSON for each push that the reader may see', async () => {
    const lines = (await text(reader, 'jsonl')).trim().split('\n');
    const pushes = lines.map((line) => JSON.parse(line));
    expect(pushes.map(({ seq }) => seq)).toEqual([3, 2, 1]);
    expect(pushes[2]).toMatchObject({
      ...{ outcome: 'accepted', kind: 'create', branch: 'main', actor: 'Ada', token: null },
      ...{ new_head: `sha256:${id('c')}`, old_head: null, commits_new: 3 },
    });
    const narrowed = (await text(ada, 'jsonl', { actorKind: 'agent' })).trim().split('\n');
    expect(narrowed.map((line) => JSON.parse(line).seq)).toEqual([null, 2]);
  });

  it('as CSV has a header, quotes what needs it and runs no formula', async () => {
    const [header, refused, , topic] = (await text(bob, 'csv')).split('\r\n');
    expect(header).toMatch(/^push_id,seq,outcome,kind,branch,/);
    expect(refused).toContain(`,"'-2+3"", tricky",`);
    expect(topic).toContain(",'=topic,");
    expect(topic).toContain(',2026-');
  });

  it('goes through a history longer than one read', async () => {
    await world.db.prisma.$executeRawUnsafe(`
      INSERT INTO pushes (repo_id, id, outcome, branch, started_at)
      SELECT '${repoId}', gen_random_uuid(), 'failed', 'long', now() - n * interval '1 min'
        FROM generate_series(1, 1203) n`);
    const lines = (await text(ada, 'jsonl', { branch: 'long' })).trim().split('\n');
    const ids = new Set(lines.map((line) => JSON.parse(line).push_id));
    expect([lines.length, ids.size]).toEqual([1203, 1203]);
  });
});

describe('branches that were deleted', () => {
  const deleted = (before: PushQuery['before'] = null, limit = 9) =>
    world.deps.browse.listDeletedBranches(repoId, { before, limit });
  const act = (): MoveBranchDeps => ({ ...world.deps, use: TEST_USE });
  const make = async (branch: string) => {
    seeded = await world.seed([], { repoId, principal: ada, branch, head: 'b' }, seeded);
    const repo = await open(ada);
    return deleteBranch(repo, { branch, expectedHead: id('b') }, act());
  };

  it('are listed latest first while they are not there, each once', async () => {
    const [one] = [await make('gone/1'), await make('gone/2')];
    await make('gone/1');
    expect((await deleted()).map(({ branch }) => branch)).toEqual(['gone/1', 'gone/2']);
    const [latest] = await deleted(null, 1);
    const key = { startedAtMs: latest!.startedAtMs, id: latest!.id };
    expect((await deleted(key)).map(({ branch }) => branch)).toEqual(['gone/2']);
    expect(one.kind).toBe('delete');
  });

  it('leave the list when they are brought back, by an entry that says from where', async () => {
    const [latest] = await deleted();
    const wish = { pushId: latest!.id, to: 'before' as const, expectedHead: null };
    const back = await restoreBranch(await open(ada), wish, act());
    expect((await deleted()).map(({ branch }) => branch)).toEqual(['gone/2']);
    expect(await world.deps.browse.findPushById(repoId, back.pushId)).toMatchObject({
      ...{ kind: 'create', client: 'by hand', restoredSeq: latest!.seq, address: '192.0.2.1' },
    });
    const acts = await world.db.prisma.auditEntry.findMany({
      where: { repoId },
      orderBy: { id: 'asc' },
    });
    expect(acts.map(({ action }) => action)).toEqual([
      ...['branch.delete', 'branch.delete', 'branch.delete', 'branch.restore'],
    ]);
  });
});
