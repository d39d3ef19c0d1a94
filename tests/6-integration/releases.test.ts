import { randomUUID } from 'node:crypto';
import { decode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatId, sha256 } from '~/muse/ids';
import type { Principal } from '~/server/access';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { hashToken, newToken } from '~/server/auth/token-text';
import {
  handleCreateRelease,
  handleDeleteRelease,
  handleListReleases,
  handleReadRelease,
  type ReleasesHandlerDeps,
} from '~/server/http/releases-handler';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { AN_ACT } from '~tests/support/audit-entries';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';
import type { SeededRepository } from '~tests/support/seed-repository';

type User = Extract<Principal, { kind: 'user' }>;

let world: BrowseWorld;
let deps: ReleasesHandlerDeps;
let seeded: SeededRepository;
let repo: { owner: string; slug: string };
const tokens = new Map<string, string>();
const users = new Map<string, User>();
let slugs = 0;
const CLI = 'application/x-msgpack, application/json';

async function addPerson(handle: string): Promise<User> {
  const user = await world.addUser(handle);
  const text = newToken('human');
  await world.deps.identities.createToken(
    {
      ...{ id: randomUUID(), userId: user.userId, name: 'test', hash: hashToken(text) },
      ...{ scopes: ['write'], repoIds: null, branchPattern: null, expiresAtMs: null },
    },
    AN_ACT,
  );
  tokens.set(handle, text);
  users.set(handle, user);
  return user;
}

beforeAll(async () => {
  world = await openBrowseWorld();
  await addPerson('ada');
  await addPerson('bob');
  const log = { error: (message: string) => expect.fail(message) };
  const records = new PostgresFetchStore(world.db.prisma);
  deps = { ...world.deps, records, limits: DEFAULT_LIMITS, log };
});
afterAll(() => world.close());

/** A repository of its own for a test: three commits, the second one breaking. */
async function freshRepository(): Promise<void> {
  const ada = users.get('ada')!;
  repo = { owner: 'ada', slug: `songs-${++slugs}` };
  const repoId = await world.addRepository(ada, repo.slug, 'public');
  seeded = await world.seed(
    [
      { name: 'a', files: { 'a.txt': 'one' }, message: 'feat: one' },
      {
        ...{ name: 'b', files: { 'a.txt': 'two' }, parents: ['a'], message: 'fix!: two\n\nmore' },
        record: { breaking_changes: ['a is two'], sem_ver_bump: 'major', agent_id: 'claude' },
      },
      { name: 'c', files: { 'a.txt': 'three' }, parents: ['b'], message: 'three' },
    ],
    { repoId, principal: ada },
  );
}

const bearer = (who: string | null): Record<string, string> =>
  who === null ? {} : { authorization: `Bearer ${tokens.get(who)}` };
const request = (method: string, who: string | null, search = '', body?: string) =>
  new Request(`${HUB_URL}/ada/songs/releases${search}`, {
    ...{ method, headers: { accept: CLI, 'content-type': 'application/json', ...bearer(who) } },
    ...(body === undefined ? {} : { body }),
  });

async function answered(answer: Response) {
  const type = answer.headers.get('content-type');
  const bytes = await answer.arrayBuffer();
  const text = () => JSON.parse(new TextDecoder().decode(bytes));
  return { status: answer.status, body: type === 'application/x-msgpack' ? decode(bytes) : text() };
}
const send = async (who: string | null, record: object) =>
  answered(await handleCreateRelease(request('POST', who, '', JSON.stringify(record)), repo, deps));
const list = async (who: string | null, search = '') => {
  const { body } = await answered(
    await handleListReleases(request('GET', who, search), repo, deps),
  );
  return body as { releases: Record<string, unknown>[]; next: string | null };
};
const wireRelease = (tag: string, name: string, fields: object = {}) => ({
  ...{ release_id: randomUUID(), repo_id: 'r', tag, channel: 'stable', title: tag, body: '' },
  ...{ commit_id: seeded.commits.get(name)!.id, snapshot_id: seeded.commits.get(name)!.snapshotId },
  ...{ changelog: [], is_draft: false, semantic_report: { n: 1 }, ...fields },
});
const api = (who: string | null) =>
  createCaller(
    createApiContext(
      {
        ...{ headers: new Headers({ origin: HUB_URL, ...bearer(who) }), lenient: true },
        use: { address: '192.0.2.7', client: 'test' },
      },
      world.deps,
    ),
  );

