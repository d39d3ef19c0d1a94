import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import type { BrowseStore } from '~/server/ports/browse-store';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';
import type { SeededRepository } from '~tests/support/seed-repository';

let world: BrowseWorld;
let browse: BrowseStore;
let ada: Extract<Principal, { kind: 'user' }>;
let bob: Extract<Principal, { kind: 'user' }>;
let repoId: string;
let seeded: SeededRepository;
const id = (name: string) => seeded.commits.get(name)!.id;

beforeAll(async () => {
  world = await openBrowseWorld();
  browse = world.deps.browse;
  ada = await world.addUser('Ada');
  bob = await world.addUser('bob');
  repoId = await world.addRepository(ada, 'notes', 'public');
  await world.addCollaborator(repoId, bob, 'write');
  //   a ── b ── d ── m      main
  //    \            /
  //     c ─────────
  seeded = await world.seed(
    [
      { name: 'a', files: { 'README.md': '# notes\n' }, message: 'docs: begin' },
      {
        name: 'b',
        files: { 'b.txt': 'b' },
        parents: ['a'],
        message: 'feat(core): b\n\nLong text.',
      },
      { name: 'c', files: { 'c.txt': 'c' }, parents: ['a'], author: 'nobody we know' },
      { name: 'd', files: { 'd.txt': 'd' }, parents: ['b'] },
      { name: 'm', files: { 'c.txt': 'c' }, parents: ['d', 'c'], message: 'merge' },
    ],
    { repoId, principal: ada },
  );
  await world.seed(
    [{ name: 'x', files: { 'x.txt': 'x' }, parents: ['b'] }],
    { repoId, principal: bob, branch: 'feat/ünï/x' },
    seeded,
  );
});
afterAll(() => world.close());

describe('the graph', () => {
  it('is scanned children first, in chunks that neither overlap nor skip', async () => {
    const whole = await browse.scanGraph(repoId, { generation: 99, id: '0'.repeat(64) }, 100);
    expect(whole.map((row) => row.generation)).toEqual([4, 3, 3, 2, 2, 1]);
    expect(whole.find((row) => row.id === id('m'))).toMatchObject({
      parents: [id('d'), id('c')],
      orderMs: Date.parse('2026-04-16T12:00:04Z'),
    });
    const pieces: string[] = [];
    let before = { generation: 99, id: '0'.repeat(64) };
    for (;;) {
      const [row] = await browse.scanGraph(repoId, before, 1);
      if (!row) break;
      pieces.push(row.id);
      before = { generation: row.generation, id: row.id };
    }
    expect(pieces).toEqual(whole.map((row) => row.id));
  });

  it('of one repository is not seen from another', async () => {
    const other = await world.addRepository(ada, 'other', 'public');
    const start = { generation: 99, id: '0'.repeat(64) };
    expect(await browse.scanGraph(other, start, 10)).toEqual([]);
    expect(await browse.findGenerations(other, [id('a')])).toEqual(new Map());
    expect(await browse.findOrders(other, [id('a')])).toEqual(new Map());
    expect(await browse.loadCommits(other, [id('a')])).toEqual(new Map());
  });

  it('tells a commit without a time from one at the epoch', async () => {
    const at = `UPDATE commits SET committed_time = $1::timestamptz WHERE id = decode('${id('a')}', 'hex')`;
    for (const [time, expected] of [
      [null, null],
      ['1970-01-01T00:00:00Z', 0],
      ['0044-03-15T12:00:00Z', Date.parse('0044-03-15T12:00:00Z')],
      ['2026-04-16T12:00:00Z', Date.parse('2026-04-16T12:00:00Z')],
    ] as const) {
      await world.db.prisma.$executeRawUnsafe(at, time);
      expect((await browse.loadCommits(repoId, [id('a')])).get(id('a'))?.timeMs).toBe(expected);
    }
  });
});

describe('commits', () => {
  it('are loaded with what lists show; unknown ids are left out', async () => {
    const rows = await browse.loadCommits(repoId, [id('b'), 'f'.repeat(64), id('m')]);
    expect([...rows.keys()].sort()).toEqual([id('b'), id('m')].sort());
    expect(rows.get(id('b'))).toMatchObject({
      parents: [id('a')],
      type: 'feat',
      scope: 'core',
      author: 'ada',
      message: 'feat(core): b\n\nLong text.',
      branch: 'main',
      pushSeq: 1,
      timeMs: Date.parse('2026-04-16T12:00:01Z'),
    });
  });

  it('are filtered by author, type and text', async () => {
    const all = ['a', 'b', 'c', 'd', 'm'].map(id);
    const none = { author: null, type: null, agent: null, text: null };
    const find = (filter: object) => browse.filterCommits(repoId, all, { ...none, ...filter });
    expect(await find({ author: 'NOBODY we know' })).toEqual(new Set([id('c')]));
    expect(await find({ type: 'docs' })).toEqual(new Set([id('a')]));
    expect(await find({ text: 'long TEXT' })).toEqual(new Set([id('b')]));
    expect(await find({ text: '%' })).toEqual(new Set());
    expect(await find({ text: 'x\0' })).toEqual(new Set());
  });

  it('find the accounts that their authors name, without case', async () => {
    const handles = await browse.findHandles(['ada', 'nobody we know', 'BOB', 'a\0b']);
    expect(handles).toEqual(
      new Map([
        ['ada', 'Ada'],
        ['BOB', 'bob'],
      ]),
    );
  });
});

