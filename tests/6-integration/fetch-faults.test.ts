import fs from 'node:fs';
import path from 'node:path';
import { decode, encode } from '@msgpack/msgpack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import { handleFetch, handleFetchObjects, handleFetchStream } from '~/server/http/fetch-handler';
import { handleObject } from '~/server/http/object-handler';
import { segmentKey } from '~/server/ports/segment-key';
import { Refusal } from '~/wire/errors';
import { type CallCounter, failing } from '~tests/support/failing';
import { framesOf, readBundle, readStream } from '~tests/support/fetch-answer-reader';
import {
  type DatabaseStage,
  openDatabaseStage,
  type Person,
  type ReadDeps,
} from '~tests/support/fetch-stage';
import type { SeedCommit, SeededRepository } from '~tests/support/seed-repository';

let db: DatabaseStage;
let ada: Person;
let repoId: string;
let whole: SeededRepository;
const params = { owner: 'ada', slug: 'whole' };
/** Above what is read at once, so that it goes in parts. */
const LARGE = Buffer.alloc(9 * 1024 ** 2, 'large ');

beforeAll(async () => {
  db = await openDatabaseStage();
  ada = await db.stage.person('ada');
  repoId = await db.stage.emptyRepository(ada, 'whole');
  const commits: SeedCommit[] = Array.from({ length: 6 }, (_, n) => ({
    name: `${n}`,
    parents: n === 0 ? [] : [`${n - 1}`],
    files: { [`dir-${n}/file.txt`]: `content ${n}`, 'noise.bin': Buffer.alloc(40_000, n) },
  }));
  commits.push({ name: 'l', parents: ['5'], files: { 'large.bin': LARGE } });
  whole = await db.stage.seed(ada, repoId, commits);
});

afterAll(() => db.close());

afterEach(() => {
  db.stage.logged.length = 0;
  db.stage.damage.length = 0;
});

function post(body: unknown): Request {
  return new Request('http://hub.test/ada/whole/fetch', {
    method: 'POST',
    body: encode(body),
    headers: { 'content-type': 'application/x-msgpack', accept: 'application/x-msgpack' },
  });
}

const wish = () => ({ want: [whole.commits.get('l')!.id], have: [] });

/** All bytes that a reader gets, and whether the answer ended as HTTP says it should. */
async function receive(
  answer: Response,
): Promise<{ status: number; bytes: Buffer; broken: boolean }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of answer.body ?? []) parts.push(part);
    return { status: answer.status, bytes: Buffer.concat(parts), broken: false };
  } catch {
    return { status: answer.status, bytes: Buffer.concat(parts), broken: true };
  }
}

const isComplete = (decodeIt: () => unknown): boolean => {
  try {
    decodeIt();
    return true;
  } catch {
    return false;
  }
};

async function counted(
  run: (deps: ReadDeps) => Promise<Response>,
  failAt: number,
  error: () => Error,
): Promise<CallCounter & { received: Awaited<ReturnType<typeof receive>> }> {
  const counter: CallCounter = { calls: 0, failAt, error };
  const { deps } = db.stage;
  const received = await receive(
    await run({
      ...deps,
      store: failing(deps.store, counter),
      objects: failing(deps.objects, counter),
    }),
  );
  return { ...counter, received };
}

const fault = () => new Error('the cable was cut');

