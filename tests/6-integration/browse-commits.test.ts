import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';
import { shortPiece } from '~tests/support/midi-bytes';
import type { SeedCommit, SeededRepository } from '~tests/support/seed-repository';

let world: BrowseWorld;
let ada: Extract<Principal, { kind: 'user' }>;
let seeded: SeededRepository;
const repo = { owner: 'ada', slug: 'notes' };
const id = (name: string) => `sha256:${seeded.commits.get(name)!.id}`;
const nameOf = (prefixed: string | null) =>
  [...seeded.commits].find(([, commit]) => `sha256:${commit.id}` === prefixed)?.[0] ?? null;

/** Someone in a browser: with a cookie signed in, else only reading. */
function api(cookie?: string) {
  const headers = new Headers({ origin: world.deps.url, ...(cookie && { cookie }) });
  const use = { address: '', client: '' };
  return createCaller(createApiContext({ headers, use, lenient: true }, world.deps));
}

//   a ── b ── c ── m ── e          main (default)
//    \         \  /
//     \         f                  merged into main
//      s1 ── s2 ── s3              side/one
const HISTORY: SeedCommit[] = [
  { name: 'a', files: { 'README.md': '# Notes\n', 'src/a.ts': 'one\n', 'old.txt': 'old\n' } },
  { name: 'b', files: { 'src/a.ts': 'two\n', 'old.txt': null }, parents: ['a'] },
  { name: 'c', files: { 'src/new/deep.ts': 'deep\n' }, parents: ['b'] },
  { name: 'f', files: { 'f.txt': 'f\n' }, parents: ['b'], record: { branch: 'side/one' } },
  { name: 'm', files: { 'f.txt': 'f\n' }, parents: ['c', 'f'], message: 'merge the side' },
  {
    name: 'e',
    files: { 'README.md': '# Notes\n\nMore.\n' },
    parents: ['m'],
    message: 'feat(wire)!: streaming push\n\nFirst paragraph\nof two lines.\n\n\nSecond.\n',
    author: 'nobody',
    record: {
      agent_id: 'composer',
      model_id: 'model-x',
      toolchain_id: 'tool-1',
      prompt_hash: 'ab'.repeat(32),
      reviewed_by: ['bob'],
      test_runs: 3,
      breaking_changes: ['src/a.ts::one'],
    },
  },
];
const SIDE: SeedCommit[] = [
  { name: 's1', files: { 's.txt': '1\n' }, parents: ['a'], record: { branch: 'side/one' } },
  { name: 's2', files: { 's.txt': '2\n' }, parents: ['s1'], record: { branch: 'side/one' } },
  { name: 's3', files: { 's.txt': '3\n' }, parents: ['s2'], record: { branch: 'gone' } },
];

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('ada');
  const repoId = await world.addRepository(ada, 'notes', 'public');
  const main = await world.seed(HISTORY, { repoId, principal: ada });
  seeded = await world.seed(SIDE, { repoId, principal: ada, branch: 'side/one' }, main);
});
afterAll(() => world.close());

describe('the place of a commit', () => {
  const place = async (name: string, branch: string | null = null) => {
    const { position } = await api().commit.get({ ...repo, id: id(name), branch });
    if (!position) return null;
    const { place: n, count } = position;
    const [older, newer] = [nameOf(position.older), nameOf(position.newer)];
    return [position.branch, `#${n} / ${count}`, older, newer];
  };

  it('counts what the default branch reaches, merged commits too, the newest first', async () => {
    expect(await place('e')).toEqual(['main', '#1 / 6', 'm', null]);
    expect(await place('m')).toEqual(['main', '#2 / 6', 'f', 'e']);
    expect(await place('a')).toEqual(['main', '#6 / 6', null, 'b']);
  });

  it('counts on another branch only what the default does not reach', async () => {
    expect(await place('s3', 'side/one')).toEqual(['side/one', '#1 / 3', 's2', null]);
    expect(await place('s1', 'side/one')).toEqual(['side/one', '#3 / 3', null, 's2']);
  });

  it("is on the branch that is asked for, else on the record's own, else on the default", async () => {
    expect(await place('s2')).toEqual(['side/one', '#2 / 3', 's1', 's3']);
    // The branch of f's record lives, but only main reaches f.
    expect(await place('f')).toEqual(['main', '#3 / 6', 'c', 'm']);
    expect(await place('b', 'side/one')).toEqual(['main', '#5 / 6', 'a', 'c']);
    expect(await place('b', 'no/such')).toEqual(['main', '#5 / 6', 'a', 'c']);
  });

  it('is none when no branch that may be spoken of reaches the commit', async () => {
    // The record of s3 names a branch that is gone.
    expect(await place('s3')).toBeNull();
  });
});

