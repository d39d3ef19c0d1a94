import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { decode, encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Id, objectIdOf } from '~/muse/ids';
import { segmentKey } from '~/server/ports/segment-key';
import { PostgresAccountStore } from '~/server/postgres/account-store';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { PostgresIdentityStore } from '~/server/postgres/identity-store';
import { PostgresPushStore } from '~/server/postgres/push-store';
import { LocalBlobStore } from '~/server/storage/local-blob-store';
import { STREAM_MIME_TYPE } from '~/wire/limits';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { framesOf, readBundle, readStream } from '~tests/support/fetch-answer-reader';
import { FetchStage, type Person } from '~tests/support/fetch-stage';
import { type Hub, startHub } from '~tests/support/hub';
import type { SeededRepository } from '~tests/support/seed-repository';

let database: TestDatabase;
let hub: Hub;
let stage: FetchStage;
let ada: Person;
let open: SeededRepository;
let openId: string;
const LARGE = Buffer.alloc(40 * 1024 ** 2, 'a large object ');
const SECRET = Buffer.from('only ada reads this');
const SCRIPT = Buffer.from('<script>alert(1)</script>');

beforeAll(async () => {
  database = await openTestDatabase();
  hub = await startHub({ env: { DATABASE_URL: database.url } });
  stage = new FetchStage({
    identities: new PostgresIdentityStore(database.prisma),
    accounts: new PostgresAccountStore(database.prisma),
    pushStore: new PostgresPushStore(database.prisma),
    fetchStore: new PostgresFetchStore(database.prisma),
    blobs: new LocalBlobStore({ root: path.join(hub.dataFolder, 'objects') }),
  });
  ada = await stage.person('ada');
  openId = await stage.emptyRepository(ada, 'open');
  open = await stage.seed(ada, openId, [
    { name: 'a', files: { 'a.txt': 'a', 'evil.svg': SCRIPT } },
    { name: 'b', parents: ['a'], files: { 'large.bin': LARGE } },
  ]);
  const secretId = await stage.emptyRepository(ada, 'secret', 'private');
  await stage.seed(ada, secretId, [{ name: 's', files: { s: SECRET } }]);
});

afterAll(async () => {
  await hub?.dispose();
  await stage?.stores.blobs.close();
  await database?.drop();
});

/** A request without the admin's token. */
const ask = (target: string, init: RequestInit = {}) => fetch(new URL(target, hub.url), init);