describe('whatever fails during a fetch', () => {
  it('a map is never complete without all that it should hold', async () => {
    const run = (deps: ReadDeps) => handleFetch(post(wish()), params, deps);
    const { calls, received } = await counted(run, 0, fault);
    expect(readBundle(received.bytes).objects.size).toBe(whole.objects.size);
    let broken = 0;
    for (let n = 1; n <= calls; n++) {
      db.stage.logged.length = 0;
      const { status, bytes, ...rest } = (await counted(run, n, fault)).received;
      expect(db.stage.logged.length, `call ${n}`).toBe(1);
      if (status === 200) {
        expect(rest.broken, `call ${n}`).toBe(true);
        expect(
          isComplete(() => decode(bytes)),
          `call ${n}`,
        ).toBe(false);
        broken++;
      } else {
        expect(status).toBe(500);
        expect(decode(bytes)).toMatchObject({ code: 'internal' });
      }
    }
    // Both ends are met: some fail before the first byte and some behind it.
    expect(broken).toBeGreaterThan(0);
    expect(broken).toBeLessThan(calls);
  });

  it('a stream of frames ends once, with an ERROR, and never with END', async () => {
    const run = (deps: ReadDeps) => handleFetchStream(post(wish()), params, deps);
    const { calls, received } = await counted(run, 0, fault);
    expect(readStream(received.bytes).ending).toBe('E');
    let inStream = 0;
    for (let n = 1; n <= calls; n++) {
      db.stage.logged.length = 0;
      const { status, bytes, broken } = (await counted(run, n, fault)).received;
      expect(broken, `call ${n}`).toBe(false);
      expect(db.stage.logged.length, `call ${n}`).toBe(1);
      const frames = framesOf(bytes);
      expect(
        frames.filter(({ type }) => type === 'E' || type === 'X').map(({ type }) => type),
      ).toEqual(['X']);
      expect(frames.at(-1), `call ${n}`).toMatchObject({
        type: 'X',
        code: 'internal',
        retryable: true,
      });
      if (status === 200) inStream++;
    }
    expect(inStream).toBeGreaterThan(0);
  });

  it('a refusal of the database or the storage is told by its code, before and within the answer', async () => {
    const refused = () => new Refusal('database-unavailable', { retry_after_s: 3 });
    const run = (deps: ReadDeps) => handleFetchStream(post(wish()), params, deps);
    const { calls } = await counted(run, 0, refused);
    const statuses = new Set<number>();
    for (let n = 1; n <= calls; n++) {
      const { status, bytes } = (await counted(run, n, refused)).received;
      statuses.add(status);
      expect(framesOf(bytes).at(-1), `call ${n}`).toMatchObject({
        type: 'X',
        code: 'database-unavailable',
      });
    }
    expect([...statuses].sort()).toEqual([200, 503]);
    expect(db.stage.logged).toEqual([]);
  });

  it('a reader that goes away ends the reading, and is no fault', async () => {
    const counter: CallCounter = { calls: 0, failAt: 0, error: fault };
    const deps = { ...db.stage.deps, objects: failing(db.stage.deps.objects, counter) };
    const answer = await handleFetchStream(post(wish()), params, deps);
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel();
    const callsThen = counter.calls;
    const again = await handleFetchStream(post(wish()), params, db.stage.deps);
    await receive(again);
    expect(counter.calls).toBe(callsThen);
    expect(db.stage.logged).toEqual([]);
  });

  it('a hub that goes down ends its answers with shutting-down', async () => {
    const closing = new AbortController();
    const deps = { ...db.stage.deps, closing: closing.signal };
    const answer = await handleFetchStream(post(wish()), params, deps);
    const reader = answer.body!.getReader();
    const parts = [(await reader.read()).value!];
    closing.abort();
    for (let next = await reader.read(); !next.done; next = await reader.read())
      parts.push(next.value);
    const frames = framesOf(Buffer.concat(parts));
    expect(frames.at(-1)).toMatchObject({ type: 'X', code: 'shutting-down', retryable: true });
    const late = await handleFetchStream(post(wish()), params, deps);
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '5']);
    expect(db.stage.logged).toEqual([]);
  });
});