describe('a commit', () => {
  it('shows its subject, its body with its paragraphs, and its weight', async () => {
    const commit = await api().commit.get({ ...repo, id: id('e') });
    expect(commit).toMatchObject({
      id: id('e'),
      type: 'feat',
      scope: 'wire',
      breaking: true,
      subject: 'feat(wire)!: streaming push',
      body: 'First paragraph\nof two lines.\n\n\nSecond.',
      breakingChanges: ['src/a.ts::one'],
      author: 'nobody',
      authorHandle: null,
      toolchainId: 'tool-1',
      promptHash: 'ab'.repeat(32),
      reviewedBy: ['bob'],
      testRuns: 3,
    });
    expect(commit.snapshotId).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(commit.parentCommits.map((parent) => nameOf(parent.id))).toEqual(['m']);
  });

  it('is found by either form of its id, and not by another', async () => {
    const bare = id('e').slice('sha256:'.length);
    expect((await api().commit.get({ ...repo, id: bare })).id).toBe(id('e'));
    await expect(api().commit.get({ ...repo, id: 'f'.repeat(64) })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    for (const odd of ['', 'main', bare.toUpperCase(), `${bare}0`, `sha512:${bare}`]) {
      await expect(api().commit.get({ ...repo, id: odd }), odd).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      });
    }
  });

  it('tells who pushed it, and by which token only those who may push', async () => {
    const { push } = await api().commit.get({ ...repo, id: id('e') });
    expect(push).toMatchObject({
      seq: 1,
      actor: { handle: 'ada', kind: 'human' },
      tokenName: null,
    });
    const listed = await api().push.list(repo);
    expect(listed.pushes.map(({ seq }) => seq)).toEqual([2, 1]);
  });

  it('survives a structured delta of any shape', async () => {
    const odd: unknown[] = [
      'text',
      7,
      [],
      [[[]]],
      { ops: {} },
      { ops: [null, { op: 'insert', address: ['x'], child_ops: 3 }], summary: { a: 1 } },
      JSON.parse('{"__proto__": {"op": "x"}, "ops": [{"op": "insert", "constructor": 1}]}'),
    ];
    const repoId = await world.addRepository(ada, 'odd', 'public');
    const commits = odd.map((delta, n) => ({
      name: `o${n}`,
      files: { [`${n}.txt`]: `${n}` },
      parents: n === 0 ? [] : [`o${n - 1}`],
      record: { structured_delta: delta },
    }));
    const oddRepo = await world.seed(commits, { repoId, principal: ada });
    for (const [name, commit] of oddRepo.commits) {
      const shown = await api().commit.get({ owner: 'ada', slug: 'odd', id: commit.id });
      expect(shown.subject, name).toBe(`feat: ${name}`);
    }
  });
});

