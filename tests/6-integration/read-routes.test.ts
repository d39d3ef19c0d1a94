import { createHash } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Id, objectIdOf } from '~/muse/ids';
import { handleFetch, handleFetchObjects, handleFetchStream } from '~/server/http/fetch-handler';
import { handleNegotiate } from '~/server/http/negotiate-handler';
import { handleObject } from '~/server/http/object-handler';
import { handlePushOutcome } from '~/server/http/push-outcome-handler';
import { handleRefs } from '~/server/http/refs-handler';
import * as limits from '~/wire/limits';
import { type DatabaseStage, openDatabaseStage, type Person } from '~tests/support/fetch-stage';
import type { SeededRepository } from '~tests/support/seed-repository';

let db: DatabaseStage;
let ada: Person;
let bob: Person;
let root: Person;
let open: SeededRepository;
let secret: SeededRepository;
let openId: string;
let secretId: string;
const MUSE_ID = 'c162083c-7733-48c4-b348-6d74d43f8a4e';
const SECRET = Buffer.from('only ada reads this');
const SHARED = Buffer.from('in both repositories');

beforeAll(async () => {
  db = await openDatabaseStage();
  const { stage } = db;
  ada = await stage.person('ada');
  bob = await stage.person('bob');
  root = await stage.person('root', 'admin');
  openId = await stage.emptyRepository(ada, 'open');
  secretId = await stage.emptyRepository(ada, 'secret', 'private');
  open = await stage.seed(
    ada,
    openId,
    [
      { name: 'a', files: { 'a.txt': SHARED } },
      { name: 'b', parents: ['a'], files: { 'b.txt': 'b' } },
      { name: 'c', parents: ['b'], files: { 'c.txt': 'c' } },
      { name: 'd', parents: ['b'], files: { 'd.txt': 'd' } },
    ],
    { head: 'c', museRepoId: MUSE_ID, idFormat: 'prefixed' },
  );
  secret = await stage.seed(ada, secretId, [
    { name: 's', files: { 's.txt': SECRET, 'a.txt': SHARED } },
  ]);
});

afterAll(() => db.close());

type Ask = { method?: string; token?: string; headers?: Record<string, string>; body?: unknown };

