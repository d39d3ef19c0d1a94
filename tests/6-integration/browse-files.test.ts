import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { handleRaw } from '~/server/http/raw-handler';
import { handleRecord } from '~/server/http/record-handler';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';
import { shortPiece } from '~tests/support/midi-bytes';
import type { SeededRepository } from '~tests/support/seed-repository';

let world: BrowseWorld;
let ada: Extract<Principal, { kind: 'user' }>;
let seeded: SeededRepository;
const repo = { owner: 'ada', slug: 'files' };
const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');

function api() {
  const context = { headers: new Headers(), use: { address: '', client: '' }, lenient: true };
  return createCaller(createApiContext(context, world.deps));
}
const browse = (address: string) => api().tree.browse({ ...repo, segments: address.split('/') });

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('ada');
  const repoId = await world.addRepository(ada, 'files', 'public');
  seeded = await world.seed(
    [
      {
        name: 'a',
        files: {
          'README.md':
            '# Files\n\n[guide](docs/guide.md) ![logo](logo.png)\n<script>alert(1)</script>\n',
          'docs/guide.md': '[up](../README.md)',
          'docs/ünï 😀.txt': 'x\ny',
          'docs/data.csv': 'name,n\n"<b>",1\n',
          'docs/broken.csv': 'name,n\n"open,1\n',
          'src/main.ts': 'const a = "<b>";\n',
          'empty.txt': '',
          'logo.png': PNG,
          'evil.svg': '<svg onload=alert(1)>',
          'page.html': '<script>alert(1)</script>',
          'noise.bin': Buffer.from([0, 1, 2]),
          'song.mid': shortPiece(),
          'talk.mid': 'not at all music',
          LICENSE: 'MIT',
        },
      },
    ],
    { repoId, principal: ada },
  );
  await world.seed(
    [{ name: 'b', files: { 'only-here.txt': 'b' }, parents: ['a'] }],
    { repoId, principal: ada, branch: 'docs/guide' },
    seeded,
  );
});
afterAll(() => world.close());