const post = (target: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(target, {
    method: 'POST',
    body: encode(body),
    headers: {
      'content-type': 'application/x-msgpack',
      accept: 'application/x-msgpack',
      ...headers,
    },
  });

const bytesOf = async (answer: Response) => new Uint8Array(await answer.arrayBuffer());
const commitId = (name: string): Id => open.commits.get(name)!.id;
const wish = () => ({ want: [commitId('b')], have: [] });

describe('GET refs', () => {
  it('200: JSON by default, msgpack when it is named, with a length', async () => {
    const json = await ask('/ada/open/refs');
    expect(json.headers.get('content-type')).toBe('application/json');
    const body = await json.text();
    expect(json.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
    expect(JSON.parse(body).branch_heads).toEqual({ main: commitId('b') });
    const msgpack = await ask('/ada/open/refs', {
      headers: { accept: 'application/x-msgpack, application/json' },
    });
    expect(msgpack.headers.get('content-type')).toBe('application/x-msgpack');
    expect(decode(await bytesOf(msgpack))).toEqual(JSON.parse(body));
    for (const name of ['accept', 'authorization']) {
      expect(json.headers.get('vary')?.toLowerCase()).toContain(name);
    }
    expect(json.headers.get('x-request-id')).toMatch(/./);
  });

  it('304: for the ETag it gave, also to a client that takes gzip', async () => {
    const first = await ask('/ada/open/refs');
    expect(first.headers.get('content-encoding')).toBeNull();
    const again = await ask('/ada/open/refs', {
      headers: { 'if-none-match': first.headers.get('etag')! },
    });
    expect([again.status, (await again.text()).length]).toEqual([304, 0]);
  });

  it('401: for a token that is none', async () => {
    const answer = await ask('/ada/open/refs', { headers: { authorization: 'Bearer nonsense' } });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it('404: private and absent alike, byte for byte', async () => {
    const told = async (target: string) => {
      const answer = await ask(target);
      const headers = [...answer.headers].filter(
        ([name]) => !/^(x-request-id|date|content-security-policy|ratelimit)$/.test(name),
      );
      return { status: answer.status, headers, body: await answer.text() };
    };
    const hidden = await told('/ada/secret/refs');
    expect(hidden.status).toBe(404);
    expect(await told('/ada/nowhere/refs')).toEqual(hidden);
    expect(await told('/nobody/nowhere/refs')).toEqual(hidden);
  });

  it('200: a private one for its owner', async () => {
    const answer = await ask('/ada/secret/refs', {
      headers: { authorization: `Bearer ${ada.token}` },
    });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([
      200,
      'private, no-cache, no-transform',
    ]);
  });

  it('405: by another method', async () => {
    expect((await ask('/ada/open/refs', { method: 'POST' })).status).toBe(405);
  });
});

describe('POST fetch, fetch/stream, fetch/objects, negotiate', () => {
  it('200: the whole repository as one map and as frames', async () => {
    const map = await post('/ada/open/fetch', wish());
    expect(map.headers.get('content-type')).toBe('application/x-msgpack');
    const bundle = readBundle(await bytesOf(map));
    const frames = await post('/ada/open/fetch/stream', wish());
    expect(frames.headers.get('content-type')).toBe(STREAM_MIME_TYPE);
    expect(frames.headers.get('content-encoding')).toBeNull();
    const stream = readStream(await bytesOf(frames));
    expect(stream.ending).toBe('E');
    for (const got of [bundle, stream]) {
      expect([got.commits.size, got.objects.size]).toEqual([2, 3]);
      expect(got.objects.get(objectIdOf(LARGE))?.byteLength).toBe(LARGE.byteLength);
    }
  });

  it('200: objects by their ids; 404 with the id when one is not there', async () => {
    const ids = [objectIdOf(SCRIPT), objectIdOf(LARGE)];
    const got = readStream(
      await bytesOf(await post('/ada/open/fetch/objects', { object_ids: ids })),
    );
    expect([...got.objects.keys()].sort()).toEqual(ids.sort());
    const missing = await post('/ada/open/fetch/objects', { object_ids: [objectIdOf(SECRET)] });
    expect(missing.status).toBe(404);
    expect(decode(await bytesOf(missing))).toMatchObject({ t: 'X', code: 'object-not-found' });
  });

  it('200: negotiate', async () => {
    const answer = await post('/ada/open/negotiate', {
      want: [commitId('b')],
      have: [commitId('a')],
    });
    expect(decode(await bytesOf(answer))).toEqual({
      ack: [commitId('a')],
      common_base: commitId('a'),
      ready: true,
    });
  });

  it.each(['fetch', 'fetch/stream', 'fetch/objects', 'negotiate'])(
    '404, 415, 422: %s',
    async (route) => {
      expect((await post(`/ada/secret/${route}`, wish())).status).toBe(404);
      const form = await ask(`/ada/open/${route}`, { method: 'POST', body: 'x=1' });
      expect(form.status).toBe(415);
      const bad = await post(`/ada/open/${route}`, { want: 'all', object_ids: 'all' });
      expect(bad.status).toBe(422);
    },
  );

  it('413: a body longer than any wish, and the client still reads the answer', async () => {
    const answer = await ask('/ada/open/fetch', {
      method: 'POST',
      body: Buffer.alloc(30 * 1024 ** 2),
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, (await answer.json()).code]).toEqual([413, 'limit-exceeded']);
  });
});

describe('GET o/{id}', () => {
  it('200: bytes that no browser shows or runs, with their length', async () => {
    for (const target of [`/o/${objectIdOf(SCRIPT)}`, `/ada/open/o/sha256:${objectIdOf(SCRIPT)}`]) {
      const answer = await ask(target);
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-length': String(SCRIPT.byteLength),
        'content-disposition': 'attachment',
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cache-control': 'public, max-age=31536000, immutable, no-transform',
        etag: `"${objectIdOf(SCRIPT)}"`,
      });
      expect(answer.headers.get('content-encoding')).toBeNull();
      expect(Buffer.from(await bytesOf(answer))).toEqual(SCRIPT);
    }
  });

  it('206, 304, 416: parts and what the client has', async () => {
    const target = `/o/${objectIdOf(LARGE)}`;
    const part = await ask(target, { headers: { range: 'bytes=20000000-20000014' } });
    expect([
      part.status,
      part.headers.get('content-range'),
      part.headers.get('content-length'),
    ]).toEqual([206, `bytes 20000000-20000014/${LARGE.byteLength}`, '15']);
    expect(Buffer.from(await bytesOf(part))).toEqual(LARGE.subarray(20_000_000, 20_000_015));
    const held = await ask(target, { headers: { 'if-none-match': `"${objectIdOf(LARGE)}"` } });
    expect(held.status).toBe(304);
    const beyond = await ask(target, { headers: { range: `bytes=${LARGE.byteLength}-` } });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([
      416,
      `bytes */${LARGE.byteLength}`,
    ]);
  });

  it('HEAD: the size and no bytes', async () => {
    const answer = await ask(`/o/${objectIdOf(LARGE)}`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([
      200,
      String(LARGE.byteLength),
    ]);
    expect((await answer.text()).length).toBe(0);
  });

  it('404: what only others may read, and ids that are none', async () => {
    for (const id of [objectIdOf(SECRET), 'e'.repeat(64), 'nonsense']) {
      expect((await ask(`/o/${id}`)).status).toBe(404);
      expect((await ask(`/ada/open/o/${id}`)).status).toBe(404);
    }
    const answer = await ask(`/o/${objectIdOf(SECRET)}`, {
      headers: { authorization: `Bearer ${ada.token}` },
    });
    expect(Buffer.from(await bytesOf(answer))).toEqual(SECRET);
  });
});

describe('GET pushes/{push_id}', () => {
  it('200: what became of it; 404: never seen', async () => {
    const { pushId } = open.result;
    const answer = await ask(`/ada/open/pushes/${pushId}`);
    expect(await answer.json()).toMatchObject({
      push_id: pushId,
      outcome: 'accepted',
      frame: { t: 'R' },
    });
    expect((await ask(`/ada/open/pushes/${crypto.randomUUID()}`)).status).toBe(404);
  });
});

describe('the routes of the first protocol version', () => {
  const routes = [
    'push',
    'filter-objects',
    'presign',
    'presign-objects',
    'push/objects',
    'push/object-pack',
    'push/objects/confirm',
  ];

  it.each(routes)('410: %s, by every method, in both forms', async (route) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await ask(`/ada/open/${route}`, { method });
      expect(
        [answer.status, (await answer.text()).includes('/ada/open/push/stream')],
        method,
      ).toEqual([410, true]);
    }
    expect((await ask(`/no/where/${route}`, { method: 'HEAD' })).status).toBe(410);
    const msgpack = await post(`/ada/secret/${route}`, { x: 1 });
    expect(decode(await bytesOf(msgpack))).toMatchObject({
      detail: { route: 'POST /ada/secret/push/stream' },
    });
  });

  it.each(['/ada/open/push', '/ada/nowhere/fetch'])(
    '410, 404: read by a client that sends all of 30 MiB before it looks: %s',
    async (target) => {
      const bytes = 30 * 1024 ** 2;
      const { hostname, port } = new URL(hub.url);
      const socket = net.connect(Number(port), hostname).pause();
      await once(socket, 'connect');
      socket.write(
        `POST ${target} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n` +
          `Content-Type: application/x-msgpack\r\nContent-Length: ${bytes}\r\n\r\n`,
      );
      const piece = Buffer.alloc(1024 ** 2);
      for (let sent = 0; sent < bytes; sent += piece.byteLength) {
        if (!socket.write(piece)) await once(socket, 'drain');
      }
      const answer: Buffer[] = [];
      for await (const part of socket.resume()) answer.push(part);
      expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 4(10|04) .*"code"/s);
    },
  );
});