describe('branches', () => {
  it('are found by their exact names', async () => {
    const found = await browse.findBranches(repoId, ['feat', 'feat/ünï', 'feat/ünï/x', 'a\0']);
    expect([...found.keys()]).toEqual(['feat/ünï/x']);
    expect(found.get('feat/ünï/x')).toMatchObject({ pushSeq: 2 });
  });

  it('are paged in the order of their names and searched by a part', async () => {
    const page = { after: null, search: '', limit: 1 };
    expect((await browse.listBranches(repoId, page)).map(({ name }) => name)).toEqual([
      'feat/ünï/x',
    ]);
    const next = await browse.listBranches(repoId, { ...page, after: 'feat/ünï/x' });
    expect(next.map(({ name }) => name)).toEqual(['main']);
    const searched = await browse.listBranches(repoId, { after: null, search: 'ÜNÏ', limit: 9 });
    expect(searched.map(({ name }) => name)).toEqual(['feat/ünï/x']);
    expect(await browse.countBranches(repoId)).toBe(2);
  });
});

describe('comments', () => {
  it('are kept as they were written, counted and paged, oldest first', async () => {
    const commitId = id('b');
    const bodies = ['first\n\n<b>bold</b>', 'second 😀', 'third'];
    for (const [n, body] of bodies.entries()) {
      const createdAtMs = Date.parse('2026-05-01T00:00:00Z') + n;
      await browse.addComment({
        ...{ id: randomUUID(), repoId, commitId, authorId: bob.userId, body, createdAtMs },
      });
    }
    const [first, second] = await browse.listComments(repoId, commitId, { after: null, limit: 2 });
    expect([first?.body, second?.body]).toEqual(bodies.slice(0, 2));
    expect(first?.author).toEqual({ handle: 'bob', kind: 'human' });
    const after = { createdAtMs: second!.createdAtMs, id: second!.id };
    const rest = await browse.listComments(repoId, commitId, { after, limit: 2 });
    expect(rest.map(({ body }) => body)).toEqual(['third']);
    const counts = await browse.countComments(repoId, [commitId, id('a')]);
    expect(counts).toEqual(new Map([[commitId, 3]]));
  });
});

describe('repositories', () => {
  it('are listed only to those who may see them', async () => {
    const secretId = await world.addRepository(ada, 'secret', 'private');
    const list = async (reader: Partial<Parameters<BrowseStore['listRepositories']>[0]>) => {
      const rows = await browse.listRepositories({
        ...{ ownerId: ada.userId, readerId: null, readerIsAdmin: false, readerRepoIds: null },
        ...{ publicOnly: false, after: null, limit: 50, ...reader },
      });
      return rows.map(({ slug }) => slug);
    };
    expect(await list({})).not.toContain('secret');
    expect(await list({ readerId: bob.userId })).not.toContain('secret');
    expect(await list({ readerId: ada.userId })).toContain('secret');
    expect(await list({ readerId: ada.userId, publicOnly: true })).not.toContain('secret');
    expect(await list({ readerId: bob.userId, readerIsAdmin: true })).toContain('secret');
    expect(await list({ readerId: ada.userId, readerRepoIds: [repoId] })).not.toContain('secret');
    expect(await list({ readerId: ada.userId, readerRepoIds: [secretId] })).toContain('secret');
    await world.addCollaborator(secretId, bob, 'read');
    expect(await list({ readerId: bob.userId })).toContain('secret');
  });

  it('are paged by their last update without losing one of the same moment', async () => {
    await world.db.prisma.repository.updateMany({ data: { updatedAt: new Date('2026-06-01') } });
    const seen: string[] = [];
    let after: { updatedAtMs: number; id: string } | null = null;
    for (;;) {
      const [row] = await browse.listRepositories({
        ...{ ownerId: null, readerId: ada.userId, readerIsAdmin: true, readerRepoIds: null },
        ...{ publicOnly: false, after, limit: 1 },
      });
      if (!row) break;
      seen.push(row.slug);
      after = { updatedAtMs: row.updatedAtMs, id: row.id };
    }
    expect(seen.sort()).toEqual(['notes', 'other', 'secret']);
  });
});

describe('signers', () => {
  it('are found by a key id, whole or its first 16 digits', async () => {
    const keyId = 'ab'.repeat(32);
    await world.db.prisma.signingKey.create({
      data: { keyId, userId: bob.userId, publicKey: new Uint8Array(32) },
    });
    for (const asked of [[keyId], [keyId.slice(0, 16)], ['cd'.repeat(32), keyId]]) {
      expect(await browse.findSigners(asked)).toMatchObject([{ handle: 'bob' }]);
    }
    await world.db.prisma.signingKey.update({ where: { keyId }, data: { revokedAt: new Date() } });
    expect(await browse.findSigners([keyId])).toHaveLength(1);
    for (const none of [[], ['ab'], ['%'], ['cd'.repeat(32)]]) {
      expect(await browse.findSigners(none)).toEqual([]);
    }
  });
});
