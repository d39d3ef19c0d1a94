import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal, Scope } from '~/server/access';
import { nextAuthOptions } from '~/server/auth/next-auth-options';
import { readSessionId } from '~/server/auth/session-cookie';
import { hashToken, newToken } from '~/server/auth/token-text';
import { handleCreateRepository, handleWhoami } from '~/server/http/account-handler';
import { AN_ACT, TEST_USE } from '~tests/support/audit-entries';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';

let world: BrowseWorld;
let ada: Extract<Principal, { kind: 'user' }>;

async function tokenOf(user: typeof ada, scopes: Scope[], repoIds: string[] | null = null) {
  const text = newToken('human');
  await world.deps.identities.createToken(
    {
      ...{
        id: randomUUID(),
        userId: user.userId,
        name: 't',
        hash: hashToken(text),
        scopes,
        repoIds,
      },
      ...{ branchPattern: null, expiresAtMs: null },
    },
    AN_ACT,
  );
  return text;
}

function create(body: unknown, token: string | null, headers: Record<string, string> = {}) {
  const request = new Request(`${HUB_URL}/api/repos`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return handleCreateRepository(request, world.deps);
}

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('Ada');
});
afterAll(() => world.close());

describe('GET /api/whoami', () => {
  const ask = (headers: Record<string, string>) =>
    handleWhoami(new Request(`${HUB_URL}/api/whoami`, { headers }), world.deps);

  it('tells whose token it is and what it carries', async () => {
    const token = await tokenOf(ada, ['read', 'write']);
    const answer = await ask({ authorization: `Bearer ${token}` });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        ...{ handle: 'Ada', kind: 'human', role: 'user', scopes: ['read', 'write'] },
        ...{ display_name: expect.stringContaining('User'), owner: null },
      },
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('is 401 without a token, whatever the cookie says', async () => {
    const signedIn: Record<string, string> = { cookie: await world.signIn(ada) };
    for (const headers of [{}, signedIn]) {
      const answer = await ask(headers);
      expect([answer.status, (await answer.json()).code]).toEqual([401, 'unauthenticated']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

describe('POST /api/repos', () => {
  it('makes a repository once: 201, then 409', async () => {
    const token = await tokenOf(ada, ['write']);
    const wanted = { slug: 'notes', visibility: 'private', description: ' Mine ' };
    const made = await create(wanted, token);
    expect(made.status).toBe(201);
    expect(await made.json()).toEqual({
      repo_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      owner: 'Ada',
      slug: 'notes',
      url: `${HUB_URL}/Ada/notes`,
    });
    expect((await create(wanted, token)).status).toBe(409);
    expect((await create({ ...wanted, slug: 'NOTES' }, token)).status).toBe(409);
    const entry = await world.deps.identities.findRepository('ada', 'notes', ada);
    expect(entry?.repository).toMatchObject({ visibility: 'private', description: 'Mine' });
  });

  it('is refused to nobody (401), to a narrow token and for another owner (403)', async () => {
    const wanted = { slug: 'x', visibility: 'public' };
    const status = async (answer: Promise<Response>) => {
      const response = await answer;
      return [response.status, (await response.json()).code];
    };
    expect(await status(create(wanted, null))).toEqual([401, 'unauthenticated']);
    const reads = await tokenOf(ada, ['read']);
    expect(await status(create(wanted, reads))).toEqual([403, 'insufficient-scope']);
    const narrow = await tokenOf(ada, ['write'], [randomUUID()]);
    expect(await status(create(wanted, narrow))).toEqual([403, 'insufficient-scope']);
    const writes = await tokenOf(ada, ['write']);
    for (const owner of ['bob', 'nobody-here']) {
      const named = create({ ...wanted, owner }, writes);
      expect(await status(named), owner).toEqual([403, 'access-denied']);
    }
  });

  it('for another owner is for admins of the hub', async () => {
    const root = await world.addUser('root', 'admin');
    const bob = await world.addUser('bob');
    const token = await tokenOf(root, ['admin']);
    const made = await create({ slug: 'gift', visibility: 'public', owner: 'BOB' }, token);
    expect([made.status, (await made.json()).owner]).toEqual([201, 'bob']);
    expect((await world.deps.identities.findRepository('bob', 'gift', bob))?.access.ownerId).toBe(
      bob.userId,
    );
  });

  it('keeps the names of the pages below /admin/ from the account of that name', async () => {
    const token = await tokenOf(await world.addUser('admin'), ['write']);
    for (const slug of ['tokens', 'Audit', 'act']) {
      const answer = await create({ slug, visibility: 'public' }, token);
      expect([answer.status, (await answer.json()).code], slug).toEqual([422, 'bad-path']);
    }
    expect((await create({ slug: 'tokens-2', visibility: 'public' }, token)).status).toBe(201);
    const other = await tokenOf(ada, ['write']);
    expect((await create({ slug: 'tokens', visibility: 'public' }, other)).status).toBe(201);
  });

  it('names what is wrong with the request (415, 422, 413)', async () => {
    const token = await tokenOf(ada, ['write']);
    const status = async (answer: Promise<Response>) => (await answer).status;
    const right = { slug: 'x', visibility: 'public' };
    expect(await status(create(right, token, { 'content-type': 'text/plain' }))).toBe(415);
    expect(await status(create('{', token))).toBe(422);
    expect(await status(create([], token))).toBe(422);
    expect(await status(create({ ...right, visibility: 'secret' }, token))).toBe(422);
    expect(await status(create({ ...right, description: 'x'.repeat(501) }, token))).toBe(413);
    expect(await status(create({ ...right, description: 'x'.repeat(70_000) }, token))).toBe(413);
    for (const slug of ['', '.', '..', '-a', 'a/b', 'a b', 'ä', 'x.git', 'a'.repeat(101), 'a\0']) {
      expect(await status(create({ ...right, slug }, token)), slug).toBe(422);
    }
    for (const slug of ['a', '1', 'a.b-c_d', 'A'.repeat(100)]) {
      expect(await status(create({ ...right, slug }, token)), slug).toBe(201);
    }
  });
});

describe('cookies', () => {
  const cookiesOf = (url: string) =>
    Object.values(
      nextAuthOptions({ ...world.deps, url }, { cookie: null, use: TEST_USE }).cookies ?? {},
    );

  it('are of this host alone and Secure where the hub is reached over https, and only there', () => {
    expect(cookiesOf('https://hub.example')).toHaveLength(6);
    for (const { name, options } of cookiesOf('https://hub.example')) {
      expect(name).toMatch(/^__Host-/);
      // What the prefix asks for: a browser drops the cookie otherwise.
      expect(options).toMatchObject({ secure: true, path: '/', httpOnly: true, sameSite: 'lax' });
      expect(options).not.toHaveProperty('domain');
    }
    for (const { name, options } of cookiesOf('http://hub.example')) {
      expect(name).not.toMatch(/^__/);
      expect(options.secure).toBe(false);
    }
  });

  it('are read under the name that they are set with', async () => {
    const cookie = await world.signIn(ada);
    const value = cookie.slice(cookie.indexOf('=') + 1);
    for (const url of ['https://hub.example', 'http://hub.example']) {
      const options = nextAuthOptions({ ...world.deps, url }, { cookie: null, use: TEST_USE });
      const header = `${options.cookies!.sessionToken!.name}=${value}`;
      expect(await readSessionId(header, world.deps.sessionSecret), url).not.toBeNull();
    }
  });
});