function request(path: string, { method, token, headers, body }: Ask = {}): Request {
  return new Request(`http://hub.test${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/x-msgpack' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: encode(body) }),
  });
}

const OPEN = { owner: 'ada', slug: 'open' };
const SECRET_REPO = { owner: 'ada', slug: 'secret' };
const refs = (params: { owner: string; slug: string }, ask?: Ask) =>
  handleRefs(request('/x/y/refs', ask), params, db.stage.deps);
const object = (id: Id, ask?: Ask, params = {}) =>
  handleObject(request(`/o/${id}`, ask), { id, ...params }, db.stage.deps);
const commitId = (name: string) => open.commits.get(name)!.id;
const prefixed = (id: Id) => `sha256:${id}`;

describe('refs', () => {
  it('tells branches, format, capabilities and every limit by the name of its constant', async () => {
    const answer = await refs(OPEN);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const body = await answer.json();
    expect(body).toMatchObject({
      repo_id: MUSE_ID,
      domain: 'code',
      default_branch: 'main',
      branch_heads: { main: prefixed(commitId('c')) },
      id_format: 'prefixed',
    });
    expect(body.capabilities).toContain('fetch-stream');
    for (const [name, value] of Object.entries(limits)) {
      if (typeof value !== 'number' || name === 'STREAM_VERSION') continue;
      expect(body.limits[name.toLowerCase()], name).toBe(value);
    }
  });

  it('tells the limits that the operator set', async () => {
    const deps = { ...db.stage.deps, limits: { ...db.stage.deps.limits, maxObjects: 77 } };
    const answer = await handleRefs(request('/x/y/refs'), OPEN, deps);
    expect((await answer.json()).limits.stream_max_objects).toBe(77);
  });

  it('is msgpack, equal in value, when Accept names that', async () => {
    const answer = await refs(OPEN, {
      headers: { accept: 'application/x-msgpack, application/json' },
    });
    expect(answer.headers.get('content-type')).toBe('application/x-msgpack');
    const body = decode(new Uint8Array(await answer.arrayBuffer()));
    expect(body).toEqual(await (await refs(OPEN)).json());
  });

  it('has a strong ETag of the content, and is 304 for the one who has it', async () => {
    const first = await refs(OPEN);
    const etag = first.headers.get('etag')!;
    const hash = createHash('sha256')
      .update(Buffer.from(await first.arrayBuffer()))
      .digest('base64url');
    expect(etag).toBe(`"${hash}"`);
    expect(first.headers.get('vary')).toBe('Accept, Authorization');
    const again = await refs(OPEN, { headers: { 'if-none-match': `"x", ${etag}` } });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    const msgpack = await refs(OPEN, {
      headers: { accept: 'application/x-msgpack', 'if-none-match': etag },
    });
    expect(msgpack.status).toBe(200);
  });

  it('must not be kept by shared caches when the repository is private', async () => {
    const caching = async (params: typeof OPEN) =>
      (await refs(params, { token: ada.token })).headers.get('cache-control');
    expect(await caching(OPEN)).toBe('public, no-cache, no-transform');
    expect(await caching(SECRET_REPO)).toBe('private, no-cache, no-transform');
  });

  it('of an empty repository names no heads, and main as what a clone would make', async () => {
    const id = await db.stage.emptyRepository(ada, 'empty');
    const body = await (await refs({ owner: 'ada', slug: 'empty' })).json();
    expect(body).toMatchObject({
      repo_id: id,
      default_branch: 'main',
      branch_heads: {},
      id_format: null,
    });
  });

  it('finds owner and slug in any case', async () => {
    expect((await refs({ owner: 'ADA', slug: 'Open' })).status).toBe(200);
  });
});

describe('negotiate', () => {
  const negotiate = (body: unknown, headers = {}) =>
    handleNegotiate(request('/x/y/negotiate', { body, headers }), OPEN, db.stage.deps);

  it('acknowledges what is known, and is ready with a common commit', async () => {
    const have = [commitId('d'), 'f'.repeat(64)];
    const answer = await negotiate({ want: [commitId('c')], have });
    expect(answer.status).toBe(200);
    expect(decode(new Uint8Array(await answer.arrayBuffer()))).toEqual({
      ack: [prefixed(commitId('d'))],
      common_base: prefixed(commitId('b')),
      ready: true,
    });
  });

  it('is not ready while it knows none of what the peer has', async () => {
    const answer = await negotiate(
      { want: [commitId('c')], have: ['f'.repeat(64)] },
      { accept: 'application/json' },
    );
    expect(await answer.json()).toEqual({ ack: [], common_base: null, ready: false });
  });

  it('is ready when the peer has nothing', async () => {
    const answer = await negotiate(
      { want: [commitId('c')], have: [] },
      { accept: 'application/json' },
    );
    expect(await answer.json()).toEqual({ ack: [], common_base: null, ready: true });
  });

  it('refuses a wanted commit that is not here, and more ids than a round may have', async () => {
    const missing = await negotiate({ want: ['e'.repeat(64)], have: [] });
    expect([missing.status, (await missing.json()).detail.id]).toEqual([
      404,
      prefixed('e'.repeat(64)),
    ]);
    const many = await negotiate({
      want: [],
      have: Array.from({ length: 257 }, () => 'e'.repeat(64)),
    });
    expect([many.status, (await many.json()).code]).toEqual([413, 'limit-exceeded']);
  });
});

describe('an object', () => {
  const id = objectIdOf(SHARED);

  it('is its bytes, to be kept forever, never shown', async () => {
    for (const params of [{}, OPEN]) {
      const answer = await object(id, {}, params);
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        etag: `"${id}"`,
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment',
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'accept-ranges': 'bytes',
        'cache-control': 'public, max-age=31536000, immutable, no-transform',
      });
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(SHARED);
    }
  });

  it('is named by either form of its id', async () => {
    expect((await object(prefixed(id))).status).toBe(200);
    expect((await object(prefixed(id), {}, OPEN)).status).toBe(200);
  });

  it('is given in parts', async () => {
    const part = async (range: string) => {
      const answer = await object(id, { headers: { range } });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    };
    expect(await part('bytes=3-6')).toEqual([206, 'bytes 3-6/20', 'both']);
    expect(await part('bytes=-4')).toEqual([206, 'bytes 16-19/20', 'ries']);
    expect(await part('bytes=20-')).toEqual([416, 'bytes */20', '']);
    expect((await part('bytes=0-0,2-3'))[0]).toBe(200);
  });

  it('is not sent to the one who has it', async () => {
    const answer = await object(id, { headers: { 'if-none-match': `"${id}"` } });
    expect([answer.status, await answer.text()]).toEqual([304, '']);
  });

  it('tells its size to HEAD and reads nothing', async () => {
    const answer = await object(id, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('x-musehub-content-length')]).toEqual([200, '20']);
    expect(answer.body).toBeNull();
  });

  it('of no bytes is an answer of no bytes', async () => {
    const owner = await db.stage.emptyRepository(ada, 'nothing');
    await db.stage.seed(ada, owner, [{ name: 'e', files: { 'empty.txt': '' } }]);
    const answer = await object(objectIdOf(Buffer.alloc(0)));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('that only others may read is the same 404 as one that is nowhere', async () => {
    const hidden = objectIdOf(SECRET);
    for (const token of [undefined, bob.token]) {
      const answer = await object(hidden, { token });
      expect(answer.status).toBe(404);
      const nowhere = await object('e'.repeat(64), { token });
      const text = (await answer.text()).replace(hidden, '·');
      expect(text).toBe((await nowhere.text()).replace('e'.repeat(64), '·'));
    }
    const answer = await object(hidden, { token: ada.token });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([
      200,
      'private, no-cache, no-transform',
    ]);
    expect((await object(hidden, { token: root.token })).status).toBe(200);
  });

  it('is found behind many private repositories of others that hold it', async () => {
    for (let n = 0; n < 70; n++) {
      const repoId = await db.stage.emptyRepository(bob, `hoard-${n}`, 'private');
      await db.stage.seed(bob, repoId, [{ name: 'h', files: { h: SECRET } }]);
    }
    expect((await object(objectIdOf(SECRET), { token: ada.token })).status).toBe(200);
    expect((await object(objectIdOf(SECRET))).status).toBe(404);
  });

  it('of another repository is not in this one', async () => {
    expect((await object(objectIdOf(SECRET), { token: ada.token }, OPEN)).status).toBe(404);
  });

  it('has no id but 64 hex digits', async () => {
    for (const text of ['x', `${id}0`, id.toUpperCase(), '..', 'sha256:']) {
      expect((await object(text)).status).toBe(404);
      expect((await object(text, {}, OPEN)).status).toBe(404);
    }
  });
});

describe('the outcome of a push', () => {
  const outcome = (pushId: string, ask?: Ask, params = OPEN) =>
    handlePushOutcome(request(`/x/y/pushes/${pushId}`, ask), { ...params, pushId }, db.stage.deps);

  it('is told with the frame that was sent, in JSON and msgpack', async () => {
    const { pushId } = open.result;
    const answer = await outcome(pushId);
    expect(answer.status).toBe(200);
    const json = await answer.json();
    expect(json).toMatchObject({
      push_id: pushId,
      outcome: 'accepted',
      branch: 'main',
      head: prefixed(commitId('c')),
      frame: { t: 'R', seq: 1, new_head: prefixed(commitId('c')), kind: 'create' },
    });
    expect(Date.parse(json.finished_at)).toBeGreaterThanOrEqual(Date.parse(json.started_at) - 1000);
    const msgpack = await outcome(pushId.toUpperCase(), {
      headers: { accept: 'application/x-msgpack' },
    });
    expect(decode(new Uint8Array(await msgpack.arrayBuffer()))).toEqual(json);
  });

  it('is 404 for an id that was never seen, and for what is no id', async () => {
    for (const pushId of [crypto.randomUUID(), 'nonsense', secret.result.pushId]) {
      expect((await outcome(pushId, { token: ada.token })).status).toBe(404);
    }
  });

  it('is told only to those who may read the repository', async () => {
    const { pushId } = secret.result;
    expect((await outcome(pushId, {}, SECRET_REPO)).status).toBe(404);
    expect((await outcome(pushId, { token: ada.token }, SECRET_REPO)).status).toBe(200);
  });
});

describe('a repository that may not be seen', () => {
  const wish = { want: [], have: [] };
  const routes: [
    string,
    (params: { owner: string; slug: string }, ask: Ask) => Promise<Response>,
  ][] = [
    ['refs', (params, ask) => refs(params, ask)],
    [
      'fetch',
      (params, ask) =>
        handleFetch(request('/x/y/fetch', { ...ask, body: wish }), params, db.stage.deps),
    ],
    [
      'fetch/stream',
      (params, ask) =>
        handleFetchStream(
          request('/x/y/fetch/stream', { ...ask, body: wish }),
          params,
          db.stage.deps,
        ),
    ],
    [
      'fetch/objects',
      (params, ask) =>
        handleFetchObjects(
          request('/x/y/fetch/objects', { ...ask, body: { object_ids: [] } }),
          params,
          db.stage.deps,
        ),
    ],
    [
      'negotiate',
      (params, ask) =>
        handleNegotiate(request('/x/y/negotiate', { ...ask, body: wish }), params, db.stage.deps),
    ],
    ['o', (params, ask) => object(objectIdOf(SECRET), ask, params)],
    [
      'pushes',
      (params, ask) =>
        handlePushOutcome(
          request('/x/y/pushes/z', ask),
          { ...params, pushId: secret.result.pushId },
          db.stage.deps,
        ),
    ],
  ];

  const told = async (answer: Response) => {
    const headers = Object.fromEntries(answer.headers);
    delete headers['x-request-id'];
    return {
      status: answer.status,
      headers,
      body: Buffer.from(await answer.arrayBuffer()).toString('hex'),
    };
  };

  it.each(routes)('is the same 404 as one that is not there: %s', async (_name, ask) => {
    for (const token of [undefined, bob.token]) {
      const hidden = await told(await ask(SECRET_REPO, { token }));
      const absent = await told(await ask({ owner: 'ada', slug: 'nowhere' }, { token }));
      expect(hidden.status).toBe(404);
      expect(hidden).toEqual(absent);
    }
    expect((await ask(SECRET_REPO, { token: ada.token })).status).toBe(200);
  });

  it.each(routes)(
    'is open to a token of its own, not to one of another repository: %s',
    async (_name, ask) => {
      const { userId } = ada.principal;
      const own = await db.stage.token(userId, ['read'], [secretId]);
      const other = await db.stage.token(userId, ['write'], [openId]);
      expect((await ask(SECRET_REPO, { token: own })).status).toBe(200);
      expect((await ask(SECRET_REPO, { token: other })).status).toBe(404);
    },
  );

  it.each(routes)(
    'is refused to a token that is none, as is a public one: %s',
    async (_name, ask) => {
      for (const params of [OPEN, SECRET_REPO, { owner: 'no', slug: 'one' }]) {
        const answer = await ask(params, { token: 'muse_pat_made-up' });
        expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      }
    },
  );
});

describe('a malformed request', () => {
  const raw = (body: BodyInit, type: string) =>
    handleFetch(
      new Request('http://hub.test/ada/open/fetch', {
        method: 'POST',
        body,
        headers: { 'content-type': type, accept: 'application/json' },
      }),
      OPEN,
      db.stage.deps,
    );

  it.each([
    ['text', Buffer.from('hello'), 'text/plain', 415],
    ['half a msgpack value', Buffer.from([0x81, 0xa4]), 'application/x-msgpack', 422],
    ['a msgpack bomb', Buffer.alloc(100_000, 0x91), 'application/x-msgpack', 422],
    ['no JSON', Buffer.from('{'), 'application/json', 422],
    ['a list', Buffer.from('[]'), 'application/json', 422],
    ['an id that is none', Buffer.from('{"want":["x"]}'), 'application/json', 422],
    ['a depth of 0', Buffer.from('{"want":[],"depth":0}'), 'application/json', 422],
    ['nothing', Buffer.alloc(0), 'application/json', 422],
    ['too much', Buffer.alloc(3_000_000, 0x20), 'application/json', 413],
  ])('is refused with its status: %s', async (_name, body, type, status) => {
    const answer = await raw(body, type);
    expect(answer.status).toBe(status);
    expect((await answer.json()).message).toMatch(/\.$/);
  });

  it('with more ids than the limit is limit-exceeded', async () => {
    const want = Array.from({ length: limits.FETCH_MAX_IDS + 1 }, () => 'e'.repeat(64));
    const answer = await raw(Buffer.from(JSON.stringify({ want })), 'application/json');
    expect([answer.status, (await answer.json()).code]).toEqual([413, 'limit-exceeded']);
  });

  it('that wants what is not there is object-not-found, with the id', async () => {
    const want = [commitId('a'), 'd'.repeat(64)];
    const answer = await raw(Buffer.from(JSON.stringify({ want })), 'application/json');
    expect([answer.status, (await answer.json()).detail.id]).toEqual([
      404,
      prefixed('d'.repeat(64)),
    ]);
  });
});