describe('an address of files', () => {
  it('without a ref is the root of the default branch, folders first', async () => {
    const tree = await api().tree.browse(repo);
    expect(tree?.ref).toMatchObject({ kind: 'branch', name: 'main' });
    expect(tree?.entries?.map(({ name }) => name)).toEqual([
      ...['docs', 'src', 'LICENSE', 'README.md', 'empty.txt', 'evil.svg', 'logo.png'],
      ...['noise.bin', 'page.html', 'song.mid', 'talk.mid'],
    ]);
    expect(tree?.entries?.find(({ name }) => name === 'LICENSE')?.size).toBe(3);
  });

  it('names the longest branch that exists, slashes and all', async () => {
    const branch = await browse('docs/guide/only-here.txt');
    expect(branch).toMatchObject({ ref: { name: 'docs/guide' }, path: ['only-here.txt'] });
    expect((await browse('main/docs/guide.md'))?.path).toEqual(['docs', 'guide.md']);
  });

  it('names a commit by either form of its id', async () => {
    const { id } = seeded.commits.get('a')!;
    for (const text of [id, `sha256:${id}`]) {
      const tree = await browse(`${text}/src/main.ts`);
      expect(tree).toMatchObject({ ref: { kind: 'commit', commitId: `sha256:${id}` } });
      expect(tree?.file?.name).toBe('main.ts');
    }
  });

  it('that leads nowhere is not found', async () => {
    for (const address of [
      'nope',
      'main/nope',
      'main/src/main.ts/deeper',
      'main/docs/guide',
      `${'0'.repeat(64)}/README.md`,
      'main/..',
      'main/ReadMe.md',
    ]) {
      await expect(browse(address), address).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('in an empty repository is nothing yet', async () => {
    await world.addRepository(ada, 'empty', 'public');
    expect(await api().tree.browse({ owner: 'ada', slug: 'empty' })).toBeNull();
    expect(await api().repo.get({ owner: 'ada', slug: 'empty' })).toMatchObject({
      ...{ branchCount: 0, commitCount: 0, lastCommit: null, defaultBranch: null },
    });
  });
});

describe('a file', () => {
  it('of text is lines of safe HTML', async () => {
    const { file } = (await browse('main/src/main.ts'))!;
    expect(file).toMatchObject({ view: 'text', language: 'typescript', size: 17, polyglot: '' });
    expect(file?.lines?.join('')).toContain('&lt;b&gt;');
    expect(file?.lines?.join('')).not.toContain('<b>');
    expect((await browse('main/empty.txt'))?.file).toMatchObject({ view: 'text', lines: [] });
    expect((await browse('main/docs/ünï 😀.txt'))?.file?.lines).toEqual(['x', 'y']);
  });

  it('that is Markdown is rendered, its links leading into the repository', async () => {
    const { file } = (await browse('main/docs/guide.md'))!;
    expect(file?.markdown).toContain('href="/ada/files/blob/main/README.md"');
    const { readme } = (await api().tree.browse(repo))!;
    expect(readme?.html).toContain('src="/ada/files/raw/main/logo.png"');
    expect(readme?.html).not.toContain('<script');
    const onBranch = await browse('docs/guide');
    expect(onBranch?.readme?.html).toContain('href="/ada/files/blob/docs/guide/docs/guide.md"');
  });

  it('that is CSV is a table too; one that cannot be read as such is text alone', async () => {
    const { file } = (await browse('main/docs/data.csv'))!;
    expect(file?.table).toEqual({
      ...{ header: ['name', 'n'], rows: [['<b>', '1']] },
      ...{ rowCount: 1, columnCount: 2 },
    });
    expect(file?.lines).toHaveLength(2);
    const broken = (await browse('main/docs/broken.csv'))!.file!;
    expect([broken.view, broken.table, broken.lines?.length]).toEqual(['text', null, 2]);
  });

  it('is shown as what it is', async () => {
    const view = async (path: string) => (await browse(`main/${path}`))?.file?.view;
    expect(await view('logo.png')).toBe('image');
    expect(await view('noise.bin')).toBe('binary');
    expect(await view('evil.svg')).toBe('text');
    expect(await view('page.html')).toBe('text');
  });

  it('of MIDI is its notes and facts, or why it is none', async () => {
    const { file } = (await browse('main/song.mid'))!;
    expect(file).toMatchObject({ view: 'midi', midi: { notes: 12, seconds: 5 }, problem: '' });
    expect(file?.midi?.svg).toMatch(/^<svg /);
    const talk = (await browse('main/talk.mid'))?.file;
    expect(talk).toMatchObject({ view: 'binary', midi: null });
    expect(talk?.problem).toContain('does not begin');
  });
});

describe('the raw bytes of a file', () => {
  const raw = async (path: string, headers: Record<string, string> = {}) => {
    const request = new Request(`${HUB_URL}/ada/files/raw/${path}`, { headers });
    return handleRaw(request, { ...repo, path: path.split('/') }, world.deps);
  };

  it('are shown only when no browser can run them', async () => {
    const expected: [string, string, string][] = [
      ['main/logo.png', 'image/png', 'inline'],
      ['main/src/main.ts', 'text/plain; charset=utf-8', 'inline'],
      ['main/LICENSE', 'text/plain; charset=utf-8', 'inline'],
      ['main/evil.svg', 'application/octet-stream', 'attachment'],
      ['main/page.html', 'application/octet-stream', 'attachment'],
      ['main/noise.bin', 'application/octet-stream', 'attachment'],
    ];
    for (const [path, mediaType, disposition] of expected) {
      const response = await raw(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('content-type'), path).toBe(mediaType);
      expect(response.headers.get('content-disposition'), path).toMatch(
        new RegExp(`^${disposition}($|;)`),
      );
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
      await response.arrayBuffer();
    }
  });

  it('are the bytes that were pushed, in whole and in part', async () => {
    expect(Buffer.from(await (await raw('main/logo.png')).arrayBuffer())).toEqual(PNG);
    const part = await raw('main/logo.png', { range: 'bytes=1-3' });
    expect([part.status, await part.text()]).toEqual([206, 'PNG']);
  });

  it('of a file that is two things at once are always a download', async () => {
    await world.db.prisma
      .$executeRaw`UPDATE objects SET polyglot = 'zip+html' WHERE size = ${PNG.length}`;
    const response = await raw('main/logo.png');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    await response.arrayBuffer();
    expect((await browse('main/logo.png'))?.file).toMatchObject({
      polyglot: 'zip+html',
      view: 'binary',
    });
  });

  it('have a file name that no header can be broken with', async () => {
    const odd = await world.seed(
      [{ name: 'n', files: { 'a"b\'(c);*é😀.bin': Buffer.from([0]) } }],
      { repoId: await world.addRepository(ada, 'names', 'public'), principal: ada },
    );
    const path = ['main', 'a"b\'(c);*é😀.bin'];
    const request = new Request(`${HUB_URL}/ada/names/raw/x`);
    const response = await handleRaw(request, { owner: 'ada', slug: 'names', path }, world.deps);
    expect(response.headers.get('content-disposition')).toBe(
      "attachment; filename*=UTF-8''a%22b%27%28c%29%3B%2A%C3%A9%F0%9F%98%80.bin",
    );
    await response.arrayBuffer();
    expect(odd.commits.size).toBe(1);
  });

  it('of a private repository are for the session of who may read it', async () => {
    const repoId = await world.addRepository(ada, 'hidden', 'private');
    await world.seed([{ name: 'h', files: { 'h.txt': 'h' } }], { repoId, principal: ada });
    const get = (cookie?: string, method = 'GET') => {
      const headers = new Headers(cookie ? { cookie } : {});
      const request = new Request(`${HUB_URL}/ada/hidden/raw/main/h.txt`, { method, headers });
      const params = { owner: 'ada', slug: 'hidden', path: ['main', 'h.txt'] };
      return handleRaw(request, params, world.deps);
    };
    const absent = await handleRaw(
      new Request(`${HUB_URL}/ada/nothing/raw/main/h.txt`),
      { owner: 'ada', slug: 'nothing', path: ['main', 'h.txt'] },
      world.deps,
    );
    const hidden = await get();
    expect([hidden.status, await hidden.text()]).toEqual([404, await absent.text()]);
    const stranger = await world.addUser('stranger');
    expect((await get(await world.signIn(stranger))).status).toBe(404);
    const own = await get(await world.signIn(ada));
    expect([own.status, await own.text()]).toEqual([200, 'h']);
    expect(own.headers.get('cache-control')).toMatch(/^private/);
  });
});

describe('the raw record of a commit', () => {
  const record = (commit_id: string, headers: Record<string, string> = {}) =>
    handleRecord(new Request(HUB_URL, { headers }), { ...repo, commit_id }, world.deps);

  it('is readable JSON, or the exact bytes when msgpack is asked for', async () => {
    const { id, record: bytes } = seeded.commits.get('a')!;
    const json = await record(`sha256:${id}`);
    expect(await json.json()).toMatchObject({ commit_id: id, message: 'feat: a', author: 'ada' });
    const exact = await record(id, { accept: 'application/x-msgpack' });
    expect(Buffer.from(await exact.arrayBuffer())).toEqual(Buffer.from(bytes));
    expect((await record('0'.repeat(64))).status).toBe(404);
    expect((await record('main')).status).toBe(404);
  });
});
