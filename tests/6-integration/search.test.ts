import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS, type Principal } from '~/server/access';
import { findFiles } from '~/server/services/find-files';
import { openRepository } from '~/server/services/open-repository';
import { searchCommits } from '~/server/services/search-commits';
import { searchRepositories } from '~/server/services/search-repositories';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';
import type { SeedCommit, SeededRepository } from '~tests/support/seed-repository';

type User = Extract<Principal, { kind: 'user' }>;

let world: BrowseWorld;
let ada: User;
let bob: User;
let root: User;
const seeded = new Map<string, SeededRepository>();

async function publish(
  owner: User,
  slug: string,
  visibility: 'public' | 'private',
  commits: SeedCommit[],
) {
  const repoId = await world.addRepository(owner, slug, visibility);
  const result = await world.seed(commits, { repoId, principal: owner });
  await world.deps.search.addCommits(repoId, result.result.seq);
  seeded.set(slug, result);
  return repoId;
}

const files = { 'src/wire/frames.ts': '1', 'README.md': '2' };

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('Ada');
  bob = await world.addUser('Bob');
  root = await world.addUser('Root', 'admin');
  await publish(ada, 'engine', 'public', [
    { name: 'a', files, message: 'feat(wire): stream the push\n\nThe body says quadruple.' },
    { name: 'b', parents: ['a'], files: {}, message: 'fix: mend the streaming', author: 'Grace' },
    {
      ...{ name: 'c', parents: ['b'], files: {}, message: 'docs: it’s "quoted" & | ! (odd) \\ :*' },
      record: { agent_id: 'composer-2' },
    },
  ]);
  const secret = await publish(ada, 'secret', 'private', [
    { name: 's', files, message: 'feat: stream the hidden zebra' },
  ]);
  await world.addCollaborator(secret, bob, 'read');
});
afterAll(() => world.close());

const commits = async (text: string, principal: Principal = ANONYMOUS, page = 1) => {
  const { found } = await searchCommits(principal, { text, page }, world.deps);
  const nameOf = (id: string) => {
    for (const { commits: all } of seeded.values()) {
      for (const [name, commit] of all) if (commit.id === id) return name;
    }
    return id;
  };
  return found.map(({ repository, commit }) => `${repository.slug}:${nameOf(commit.id)}`);
};
const repositories = async (text: string, principal: Principal = ANONYMOUS) =>
  (await searchRepositories(principal, { text, page: 1 }, world.deps)).found.map((r) => r.slug);

