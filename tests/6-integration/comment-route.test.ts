import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal, Scope } from '~/server/access';
import { hashToken, newToken } from '~/server/auth/token-text';
import { handleAddComment } from '~/server/http/comment-handler';
import { AN_ACT } from '~tests/support/audit-entries';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';
import type { SeededRepository } from '~tests/support/seed-repository';

type User = Extract<Principal, { kind: 'user' }>;

let world: BrowseWorld;
let ada: User;
let eve: User;
let seeded: SeededRepository;
beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('ada');
  eve = await world.addUser('eve');
  const repoId = await world.addRepository(ada, 'secret', 'private');
  seeded = await world.seed([{ name: 'a', files: { a: 'a' } }], { repoId, principal: ada });
});
afterAll(() => world.close());

async function tokenOf(user: User, scopes: Scope[] = ['write']): Promise<string> {
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

async function post(token: string | null, body: unknown, commit = head()) {
  const request = new Request(`${HUB_URL}/ada/secret/commits/${commit}/comments`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      cookie: 'next-auth.session-token=x',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const params = { owner: 'ada', slug: 'secret', commit_id: commit };
  const response = await handleAddComment(request, params, world.deps);
  return { status: response.status, body: await response.json() };
}
const head = () => seeded.commits.get('a')!.id;

describe('a comment that a program sends', () => {
  it('is added as it was written, and its address is told', async () => {
    const token = await tokenOf(ada);
    const { status, body } = await post(token, { body: ' one\r\n\ntwo ' }, `sha256:${head()}`);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      author: 'ada',
      body: 'one\n\ntwo',
      commit_id: `sha256:${head()}`,
    });
    expect(body.url).toBe(`${HUB_URL}/ada/secret/commits/sha256:${head()}#comment-${body.id}`);
  });

  it('is refused to whoever may not say anything here', async () => {
    const hidden = await post(await tokenOf(eve), { body: 'x' });
    expect(hidden).toMatchObject({ status: 404, body: { code: 'repo-not-found' } });
    expect((await post(null, { body: 'x' })).status).toBe(404);
    const reader = await post(await tokenOf(ada, ['read']), { body: 'x' });
    expect(reader).toMatchObject({ status: 403, body: { code: 'insufficient-scope' } });
  });

  it('is refused when it says nothing, too much, or is about nothing', async () => {
    const token = await tokenOf(ada);
    expect((await post(token, { body: ' ' })).body.code).toBe('limit-exceeded');
    expect((await post(token, { body: 'x'.repeat(20_001) })).body.code).toBe('limit-exceeded');
    expect((await post(token, { text: 'x' })).body.code).toBe('bad-frame');
    expect((await post(token, { body: 'x' }, 'ab'.repeat(32))).body.code).toBe('object-not-found');
    expect((await post(token, { body: 'x' }, 'no-id')).body.code).toBe('object-not-found');
  });
});