describe('releases over the wire', () => {
  it('are made once, and read with everything that was sent', async () => {
    await freshRepository();
    const sent = wireRelease('v1.0.0', 'a');
    const made = { status: 201, body: { release_id: sent.release_id } };
    expect(await send('ada', sent)).toEqual(made);
    expect(await send('ada', sent)).toEqual(made);
    const { releases, next } = await list(null);
    expect(releases).toEqual([
      {
        ...sent,
        semver: { major: 1, minor: 0, patch: 0, pre: '', build: '' },
        ...{ agent_id: '', model_id: '', gpg_signature: '', created_at: expect.any(String) },
      },
    ]);
    expect(next).toBeNull();
    const one = await handleReadRelease(request('GET', null), { ...repo, tag: 'v1.0.0' }, deps);
    expect((await answered(one)).body).toEqual({ releases, next });
  });

  it('are refused when the tag is taken, the commit is not here, or the snapshot another', async () => {
    await freshRepository();
    await send('ada', wireRelease('v1.0.0', 'a'));
    const code = (value: string) => ({ body: expect.objectContaining({ code: value }) });
    const other = wireRelease('v1.0.0', 'b');
    expect(await send('ada', other)).toMatchObject({ status: 409, ...code('release-conflict') });
    const nowhere = wireRelease('v2.0.0', 'a', { commit_id: sha256('elsewhere') });
    expect(await send('ada', nowhere)).toMatchObject({ status: 404, ...code('object-not-found') });
    const mixed = wireRelease('v2.0.0', 'a', { snapshot_id: sha256('another') });
    expect(await send('ada', mixed)).toMatchObject({ status: 422, ...code('bad-release') });
    const prefixed = (name: string) => formatId(seeded.commits.get(name)!.id, 'prefixed');
    const form = wireRelease('v2.0.0', 'a', { commit_id: prefixed('a'), snapshot_id: null });
    expect(await send('ada', form)).toMatchObject({ status: 422, ...code('id-format-mismatch') });
    expect((await list(null)).releases).toHaveLength(1);
  });

  it('are written by those only who may write', async () => {
    await freshRepository();
    const release = wireRelease('v1.0.0', 'a');
    expect((await send(null, release)).status).toBe(401);
    expect((await send('bob', release)).status).toBe(403);
    await send('ada', release);
    const remove = async (who: string | null, tag: string) =>
      (await handleDeleteRelease(request('DELETE', who), { ...repo, tag }, deps)).status;
    expect(await remove(null, 'v1.0.0')).toBe(401);
    expect(await remove('bob', 'v1.0.0')).toBe(403);
    expect(await remove('ada', 'v1.0.0')).toBe(204);
    expect(await remove('ada', 'v1.0.0')).toBe(404);
    const [act] = await world.deps.audit.list({
      ...{ actor: 'ada', action: 'release.delete', repository: repo },
      ...{ fromMs: null, untilMs: null, before: null, limit: 10 },
    });
    expect(act).toMatchObject({ detail: { tag: 'v1.0.0' }, subject: { name: `ada/${repo.slug}` } });
  });

  it('are filtered by channel, and drafts are told to writers who ask', async () => {
    await freshRepository();
    await send('ada', wireRelease('v1.0.0', 'a'));
    await send('ada', wireRelease('v1.1.0-beta.1', 'b', { channel: 'beta' }));
    await send('ada', wireRelease('v2.0.0', 'c', { is_draft: true }));
    const tags = async (who: string | null, search = '') =>
      (await list(who, search)).releases.map(({ tag }) => tag);
    expect(await tags(null)).toEqual(['v1.1.0-beta.1', 'v1.0.0']);
    expect(await tags(null, '?channel=beta')).toEqual(['v1.1.0-beta.1']);
    expect(await tags(null, '?include_drafts=1')).toHaveLength(2);
    expect(await tags('bob', '?include_drafts=1')).toHaveLength(2);
    expect(await tags('ada', '?include_drafts=1')).toContain('v2.0.0');
    const draft = await handleReadRelease(request('GET', 'bob'), { ...repo, tag: 'v2.0.0' }, deps);
    expect(draft.status).toBe(404);
    const odd = await handleListReleases(request('GET', null, '?channel=gold'), repo, deps);
    expect(odd.status).toBe(422);
  });

  it('go on where an answer ended', async () => {
    await freshRepository();
    for (let n = 0; n < 101; n++) {
      const created_at = new Date(Date.UTC(2026, 0, 1) + n).toISOString();
      await send('ada', wireRelease(`v1.${n}.0`, 'a', { created_at }));
    }
    const first = await list(null);
    expect(first.releases).toHaveLength(100);
    expect((await list(null, `?after=${first.next}`)).releases.map(({ tag }) => tag)).toEqual([
      'v1.0.0',
    ]);
  });
});

