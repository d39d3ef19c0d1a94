import { randomUUID } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatId, type Id, sha256 } from '~/muse/ids';
import type { Principal } from '~/server/access';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { hashToken, newToken } from '~/server/auth/token-text';
import { handleListTags, handlePutTags, type TagsHandlerDeps } from '~/server/http/tags-handler';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { AN_ACT } from '~tests/support/audit-entries';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';
import type { SeededRepository } from '~tests/support/seed-repository';

type User = Extract<Principal, { kind: 'user' }>;

let world: BrowseWorld;
let deps: TagsHandlerDeps;
let seeded: SeededRepository;
const tokens = new Map<string, string>();
const repo = { owner: 'ada', slug: 'songs' };
const idOf = (name: string): Id => seeded.commits.get(name)!.id;
const CLI = 'application/x-msgpack, application/json';

async function tokenOf(user: User, scopes: ('read' | 'write')[]): Promise<string> {
  const text = newToken('human');
  await world.deps.identities.createToken(
    {
      ...{ id: randomUUID(), userId: user.userId, name: 'test', hash: hashToken(text), scopes },
      ...{ repoIds: null, branchPattern: null, expiresAtMs: null },
    },
    AN_ACT,
  );
  return text;
}

beforeAll(async () => {
  world = await openBrowseWorld();
  const ada = await world.addUser('ada');
  const repoId = await world.addRepository(ada, 'songs', 'public');
  seeded = await world.seed(
    [
      { name: 'a', files: { 'a.txt': 'one' } },
      { name: 'b', files: { 'a.txt': 'two' }, parents: ['a'] },
    ],
    { repoId, principal: ada },
  );
  tokens.set('ada', await tokenOf(ada, ['write']));
  tokens.set('reading', await tokenOf(ada, ['read']));
  tokens.set('bob', await tokenOf(await world.addUser('bob'), ['write']));
  const log = { error: (message: string) => expect.fail(message) };
  const records = new PostgresFetchStore(world.db.prisma);
  deps = { ...world.deps, records, limits: DEFAULT_LIMITS, log };
});
afterAll(() => world.close());

const bearer = (who: string | null): Record<string, string> =>
  who === null ? {} : { authorization: `Bearer ${tokens.get(who)}` };

/** As the public CLI sends it. */
async function send(who: string | null, tags: unknown[], names = repo) {
  const request = new Request(`${HUB_URL}/ada/songs/tags`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-msgpack', accept: CLI, ...bearer(who) },
    body: encode({ tags }) as BodyInit,
  });
  const answer = await handlePutTags(request, names, deps);
  if (answer.status !== 200) return { status: answer.status, ...(await answer.json()) };
  expect(answer.headers.get('content-type')).toBe('application/x-msgpack');
  return { status: 200, ...(decode(await answer.arrayBuffer()) as object) };
}

const wireTag = (tag: string, commit_id: string, fields: object = {}) => ({
  ...{ tag_id: randomUUID(), commit_id, tag, created_at: '2026-04-16T12:00:00+00:00' },
  ...fields,
});

const api = (who: string | null) =>
  createCaller(
    createApiContext(
      {
        headers: new Headers({ origin: HUB_URL, ...bearer(who) }),
        use: { address: `192.0.2.${tokens.size}`, client: 'test' },
        lenient: true,
      },
      world.deps,
    ),
  );