describe('searching commits', () => {
  it('finds words by their beginnings, in subject, body and author, all of them', async () => {
    expect(await commits('stream')).toEqual(['engine:b', 'engine:a']);
    expect(await commits('stream PUSH')).toEqual(['engine:a']);
    expect(await commits('quadrup')).toEqual(['engine:a']);
    expect(await commits('grace')).toEqual(['engine:b']);
    expect(await commits('stream nothing')).toEqual([]);
  });

  it('ranks the subject before the body, and of equals the newest', async () => {
    await publish(ada, 'ranked', 'public', [
      { name: 'body', files: {}, message: 'chore: x\n\nplatypus' },
      { name: 'one', parents: ['body'], files: { a: '1' }, message: 'chore: platypus' },
      { name: 'two', parents: ['one'], files: { a: '2' }, message: 'chore: platypus' },
      { name: 'late', parents: ['two'], files: { a: '3' }, message: 'chore: y\n\nplatypus' },
    ]);
    expect(await commits('platypus')).toEqual([
      ...['ranked:two', 'ranked:one', 'ranked:late', 'ranked:body'],
    ]);
  });

  it('takes phrases as they stand, and fields by their names', async () => {
    expect(await commits('"stream the push"')).toEqual(['engine:a']);
    expect(await commits('"push the stream"')).toEqual([]);
    expect(await commits('author:grace')).toEqual(['engine:b']);
    expect(await commits('agent:composer-2')).toEqual(['engine:c']);
    expect(await commits('type:feat repo:ada/engine')).toEqual(['engine:a']);
    expect(await commits('stream type:fix')).toEqual(['engine:b']);
    expect(await commits('stream repo:ada/ranked')).toEqual([]);
    expect(await commits('stream repo:nobody/nothing')).toEqual([]);
  });

  it('finds a commit by the start of its id, in either form', async () => {
    const { id } = seeded.get('engine')!.commits.get('b')!;
    expect(await commits(id.slice(0, 8))).toEqual(['engine:b']);
    expect(await commits(`sha256:${id}`)).toEqual(['engine:b']);
  });

  it('survives whatever is typed, and cannot be made to ask something else', async () => {
    expect(await commits('quoted odd')).toEqual(['engine:c']);
    for (const text of [
      `'`,
      `\\`,
      `':*`,
      '& | !',
      '<->',
      '(',
      "a' || 'b",
      '\0',
      '💥',
      ':::',
      "\\'",
    ]) {
      await expect(commits(text)).resolves.toBeInstanceOf(Array);
      await expect(commits(`author:${text}`)).resolves.toBeInstanceOf(Array);
      await expect(repositories(text)).resolves.toBeInstanceOf(Array);
    }
    // No text can pretend to be a field.
    expect(await commits("'author:grace'")).toEqual([]);
  });

  it('shows what is private to those who may read it, and to no one else', async () => {
    const { id } = seeded.get('secret')!.commits.get('s')!;
    for (const text of ['zebra', 'hidden', 'zebra repo:ada/secret', id.slice(0, 10)]) {
      expect(await commits(text)).toEqual([]);
      expect(
        await commits(text, await world.addUser(`x-${text.slice(0, 3)}-${Math.random()}`)),
      ).toEqual([]);
      for (const who of [ada, bob, root]) expect(await commits(text, who)).toEqual(['secret:s']);
    }
    const narrow: User = {
      ...ada,
      token: {
        ...{ id: ada.userId, scopes: ['read'], branchPattern: null, expiresAtMs: null },
        repoIds: [],
      },
    };
    expect(await commits('zebra', narrow)).toEqual([]);
    expect(await commits('stream', narrow)).toEqual(['engine:b', 'engine:a']);
  });

  it('pages through more than one answer holds', async () => {
    const many = Array.from({ length: 45 }, (_, n) => ({
      ...{ name: `m${n}`, parents: n === 0 ? [] : [`m${n - 1}`], files: { n: String(n) } },
      message: `test: walrus ${n}`,
    }));
    await publish(ada, 'many', 'public', many);
    const pages = [1, 2, 3].map((page) =>
      searchCommits(ANONYMOUS, { text: 'walrus', page }, world.deps),
    );
    const [one, two, three] = await Promise.all(pages);
    expect([one, two, three].map((page) => [page!.found.length, page!.hasMore])).toEqual([
      ...[
        [20, true],
        [20, true],
        [5, false],
      ],
    ]);
    const ids = [one, two, three].flatMap((page) => page!.found.map(({ commit }) => commit.id));
    expect(new Set(ids).size).toBe(45);
  });

  it('makes a push findable once, however often its job runs', async () => {
    const { result } = seeded.get('engine')!;
    const { repoId } = await world.db.prisma.push.findFirstOrThrow({
      where: { id: result.pushId },
    });
    await world.deps.search.addCommits(repoId, result.seq);
    expect(await commits('stream')).toEqual(['engine:b', 'engine:a']);
  });

  it('finds the commits that were there before there was a search', async () => {
    await world.db.prisma.$executeRawUnsafe('DELETE FROM commit_words');
    expect(await commits('stream')).toEqual([]);
    const { readFileSync } = await import('node:fs');
    const file = 'prisma/migrations/20261123167100_commit_words/migration.sql';
    const fill = /INSERT INTO commit_words[\s\S]*?;/.exec(readFileSync(file, 'utf8'))![0];
    await world.db.prisma.$executeRawUnsafe(fill);
    expect(await commits('stream')).toEqual(['engine:b', 'engine:a']);
  });
});

describe('searching repositories', () => {
  it('finds name, owner and description; an exact name first', async () => {
    await world.addRepository(bob, 'engine-room', 'public');
    expect((await repositories('engine'))[0]).toBe('engine');
    expect(await repositories('engine')).toContain('engine-room');
    expect(await repositories('bob engine')).toEqual(['engine-room']);
    expect(await repositories('about engine-room')).toEqual(['engine-room']);
    expect(await repositories('ada/engine')).toEqual(['engine']);
  });

  it('shows what is private to those who may read it, and to no one else', async () => {
    expect(await repositories('secret')).toEqual([]);
    expect(await repositories('about secret')).toEqual([]);
    for (const who of [ada, bob, root])
      expect(await repositories('secret', who)).toEqual(['secret']);
  });
});

describe('finding files', () => {
  it('matches the paths of a ref', async () => {
    const repo = await openRepository(
      { owner: 'Ada', slug: 'engine', scope: 'read', principal: ANONYMOUS },
      world.deps.identities,
    );
    const find = (segments: string[], typed: string) =>
      findFiles(repo, { segments, typed }, world.deps);
    expect(await find([], 'frames')).toMatchObject({
      ...{ paths: ['src/wire/frames.ts'], fileCount: 2, truncated: false },
      ref: { kind: 'branch', name: 'main' },
    });
    expect((await find(['main'], ''))?.paths).toEqual(['README.md', 'src/wire/frames.ts']);
    await expect(find(['nowhere'], '')).rejects.toThrow(/branch/);
    await expect(find(['main', 'src'], '')).rejects.toThrow(/branch/);
  });
});
