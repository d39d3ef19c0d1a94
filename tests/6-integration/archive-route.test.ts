import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { handleArchive } from '~/server/http/archive-handler';
import { FetchSlots } from '~/server/services/fetch-slots';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';
import type { SeededRepository } from '~tests/support/seed-repository';

let world: BrowseWorld;
let ada: Extract<Principal, { kind: 'user' }>;
let seeded: SeededRepository;
let slots = new FetchSlots();
/** More than is made before anyone reads. */
const NOISE = randomBytes(400_000);

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('ada');
  const repoId = await world.addRepository(ada, 'notes', 'public');
  const files = { 'b.txt': 'b', 'a/ü.txt': 'a' };
  seeded = await world.seed([{ name: 'a', files }], { repoId, principal: ada });
  await world.seed(
    [{ name: 'b', files: { ...files, 'c.txt': 'c', 'noise.bin': NOISE }, parents: ['a'] }],
    { repoId, principal: ada, branch: 'feat/x.zip' },
    seeded,
  );
  const hiddenId = await world.addRepository(ada, 'hidden', 'private');
  await world.seed([{ name: 'h', files: { 'h.txt': 'h' } }], { repoId: hiddenId, principal: ada });
});
afterAll(() => world.close());

interface Ask {
  slug?: string;
  headers?: Record<string, string>;
  method?: string;
  closing?: AbortSignal;
}

function archive(ref: string, { slug = 'notes', headers = {}, method, closing }: Ask = {}) {
  const address = `${HUB_URL}/ada/${slug}/archive/${ref}`;
  const request = new Request(address, { headers, method });
  const deps = { ...world.deps, slots, closing: closing ?? new AbortController().signal };
  return handleArchive(request, { owner: 'ada', slug, ref: ref.split('/') }, deps);
}
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
const listed = (tar: Buffer) =>
  execFileSync('tar', ['-tz', '--quoting-style=literal'], { input: tar })
    .toString()
    .trim()
    .split('\n');

describe('an archive', () => {
  it('of a branch has its files in one folder, and a name to be saved under', async () => {
    const answer = await archive('main.tar.gz');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/gzip',
      'content-disposition': "attachment; filename*=UTF-8''notes-main.tar.gz",
      'cache-control': 'private, no-cache, no-transform',
      'x-content-type-options': 'nosniff',
      etag: `"${seeded.commits.get('a')!.id}.tar.gz"`,
    });
    expect(listed(await bytesOf(answer))).toEqual(['notes-main/a/ü.txt', 'notes-main/b.txt']);
  });

  it('is the same bytes each time', async () => {
    for (const name of ['main.tar.gz', 'main.zip']) {
      const first = await bytesOf(await archive(name));
      expect(first.length).toBeGreaterThan(100);
      expect(first.equals(await bytesOf(await archive(name))), name).toBe(true);
    }
  });

  it('of a branch whose name has slashes and an ending is named by its last ending', async () => {
    const answer = await archive('feat/x.zip.tar.gz');
    expect(answer.headers.get('content-disposition')).toContain('notes-feat-x.zip.tar.gz');
    expect(listed(await bytesOf(answer))).toContain('notes-feat-x.zip/c.txt');
  });

  it('of a commit is for ever, in a folder with the short id', async () => {
    const { id } = seeded.commits.get('a')!;
    const answer = await archive(`sha256:${id}.tar.gz`);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(listed(await bytesOf(answer))[0]).toMatch(`notes-${id.slice(0, 10)}/`);
  });

  it('is not sent again to who has it, and not made for HEAD', async () => {
    const etag = `"${seeded.commits.get('a')!.id}.zip"`;
    const known = await archive('main.zip', { headers: { 'if-none-match': etag } });
    expect([known.status, known.body]).toEqual([304, null]);
    const head = await archive('main.zip', { method: 'HEAD' });
    expect([head.status, head.body, head.headers.get('etag')]).toEqual([200, null, etag]);
  });

  it('is 404 for no ref, no known ending, and alike for a private and an absent repository', async () => {
    expect((await archive('gone.zip')).status).toBe(404);
    expect((await archive('.zip')).status).toBe(404);
    const ending = await archive('main.rar');
    expect([ending.status, await ending.text()]).toEqual([
      404,
      expect.stringContaining('.tar.gz or .zip'),
    ]);
    const absent = await archive('main.zip', { slug: 'absent' });
    const hidden = await archive('main.zip', { slug: 'hidden' });
    expect([hidden.status, await hidden.text()]).toEqual([404, await absent.text()]);
    const cookie = await world.signIn(ada);
    const own = await archive('main.zip', { slug: 'hidden', headers: { cookie } });
    expect(own.status).toBe(200);
    await own.arrayBuffer();
  });

  it('takes a place among the fetches under way until it is read or given up', async () => {
    slots = new FetchSlots(1, 1);
    const first = await archive('feat/x.zip.zip');
    const refused = await archive('feat/x.zip.zip');
    expect([refused.status, (await refused.json()).code]).toEqual([429, 'rate-limited']);
    await first.body!.cancel();
    const second = await archive('feat/x.zip.zip');
    await second.arrayBuffer();
    const third = await archive('feat/x.zip.zip');
    expect(third.status).toBe(200);
    await third.arrayBuffer();
    slots = new FetchSlots();
  });

  it('is refused when the hub goes down', async () => {
    const answer = await archive('main.zip', { closing: AbortSignal.abort() });
    expect(answer.status).toBe(503);
  });
});