describe('stored bytes that are damaged', () => {
  /** Changes one byte of an object where it lies, while `run` runs. */
  async function damaged(
    content: Uint8Array,
    run: () => Promise<void>,
    cut = false,
  ): Promise<void> {
    const id = objectIdOf(content);
    const location = (await db.stage.deps.store.locateObjects(repoId, [id])).get(id)!;
    const extent = location.extents.at(-1)!;
    const file = path.join(db.blobFolder, segmentKey(repoId, extent.segmentId));
    const before = fs.readFileSync(file);
    const bytes = Buffer.from(before);
    const at = extent.offset + extent.length - 1;
    bytes[at] = bytes[at]! ^ 1;
    // In place, as a failing disk does: an adapter may keep the file open.
    fs.chmodSync(file, 0o600);
    fs.writeFileSync(file, cut ? bytes.subarray(0, at) : bytes);
    try {
      await run();
    } finally {
      fs.writeFileSync(file, before);
    }
  }

  const small = Buffer.from('content 3');

  it.each([
    ['changed', false],
    ['cut off', true],
  ])('are an alarm and an ERROR in a stream: %s', async (_what, cut) => {
    await damaged(
      small,
      async () => {
        const answer = await handleFetchStream(post(wish()), params, db.stage.deps);
        const frames = framesOf((await receive(answer)).bytes);
        expect(frames.at(-1)).toMatchObject({ type: 'X', code: 'internal' });
        expect(frames.some((frame) => frame.type === 'O' && frame.id === objectIdOf(small))).toBe(
          false,
        );
        expect(db.stage.damage.map(({ id }) => id)).toContain(objectIdOf(small));
      },
      cut,
    );
  });

  it('break a map off', async () => {
    await damaged(small, async () => {
      const { bytes, broken, status } = await receive(
        await handleFetch(post(wish()), params, db.stage.deps),
      );
      expect(status === 500 || broken).toBe(true);
      if (status === 200) expect(isComplete(() => decode(bytes))).toBe(false);
    });
  });

  it('are never sent under their id', async () => {
    await damaged(small, async () => {
      const request = new Request('http://hub.test/o/x', {
        headers: { accept: 'application/json' },
      });
      const answer = await handleObject(request, { id: objectIdOf(small) }, db.stage.deps);
      expect(answer.status).toBe(500);
      expect(db.stage.damage).toHaveLength(1);
    });
  });

  it('leave a large object without its end, and its chunks without the last', async () => {
    await damaged(LARGE, async () => {
      const id = objectIdOf(LARGE);
      const answer = await handleObject(new Request('http://hub.test/o/x'), { id }, db.stage.deps);
      const { bytes, broken, status } = await receive(answer);
      expect(status === 500 || (broken && bytes.byteLength < LARGE.byteLength)).toBe(true);
      const asked = await handleFetchObjects(post({ object_ids: [id] }), params, db.stage.deps);
      const frames = framesOf((await receive(asked)).bytes);
      expect(frames.at(-1)).toMatchObject({ type: 'X' });
      expect(frames.some((frame) => frame.type === 'OC' && frame.last)).toBe(false);
    });
  });

  it('are served again once they are right again', async () => {
    const answer = await handleFetchStream(post(wish()), params, db.stage.deps);
    expect(readStream((await receive(answer)).bytes).objects.size).toBe(whole.objects.size);
  });
});

describe('a row that is damaged', () => {
  it.each([
    ['a tree', `UPDATE trees SET entries = set_byte(entries, 4, get_byte(entries, 4) # 1)`],
    ['a snapshot that lacks a file', `UPDATE snapshots SET entry_count = entry_count + 1`],
    ['a record', `UPDATE commits SET record = set_byte(record, 3, 0)`],
    [
      'a record of another commit',
      `UPDATE commits SET record = (SELECT record FROM commits WHERE repo_id = $1::uuid ORDER BY id LIMIT 1)`,
    ],
    ['a tree that is gone', `DELETE FROM trees`],
    ['an object that is gone', `DELETE FROM objects`],
  ])('is an ERROR, never a hole: %s', async (_what, sql) => {
    const id = await db.stage.emptyRepository(ada, `rows-${crypto.randomUUID()}`);
    const seeded = await db.stage.seed(ada, id, [
      { name: 'a', files: { 'x/y.txt': 'one' } },
      { name: 'b', parents: ['a'], files: { 'x/z.txt': 'two' } },
    ]);
    const { entry } = await db.database.prisma.repository
      .findUniqueOrThrow({ where: { id } })
      .then((entry) => ({ entry }));
    await db.database.prisma.$executeRawUnsafe(`${sql} WHERE repo_id = $1::uuid`, id);
    const at = { owner: 'ada', slug: entry.slug };
    const body = { want: [seeded.commits.get('b')!.id], have: [] };
    const stream = await receive(await handleFetchStream(post(body), at, db.stage.deps));
    expect(framesOf(stream.bytes).at(-1)).toMatchObject({ type: 'X', code: 'internal' });
    const map = await receive(await handleFetch(post(body), at, db.stage.deps));
    expect(map.status === 500 || map.broken).toBe(true);
    expect(db.stage.logged.length).toBe(2);
  });
});