describe('tags over the wire', () => {
  it('are stored once, and told to whoever reads', async () => {
    const tags = [wireTag('v1.0.0', idOf('a')), wireTag('key:Am', idOf('a'))];
    expect(await send('ada', tags)).toEqual({ status: 200, stored: 2 });
    expect(await send('ada', [...tags, wireTag('key:Am', idOf('b'))])).toEqual({
      ...{ status: 200, stored: 1 },
    });
    const answer = await handleListTags(
      new Request(`${HUB_URL}/ada/songs/tags?q=v1`, { headers: { accept: 'application/json' } }),
      repo,
      deps,
    );
    const { tag_id, commit_id, tag } = tags[0]!;
    expect(await answer.json()).toEqual({
      tags: [{ tag_id, commit_id, tag, created_at: '2026-04-16T12:00:00.000Z' }],
      next: null,
    });
  });

  it('go on after the last of an answer, and refuse a key that is none', async () => {
    const list = (after: string) =>
      handleListTags(new Request(`${HUB_URL}/ada/songs/tags?after=${after}`), repo, deps);
    expect(await (await list(`${Date.UTC(2026, 0, 1)}.x`)).json()).toEqual({
      tags: [],
      next: null,
    });
    expect((await list('x')).status).toBe(422);
  });

  it('are refused to nobody, readers and narrow tokens', async () => {
    const tags = [wireTag('v2', idOf('a'))];
    expect(await send(null, tags)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(await send('bob', tags)).toMatchObject({ status: 403, code: 'access-denied' });
    expect(await send('reading', tags)).toMatchObject({ status: 403, code: 'insufficient-scope' });
    const nowhere = await send('bob', tags, { owner: 'ada', slug: 'none' });
    expect(nowhere).toMatchObject({ status: 404, code: 'repo-not-found' });
  });

  it('stand on commits of this repository, named in its form, and do not move', async () => {
    const first = wireTag('take:1', idOf('a'));
    await send('ada', [first]);
    const unknown = wireTag('v3', sha256('elsewhere'));
    expect(await send('ada', [wireTag('v4', idOf('a')), unknown])).toMatchObject({
      ...{ status: 404, code: 'object-not-found', detail: { id: unknown.commit_id } },
    });
    const prefixed = wireTag('v3', formatId(idOf('a'), 'prefixed'));
    expect(await send('ada', [prefixed])).toMatchObject({
      status: 422,
      code: 'id-format-mismatch',
    });
    const moved = { ...first, commit_id: idOf('b') };
    expect(await send('ada', [wireTag('v4', idOf('a')), moved])).toMatchObject({
      ...{ status: 409, code: 'tag-conflict', detail: { tag_id: first.tag_id } },
    });
    expect((await api(null).tag.list({ ...repo, search: 'v4' })).tags).toEqual([]);
  });
});

describe('tags on pages', () => {
  it('are made on what a branch, a tag or an id names, and taken away', async () => {
    const made = await api('ada').tag.add({ ...repo, name: ' mood:calm ', ref: 'main' });
    expect(made).toMatchObject({ name: 'mood:calm', commitId: formatId(idOf('b'), 'prefixed') });
    const again = await api('ada').tag.add({ ...repo, name: 'mood:soft', ref: 'mood:calm' });
    expect(again.commitId).toBe(made.commitId);
    const [first] = (await api(null).tag.list({ ...repo, search: 'calm' })).tags;
    expect(first).toMatchObject({
      id: made.id,
      actor: { handle: 'ada' },
      commit: { branch: 'main' },
    });
    await api('ada').tag.remove({ ...repo, id: made.id });
    expect((await api(null).tag.list({ ...repo, search: 'calm' })).tags).toEqual([]);
    await expect(api('ada').tag.remove({ ...repo, id: made.id })).rejects.toMatchObject({
      ...{ code: 'NOT_FOUND', message: 'There is no such tag here.' },
    });
  });

  it('are refused with a sentence when the name is not allowed or there already', async () => {
    const add = (name: string, ref = 'main') => api('ada').tag.add({ ...repo, name, ref });
    await add('once');
    await expect(add('once')).rejects.toMatchObject({
      message: 'This commit has the tag already.',
    });
    await expect(add('a//b')).rejects.toMatchObject({ code: 'UNPROCESSABLE_CONTENT' });
    await expect(add('x', 'nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(add('x', 'main/a.txt')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('stand with their commits, and are counted', async () => {
    await send('ada', [wireTag('pill', idOf('a'))]);
    const commits = (await api(null).commit.list(repo)).commits;
    expect(commits.find(({ tags }) => tags.includes('pill'))?.id).toBe(
      formatId(idOf('a'), 'prefixed'),
    );
    expect((await api(null).repo.get(repo)).tagCount).toBeGreaterThan(0);
  });
});

describe('an address of files', () => {
  const browse = (address: string) =>
    api(null).tree.browse({ ...repo, segments: address.split('/') });

  it('may name a tag, the longest one; of several commits the one tagged last', async () => {
    await send('ada', [
      wireTag('takes', idOf('b')),
      wireTag('takes/one', idOf('b'), { created_at: '2026-01-01T00:00:00Z' }),
      wireTag('takes/one', idOf('a'), { created_at: '2026-01-02T00:00:00Z' }),
    ]);
    expect(await browse('takes/one/a.txt')).toMatchObject({
      ref: { kind: 'tag', name: 'takes/one', commitId: formatId(idOf('a'), 'prefixed') },
      path: ['a.txt'],
    });
    expect((await browse('takes/a.txt'))?.ref.name).toBe('takes');
  });

  it('means the branch where a tag has the same name', async () => {
    await send('ada', [wireTag('main', idOf('a'))]);
    expect((await browse('main'))?.ref).toMatchObject({
      ...{ kind: 'branch', commitId: formatId(idOf('b'), 'prefixed') },
    });
  });
});