describe('the files a commit changed', () => {
  const changes = async (name: string) => {
    const { files, ...counts } = await api().commit.changes({ ...repo, id: id(name) });
    return { files: files.map(({ path, change }) => `${change} ${path}`), ...counts };
  };

  it('are counted against its first parent, by what happened to them', async () => {
    expect(await changes('b')).toEqual({
      files: ['removed old.txt', 'modified src/a.ts'],
      added: 0,
      modified: 1,
      removed: 1,
      renamed: 0,
      truncated: false,
    });
    expect((await changes('c')).files).toEqual(['added src/new/deep.ts']);
    // Against c; what f brought is new to the branch.
    expect((await changes('m')).files).toEqual(['added f.txt']);
  });

  it('of a root commit are all of its files', async () => {
    expect((await changes('a')).files).toEqual([
      'added README.md',
      'added old.txt',
      'added src/a.ts',
    ]);
  });

  it('are shown line by line', async () => {
    const { files, next } = await api().commit.diff({ ...repo, id: id('b') });
    expect(next).toBeNull();
    const [removed, modified] = files;
    expect(removed).toMatchObject({ path: 'old.txt', beforeSize: 4, afterSize: null });
    expect(modified?.diff).toMatchObject({ added: 1, removed: 1 });
    expect(modified?.diff?.hunks[0]?.lines.map(({ kind, text }) => [kind, text])).toEqual([
      ['removed', 'one'],
      ['added', 'two'],
    ]);
    const one = await api().commit.diff({ ...repo, id: id('b'), path: 'src/a.ts' });
    expect(one.files.map(({ path }) => path)).toEqual(['src/a.ts']);
  });

  it('of a merge are those against the parent that is asked for', async () => {
    const against = async (parent: number) => {
      const { before, files } = await api().commit.diff({ ...repo, id: id('m'), parent });
      return [nameOf(before), files.map(({ path }) => path)];
    };
    expect(await against(1)).toEqual(['c', ['f.txt']]);
    expect(await against(2)).toEqual(['f', ['src/new/deep.ts']]);
    await expect(against(3)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are shown a page at a time, by the path that the last one ended with', async () => {
    const repoId = await world.addRepository(ada, 'pages', 'public');
    const files = Object.fromEntries(
      Array.from({ length: 120 }, (_, n) => [`f${String(n).padStart(3, '0')}.txt`, `${n}\n`]),
    );
    const made = await world.seed([{ name: 'x', files }], { repoId, principal: ada });
    const name = { owner: 'ada', slug: 'pages', id: made.commits.get('x')!.id };
    const places: number[] = [];
    const paths: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<ReturnType<typeof api>['commit']['diff']>> =
        await api().commit.diff({ ...name, after });
      places.push(page.place);
      paths.push(...page.files.map(({ path }) => path));
      after = page.next;
    } while (after !== null);
    expect(places).toEqual([0, 50, 100]);
    expect(paths).toEqual(Object.keys(files));
  });

  it('of MIDI are notes that came and went', async () => {
    const repoId = await world.addRepository(ada, 'tunes', 'public');
    const made = await world.seed(
      [
        { name: 'one', files: { 'song.mid': shortPiece(), 'x.mid': Buffer.from([0, 1]) } },
        {
          name: 'two',
          files: { 'song.mid': shortPiece([60, 62]), 'x.mid': Buffer.from([0, 2]) },
          parents: ['one'],
        },
      ],
      { repoId, principal: ada },
    );
    const { files } = await api().commit.diff({
      ...{ owner: 'ada', slug: 'tunes', id: made.commits.get('two')!.id },
    });
    expect(
      files.map(({ path, notShown, midi }) => [path, notShown, midi?.added, midi?.removed]),
    ).toEqual([
      ['song.mid', 'binary', 2, 8],
      ['x.mid', 'binary', undefined, undefined],
    ]);
  });

  it('that are no text, or too large, say so', async () => {
    const repoId = await world.addRepository(ada, 'big', 'public');
    const big = await world.seed(
      [
        {
          name: 'x',
          files: {
            'noise.bin': Buffer.from([1, 0, 2]),
            'latin.txt': Buffer.from([0x63, 0xe9]),
            'large.txt': 'x\n'.repeat(400_000),
            'huge.txt': 'x\n'.repeat(2_200_000),
            'many.txt': 'line\n'.repeat(7_000),
            'more.txt': 'line\n'.repeat(11_000),
            'logo.png': Buffer.from('89504e470d0a1a0a0000', 'hex'),
          },
        },
      ],
      { repoId, principal: ada },
    );
    const name = { owner: 'ada', slug: 'big', id: big.commits.get('x')!.id };
    const { files } = await api().commit.diff(name);
    expect(files.map(({ path, notShown }) => [path, notShown])).toEqual([
      ['huge.txt', 'too-large'],
      ['large.txt', 'left-out'],
      ['latin.txt', 'binary'],
      ['logo.png', 'image'],
      ['many.txt', 'left-out'],
      ['more.txt', 'left-out'],
      ['noise.bin', 'binary'],
    ]);
    const alone = async (path: string, skip = 0) =>
      (await api().commit.diff({ ...name, path, skip })).files[0];
    const places = async (skip: number) => {
      const { diff } = (await alone('many.txt', skip))!;
      const lines = diff!.hunks.flatMap((hunk) => hunk.lines);
      return [diff!.added, diff!.skipped, lines[0]?.after, lines.at(-1)?.after, diff!.left];
    };
    expect(await places(0)).toEqual([7_000, 0, 1, 2_500, 4_500]);
    expect(await places(2_500)).toEqual([7_000, 2_500, 2_501, 5_000, 2_000]);
    expect(await places(5_000)).toEqual([7_000, 5_000, 5_001, 7_000, 0]);
    expect(await places(9_000)).toEqual([7_000, 7_000, undefined, undefined, 0]);
    expect(await alone('huge.txt')).toMatchObject({ notShown: 'too-large', added: null });
  });
});

