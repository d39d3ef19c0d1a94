import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '~/muse/ids';
import { newToken } from '~/server/auth/token-text';
import { encodePushFrame } from '~/wire/frame-codec';
import { type Hub, startHub } from '~tests/support/hub';
import { commitOf, framesOf } from '~tests/support/push-script';
import { makeRepository, RawPush } from '~tests/support/raw-push';

/** The push route of the production build, over a real socket. */

let hub: Hub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub?.dispose());

const MIB = 1024 ** 2;
const small = () => commitOf({ files: { 'README.md': `hello ${Math.random()}\n` } });
/** A commit over files of random bytes, `size` bytes each. */
const large = (files: number, size: number) =>
  commitOf({
    files: Object.fromEntries(
      Array.from({ length: files }, (_, index) => [`f${index}`, randomBytes(size)]),
    ),
  });
const heads = async (repository: string): Promise<Record<string, string>> =>
  (await (await hub.fetch(`/${repository}/refs`)).json()).branch_heads;
const outcomeOf = async (repository: string, pushId: string) =>
  (await hub.fetch(`/${repository}/pushes/${pushId}`)).json();

describe('POST /{owner}/{slug}/push/stream', () => {
  it('answers 200 with PROGRESS and one RESULT', async () => {
    const repository = await makeRepository(hub);
    const commit = small();
    const push = await new RawPush(hub, repository).finish(...framesOf({ commits: [commit] }));
    expect(push.status).toBe(200);
    expect(push.headers['content-type']).toBe('application/x-muse-packstream');
    expect(push.frames[0]).toMatchObject({ type: 'P', phase: 'receiving' });
    expect(push.ending).toMatchObject({
      type: 'R',
      kind: 'create',
      newHead: commit.id,
      url: `${hub.url}/${repository}/commits/sha256:${commit.id}`,
    });
    expect(await heads(repository)).toEqual({ main: commit.id });
  });

  it('takes a body with a Content-Length as well as a chunked one', async () => {
    const repository = await makeRepository(hub);
    const body = Buffer.concat(framesOf({ commits: [small()] }));
    const headers = { 'content-length': body.length };
    const push = await new RawPush(hub, repository, { headers }).finish(body);
    expect(push.ending).toMatchObject({ type: 'R', kind: 'create' });
  });

  it('tells PROGRESS before an upload of more than 10 MiB ends', async () => {
    const repository = await makeRepository(hub);
    const commit = large(24, MIB);
    const frames = framesOf({ commits: [commit] });
    const push = new RawPush(hub, repository);
    await push.send(...frames.slice(0, 16));
    await push.until(({ frames: [...told] }) =>
      told.some((frame) => frame.type === 'P' && frame.bytes > 10 * MIB && frame.objects > 10),
    );
    const { ending } = await push.finish(...frames.slice(16));
    expect(ending).toMatchObject({ type: 'R', objectsNew: 24 });
    expect(ending).toHaveProperty('bytesReceived', Buffer.concat(frames).length);
  });

  it('does not stall a client that sends everything before it reads', async () => {
    const repository = await makeRepository(hub);
    const net = await import('node:net');
    const { port } = new URL(hub.url);
    const body = Buffer.concat(framesOf({ commits: [large(64, MIB)] }));
    const socket = net.connect(Number(port), '127.0.0.1');
    socket.pause();
    socket.write(
      `POST /${repository}/push/stream HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n` +
        `Authorization: Bearer ${hub.adminToken}\r\n` +
        `Content-Type: application/x-muse-packstream\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.write(body, (error) => (error ? reject(error) : resolve()));
    });
    const answer: Buffer[] = [];
    for await (const chunk of socket) answer.push(chunk as Buffer);
    expect(Buffer.concat(answer).toString('latin1')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(Object.keys(await heads(repository))).toEqual(['main']);
  });

  it('stores an object in chunks without holding it in memory', async () => {
    const repository = await makeRepository(hub);
    const CHUNK = 8 * MIB;
    const CHUNKS = 40;
    const { createHash } = await import('node:crypto');
    const chunk = randomBytes(CHUNK);
    const hash = createHash('sha256');
    for (let n = 0; n < CHUNKS; n++) hash.update(chunk);
    const id = hash.digest('hex');
    const commit = commitOf({ files: { 'big.bin': '' } });
    const { commit: record } = commit.record;
    const idle = residentBytes(hub.pid);
    let peak = idle;
    const watch = setInterval(() => {
      peak = Math.max(peak, residentBytes(hub.pid));
    }, 20);
    const push = new RawPush(hub, repository);
    // Two objects are declared; the first comes in chunks in place of its frame.
    const both = new Map<string, Uint8Array>([
      [id, Buffer.alloc(0)],
      [sha256(''), Buffer.alloc(0)],
    ]);
    const [header, , ...rest] = framesOf({ commits: [commit], objects: both });
    await push.send(header!);
    for (let seq = 0; seq < CHUNKS; seq++) {
      const last = seq === CHUNKS - 1;
      await push.send(
        encodePushFrame(
          { type: 'OC', id, seq, size: CHUNK * CHUNKS, encoding: 'raw', data: chunk, last },
          'bare',
        ),
      );
    }
    await push.finish(...rest);
    clearInterval(watch);
    expect(push.ending).toMatchObject({ type: 'R', newHead: record.id, objectsNew: 2 });
    const object = await hub.fetch(`/${repository}/o/${id}`);
    const read = createHash('sha256');
    for await (const part of object.body!) read.update(part);
    expect(read.digest('hex')).toBe(id);
    console.log(
      `peak over idle: ${Math.round((peak - idle) / MIB)} MiB for ${(CHUNK * CHUNKS) / MIB} MiB`,
    );
    expect(peak - idle).toBeLessThan(256 * MIB);
  });

  it('refuses with a frame once the HEADER is accepted', async () => {
    const repository = await makeRepository(hub);
    const push = await new RawPush(hub, repository).finish(
      ...framesOf({ commits: [small()], objects: new Map() }),
    );
    expect(push.status).toBe(200);
    expect(push.ending).toMatchObject({ type: 'X', code: 'object-missing', retryable: false });
    expect(await heads(repository)).toEqual({});
  });

  it('notices a client that vanishes, and moves nothing', async () => {
    const repository = await makeRepository(hub);
    const pushId = crypto.randomUUID();
    const push = new RawPush(hub, repository);
    await push.send(...framesOf({ commits: [small()], pushId }).slice(0, 2));
    await push.until(({ frames }) => frames.length > 0);
    expect(await outcomeOf(repository, pushId)).toMatchObject({ outcome: 'receiving' });
    push.vanish();
    await push.answered.catch(() => undefined);
    await expect
      .poll(() => outcomeOf(repository, pushId), { timeout: 20_000 })
      .toMatchObject({
        outcome: 'failed',
        frame: { code: 'truncated-stream', retryable: true },
      });
    expect(await heads(repository)).toEqual({});
  });

  it('tells a retry whose answer was lost the same RESULT', async () => {
    const repository = await makeRepository(hub);
    const pushId = crypto.randomUUID();
    const frames = framesOf({ commits: [small()], pushId });
    const { ending } = await new RawPush(hub, repository).finish(...frames);
    const again = await new RawPush(hub, repository).finish(...frames);
    expect(again.ending).toEqual({ ...ending, replayed: true });
    expect(await outcomeOf(repository, pushId)).toMatchObject({ outcome: 'accepted' });
  });

  it('takes four pushes of a token at once and answers 503 to the fifth', async () => {
    const repository = await makeRepository(hub);
    const pushes = Array.from({ length: 4 }, (_, n) => ({
      push: new RawPush(hub, repository),
      frames: framesOf({ commits: [small()], branch: `b${n}` }),
    }));
    for (const { push, frames } of pushes) {
      await push.send(frames[0]!);
      await push.until(({ frames: told }) => told.length > 0);
    }
    const fifth = await new RawPush(hub, repository).finish(...framesOf({ commits: [small()] }));
    expect(fifth.status).toBe(503);
    expect(fifth.headers['retry-after']).toBe('5');
    expect(fifth.ending).toMatchObject({ type: 'X', code: 'rate-limited', retryable: true });
    for (const { push, frames } of pushes) await push.finish(...frames.slice(1));
    expect(Object.keys(await heads(repository)).sort()).toEqual(['b0', 'b1', 'b2', 'b3']);
  });
});

describe('a refusal before the HEADER is accepted', () => {
  it('401: no token, no such token, a token with a wrong checksum', async () => {
    const repository = await makeRepository(hub);
    for (const token of [null, newToken('human'), 'muse_pat_nonsense']) {
      const push = await new RawPush(hub, repository, { token }).finish(
        ...framesOf({ commits: [small()] }),
      );
      expect(push.status).toBe(401);
      expect(push.headers['www-authenticate']).toContain('Bearer');
      expect(push.ending).toMatchObject({ type: 'X', code: 'unauthenticated' });
    }
  });

  it('404: no such repository', async () => {
    const push = await new RawPush(hub, 'admin/nothing').finish(
      ...framesOf({ commits: [small()] }),
    );
    expect(push.status).toBe(404);
    expect(push.ending).toMatchObject({ code: 'repo-not-found' });
  });

  it('404: no such branch to delete', async () => {
    const repository = await makeRepository(hub);
    const push = await new RawPush(hub, repository).finish(...framesOf({ head: null }));
    expect(push.status).toBe(404);
    expect(push.ending).toMatchObject({ code: 'branch-not-found' });
  });

  it('409: the branch is not where it was expected', async () => {
    const repository = await makeRepository(hub);
    const push = await new RawPush(hub, repository).finish(
      ...framesOf({ commits: [small()], expectedHead: 'a'.repeat(64) }),
    );
    expect(push.status).toBe(409);
    expect(push.ending).toMatchObject({ code: 'stale-head', detail: { current_head: null } });
  });

  it('413: more objects declared than may be', async () => {
    const repository = await makeRepository(hub);
    const push = await new RawPush(hub, repository).finish(
      ...framesOf({ commits: [small()], header: { objectCount: 2_000_000 } }),
    );
    expect(push.status).toBe(413);
    expect(push.ending).toMatchObject({ code: 'limit-exceeded' });
  });

  it('415: another media type', async () => {
    const repository = await makeRepository(hub);
    const headers = { 'content-type': 'application/json' };
    const push = await new RawPush(hub, repository, { headers }).finish(
      ...framesOf({ commits: [small()] }),
    );
    expect(push.status).toBe(415);
    expect(push.ending).toMatchObject({ code: 'unsupported-media-type' });
  });

  it('422: a HEADER that is none, a branch that has no name', async () => {
    const repository = await makeRepository(hub);
    const garbage = await new RawPush(hub, repository).finish(Buffer.from([0xc1, 0xc1]));
    expect([garbage.status, garbage.ending]).toMatchObject([422, { code: 'bad-frame' }]);
    const name = await new RawPush(hub, repository).finish(
      ...framesOf({ commits: [small()], branch: 'a..b' }),
    );
    expect([name.status, name.ending]).toMatchObject([422, { code: 'bad-branch-name' }]);
  });

  it('comes as JSON when the client prefers that', async () => {
    const headers = { accept: 'application/json' };
    const push = await new RawPush(hub, 'admin/nothing', { headers }).finish(
      ...framesOf({ commits: [small()] }),
    );
    expect(push.headers['content-type']).toBe('application/json');
    expect(JSON.parse(push.text)).toMatchObject({ code: 'repo-not-found', retryable: false });
  });

  it('can be read by a client that first sends all of 32 MiB', async () => {
    const body = Buffer.concat(framesOf({ commits: [large(32, MIB)] }));
    const headers = { 'content-length': body.length };
    for (const [target, token, status] of [
      ['admin/nothing', undefined, 404],
      ['admin/nothing', null, 401],
    ] as const) {
      const push = await new RawPush(hub, target, { headers, token }).finish(body);
      expect(push.status).toBe(status);
    }
  });
});

describe('the address of a push', () => {
  it('gives a program its outcome and a browser its page', async () => {
    const repository = await makeRepository(hub);
    const push = new RawPush(hub, repository);
    await push.finish(...framesOf({ commits: [small()] }));
    if (push.ending.type !== 'R') throw new Error(push.text);
    const address = `/${repository}/pushes/${push.ending.pushId}`;
    const answered = async (accept: string) => {
      const answer = await hub.fetch(address, { headers: { accept } });
      return [answer.status, answer.headers.get('content-type'), await answer.text()] as const;
    };
    for (const accept of ['*/*', 'application/json', 'text/plain']) {
      const [status, type, text] = await answered(accept);
      expect([status, type], accept).toEqual([200, 'application/json']);
      expect(JSON.parse(text)).toMatchObject({ outcome: 'accepted', frame: { t: 'R', seq: 1 } });
    }
    const [, msgpack] = await answered('application/x-msgpack, application/json;q=0.5');
    expect(msgpack).toBe('application/x-msgpack');
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const [status, type, page] = await answered(browser);
    expect([status, type]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page).toContain('Push #1');
    const unknown = await hub.fetch(`/${repository}/pushes/nonsense`, {
      headers: { accept: browser },
    });
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([
      ...[404, 'text/html; charset=utf-8'],
    ]);
  });
});

describe('the private and the absent', () => {
  it('cannot be told apart by their answers', async () => {
    const hidden = await makeRepository(hub, 'private');
    const send = (target: string) =>
      new RawPush(hub, target, { token: null }).finish(...framesOf({ commits: [small()] }));
    const [secret, absent] = await Promise.all([send(hidden), send('admin/nothing')]);
    expect(secret.status).toBe(absent.status);
    expect(secret.text).toBe(absent.text);
  });
});

function residentBytes(pid: number): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
}