describe('an answer that breaks off', () => {
  it('is seen to be broken: the connection ends before the body does', async () => {
    const id = objectIdOf(LARGE);
    const location = (await stage.deps.store.locateObjects(openId, [id])).get(id)!;
    const { segmentId, offset, length } = location.extents.at(-1)!;
    const file = path.join(hub.dataFolder, 'objects', segmentKey(openId, segmentId));
    const before = fs.readFileSync(file);
    const bytes = Buffer.from(before);
    bytes[offset + length - 1]! ^= 1;
    fs.chmodSync(file, 0o600);
    fs.writeFileSync(file, bytes);
    try {
      const map = await post('/ada/open/fetch', wish());
      expect(map.status).toBe(200);
      await expect(map.arrayBuffer()).rejects.toThrow();
      const object = await ask(`/o/${id}`);
      await expect(object.arrayBuffer()).rejects.toThrow();
      const stream = framesOf(await bytesOf(await post('/ada/open/fetch/stream', wish())));
      expect(stream.at(-1)).toMatchObject({ type: 'X', code: 'internal' });
      expect(hub.output).toContain('a stored object is damaged');
    } finally {
      fs.writeFileSync(file, before);
    }
    expect(readStream(await bytesOf(await post('/ada/open/fetch/stream', wish()))).ending).toBe(
      'E',
    );
  });
});