describe('a list of commits', () => {
  const list = async (input: object) => {
    const page = await api().commit.list({ ...repo, ...input });
    return { ...page, names: page.commits.map((commit) => nameOf(commit.id)) };
  };

  it('goes through a branch by keys, down and up again', async () => {
    const first = await list({ limit: 2 });
    expect(first.names).toEqual(['e', 'm']);
    expect([first.count, first.firstPlace, first.newerBefore]).toEqual([6, 1, null]);
    const second = await list({ limit: 2, after: first.olderAfter });
    expect(second.names).toEqual(['f', 'c']);
    const third = await list({ limit: 2, after: second.olderAfter });
    expect([third.names, third.olderAfter]).toEqual([['b', 'a'], null]);
    const back = await list({ limit: 2, before: third.newerBefore });
    expect(back.names).toEqual(['f', 'c']);
  });

  it('of another branch leaves out what the default has', async () => {
    const page = await list({ branch: 'side/one' });
    expect([page.names, page.isDefault]).toEqual([['s3', 's2', 's1'], false]);
  });

  it('is filtered by author, type and text', async () => {
    expect((await list({ author: 'nobody' })).names).toEqual(['e']);
    expect((await list({ text: 'MERGE' })).names).toEqual(['m']);
    expect((await list({ type: 'feat', limit: 2 })).names).toEqual(['e', 'f']);
    expect((await list({ text: 'no such words' })).names).toEqual([]);
  });

  it('starts from the newest when its key is on no place', async () => {
    expect((await list({ limit: 1, after: id('s3') })).names).toEqual(['e']);
  });

  it('of a branch that is not there is not found', async () => {
    await expect(list({ branch: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('branches', () => {
  it('stand with the default first, and how far they are apart from it', async () => {
    const { branches, next } = await api().branch.list(repo);
    expect(next).toBeNull();
    expect(
      branches.map(({ name, isDefault, ahead, behind }) => [name, isDefault, ahead, behind]),
    ).toEqual([
      ['main', true, 0, 0],
      ['side/one', false, 3, 5],
    ]);
    expect(branches[1]).toMatchObject({ bounded: false, push: { actor: { handle: 'ada' } } });
  });
});

describe('comments', () => {
  it('are added by whoever is signed in and listed in their order', async () => {
    const name = { ...repo, id: id('a') };
    const bob = await world.addUser('bob');
    const [asBob, asAda] = [api(await world.signIn(bob)), api(await world.signIn(ada))];
    await asBob.commit.addComment({ ...name, body: '  First\r\nline  ' });
    await asAda.commit.addComment({ ...name, body: 'Second' });
    const { comments } = await api().commit.comments(name);
    expect(comments.map(({ author, body }) => [author.handle, body])).toEqual([
      ['bob', 'First\nline'],
      ['ada', 'Second'],
    ]);
    expect(comments[0]!.html?.trim()).toBe('<p>First<br />line</p>');
    expect((await api().commit.get(name)).comments).toBe(2);
    for (const body of ['', ' \n ', 'x'.repeat(20_001), 'a\0b']) {
      const refused = asBob.commit.addComment({ ...name, body });
      await expect(refused).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    }
    const elsewhere = asBob.commit.addComment({ ...name, id: 'e'.repeat(64), body: 'x' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are edited by their authors, which is told', async () => {
    const name = { ...repo, id: id('b') };
    const asBob = api(await world.signIn(await world.addUser('bea')));
    const asAda = api(await world.signIn(ada));
    const { id: comment, editedAtMs } = await asBob.commit.addComment({ ...name, body: 'one' });
    expect(editedAtMs).toBeNull();
    expect(await asBob.commit.editComment({ ...name, comment, body: ' one ' })).toMatchObject({
      editedAtMs: null,
    });
    await asBob.commit.editComment({ ...name, comment, body: ' two ' });
    const listed = async (who: typeof asBob) =>
      (await who.commit.comments(name)).comments.find((one) => one.id === comment);
    expect(await listed(api())).toMatchObject({
      ...{ body: 'two', editedAtMs: expect.any(Number), mayEdit: false, mayDelete: false },
    });
    expect(await listed(asBob)).toMatchObject({ mayEdit: true, mayDelete: true });
    expect(await listed(asAda)).toMatchObject({ mayEdit: false, mayDelete: true });
    const byOther = asAda.commit.editComment({ ...name, comment, body: 'three' });
    await expect(byOther).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const byNobody = api().commit.editComment({ ...name, comment, body: 'three' });
    await expect(byNobody).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    const empty = asBob.commit.editComment({ ...name, comment, body: ' ' });
    await expect(empty).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    const elsewhere = asBob.commit.editComment({ ...name, id: id('a'), comment, body: 'x' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are deleted by their authors and by admins of the repository, which is noted', async () => {
    const name = { ...repo, id: id('b') };
    const asCid = api(await world.signIn(await world.addUser('cid')));
    const asAda = api(await world.signIn(ada));
    const before = (await api().commit.get(name)).comments;
    const own = await asCid.commit.addComment({ ...name, body: 'mine' });
    const other = await asCid.commit.addComment({ ...name, body: 'mine too' });
    const adas = await asAda.commit.addComment({ ...name, body: 'of ada' });
    const byCid = asCid.commit.deleteComment({ ...name, comment: adas.id });
    await expect(byCid).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await asCid.commit.deleteComment({ ...name, comment: own.id });
    await asAda.commit.deleteComment({ ...name, comment: other.id });
    const again = asAda.commit.deleteComment({ ...name, comment: other.id });
    await expect(again).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await api().commit.get(name)).comments).toBe(before + 1);
    const acts = await world.deps.audit.list({
      ...{ actor: null, action: 'comment.delete', repository: repo },
      ...{ fromMs: null, untilMs: null, before: null, limit: 10 },
    });
    expect(acts.map(({ actorName, detail }) => [actorName, detail.author])).toEqual([
      ['ada', 'cid'],
      ['cid', 'cid'],
    ]);
    const row = await world.db.prisma.comment.findUniqueOrThrow({ where: { id: other.id } });
    expect(row.body).toBe('');
  });
});