describe('releases on pages', () => {
  const words = { title: 'One', body: '# Hi\n\n<script>x</script>\n\n[a](a.txt)', isDraft: false };

  it('say which commits are new since the release before', async () => {
    await freshRepository();
    const first = formatId(seeded.commits.get('a')!.id, 'prefixed');
    await api('ada').release.create({
      ...repo,
      ...words,
      tag: 'v1.0.0',
      ref: first,
      channel: null,
    });
    await api('ada').release.create({
      ...repo,
      ...words,
      tag: 'v2.0.0',
      ref: 'main',
      channel: null,
    });
    const release = await api(null).release.get({ ...repo, tag: 'v2.0.0' });
    expect(release).toMatchObject({ channel: 'stable', actor: { handle: 'ada' } });
    expect(release.changes).toMatchObject({ previous: 'v1.0.0', count: 2 });
    expect(release.changes.commits.map(({ message }) => message)).toEqual([
      'three',
      'fix!: two\n\nmore',
    ]);
    expect((await api(null).release.get({ ...repo, tag: 'v1.0.0' })).changes).toMatchObject({
      ...{ previous: null, count: 1 },
    });
    expect(await api(null).repo.get(repo)).toMatchObject({ releaseCount: 2 });
  });

  it('are read over the wire with the changelog that Muse writes', async () => {
    await freshRepository();
    await api('ada').release.create({
      ...repo,
      ...words,
      tag: 'v1.0.0',
      ref: 'main',
      channel: null,
    });
    const [release] = (await list(null)).releases;
    expect(release).toMatchObject({
      ...{ tag: 'v1.0.0', commit_id: seeded.commits.get('c')!.id, agent_id: '' },
      changelog: [
        { message: 'three' },
        {
          ...{ message: 'fix!: two', sem_ver_bump: 'major', breaking_changes: ['a is two'] },
          ...{ commit_id: seeded.commits.get('b')!.id, agent_id: 'claude' },
        },
        { message: 'feat: one' },
      ],
    });
  });

  it('show their notes as safe HTML whose links lead into the release', async () => {
    await freshRepository();
    await api('ada').release.create({
      ...repo,
      ...words,
      tag: 'v1.0.0',
      ref: 'main',
      channel: null,
    });
    const [release] = (await api(null).release.list(repo)).releases;
    expect(release!.notes).not.toContain('script');
    expect(release!.notes).toContain(`/blob/${seeded.commits.get('c')!.id}/a.txt`);
  });

  it('change in their words, and drafts become public', async () => {
    await freshRepository();
    const draft = { ...repo, ...words, tag: 'v1.0.0', ref: 'main', channel: null, isDraft: true };
    await api('ada').release.create(draft);
    const get = (who: string | null) => api(who).release.get({ ...repo, tag: 'v1.0.0' });
    await expect(get(null)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await api(null).release.list(repo)).releases).toEqual([]);
    const change = { ...repo, tag: 'v1.0.0', channel: 'alpha', isDraft: false } as const;
    await api('ada').release.update({ ...change, title: ' Two ', body: 'x' });
    expect(await get(null)).toMatchObject({ title: 'Two', channel: 'alpha', isDraft: false });
    expect((await get(null)).editedAtMs).not.toBeNull();
  });

  it('are refused with a sentence', async () => {
    await freshRepository();
    const make = (fields: object) =>
      api('ada').release.create({
        ...{ ...repo, ...words, tag: 'v1.0.0', ref: 'main', channel: null },
        ...fields,
      });
    await expect(make({ tag: 'summer' })).rejects.toMatchObject({ code: 'UNPROCESSABLE_CONTENT' });
    await expect(make({ ref: 'nowhere' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(make({ title: 'x'.repeat(201) })).rejects.toMatchObject({
      code: 'UNPROCESSABLE_CONTENT',
    });
    await make({});
    await expect(make({})).rejects.toMatchObject({ code: 'CONFLICT' });
    const gone = { ...repo, tag: 'v9.0.0' };
    await expect(api('ada').release.delete(gone)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
